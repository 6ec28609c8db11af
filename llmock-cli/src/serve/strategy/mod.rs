//! Who answers: the strategies in their order, the first that has an answer wins.
//!
//! [`error`], [`tool_call`], [`custom`], and [`mirror`] read what was said and are pure; [`fixture`] and
//! [`proxy`] read the request itself.

pub(crate) mod custom;
pub(crate) mod error;
pub(crate) mod fixture;
pub(crate) mod mirror;
pub(crate) mod proxy;
pub(crate) mod tool_call;

use std::sync::Arc;

use http::{HeaderMap, HeaderName, HeaderValue};
use llmock::reply::{Message, Reply, Role};

use super::answer::Answer;
use super::ask::Ask;
use super::config::StrategyName;
use custom::CustomAnswers;
use fixture::{Fixtures, Spent};
use proxy::Proxy;

/// What a strategy says to a request.
#[derive(Debug)]
pub(crate) enum Verdict {
    /// The answer itself.
    Answer(Answer),
    /// What is said; the provider's format follows from the request.
    Reply(Box<Reply>),
    /// The next one is asked. `why` is told if none answers.
    Pass { why: Option<String> },
}

/// What the user said, if nobody but the system has spoken since.
///
/// Triggers further back have been answered: a loop that asked for a tool call would never end.
fn last_of_user(turns: &[Message]) -> Option<&str> {
    let last = turns.iter().rev().find(|turn| turn.role != Role::System)?;
    (last.role == Role::User).then_some(last.text.as_str())
}

/// The prompts of a completion that has more than one, each of which has an answer of its own.
fn several_prompts(turns: &[Message]) -> Option<&[Message]> {
    (turns.len() > 1 && turns[0].is_prompt).then_some(turns)
}

/// A strategy with what it needs to know.
#[derive(Debug)]
pub(crate) enum Strategy {
    Error,
    ToolCall,
    CustomAnswers(CustomAnswers),
    Mirror,
    Fixture { fixtures: Arc<Fixtures>, spent: Spent },
    Proxy(Arc<Proxy>),
}

/// What was said in a request, and in whose format the answer will be.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Said<'a> {
    pub(crate) turns: &'a [Message],
    /// OpenAI's errors have a kind and a code of their own.
    pub(crate) openai: bool,
    /// OpenAI's Responses, which speaks of input and not of messages.
    pub(crate) responses: bool,
}

impl Strategy {
    /// The name in a configuration.
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Error => StrategyName::Error,
            Self::ToolCall => StrategyName::ToolCall,
            Self::CustomAnswers(_) => StrategyName::CustomAnswers,
            Self::Mirror => StrategyName::Mirror,
            Self::Fixture { .. } => StrategyName::Fixture,
            Self::Proxy(_) => StrategyName::Proxy,
        }
        .name()
    }

    /// Whether it knows any request, and not conversations alone: then nobody has checked the request.
    pub(crate) fn takes_anything(&self) -> bool {
        matches!(self, Self::Fixture { .. } | Self::Proxy(_))
    }

    /// Whether it passes on no conversation, so that nobody behind it is asked.
    pub(crate) fn answers_anything(&self) -> bool {
        matches!(self, Self::Mirror)
    }

    /// The answer to a request as it was sent.
    pub(crate) async fn answer(&self, ask: &Ask) -> Verdict {
        match self {
            Self::Fixture { fixtures, spent } => fixtures.answer(ask, *spent),
            // in a box, so that requests that go nowhere do not have to carry it around
            Self::Proxy(proxy) => Box::pin(proxy.answer(ask)).await,
            _ => Verdict::Pass { why: None },
        }
    }

    /// The answer to what was said.
    pub(crate) fn reply(&self, said: Said<'_>) -> Verdict {
        let reply = match self {
            Self::Error => {
                let found = error::answer(said.turns, said.openai);
                return match found.reply {
                    Some(reply) => Verdict::Reply(skipping(Box::new(reply), &found.skipped)),
                    None => Verdict::Pass { why: joined(&found.skipped) },
                };
            }
            Self::ToolCall => tool_call::answer(said.turns),
            Self::CustomAnswers(answers) => answers.answer(said.turns),
            Self::Mirror => Some(mirror::answer(said.turns, said.responses)),
            Self::Fixture { .. } | Self::Proxy(_) => None,
        };
        match reply {
            Some(reply) => Verdict::Reply(Box::new(reply)),
            None => Verdict::Pass { why: None },
        }
    }
}

/// The header that says which lines a strategy did not understand, and why.
static SKIPPED: HeaderName = HeaderName::from_static("x-llmock-skipped");

/// The reply with a header that says what was skipped on the way to it.
pub(crate) fn skipping(reply: Box<Reply>, whys: &[String]) -> Box<Reply> {
    match joined(whys) {
        Some(why) => Box::new(reply.header(SKIPPED.as_str(), in_header(&why))),
        None => reply,
    }
}

/// The same for an answer that is complete.
pub(crate) fn note_skipped(headers: &mut HeaderMap, whys: &[String]) {
    let why = joined(whys).map(|why| in_header(&why));
    if let Some(Ok(why)) = why.map(HeaderValue::try_from) {
        headers.insert(&SKIPPED, why);
    }
}

/// Reasons in one sentence.
pub(crate) fn joined(whys: &[String]) -> Option<String> {
    (!whys.is_empty()).then(|| whys.join("; "))
}

/// A text as the value of a header: short, and without what has no place there.
fn in_header(text: &str) -> String {
    const LONGEST: usize = 500;
    let plain = |char: char| if (' '..='~').contains(&char) { char } else { '?' };
    text.chars().take(LONGEST).map(plain).collect()
}
