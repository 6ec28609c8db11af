//! What method and path of a request say, worked out once for all requests to one path.

use std::borrow::Cow;

use super::format::{Kind, Operation, Streaming};
use super::reading::Reading;
use super::{self as wire, Format};
use crate::json::Json;
use crate::provider::{self, Provider};

/// What method and path of a request say; its body says the rest.
///
/// A server that responds to many requests at few paths keeps it: reading a path takes as long as reading a short body.
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
    pub(crate) provider: Provider,
    pub(crate) format: &'static Format,
    pub(crate) operation: &'static Operation,
    pub(crate) method: String,
    /// Canonical, with the query.
    pub(crate) path: String,
    path_length: usize,
}

impl Target {
    /// Reads method and path, the query included, as this provider would.
    pub fn new(provider: Provider, method: &str, path: &str) -> Self {
        let path = provider::canonical_path(provider, path);
        let format = wire::format(provider, method, &path);
        let path_length = path.find('?').unwrap_or(path.len());
        let operation = format.operation(&path[..path_length]);
        Self { provider, format, operation, method: method.to_owned(), path, path_length }
    }

    /// Reads the body of a request to this target; it is not compressed.
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

    /// The provider whose API the request uses.
    pub fn provider(&self) -> Provider {
        self.provider
    }

    /// Whether a request with that body gets a streamed response.
    pub(crate) fn streams(&self, body: Option<&Json<'_>>) -> bool {
        self.operation.kind == Kind::Conversation
            && self.operation.streaming != Streaming::Never
            && self.asks_for_stream(body)
    }

    pub(crate) fn asks_for_stream(&self, body: Option<&Json<'_>>) -> bool {
        let query = self.path.get(self.path_length + 1..).unwrap_or_default();
        self.operation.wants_stream(query, body)
    }
}
