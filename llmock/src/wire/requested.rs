//! What a request asks of the response beyond its content: where it ends, log probabilities, reasoning.
//!
//! Each format names the members ([`Requested`]); [`Request`](super::fitted) applies them to a reply.

use crate::json::Json;

/// The members of a format's requests that shape the response.
pub(crate) struct Requested {
    /// [Paths](Json::find) of the most tokens that the response may have. The first one present counts.
    pub(crate) most_tokens: &'static [&'static str],
    /// Paths of the texts at which the response stops: one text, or a list.
    pub(crate) stops: &'static [&'static str],
    /// Whether the response has the log probabilities of its tokens, and with how many alternatives.
    pub(crate) logprobs: fn(&Json<'_>) -> Option<usize>,
    pub(crate) reasoning: fn(&Json<'_>) -> Reasoning,
}

/// What a response says of the model's reasoning.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reasoning {
    None,
    /// It counts as tokens, and its text is not shown.
    Hidden,
    Shown,
}

impl Requested {
    pub(super) const NOTHING: Self =
        Self { most_tokens: &[], stops: &[], logprobs: |_| None, reasoning: |_| Reasoning::None };

    /// The most tokens that the response may have.
    pub(crate) fn limit(&self, body: &Json<'_>) -> Option<u64> {
        self.most_tokens.iter().find_map(|path| body.find(path)?.as_u64())
    }

    /// The texts at which the response stops; an empty one stops nothing.
    pub(crate) fn stops(&self, body: &Json<'_>) -> Vec<String> {
        let found = self.stops.iter().filter_map(|path| body.find(path));
        let texts = found.flat_map(|value| match value {
            Json::Array(items) => items.as_slice(),
            one => std::slice::from_ref(one),
        });
        let texts = texts.filter_map(Json::as_str).map(std::borrow::Cow::into_owned);
        texts.filter(|text| !text.is_empty()).collect()
    }
}

impl Reasoning {
    pub(crate) fn shown_if(shown: bool) -> Self {
        if shown { Self::Shown } else { Self::None }
    }
}

pub(crate) fn is_true(body: &Json<'_>, path: &str) -> bool {
    body.find(path) == Some(&Json::Bool(true))
}

/// OpenAI's `logprobs: true` with `top_logprobs`, which Ollama has too.
pub(super) fn with_top_logprobs(body: &Json<'_>) -> Option<usize> {
    is_true(body, "logprobs").then(|| alternatives(body, "top_logprobs"))
}

/// How many alternatives to each token a member asks for; no provider has more than 20.
pub(super) fn alternatives(body: &Json<'_>, path: &str) -> usize {
    let wanted = body.find(path).and_then(Json::as_u64).unwrap_or_default();
    usize::try_from(wanted.min(20)).unwrap_or_default()
}

/// Whether a member names an amount of reasoning, and not that there be none.
pub(super) fn has_effort(body: &Json<'_>, path: &str) -> bool {
    body.text(path).is_some_and(|effort| !matches!(&*effort, "" | "none"))
}

/// Anthropic's `thinking`, which other APIs have in the same form.
pub(super) fn thinking(body: &Json<'_>) -> Reasoning {
    match body.text("thinking/type").as_deref() {
        Some("enabled" | "adaptive") => {
            let hidden = body.text("thinking/display").as_deref() == Some("omitted");
            if hidden { Reasoning::Hidden } else { Reasoning::Shown }
        }
        _ => Reasoning::None,
    }
}
