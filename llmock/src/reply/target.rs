//! Where a request goes, worked out once for all requests to one path.

use std::borrow::Cow;

use super::check::{self, Rules};
use super::reading::{Endpoint, Reading};
use crate::json;
use crate::provider::{self, Family, Provider, Shape, StreamBy};

/// What method and path of a request say; its body says the rest.
///
/// Whoever answers many requests to few paths keeps it: to read a path takes as long as to read a short body.
///
/// ```
/// use llmock::Provider;
/// use llmock::reply::{Reply, Target};
///
/// let target = Target::new(Provider::OpenAI, "POST", "/v1/chat/completions");
/// for question in ["Hello!", "Who are you?"] {
///     let body = format!(r#"{{"model":"gpt-5","messages":[{{"role":"user","content":"{question}"}}]}}"#);
///     assert!(target.read(body.as_bytes()).render(&Reply::text("Hi.")).text().contains("Hi."));
/// }
/// ```
#[derive(Clone, Debug)]
pub struct Target {
    pub(super) provider: Provider,
    pub(super) family: Family,
    pub(super) method: String,
    /// Canonical, with the query.
    pub(super) path: String,
    /// How much of it is in front of the query.
    path_length: usize,
    pub(super) endpoint: Endpoint,
    pub(super) rules: Rules,
    streams: Streams,
}

/// Whether there are streamed answers.
#[derive(Clone, Copy, Debug)]
struct Streams {
    /// `"stream": true` means nothing to some endpoints.
    possible: bool,
    by: StreamBy,
}

impl Target {
    /// Reads method and path, the query included, as this provider would.
    pub fn new(provider: Provider, method: &str, path: &str) -> Self {
        let path = provider::canonical_path(provider, path);
        let path_length = path.find('?').unwrap_or(path.len());
        let alone = &path[..path_length];
        let family = provider::family(provider, method, &path);
        Self {
            provider,
            family,
            method: method.to_owned(),
            endpoint: check::endpoint(provider, family, method, alone),
            rules: check::rules(family, alone),
            streams: Streams {
                possible: can_stream(family, alone),
                by: provider::stream_by(family, &path),
            },
            path_length,
            path,
        }
    }

    /// A request to it with that body, without compression.
    pub fn read<'a>(&'a self, body: &'a [u8]) -> Reading<'a> {
        Reading::new(Cow::Borrowed(self), body)
    }

    /// Path and query as at the provider's own host, without secrets.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The path at the provider's own host, without its query.
    pub fn path_alone(&self) -> &str {
        &self.path[..self.path_length]
    }

    /// Whose API it is.
    pub fn provider(&self) -> Provider {
        self.provider
    }

    /// What is there.
    pub fn endpoint(&self) -> Endpoint {
        self.endpoint
    }

    /// Whether errors and answers are in OpenAI's format, which many providers have.
    pub fn is_openai(&self) -> bool {
        provider::error_shape(self.provider, self.family) == Shape::OpenAi
    }

    /// Whether it is OpenAI's Responses format.
    pub fn is_responses(&self) -> bool {
        self.family == Family::OpenAiResponses
    }

    /// Whether a request with that body gets a streamed answer.
    pub(super) fn streams(&self, body: Option<&json::Json<'_>>) -> bool {
        self.streams.possible && self.asks_for_stream(body)
    }

    pub(super) fn asks_for_stream(&self, body: Option<&json::Json<'_>>) -> bool {
        self.streams.by.wanted(body)
    }
}

/// Whether an endpoint has streamed answers at all.
fn can_stream(family: Family, path: &str) -> bool {
    match family {
        Family::OpenAiChat | Family::OpenAiCompletions | Family::Anthropic => true,
        Family::OpenAiResponses => path.ends_with("/responses"),
        Family::Gemini => path.ends_with(":streamGenerateContent"),
        Family::Ollama => path == "/api/chat" || path == "/api/generate",
        Family::Cohere => path.ends_with("/chat"),
        Family::Bedrock => path.ends_with("-stream"),
        Family::OpenAiEmbeddings | Family::AnthropicCount | Family::Models | Family::Plain => false,
    }
}
