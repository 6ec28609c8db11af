//! Decides how a session responds to a request: user mocks first, then the fixture, then a miss that is refused or,
//! while recording, forwarded. Every decision is entered into the ledger.

use std::collections::HashMap;
use std::sync::Arc;

use http::Method;

use crate::exchange::batches::Assembled;
#[cfg(all(feature = "intercept", target_os = "linux"))]
use crate::exchange::in_flight::InFlightGuard;
use crate::exchange::observe::Watching;
use crate::exchange::queue::Claim;
use crate::exchange::response::{self, Response};
use crate::exchange::sent::SentRequest;
use crate::exchange::{RequestNumber, RespondedBy, Used};
use crate::fixture::Position;
use crate::fixture::interaction::Request;
use crate::front::handler::{Aborted, Handler, Incoming, Responding};
use crate::matching::{Key, Order};
use crate::mode::{self, Mode};
use crate::provider::{self, Provider};
use crate::reply::rules::Turn;
use crate::report::MissReason;
use crate::session::audited;
use crate::session::deliver::{Delivery, Started};
use crate::session::editing;
use crate::session::enter::{enter, read, read_again, restore_links};
use crate::session::fixture::OpenedFixture;
use crate::session::ledger::Ledger;
use crate::session::other_model;
use crate::session::pending::{Pending, QueuePlace};
use crate::session::proxied;
use crate::session::refuse::{refuse, refuse_late, refused_before_lookup};
use crate::session::scripted::{self, Outcome};
use crate::session::similar;
use crate::session::state::State;
use crate::session::stored::{assemble, replay, send};
use crate::session::verifying;
use crate::wire;

/// What to do with a request that no mock responded to.
pub(super) enum Decision {
    /// The interaction, and the key of its queue.
    Replay(Key, Position),
    /// Several interactions have the parts of the response.
    Assembled(Assembled),
    Side(String),
    Forward,
    Miss(MissReason),
    /// No interaction has this key, or another one comes next: the description takes its time.
    Unmatched(Key, Unmatched),
}

/// What a miss is described with, as it is when the request arrives.
pub(super) struct Unmatched {
    /// `order = "strict"`, and this interaction comes next.
    expected: Option<Position>,
    used: HashMap<Position, RequestNumber>,
}

impl Handler for State {
    fn max_body(&self) -> usize {
        self.max_body
    }

    fn provider_at(&self, origin: &str, target: &str) -> Option<(Provider, String)> {
        proxied::provider_at(self, origin, target)
    }

    fn intercepts(&self) -> bool {
        self.trust.is_some()
    }

    #[cfg(all(feature = "intercept", target_os = "linux"))]
    fn begin_handshake(&self) -> InFlightGuard {
        self.in_flight.begin()
    }

    #[cfg(all(feature = "intercept", target_os = "linux"))]
    fn note_distrust(&self, host: &str) {
        self.add_distrusted(host);
    }

    fn note_incomplete(&self, method: &Method, provider: Provider, target: &str) {
        let path = provider::canonical_path(provider, target);
        let path = self.secrets.redactor().text(&path).into_owned();
        self.ledger().add_incomplete(method.as_str(), path);
    }

    fn respond(self: Arc<Self>, incoming: Incoming) -> Responding {
        Box::pin(respond(self, incoming))
    }
}

/// Responds, and watches what the client receives.
async fn respond(state: Arc<State>, mut incoming: Incoming) -> Result<Response, Aborted> {
    restore_links(&state, &mut incoming);
    if let Some(model) = &state.setup.limits.model {
        other_model::replace(model, &mut incoming);
    }
    let redactor = match state.setup.mode() {
        Mode::Replay => state.secrets.redactor_for_lookup(&incoming.raw()),
        _ => state.secrets.redactor_for(&incoming.raw()),
    };
    let (request, found, unreadable) = read(&state, &incoming, &redactor);
    let number = enter(&state, &incoming, &request, &redactor);
    let watching = watching(&state, &incoming, number);
    let pending = Pending { number, incoming, request, found };
    let response = decided(state, pending, unreadable).await?;
    Ok(watching.watch(response))
}

fn watching(state: &State, incoming: &Incoming, number: RequestNumber) -> Watching {
    Watching {
        observation: state.ledger().exchange(number).observation.clone(),
        activity: state.activity.clone(),
        client: incoming.client.clone(),
        received: incoming.received,
        is_head: incoming.method == Method::HEAD,
    }
}

async fn decided(
    state: Arc<State>,
    mut pending: Pending,
    unreadable: Option<MissReason>,
) -> Result<Response, Aborted> {
    if let Some(reason) = refused_before_lookup(&state, &pending, unreadable) {
        read_again(&state, &mut pending);
        return Ok(refuse(&state, &pending, reason));
    }
    if state.is_closing() {
        return Ok(refuse_late(&state, &pending).await);
    }
    #[cfg(feature = "websocket")]
    if pending.incoming.upgrade.is_some() {
        return crate::session::sockets::respond(&state, pending).await;
    }
    let delivery = match Delivery::begin(&state, &pending) {
        Started::Delivery(delivery) => delivery,
        Started::Instead(response) => return response,
    };
    let (response, used) = respond_from_source(&state, pending).await?;
    Ok(delivery.finish(&state, response, used).await)
}

/// The response as its source has it.
async fn respond_from_source(
    state: &Arc<State>,
    mut pending: Pending,
) -> Result<(Response, QueuePlace), Aborted> {
    let (number, provider) = (pending.number, pending.incoming.provider);
    if let Some(response) = state.overlay.respond(&pending.incoming).await {
        state.ledger().exchange(number).sent.responded_by = RespondedBy::Mock;
        return Ok((response?, None));
    }
    let sent = state.ledger().exchange(number).sent.clone();
    let matching = state.scripts.matching(&sent).await;
    let before = scripted::respond(state, &pending, &sent, &matching, Turn::BeforeFixture).await;
    if let Outcome::Response(response) = before {
        return Ok((response, None));
    }
    let accepted = state.matcher.accepted(&state.fixture, &sent).await;
    let accepted = match accepted.map_err(|why| MissReason::ClosurePanicked { why }) {
        Ok(accepted) => accepted,
        Err(reason) => return Ok((refuse(state, &pending, reason), None)),
    };
    let decision = look_up(state, &mut pending, accepted).await;
    if let Decision::Replay(key, at) = decision {
        verifying::begin(state, &pending, at);
        return Ok((replay(state, at, provider, &pending.request), Some((key, at))));
    }
    if let Decision::Assembled(assembled) = decision {
        let response = send(state, &assembled.response, provider, &pending.request);
        return Ok((response, None));
    }
    let after = scripted::respond(state, &pending, &sent, &matching, Turn::AfterFixture).await;
    if let Outcome::Response(response) = after {
        return Ok((response, None));
    }
    let is_miss = matches!(decision, Decision::Unmatched(..) | Decision::Miss(_));
    if let Some(response) = editing::stand_in(state, &pending, is_miss).await {
        return Ok((response, None));
    }
    if let Some(reason) = without_reply(state, &sent, &decision, [before, after]) {
        return Ok((refuse(state, &pending, reason), None));
    }
    let response = match decision {
        Decision::Replay(_, at) => replay(state, at, provider, &pending.request),
        Decision::Assembled(made) => send(state, &made.response, provider, &pending.request),
        Decision::Side(body) => {
            state.ledger().exchange(number).sent.responded_by = RespondedBy::Fixture;
            response::json(body)
        }
        Decision::Forward => forward(state, pending).await?,
        Decision::Miss(reason) => refuse(state, &pending, reason),
        Decision::Unmatched(key, unmatched) => {
            refuse_unmatched(state, pending, key, unmatched).await
        }
    };
    Ok((response, None))
}

/// Looks a request up in the fixture, and a similar one if it is unknown.
async fn look_up(
    state: &State,
    pending: &mut Pending,
    accepted: Option<Vec<Position>>,
) -> Decision {
    let (number, provider) = (pending.number, pending.incoming.provider);
    let mut decision = decide(state, number, provider, &pending.request, accepted.clone());
    if !matches!(decision, Decision::Replay(..)) && read_again(state, pending) {
        decision = decide(state, number, provider, &pending.request, accepted);
    }
    if matches!(decision, Decision::Replay(..))
        && let Some(reason) = audited::other_version(state, number)
    {
        let may_forward = mode::adds_recordings(state.setup.mode());
        decision = if may_forward { Decision::Forward } else { Decision::Miss(reason) };
    }
    let is_unknown = match &decision {
        Decision::Forward => true,
        Decision::Unmatched(_, unmatched) => unmatched.expected.is_none(),
        _ => false,
    };
    let similar = if is_unknown { similar::find(state, pending).await } else { None };
    similar.map_or(decision, |(key, at)| Decision::Replay(key, at))
}

/// Why a request has no reply, where that says more than that the fixture has no recording of it.
fn without_reply(
    state: &State,
    sent: &SentRequest,
    decision: &Decision,
    outcomes: [Outcome; 2],
) -> Option<MissReason> {
    if matches!(decision, Decision::Replay(..) | Decision::Side(_) | Decision::Forward) {
        return None;
    }
    let used_up = outcomes.into_iter().find_map(|outcome| match outcome {
        Outcome::UsedUp(rule) => Some(rule),
        Outcome::Response(_) | Outcome::None => None,
    });
    let is_scripted = state.setup.in_force.scripted.value;
    // The closest recording explains more, where there is one.
    if let Some(rule) = used_up.filter(|_| is_scripted || state.fixture.len() == 0) {
        return Some(state.scripts.used_up(rule));
    }
    is_scripted.then(|| MissReason::NoReply { rules: state.scripts.unmet(sent) })
}

/// Refuses a request after finding the closest recording, which may take long: on a thread that serves nothing else.
pub(super) async fn refuse_unmatched(
    state: &Arc<State>,
    pending: Pending,
    key: Key,
    unmatched: Unmatched,
) -> Response {
    let (state, in_flight) = (Arc::clone(state), state.in_flight.begin());
    let refused = tokio::task::spawn_blocking(move || {
        let reason = describe(&state, &pending, key, &unmatched);
        let response = refuse(&state, &pending, reason);
        drop(in_flight);
        response
    });
    match refused.await {
        Ok(response) => response,
        Err(error) => std::panic::resume_unwind(error.into_panic()),
    }
}

/// Why no interaction matches; a client that repeats its request does not cause the work again.
fn describe(state: &State, pending: &Pending, key: Key, unmatched: &Unmatched) -> MissReason {
    if let Some(reason) = state.ledger().described(key) {
        return reason;
    }
    let used_by = |at: Position| unmatched.used.get(&at).copied();
    let evidence = state.fixture.evidence(&used_by);
    let (provider, request) = (pending.incoming.provider, &pending.request);
    let reason = match unmatched.expected {
        Some(expected) => evidence.wrong_order(provider, request, expected),
        None => evidence.unknown(provider, request),
    };
    if unmatched.expected.is_none() {
        state.ledger().add_description(key, reason.clone());
    }
    reason
}

/// Looks the request up in the fixture.
pub(super) fn decide(
    state: &State,
    number: RequestNumber,
    provider: Provider,
    request: &Request,
    accepted: Option<Vec<Position>>,
) -> Decision {
    let (setup, fixture) = (&state.setup, &state.fixture);
    let mode = setup.mode();
    if mode == Mode::Record && !setup.in_force.scripted.value {
        return Decision::Forward;
    }
    let mut ledger = state.ledger();
    let is_side = ledger.exchange(number).is_side;
    // Refreshing gives the file a new order.
    let is_free = is_side || mode == Mode::Refresh || editing::is_on(state);
    let order = if is_free { Order::Any } else { setup.in_force.order.value };
    let may_forward = mode::adds_recordings(mode) && !setup.in_force.scripted.value;
    let may_repeat = is_side || (mode.only_replays() && order == Order::Any);
    let key = fixture.key(provider, request);
    let (key, claim) = match accepted {
        Some(accepted) => (key, ledger.claim_among(fixture, accepted, order)),
        None => claim(&mut ledger, fixture, (provider, request, key), order),
    };
    if claim == Claim::Unknown
        && let Some(assembled) = assemble(&mut ledger, fixture, (number, order), provider, request)
    {
        return Decision::Assembled(assembled);
    }
    let (interaction, is_borrowed, is_repeated) = match claim {
        Claim::Fresh { at, is_borrowed } => (at, is_borrowed, false),
        Claim::Spent { last } if may_repeat => (last, false, true),
        Claim::OutOfOrder { expected } => {
            let unmatched = Unmatched { expected: Some(expected), used: ledger.first_uses() };
            return Decision::Unmatched(key, unmatched);
        }
        Claim::Spent { .. } | Claim::Unknown if may_forward => return Decision::Forward,
        Claim::Spent { last } => {
            let by_request = ledger.used_by(last).map_or(0, RequestNumber::number);
            let interaction = last.number();
            return Decision::Miss(MissReason::AlreadyUsed { interaction, by_request });
        }
        Claim::Unknown if is_side => {
            let empty = wire::empty_response(provider, &request.path);
            return Decision::Side(empty.unwrap_or("{}").to_owned());
        }
        Claim::Unknown => {
            let unmatched = Unmatched { expected: None, used: ledger.first_uses() };
            return Decision::Unmatched(key, unmatched);
        }
    };
    let exchange = ledger.exchange(number);
    exchange.sent.responded_by = RespondedBy::Fixture;
    exchange.used = Some(Used { interaction, is_borrowed, is_repeated });
    Decision::Replay(key, interaction)
}

/// The next interaction of this request, or of the stored one that it is but for placeholders.
fn claim(
    ledger: &mut Ledger,
    fixture: &OpenedFixture,
    (provider, request, key): (Provider, &Request, Key),
    order: Order,
) -> (Key, Claim) {
    let claim = ledger.claim(fixture, key, order);
    if claim == Claim::Unknown
        && let Some(other) = fixture.key_with_placeholders(provider, request)
    {
        let claim = ledger.claim(fixture, other, order);
        if claim != Claim::Unknown {
            return (other, claim);
        }
    }
    (key, claim)
}

#[cfg(not(feature = "record"))]
async fn forward(state: &State, pending: Pending) -> Result<Response, Aborted> {
    let why = "llmock was built without its feature `record`".to_owned();
    std::future::ready(()).await;
    Ok(refuse(state, &pending, MissReason::RecordRefused { why }))
}

#[cfg(feature = "record")]
async fn forward(state: &Arc<State>, pending: Pending) -> Result<Response, Aborted> {
    crate::session::recording::forward(state, pending).await
}
