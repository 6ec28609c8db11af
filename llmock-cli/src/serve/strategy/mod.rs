//! Strategies: the first in order that has an answer wins.
//!
//! [`error`], [`tool_call`], [`custom`] and [`mirror`] read a [`prompt`] and are pure; [`schema`] reads what a request
//! demands; [`scenario`], [`fixture`] and [`proxy`] take the request itself.

pub(crate) mod custom;
pub(crate) mod error;
pub(crate) mod fixture;
pub(crate) mod mirror;
pub(crate) mod prompt;
pub(crate) mod proxy;
pub(crate) mod scenario;
pub(crate) mod schema;
pub(crate) mod tool_call;

use std::sync::Arc;

use http::{HeaderMap, HeaderName, HeaderValue};
use llmock::__server::{BySchema, Demands};
use llmock::reply::{Message, Reading, Reply};

use super::answer::Verdict;
use super::config::StrategyName;
use custom::CustomAnswers;
use fixture::{Fixtures, Spent};
use proxy::Proxy;
use scenario::Scenarios;
use schema::{BySchemas, ToolUse};

#[derive(Debug)]
pub(crate) enum Strategy {
    Error,
    ToolCall {
        tools: ToolUse,
        /// Whether `SchemaStrategy` follows, which responds to results of tools where a request demands something.
        is_before_schema: bool,
    },
    Schema(BySchemas),
    Scenario(Box<Scenarios>),
    CustomAnswers(CustomAnswers),
    Mirror,
    Fixture {
        fixtures: Arc<Fixtures>,
        spent: Spent,
    },
    Proxy(Box<Proxy>),
}

impl Strategy {
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Error => StrategyName::Error,
            Self::ToolCall { .. } => StrategyName::ToolCall,
            Self::Schema(_) => StrategyName::Schema,
            Self::Scenario(_) => StrategyName::Scenario,
            Self::CustomAnswers(_) => StrategyName::CustomAnswers,
            Self::Mirror => StrategyName::Mirror,
            Self::Fixture { .. } => StrategyName::Fixture,
            Self::Proxy(_) => StrategyName::Proxy,
        }
        .name()
    }

    /// Whether it takes any request, checked or not, and not only conversations.
    pub(crate) fn takes_anything(&self) -> bool {
        matches!(self, Self::Fixture { .. } | Self::Proxy(_))
    }

    /// Whether its answer follows from method, path and body alone; that of scenarios, up to their positions, too.
    pub(crate) fn is_repeatable(&self) -> bool {
        match self {
            Self::Scenario(scenarios) => scenarios.read_no_headers(),
            _ => !self.takes_anything(),
        }
    }

    /// Whether it answers only what a person has written for it.
    pub(crate) fn is_written(&self) -> bool {
        matches!(self, Self::Scenario(_) | Self::CustomAnswers(_))
    }

    /// The answer to a conversation.
    pub(crate) fn reply(&self, messages: &[Message], reading: &Reading<'_>) -> Verdict {
        let target = reading.target();
        let reply = match self {
            Self::Error => {
                let found = error::answer(messages, target.is_openai());
                return match found.reply {
                    Some(reply) => Verdict::Reply(skipping(Box::new(reply), &found.skipped)),
                    None => Verdict::Pass { why: joined(&found.skipped) },
                };
            }
            Self::ToolCall { tools, is_before_schema } => {
                let Some(answer) = tool_call::answer(messages) else {
                    return Verdict::Pass { why: None };
                };
                let demands = Demands::of(reading, messages);
                return answer.verdict(demands.as_ref(), *tools, *is_before_schema);
            }
            Self::Schema(by_schemas) => {
                let Some(demands) = Demands::of(reading, messages) else {
                    return Verdict::Pass { why: None };
                };
                let BySchema { reply, unmet } = by_schemas.answer(&demands);
                return match reply {
                    Some(reply) => Verdict::Reply(skipping(Box::new(reply), &unmet)),
                    None => Verdict::Pass { why: joined(&unmet) },
                };
            }
            Self::CustomAnswers(answers) => answers.answer(messages),
            Self::Mirror => Some(mirror::answer(messages, target.is_responses())),
            Self::Scenario(_) | Self::Fixture { .. } | Self::Proxy(_) => None,
        };
        match reply {
            Some(reply) => Verdict::Reply(Box::new(reply)),
            None => Verdict::Pass { why: None },
        }
    }
}

/// The header with the lines that a strategy skipped, and why.
static SKIPPED: HeaderName = HeaderName::from_static("x-llmock-skipped");

/// The reply with a header for what was skipped before it.
pub(crate) fn skipping(reply: Box<Reply>, whys: &[String]) -> Box<Reply> {
    match joined(whys) {
        Some(why) => Box::new(reply.header(SKIPPED.as_str(), in_header(&why))),
        None => reply,
    }
}

/// The same for a complete answer.
pub(crate) fn note_skipped(headers: &mut HeaderMap, whys: &[String]) {
    let why = joined(whys).map(|why| in_header(&why));
    if let Some(Ok(why)) = why.map(HeaderValue::try_from) {
        headers.insert(&SKIPPED, why);
    }
}

/// Reasons on one line.
pub(crate) fn joined(whys: &[String]) -> Option<String> {
    (!whys.is_empty()).then(|| whys.join("; "))
}

/// A text as the value of a header: short, and only printable ASCII.
fn in_header(text: &str) -> String {
    const LONGEST: usize = 500;
    let plain = |char: char| if (' '..='~').contains(&char) { char } else { '?' };
    text.chars().take(LONGEST).map(plain).collect()
}
