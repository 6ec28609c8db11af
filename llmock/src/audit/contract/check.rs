//! A request as the checks of the contract read it.

use crate::exchange::sent::SentRequest;
use crate::json::Json;
use crate::provider::Provider;

use super::model::Claude;

/// What is wrong with a request: where, and what the provider responds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Found {
    pub(super) place: String,
    pub(super) message: String,
}

impl Found {
    #[expect(clippy::unnecessary_wraps, reason = "it is the last value of every check")]
    pub(super) fn at(place: impl Into<String>, message: impl Into<String>) -> Option<Self> {
        Some(Self { place: place.into(), message: message.into() })
    }
}

/// The API whose rules a request is under.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Api {
    /// Messages, at Anthropic, on Vertex, and in Bedrock's `invoke`.
    Anthropic,
    /// Chat completions of OpenAI and Azure.
    Chat,
    /// Responses of OpenAI and Azure.
    Responses,
    /// `generateContent`, of the Gemini API and Vertex.
    Gemini,
    /// Bedrock's `converse`.
    Converse,
}

impl Api {
    pub(super) fn error_kind(self) -> &'static str {
        match self {
            Self::Anthropic | Self::Chat | Self::Responses => "invalid_request_error",
            Self::Gemini => "INVALID_ARGUMENT",
            Self::Converse => "ValidationException",
        }
    }

    /// The API of a request, if the table has rules for it.
    fn of(request: &SentRequest, body: &Json<'_>) -> Option<Self> {
        let path = request.path().split('?').next().unwrap_or_default();
        let is_openai = matches!(request.provider(), Provider::OpenAI | Provider::Azure);
        let is_google = matches!(request.provider(), Provider::Gemini | Provider::Vertex);
        let is_anthropic = matches!(request.provider(), Provider::Anthropic | Provider::Vertex);
        let is_claude = || body.get("anthropic_version").is_some();
        match request.provider() {
            _ if is_openai && path.ends_with("/chat/completions") => Some(Self::Chat),
            _ if is_openai && path.ends_with("/responses") => Some(Self::Responses),
            _ if is_google
                && (path.ends_with(":generateContent")
                    || path.ends_with(":streamGenerateContent")) =>
            {
                Some(Self::Gemini)
            }
            _ if is_anthropic
                && (path.ends_with("/messages")
                    || path.ends_with(":rawPredict")
                    || path.ends_with(":streamRawPredict"))
                && !path.contains("/threads/") =>
            {
                Some(Self::Anthropic)
            }
            Provider::Bedrock
                if path.ends_with("/converse") || path.ends_with("/converse-stream") =>
            {
                Some(Self::Converse)
            }
            Provider::Bedrock if path.contains("/invoke") && is_claude() => Some(Self::Anthropic),
            _ => None,
        }
    }
}

/// A request with what several checks need.
#[derive(Clone, Copy, Debug)]
pub(super) struct Request<'r> {
    pub(super) sent: &'r SentRequest,
    pub(super) body: &'r Json<'r>,
    pub(super) model: &'r str,
    pub(super) api: Option<Api>,
    /// The generation of a model of Anthropic.
    pub(super) claude: Option<Claude>,
}

impl<'r> Request<'r> {
    pub(super) fn new(sent: &'r SentRequest, body: &'r Json<'r>, model: &'r str) -> Self {
        Self { sent, body, model, api: Api::of(sent, body), claude: Claude::of(model) }
    }

    /// A member that is there and not `null`.
    pub(super) fn has(&self, path: &str) -> bool {
        is_given(self.body.find(path))
    }

    /// The first role in a list that is none of these, and its place.
    pub(super) fn unknown_role(&self, list: &str, known: &[&str]) -> Option<(String, String)> {
        self.body.items(list).iter().enumerate().find_map(|(at, one)| {
            let role = one.text("role").filter(|role| !known.contains(&&**role))?;
            Some((format!("$.{list}[{at}].role"), role.into_owned()))
        })
    }

    pub(super) fn number(&self, path: &str) -> Option<f64> {
        number(self.body.find(path)?)
    }

    pub(super) fn names_beta(&self, beta: &str) -> bool {
        self.sent.betas().iter().any(|known| known.starts_with(beta))
            || self
                .body
                .items("anthropic_beta")
                .iter()
                .any(|known| known.as_str().is_some_and(|known| known.starts_with(beta)))
    }
}

pub(super) fn is_given(value: Option<&Json<'_>>) -> bool {
    value.is_some_and(|value| !value.is_null())
}

pub(super) fn number(value: &Json<'_>) -> Option<f64> {
    match value {
        Json::Number(token) => token.parse().ok(),
        _ => None,
    }
}

/// Whether a member has this text.
pub(super) fn is(value: &Json<'_>, member: &str, text: &str) -> bool {
    value.get(member).and_then(Json::as_str).is_some_and(|known| known == text)
}

/// The texts of a member of each of these values.
pub(super) fn texts(values: &[Json<'_>], member: &str) -> Vec<String> {
    values.iter().filter_map(|value| Some(value.get(member)?.as_str()?.into_owned())).collect()
}

/// Neighbouring messages of one role, which providers read as one turn: whether it is the model's, and the places of its
/// first and last message. Instructions in between belong to no turn.
pub(super) fn turns(messages: &[Json<'_>]) -> Vec<(bool, std::ops::RangeInclusive<usize>)> {
    let mut turns: Vec<(bool, std::ops::RangeInclusive<usize>)> = Vec::new();
    for (at, message) in messages.iter().enumerate().filter(|(_, one)| !is(one, "role", "system")) {
        let is_models = is(message, "role", "assistant") || is(message, "role", "model");
        match turns.last_mut() {
            Some((known, places)) if *known == is_models => *places = *places.start()..=at,
            _ => turns.push((is_models, at..=at)),
        }
    }
    turns
}
