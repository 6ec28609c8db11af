//! Finds the answer to a request to a provider's API: strategies in order, and what needs none.

use std::borrow::Cow;
use std::time::UNIX_EPOCH;

use http::header::UPGRADE;
use llmock::reply::{Endpoint, Message, Model, Reading, Reply};

use super::answer::{Decided, Verdict};
use super::ask::Ask;
use super::gate;
use super::state::Running;
use super::strategy::prompt::Prompt;
use super::strategy::{self, Strategy};

/// The status of a miss: clients do not retry it, and gateways do not mistake it for an error of their own.
const UNANSWERED: u16 = 418;

/// The name of the server where no strategy answers.
const OURSELVES: &str = "llmock";

/// Finds the answer. The ids in it are made from `number`, the number of the request.
pub(crate) async fn decide(ask: &Ask, running: &Running, number: u64) -> Decided {
    let place = running.repeats.as_ref().and_then(|repeats| repeats.place(ask));
    if let Some(decided) = place.and_then(|place| place.answer(ask, created(ask), number)) {
        return decided;
    }
    let reading = read(ask, number);
    let model = reading.model().map(Cow::into_owned);
    let mut recorded = None;
    let (verdict, by) = ask_all(ask, &reading, running, &mut recorded).await;
    let reply = match verdict {
        Verdict::Answer(answer) => return Decided { answer, by, model, recorded },
        Verdict::Reply(reply) => reply,
        Verdict::Pass { why } => Box::new(unanswered(ask, running, why)),
    };
    if let Some(place) = place {
        place.keep(ask, &reading, &reply, by, model.as_deref());
    }
    Decided { answer: reading.render(&reply).into(), by, model, recorded }
}

/// The refusal of a request before any strategy sees it, in the provider's shape.
pub(crate) fn refused(ask: &Ask, reply: &Reply, number: u64) -> Decided {
    let answer = read(ask, number).render(reply).into();
    Decided { answer, by: OURSELVES, model: None, recorded: None }
}

async fn ask_all(
    ask: &Ask,
    reading: &Reading<'_>,
    running: &Running,
    recorded: &mut Option<bool>,
) -> (Verdict, &'static str) {
    if ask.header(UPGRADE).is_some_and(is_websocket) {
        let reply = Reply::error(501, "llmock does not support WebSockets");
        return (Verdict::Reply(Box::new(reply)), OURSELVES);
    }
    let mut whys = Vec::new();
    let mut meaning = None;
    for strategy in &running.chain {
        let verdict = if strategy.takes_anything() {
            let verdict = strategy.answer(ask).await;
            if matches!(strategy, Strategy::Fixture { .. }) {
                *recorded = Some(matches!(verdict, Verdict::Answer(_)));
            }
            verdict
        } else {
            match meaning.get_or_insert_with(|| Meaning::of(ask, reading, running)) {
                Meaning::Conversation(messages) => {
                    let target = reading.target();
                    let (openai, responses) = (target.is_openai(), target.is_responses());
                    strategy.reply(Prompt { messages, openai, responses })
                }
                // No strategy behind it would see a conversation either.
                Meaning::Other(_) if strategy.answers_anything() => break,
                Meaning::Other(_) => Verdict::Pass { why: None },
            }
        };
        match verdict {
            Verdict::Pass { why } => whys.extend(why),
            Verdict::Reply(reply) => {
                let reply = strategy::skipping(reply, &whys);
                return (Verdict::Reply(reply), strategy.name());
            }
            Verdict::Answer(mut answer) => {
                strategy::note_skipped(&mut answer.headers, &whys);
                return (Verdict::Answer(answer), strategy.name());
            }
        }
    }
    match meaning {
        Some(Meaning::Other(reply)) => (Verdict::Reply(reply), OURSELVES),
        _ => (Verdict::Pass { why: strategy::joined(&whys) }, OURSELVES),
    }
}

/// What a request is to the strategies that make answers up. A chain of only recordings and providers never needs
/// it, so it answers nothing by itself.
enum Meaning {
    Conversation(Vec<Message>),
    /// All of them pass it on; the answer needs no strategy.
    Other(Box<Reply>),
}

impl Meaning {
    fn of(ask: &Ask, reading: &Reading<'_>, running: &Running) -> Self {
        match ourselves(ask, reading, running) {
            Some(reply) => Self::Other(Box::new(reply)),
            None => Self::Conversation(reading.messages()),
        }
    }
}

/// The answer that needs no strategy: a refusal, or that of an endpoint other than conversations.
fn ourselves(ask: &Ask, reading: &Reading<'_>, running: &Running) -> Option<Reply> {
    let models = &running.config.models;
    if let Some(refusal) = gate::refusal(reading, ask.method.as_str(), models) {
        return Some(refusal);
    }
    if reading.target().endpoint() == Endpoint::Conversation {
        return None;
    }
    let listed = models.iter().map(|model| {
        Model::from(model.id.as_str()).created(model.created).owned_by(model.owned_by.as_str())
    });
    Some(Reply::new().models(listed))
}

/// The refusal of a request that every strategy passed on.
fn unanswered(ask: &Ask, running: &Running, why: Option<String>) -> Reply {
    let missed = running.fixtures().map(|fixtures| fixtures.explain_miss(ask));
    let why = why.into_iter().chain(missed).collect::<Vec<_>>().join("; ");
    let why = if why.is_empty() { "no strategy answers this request".to_owned() } else { why };
    Reply::error(UNANSWERED, format!("llmock: {why}"))
        .kind("llmock_unmatched")
        .code("llmock_unmatched")
        .header("x-should-retry", "false")
        .header("x-llmock", "unmatched")
}

fn read(ask: &Ask, number: u64) -> Reading<'_> {
    ask.route.target.read(&ask.body).answered(created(ask), number)
}

/// The time of creation in an answer, in seconds since 1970.
fn created(ask: &Ask) -> u64 {
    ask.arrived_at.duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}

fn is_websocket(value: &str) -> bool {
    value.split(',').any(|protocol| protocol.trim().eq_ignore_ascii_case("websocket"))
}
