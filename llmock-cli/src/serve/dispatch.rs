//! Finds the response to a request to a provider's API: from the strategies in order, or without any of them.

use std::borrow::Cow;
use std::pin::Pin;
use std::time::UNIX_EPOCH;

use llmock::__server::{contract_error, sent_request};
use llmock::reply::{Endpoint, Message, Model, Reading, Reply};

use super::answer::{Decided, Detail, Scripted, Verdict};
use super::api_request::ApiRequest;
use super::config::StrategyName;
use super::gate;
use super::known_models;
use super::repeats::{Place, Repeated};
use super::sockets::decide as sockets;
use super::state::Running;
use super::stored;
use super::strategy::{self, Strategy};

/// The status of a miss: clients do not retry it, and gateways do not mistake it for an error of their own.
const UNANSWERED: u16 = 418;

/// The name of the server where no strategy answers.
pub(super) const OURSELVES: &str = "llmock";

/// Finds the answer. The ids in it are made from `number`, the number of the request.
pub(crate) async fn decide(api_request: &ApiRequest, running: &Running, number: u64) -> Decided {
    if api_request.is_handshake {
        // In a box, so that other requests do not have to carry its state.
        return Box::pin(sockets::decide(api_request, running, number)).await;
    }
    let is_kept = stored::is_kept(api_request);
    let repeats = running.repeats.as_ref().filter(|_| !is_kept && api_request.route.area.is_none());
    let place = repeats.and_then(|repeats| repeats.place(api_request));
    let created = created(api_request);
    match place.and_then(|place| place.answer(api_request, running, created, number)) {
        Some(Repeated::Decided(decided)) => return decided,
        Some(Repeated::Scripted(scripted, matching)) => {
            return written(api_request, &read(api_request, number), place, &matching, *scripted);
        }
        None => {}
    }
    let earlier = stored::earlier_tokens(api_request, running);
    let reading = read(api_request, number).continued(earlier);
    let model = reading.model().map(Cow::into_owned);
    let mut found = Found::default();
    let (verdict, by) = run_strategies(api_request, &reading, running, number, &mut found).await;
    let Found { recorded, matching } = found;
    let reply = match verdict {
        Verdict::Answer(answer) => {
            let is_own = by == OURSELVES;
            return Decided { answer, by, model, is_own, recorded, detail: None };
        }
        Verdict::Recorded(answer, recording) => {
            let detail = Some(Box::new(Detail { source: Some(recording), ..Detail::default() }));
            return Decided { answer, by, model, is_own: false, recorded, detail };
        }
        Verdict::Reply(reply) => reply,
        Verdict::Scripted(scripted) => {
            let mut decided = written(api_request, &reading, place, &matching, *scripted);
            if is_kept {
                stored::keep(api_request, running, number, &mut decided.answer);
            }
            return Decided { recorded, ..decided };
        }
        Verdict::Pass { why } => {
            // In a box, so that other requests do not have to carry its state.
            let why = Box::pin(why_unanswered(api_request, running, why)).await;
            let answer = reading.render(&unanswered(&why, UNANSWERED)).into();
            let detail = Some(Box::new(Detail { miss: Some(why), ..Detail::default() }));
            return Decided { answer, by, model, is_own: true, recorded, detail };
        }
    };
    let reply = Box::new(reading.fitted(*reply));
    // Used up scenarios leave the response to others, in this session.
    if let Some(place) = place.filter(|_| matching.is_empty()) {
        place.keep(api_request, &reading, &reply, by, model.as_deref());
    }
    let mut answer = reading.render(&reply).into();
    if is_kept {
        stored::keep(api_request, running, number, &mut answer);
    }
    Decided { answer, by, model, is_own: true, recorded, detail: None }
}

/// The answer that a scenario has, kept if the request comes again.
fn written(
    api_request: &ApiRequest,
    reading: &Reading<'_>,
    place: Option<Place<'_>>,
    matching: &[usize],
    scripted: Scripted,
) -> Decided {
    let Scripted { reply, detail, step } = scripted;
    let mut reply = reading.with_custom_calls(reply);
    if let Some(why) = reading.inexpressible_step(&reply) {
        reply = *strategy::skipping(Box::new(reply), &[why]);
    }
    if let Some(place) = place {
        place.keep_step(api_request, matching, step, reading, &reply);
    }
    Decided {
        answer: reading.render(&reply).into(),
        by: StrategyName::Scenario.name(),
        model: reading.model().map(Cow::into_owned),
        is_own: true,
        recorded: None,
        detail: Some(Box::new(detail)),
    }
}

/// The same for a request that is part of another one.
pub(crate) fn within<'a>(
    api_request: &'a ApiRequest,
    running: &'a Running,
    number: u64,
) -> Pin<Box<dyn Future<Output = Decided> + Send + 'a>> {
    Box::pin(decide(api_request, running, number))
}

/// The refusal of a request before any strategy sees it, in the provider's shape.
pub(crate) fn refused(api_request: &ApiRequest, reply: &Reply, number: u64) -> Decided {
    let answer = read(api_request, number).render(reply).into();
    Decided { answer, by: OURSELVES, model: None, is_own: true, recorded: None, detail: None }
}

/// What strategies found out on their way.
#[derive(Debug, Default)]
struct Found {
    /// Whether a recording had the answer, if recordings were looked up.
    recorded: Option<bool>,
    /// The scenarios that the request matches.
    matching: Vec<usize>,
}

async fn run_strategies(
    api_request: &ApiRequest,
    reading: &Reading<'_>,
    running: &Running,
    number: u64,
    found: &mut Found,
) -> (Verdict, &'static str) {
    let area = api_request.route.area.filter(|_| !running.makes_nothing_up);
    let mut is_stored = false;
    let mut whys = Vec::new();
    let mut meaning = None;
    for strategy in &running.chain {
        let verdict = match strategy {
            Strategy::Fixture { fixtures, spent } => {
                let verdict = fixtures.answer(api_request, *spent);
                found.recorded = Some(matches!(verdict, Verdict::Recorded(..)));
                verdict
            }
            Strategy::Scenario(scenarios) => {
                let is_valid = || is_valid(api_request, reading, running);
                found.matching = scenarios.matching(api_request, is_valid);
                match scenarios.give(api_request, &found.matching) {
                    Some(scripted) => Verdict::Scripted(Box::new(scripted)),
                    None => Verdict::Pass { why: None },
                }
            }
            // In a box, so that other requests do not have to carry its state.
            Strategy::Proxy(proxy) => Box::pin(proxy.answer(api_request)).await,
            // Recordings and providers behind this strategy come first, as for any request that is no conversation.
            _ if area.is_some() => {
                is_stored = true;
                if matches!(strategy, Strategy::Mirror) {
                    break;
                }
                Verdict::Pass { why: None }
            }
            _ => match meaning.get_or_insert_with(|| Meaning::of(api_request, reading, running)) {
                Meaning::Conversation(messages) => strategy.reply(messages, reading),
                // This strategy responds to every conversation, so the strategies after it have no effect.
                Meaning::Other(_) if matches!(strategy, Strategy::Mirror) => break,
                Meaning::Other(_) => Verdict::Pass { why: None },
            },
        };
        match verdict {
            Verdict::Pass { why } => whys.extend(why),
            decision => return (noting(decision, &whys), strategy.name()),
        }
    }
    if let Some(area) = area.filter(|_| is_stored) {
        let verdict = stored::answer(area, api_request, running, number);
        return (Box::pin(verdict).await, OURSELVES);
    }
    match meaning {
        Some(Meaning::Other(reply)) if !running.makes_nothing_up => {
            (Verdict::Reply(reply), OURSELVES)
        }
        _ => (Verdict::Pass { why: strategy::joined(&whys) }, OURSELVES),
    }
}

/// Whether the provider would not refuse the request.
fn is_valid(api_request: &ApiRequest, reading: &Reading<'_>, running: &Running) -> bool {
    refusal(api_request, reading, running).is_none()
}

/// A decision with a header for what was skipped before it.
fn noting(decision: Verdict, whys: &[String]) -> Verdict {
    match decision {
        Verdict::Reply(reply) => Verdict::Reply(strategy::skipping(reply, whys)),
        Verdict::Scripted(mut scripted) => {
            scripted.reply = *strategy::skipping(Box::new(scripted.reply), whys);
            Verdict::Scripted(scripted)
        }
        Verdict::Recorded(mut answer, recording) => {
            strategy::note_skipped(&mut answer.headers, whys);
            Verdict::Recorded(answer, recording)
        }
        Verdict::Answer(mut answer) => {
            strategy::note_skipped(&mut answer.headers, whys);
            Verdict::Answer(answer)
        }
        pass @ Verdict::Pass { .. } => pass,
    }
}

/// The provider's refusal of a request, whatever strategy would respond.
fn refusal(api_request: &ApiRequest, reading: &Reading<'_>, running: &Running) -> Option<Reply> {
    let config = &running.config;
    let refusal =
        gate::refusal(reading, api_request.method.as_str(), &config.models, config.strict);
    refusal.or_else(|| config.strict.then(|| contract(api_request, reading)).flatten())
}

/// The provider's error for a request that its contract does not allow any more.
fn contract(api_request: &ApiRequest, reading: &Reading<'_>) -> Option<Reply> {
    let (provider, path) = (api_request.provider(), reading.target().path_alone());
    let method = api_request.method.as_str();
    let sent = sent_request(provider, method, path, &api_request.headers, &api_request.body);
    contract_error(&sent)
}

/// How strategies that make up responses read a request. A chain with only recordings and providers never needs this,
/// so such a chain has no built-in responses.
enum Meaning {
    Conversation(Vec<Message>),
    /// Not a conversation: no strategy applies, and the response needs none.
    Other(Box<Reply>),
}

impl Meaning {
    fn of(api_request: &ApiRequest, reading: &Reading<'_>, running: &Running) -> Self {
        let models = &running.config.models;
        if let Some(refusal) = refusal(api_request, reading, running) {
            return Self::Other(Box::new(refusal));
        }
        if let Some(refusal) = stored::refusal(api_request, running) {
            return Self::Other(Box::new(refusal));
        }
        if reading.target().endpoint() == Endpoint::Conversation {
            return Self::Conversation(reading.messages());
        }
        let reply = Reply::new();
        let is_one = reading.target().path_alone().contains("/models/");
        if models.is_empty() && api_request.method == http::Method::GET {
            let known = known_models::of(api_request.provider());
            return Self::Other(Box::new(if is_one { reply } else { reply.models(known) }));
        }
        let listed = models.iter().map(|model| {
            Model::from(model.id.as_str()).created(model.created).owned_by(model.owned_by.as_str())
        });
        Self::Other(Box::new(reply.models(listed)))
    }
}

/// Why every strategy passed on a request.
pub(super) async fn why_unanswered(
    api_request: &ApiRequest,
    running: &Running,
    why: Option<String>,
) -> String {
    let missed = match running.fixtures() {
        Some(fixtures) => Some(fixtures.explain_miss(api_request).await),
        None => None,
    };
    let why = why.into_iter().chain(missed).collect::<Vec<_>>().join("; ");
    if why.is_empty() { "no strategy answers this request".to_owned() } else { why }
}

/// The refusal of a request that every strategy passed on.
pub(super) fn unanswered(why: &str, status: u16) -> Reply {
    Reply::error(status, format!("llmock: {why}"))
        .kind("llmock_unmatched")
        .code("llmock_unmatched")
        .header("x-should-retry", "false")
        .header("x-llmock", "unmatched")
}

fn read(api_request: &ApiRequest, number: u64) -> Reading<'_> {
    api_request.route.target.read(&api_request.body).answered(created(api_request), number)
}

/// The time of creation in an answer, in seconds since 1970.
fn created(api_request: &ApiRequest) -> u64 {
    api_request.arrived_at.duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}
