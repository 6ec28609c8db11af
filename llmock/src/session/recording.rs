//! Record mode: a request goes to the real provider, and its response into the ledger.

use std::sync::Arc;

use crate::exchange::client::Client;
use crate::exchange::forward::{self, Job, Keeper, UpstreamError, UpstreamResponse};
use crate::exchange::in_flight::InFlightGuard;
use crate::exchange::record::Recorded;
#[cfg(feature = "websocket")]
use crate::exchange::recorded_socket;
use crate::exchange::response::{Response, is_outage};
use crate::exchange::sigv4;
use crate::exchange::verify::{Original, OriginalRequest};
use crate::exchange::{RequestNumber, RespondedBy, links, miss, record, request};
use crate::fixture::SaveError;
use crate::fixture::interaction::Request;
use crate::fixture::redact::Found;
#[cfg(feature = "websocket")]
use crate::fixture::socket::Socket;
use crate::fixture::store as fixture_store;
use crate::front::handler::{Aborted, Incoming};
use crate::matching::Key;
use crate::provider::Provider;
use crate::report::{MissReason, sentences};
use crate::session::ledger::{Fault, Recording};
use crate::session::pending::Pending;
use crate::session::refuse::refuse;
use crate::session::state::State;
use crate::session::{announce, budget};
#[cfg(feature = "websocket")]
use crate::socket::relay::Saving;
use crate::wire;

/// Forwards a request and relays the response while it arrives.
///
/// A network fault reaches the client as one: it closes the connection, as the provider or the network did.
pub(crate) async fn forward(state: &Arc<State>, pending: Pending) -> Result<Response, Aborted> {
    let Pending { number, incoming, request, found } = &pending;
    let provider = incoming.provider;
    let (base, shown) = match upstream(state, provider).await {
        Ok(upstream) => upstream,
        Err(reason) => return Ok(refuse(state, &pending, reason)),
    };
    if let Err(why) = budget::reserve(state, provider, model(&pending).as_deref()) {
        return Ok(refuse(state, &pending, MissReason::RecordRefused { why }));
    }
    let mut job = job(state, &pending, &base);
    if let Err(error) = sigv4::sign_again(&mut job) {
        let reason = MissReason::RecordRefused { why: error.to_string() };
        return Ok(refuse(state, &pending, reason));
    }
    state.ledger().exchange(*number).sent.responded_by = RespondedBy::Upstream;
    let asked = (request.clone(), found.clone());
    let keeper = SessionKeeper::new(state, pending.number, incoming, asked);
    let key = keeper.key;
    match forward::forward(job, keeper).await {
        Ok(response) => {
            let in_body = links::may_be_in(provider, request);
            let mut response = record::buffered(response, in_body).await;
            state
                .with_links(provider, request, false, |links| record::relink(&mut response, links));
            Ok(response)
        }
        // The report counts it among the responses that had not ended.
        Err(UpstreamError::Stopped) => Err(Aborted),
        Err(error) => failed(state, &pending, (key, shown), &error),
    }
}

/// Notes that the provider did not respond: a fault of the network, unless a later request of the same kind succeeds.
pub(super) fn failed(
    state: &Arc<State>,
    pending: &Pending,
    (key, shown): (Key, String),
    error: &UpstreamError,
) -> Result<Response, Aborted> {
    let Pending { number, incoming, request, .. } = pending;
    state.ledger().exchange(*number).sent.responded_by = RespondedBy::Nothing;
    let reason = MissReason::UpstreamFailed { upstream: shown, why: error.to_string() };
    if let UpstreamError::Invalid(_) = error {
        return Ok(refuse(state, pending, reason));
    }
    let miss = miss::describe(incoming.provider, request, *number, reason);
    state.ledger().faults.push(Fault { request: *number, key, miss });
    Err(Aborted)
}

fn model(pending: &Pending) -> Option<String> {
    let state = &pending.incoming;
    miss::describe(state.provider, &pending.request, pending.number, MissReason::Empty).model
}

/// The address of the provider, and how reports show it; noted as one that received a request.
async fn upstream(state: &Arc<State>, provider: Provider) -> Result<(String, String), MissReason> {
    check_writable(state).await?;
    let (base, shown) = base(state, provider)?;
    note_upstream(state, provider, &shown);
    Ok((base, shown))
}

/// The address of the provider, and how reports show it.
#[allow(clippy::result_large_err, reason = "an error ends the request")]
pub(super) fn base(state: &State, provider: Provider) -> Result<(String, String), MissReason> {
    let Some(base) = state.upstream_base(provider) else {
        let variables = provider.entry().variables.iter();
        let variables = variables.map(|(name, _)| (*name).to_owned()).collect();
        return Err(MissReason::NoUpstream { variables });
    };
    let shown = record::redacted(&state.secrets.redactor(), &base);
    Ok((base, shown))
}

pub(super) fn job(state: &State, pending: &Pending, base: &str) -> Job {
    let Pending { incoming, request, .. } = pending;
    let target = request::upstream_target(incoming.provider, &incoming.rest);
    Job {
        url: state.setup.upstreams.url(incoming.provider, base, &target),
        method: incoming.method.clone(),
        headers: incoming.headers.clone(),
        body: incoming.body.as_ref().cloned().unwrap_or_default(),
        received: incoming.received,
        client: incoming.client.clone(),
        format: wire::format(incoming.provider, &request.method, &request.path),
        patience: state.setup.limits.drain,
    }
}

pub(super) fn note_upstream(state: &State, provider: Provider, shown: &str) {
    if state.ledger().add_upstream(provider, shown) {
        announce::upstream(provider, shown, state.key_variable(provider).as_deref());
    }
}

/// The request as the client sent it, but for llmock's own addresses.
fn sent(incoming: &Incoming) -> OriginalRequest {
    OriginalRequest {
        provider: incoming.provider,
        method: incoming.method.to_string(),
        target: incoming.rest.clone(),
        headers: incoming.headers.clone(),
        body: incoming.body.as_ref().cloned().unwrap_or_default(),
    }
}

/// Tries once whether the fixture can be written: a response that cannot be kept should not be paid for.
pub(super) async fn check_writable(state: &Arc<State>) -> Result<(), MissReason> {
    let check = || async {
        let checked = Arc::clone(state);
        let check = move || {
            fixture_store::check_writable(&checked.setup.write_to)?;
            #[cfg(feature = "websocket")]
            fixture_store::recover_sockets(&checked.setup.write_to)?;
            Ok(())
        };
        match tokio::task::spawn_blocking(check).await {
            Ok(Err(SaveError { path, source })) => {
                let path = state.setup.shown_path(&path);
                Err(MissReason::RecordRefused {
                    why: sentences::unwritable(&path, &state.setup.why_unwritable(&source)),
                })
            }
            Ok(Ok(())) | Err(_) => Ok(()),
        }
    };
    state.writable.get_or_try_init(check).await.copied()
}

/// Keeps the response to one request in the ledger of its session.
pub(super) struct SessionKeeper {
    state: Arc<State>,
    in_flight: InFlightGuard,
    number: RequestNumber,
    sent: OriginalRequest,
    client: Client,
    asked: (Request, Found),
    pub(super) key: Key,
}

impl SessionKeeper {
    pub(super) fn new(
        state: &Arc<State>,
        number: RequestNumber,
        incoming: &Incoming,
        asked: (Request, Found),
    ) -> Self {
        let (state, in_flight) = (Arc::clone(state), state.in_flight.begin());
        let key = state.fixture.key(incoming.provider, &asked.0);
        let (sent, client) = (sent(incoming), incoming.client.clone());
        Self { state, in_flight, number, sent, client, asked, key }
    }

    /// Keeps what a socket has received while it is open.
    #[cfg(feature = "websocket")]
    pub(super) fn saving(&self, accepted: &http::HeaderMap) -> Saving {
        let (state, sent) = (Arc::clone(&self.state), self.sent.clone());
        let (asked, accepted) = (self.asked.clone(), accepted.clone());
        let mut unfinished = fixture_store::Unfinished::of(&state.setup.write_to);
        Saving::new(move |socket| {
            let (sent, asked) = (sent.clone(), asked.clone());
            let (recorded, _) = state.recorded_socket(sent, asked, &accepted, socket);
            // The recording itself reports a folder that cannot be written.
            let _ = unfinished.keep(&recorded.interaction);
        })
    }

    /// Keeps the messages of a socket that has ended. Its tokens were counted while they came.
    #[cfg(feature = "websocket")]
    pub(super) async fn keep_socket(self, accepted: &http::HeaderMap, socket: Socket) {
        let Self { state, in_flight, number, sent, asked, key, .. } = self;
        let kept = state.recorded_socket(sent, asked, accepted, socket);
        store(&state, in_flight, (number, key), kept, None).await;
    }
}

#[cfg(feature = "websocket")]
impl State {
    /// What a fixture keeps of a socket.
    fn recorded_socket(
        &self,
        sent: OriginalRequest,
        asked: (Request, Found),
        accepted: &http::HeaderMap,
        socket: Socket,
    ) -> (Recorded, Original) {
        let redactor = self.secrets.redactor();
        let keeps_header = |name: &str| self.setup.in_force.headers.keeps_of_response(name);
        let owner = self.setup.owner.as_deref();
        recorded_socket::recorded(sent, asked, accepted, socket, owner, &redactor, &keeps_header)
    }
}

/// Puts a recording into the ledger, and on the disk until its test has passed.
async fn store(
    state: &Arc<State>,
    in_flight: InFlightGuard,
    (number, key): (RequestNumber, Key),
    (recorded, original): (Recorded, Original),
    given_up_by: Option<Client>,
) {
    let Recorded { interaction, error, redacted, .. } = recorded;
    let attempt = interaction.clone();
    // An error that no fixture should have is not worth keeping either.
    let allowed = &state.setup.in_force.allow_errors.value;
    let is_refused =
        error.as_ref().is_some_and(|it| is_outage(it.status) && !allowed.allows(it.status));
    let recording =
        Recording { request: number, key, interaction, original, error, redacted, given_up_by };
    state.ledger().recordings.push(recording);
    if is_refused {
        return;
    }
    let state = Arc::clone(state);
    let kept = tokio::task::spawn_blocking(move || {
        let kept = fixture_store::keep_attempt(&state.setup.write_to, &attempt);
        state.ledger().attempts.add(kept);
        drop(in_flight);
    });
    // If that panicked, the client gets the end of its response all the same.
    let _ = kept.await;
}

impl Keeper for SessionKeeper {
    type Kept = ();

    fn in_flight(&self) -> &InFlightGuard {
        &self.in_flight
    }

    fn is_superseded(&self) -> bool {
        self.state.ledger().is_superseded(self.number, self.key)
    }

    fn give_up(&self) {
        self.state.ledger().given_up += 1;
    }

    async fn keep(self, received: UpstreamResponse) {
        let Self { state, in_flight, number, sent, client, asked, key } = self;
        let owner = state.setup.owner.as_deref();
        let (redactor, max_body) = (state.secrets.redactor(), state.max_body);
        let provider = sent.provider;
        let keeps_header = |name: &str| state.setup.in_force.headers.keeps_of_response(name);
        let mut recorded = record::interaction(
            provider,
            asked,
            &received,
            owner,
            &redactor,
            max_body,
            &keeps_header,
        );
        budget::add(&state, &recorded.interaction);
        state.ledger().add_dropped_headers(record::dropped_headers(&received, &keeps_header));
        let is_damaged = state.ledger().exchange(number).is_damaged();
        let unredacted = recorded.unredacted.take();
        let original = record::original(sent, &received, unredacted, max_body);
        // A fault changed it on its way, so that its client may ask again.
        let given_up_by = (received.was_given_up || is_damaged).then_some(client);
        store(&state, in_flight, (number, key), (recorded, original), given_up_by).await;
    }
}
