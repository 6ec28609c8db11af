//! Parts of a reply that not every format can express.

use crate::json::write::{Object, object};

/// These parts, as a reply has them.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Extras {
    /// Items of the output in the provider's own format, as JSON.
    pub(crate) items: Vec<String>,
    /// Events of the stream in the provider's own format, as JSON.
    pub(crate) events: Vec<String>,
    /// Events in the provider's own format, each behind so many of the others.
    pub(crate) placed: Vec<(usize, String)>,
    /// The ids of the output's items, in their order.
    pub(crate) item_ids: Vec<String>,
    /// What the provider has searched the web for.
    pub(crate) searches: Vec<String>,
    pub(crate) citations: Vec<Citation>,
    /// Reasoning that only the provider can read.
    pub(crate) redacted: Vec<String>,
    /// The text of each choice.
    pub(crate) choices: Vec<String>,
    /// The tokens of the text with their log probabilities.
    pub(crate) logprobs: Vec<(String, f32)>,
    /// How many alternatives each of these tokens has.
    pub(crate) alternatives: usize,
}

/// A source of the text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Citation {
    pub(crate) url: String,
    pub(crate) title: String,
}

/// A kind of these parts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Feature {
    Items,
    Events,
    PlacedEvents,
    ItemIds,
    Searches,
    Citations,
    RedactedReasoning,
    Choices,
    LogProbs,
    CustomCalls,
    Namespaces,
}

impl Feature {
    /// The method of `Reply` that adds it.
    pub(crate) fn method(self) -> &'static str {
        match self {
            Self::Items => ".item(..)",
            Self::Events => ".event(..)",
            Self::PlacedEvents => ".event_after(..)",
            Self::ItemIds => ".item_ids(..)",
            Self::Searches => ".web_search(..)",
            Self::Citations => ".citation(..)",
            Self::RedactedReasoning => ".redacted_reasoning(..)",
            Self::Choices => ".choices(..)",
            Self::LogProbs => ".logprobs(..)",
            Self::CustomCalls => ".custom_tool_call(..)",
            Self::Namespaces => ".namespace(..)",
        }
    }

    /// The key of a scenario that has it.
    #[cfg(feature = "server")]
    pub(crate) fn key(self) -> &'static str {
        match self {
            Self::Items => "items",
            Self::Events => "events",
            Self::Searches => "web-search",
            Self::Citations => "citations",
            Self::CustomCalls => "call",
            other => other.method(),
        }
    }
}

/// Tokens with their log probabilities, as OpenAI's formats write them.
pub(super) fn logprobs(tokens: &[(String, f32)], alternatives: usize) -> Vec<Object> {
    let one = |token: &str, logprob: f32| {
        let bytes: Vec<u16> = token.bytes().map(u16::from).collect();
        object! { "token": token, "logprob": logprob, "bytes": bytes }
    };
    let with_others = |(token, logprob): &(String, f32)| {
        let others: Vec<Object> = most_likely(token, *logprob, alternatives)
            .map(|(other, logprob)| one(other, logprob))
            .collect();
        one(token, *logprob).with("top_logprobs", &others)
    };
    tokens.iter().map(with_others).collect()
}

/// The most likely tokens in the place of this one, which is the first of them.
pub(super) fn most_likely(
    token: &str,
    logprob: f32,
    count: usize,
) -> impl Iterator<Item = (&str, f32)> {
    const OTHERS: [&str; 20] = [
        " the", " a", " and", " of", " to", " in", " is", " that", " it", " for", " on", " as",
        " with", " was", " at", " by", " be", " this", " are", " or",
    ];
    let others = OTHERS.iter().copied().filter(move |other| *other != token);
    let all = std::iter::once(token).chain(others).take(count);
    // each is about a fifth as likely as the one before
    (0_u8..).zip(all).map(move |(rank, token)| (token, logprob - 1.5 * f32::from(rank)))
}
