//! [`SentRequest`]: a request as llmock received it, and what it says in any provider's format.

mod hidden;

use std::borrow::Cow;
use std::sync::Arc;

use bytes::Bytes;
use serde::ser::{Serialize, SerializeStruct as _, Serializer};

use crate::fixture::interaction::Interaction;
use crate::fixture::redact::Redactor;
use crate::json::Json;
use crate::provider::Provider;
use crate::wire::conversation::{self, Message, Role};
use crate::wire::tools::{self, Tool, ToolResult};
use crate::wire::{self, Format};

pub(crate) use hidden::Hidden;

/// What responded to a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum RespondedBy {
    /// A recorded interaction, or the empty response to a side call.
    Fixture,
    /// A wiremock `Mock` that the test mounted.
    Mock,
    /// A reply that the test wrote.
    Reply,
    /// The real provider, while recording.
    Upstream,
    /// A [fault](crate::control::Fault), instead of any of them.
    Fault,
    /// Nothing: a miss, which fails the test.
    Nothing,
}

impl RespondedBy {
    /// A name for files and snapshots.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Fixture => "fixture",
            Self::Mock => "mock",
            Self::Reply => "reply",
            Self::Upstream => "upstream",
            Self::Fault => "fault",
            Self::Nothing => "nothing",
        }
    }
}

/// A request as the mock server received it, with secrets redacted.
///
/// Its readers return the same for every provider. For insta, `Debug` and `Serialize` are stable: they leave out headers,
/// ports, and times.
///
/// ```no_run
/// # use llmock::{LlmMock, RespondedBy, llm_replay};
/// #[llm_replay(fixture = "summarize")]
/// #[test]
/// fn sends_the_document_once(mock: &LlmMock) {
///     // ... run the program ...
///     let requests = mock.requests();
///     assert_eq!(requests.len(), 1);
///     assert!(requests[0].last_user_text().unwrap().contains("the document"));
///     assert!(requests[0].tool("search").is_some());
///     assert_eq!(requests[0].responded_by(), RespondedBy::Fixture);
/// }
/// ```
#[derive(Clone)]
pub struct SentRequest {
    pub(crate) provider: Provider,
    pub(crate) method: String,
    /// Canonical, with secrets redacted.
    pub(crate) path: String,
    /// Without headers that hold secrets; names in lower case.
    pub(crate) headers: Arc<[(String, String)]>,
    /// Decompressed, with secrets redacted.
    pub(crate) body: Bytes,
    pub(crate) hidden: Hidden,
    pub(crate) responded_by: RespondedBy,
}

impl SentRequest {
    /// A copy for the test. Variables that were loaded meanwhile may hold secrets of it.
    pub(crate) fn redacted(&self, redactor: &Redactor) -> Self {
        let headers = self.headers.iter();
        let headers =
            headers.map(|(name, value)| (name.clone(), redactor.text(value).into_owned()));
        let body = std::str::from_utf8(&self.body).map_or_else(
            |_| redactor.bytes(&self.body).into_owned(),
            |text| redactor.json(text).into_owned().into_bytes(),
        );
        Self {
            path: redactor.text(&self.path).into_owned(),
            headers: headers.collect(),
            body: body.into(),
            ..self.clone()
        }
    }

    /// The provider whose API it uses.
    pub fn provider(&self) -> Provider {
        self.provider
    }

    /// In upper case.
    pub fn method(&self) -> &str {
        &self.method
    }

    /// As at the provider's own host, query included: `/v1/chat/completions`.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// Headers in order of arrival, with names in lower case and without those that hold keys.
    pub fn headers(&self) -> impl Iterator<Item = (&str, &str)> {
        self.headers.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// The first header of this name, whatever its case. Headers that hold keys are not shown; see
    /// [`header_was`](Self::header_was).
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }

    /// Whether a header of this name had this value. It sees headers that hold keys and accounts, too.
    ///
    /// ```no_run
    /// # fn check(mock: &llmock::LlmMock) {
    /// assert!(mock.requests()[0].header_was("chatgpt-account-id", "acct_1"));
    /// # }
    /// ```
    pub fn header_was(&self, name: &str, value: &str) -> bool {
        self.has_header(name, |known| known == value)
    }

    /// Whether a header of this name has such a value; it sees those that hold keys, too.
    pub(crate) fn has_header(&self, name: &str, fits: impl Fn(&str) -> bool) -> bool {
        let shown = self.headers().filter(|(known, _)| known.eq_ignore_ascii_case(name));
        shown.map(|(_, value)| value).chain(self.hidden.values(name)).any(fits)
    }

    /// Whether the request has a key, a token, or a signature.
    pub fn has_credentials(&self) -> bool {
        self.hidden.credentials().next().is_some()
    }

    /// Whether the request was sent with this key, in whatever header or parameter. The key that was sent is never
    /// printed.
    ///
    /// ```no_run
    /// # fn check(mock: &llmock::LlmMock) {
    /// assert!(mock.requests()[0].api_key_was("sk-of-this-tenant"));
    /// # }
    /// ```
    pub fn api_key_was(&self, key: &str) -> bool {
        self.hidden.credentials().any(|value| {
            // `Bearer KEY`
            value == key || value.split_once(' ').is_some_and(|(_, rest)| rest.trim() == key)
        })
    }

    /// The version of the API: the header `anthropic-version`, or Azure's parameter `api-version`.
    pub fn api_version(&self) -> Option<&str> {
        let query = self.path.split_once('?').map_or("", |(_, query)| query);
        let pairs = || query.split('&').filter_map(|pair| pair.split_once('='));
        let in_query = || pairs().find(|(name, _)| *name == "api-version").map(|(_, value)| value);
        self.header("anthropic-version").or_else(in_query)
    }

    /// The beta features that the request names, in `anthropic-beta` or `openai-beta`.
    pub fn betas(&self) -> Vec<&str> {
        let headers = self.headers().filter(|(name, _)| name.ends_with("-beta"));
        let names = headers.flat_map(|(_, value)| value.split(','));
        names.map(str::trim).filter(|name| !name.is_empty()).collect()
    }

    /// The body after decompression; a multipart body as it was sent.
    pub fn body(&self) -> &[u8] {
        &self.body
    }

    /// The body as text, with U+FFFD in place of invalid UTF-8.
    pub fn text(&self) -> Cow<'_, str> {
        String::from_utf8_lossy(&self.body)
    }

    /// The body as JSON.
    ///
    /// # Errors
    ///
    /// If it is not JSON of type `T`.
    pub fn json<T: serde::de::DeserializeOwned>(&self) -> Result<T, serde_json::Error> {
        serde_json::from_slice(&self.body)
    }

    /// What responded to it.
    pub fn responded_by(&self) -> RespondedBy {
        self.responded_by
    }

    /// The model that it names, in its body or in its path.
    pub fn model(&self) -> Option<String> {
        self.model_in(self.parsed().as_ref())
    }

    /// The same for who has read the body.
    pub(crate) fn model_in(&self, body: Option<&Json<'_>>) -> Option<String> {
        (self.format().model)(self.provider, &self.path, body).map(Cow::into_owned)
    }

    /// Whether it asks for a streamed response.
    pub fn is_streaming(&self) -> bool {
        self.format().wants_stream(&self.path, self.parsed().as_ref())
    }

    /// The messages, the oldest first; empty for requests that are not a conversation.
    pub fn messages(&self) -> Vec<Message> {
        self.parsed().map(|body| conversation::messages(self.format(), &body)).unwrap_or_default()
    }

    /// The instructions, wherever the API has them; `None` without any.
    pub fn system(&self) -> Option<String> {
        tools::system(self.format(), &self.parsed()?)
    }

    /// The text of the last message of the user.
    pub fn last_user_text(&self) -> Option<String> {
        Self::last_of_user(self.messages())
    }

    pub(crate) fn last_of_user(messages: Vec<Message>) -> Option<String> {
        let is_users = |message: &Message| message.role == Role::User && !message.text.is_empty();
        messages.into_iter().rev().find(is_users).map(|message| message.text)
    }

    /// The tools that it offers to the model.
    pub fn tools(&self) -> Vec<Tool> {
        self.parsed().map(|body| tools::tools(&body)).unwrap_or_default()
    }

    /// The tool of this name, if it is offered.
    pub fn tool(&self, name: &str) -> Option<Tool> {
        self.tools().into_iter().find(|tool| tool.name == name)
    }

    /// The results of tools that it brings, the oldest first.
    pub fn tool_results(&self) -> Vec<ToolResult> {
        self.parsed().map(|body| tools::results(&body)).unwrap_or_default()
    }

    /// Those of them that came after the last message of the model.
    pub fn new_tool_results(&self) -> Vec<ToolResult> {
        self.parsed().map(|body| tools::new_results(&body)).unwrap_or_default()
    }

    pub(crate) fn parsed(&self) -> Option<Json<'_>> {
        tools::parsed(&self.body)
    }

    pub(crate) fn format(&self) -> &'static Format {
        wire::format(self.provider, &self.method, &self.path)
    }

    #[cfg(test)]
    pub(crate) fn for_tests(provider: Provider, path: &str, body: String) -> Self {
        Self {
            provider,
            method: "POST".to_owned(),
            path: path.to_owned(),
            headers: Arc::default(),
            body: body.into(),
            hidden: Hidden::default(),
            responded_by: RespondedBy::Nothing,
        }
    }

    /// The request of an interaction: a stored one has no keys, and of its headers those that were kept.
    pub(crate) fn stored(interaction: &Interaction) -> Self {
        let request = &interaction.request;
        Self {
            provider: interaction.provider,
            method: request.method.clone(),
            path: request.path.clone(),
            headers: request.headers.clone().into(),
            body: request.body.to_wire().into_owned().into(),
            hidden: Hidden::default(),
            responded_by: RespondedBy::Fixture,
        }
    }
}

/// A body as it is shown: JSON if it is JSON, otherwise text.
pub(super) fn value(body: &[u8]) -> serde_json::Value {
    serde_json::from_slice(body)
        .unwrap_or_else(|_| String::from_utf8_lossy(body).into_owned().into())
}

impl std::fmt::Debug for SentRequest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SentRequest")
            .field("provider", &self.provider.id())
            .field("method", &self.method)
            .field("path", &self.path)
            .field("body", &self.text())
            .finish_non_exhaustive()
    }
}

impl Serialize for SentRequest {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut fields = serializer.serialize_struct("SentRequest", 4)?;
        fields.serialize_field("provider", self.provider.id())?;
        fields.serialize_field("method", &self.method)?;
        fields.serialize_field("path", &self.path)?;
        fields.serialize_field("body", &value(&self.body))?;
        fields.end()
    }
}

#[cfg(test)]
mod tests {
    use http::{HeaderMap, HeaderName, HeaderValue};

    use super::*;
    use crate::provider;

    fn request(headers: &[(&'static str, &'static str)], path: &str) -> SentRequest {
        let all: HeaderMap = headers
            .iter()
            .map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value)))
            .collect();
        let shown = headers.iter().filter(|(name, _)| !provider::is_secret_header(name));
        SentRequest {
            provider: Provider::OpenAI,
            method: "POST".to_owned(),
            path: path.to_owned(),
            headers: shown.map(|(name, value)| ((*name).into(), (*value).into())).collect(),
            body: Bytes::new(),
            hidden: Hidden::of(&all, path),
            responded_by: RespondedBy::Nothing,
        }
    }

    #[test]
    fn compares_keys_and_never_prints_them() {
        for (headers, path, key, has) in [
            (&[("authorization", "Bearer sk-1")][..], "/v1/x", "sk-1", true),
            (&[("x-api-key", "sk-1")], "/v1/x", "sk-1", true),
            (&[("x-goog-api-key", "sk-1")], "/v1/x", "sk-1", true),
            (&[], "/v1/x?key=sk%2D1", "sk-1", true),
            (
                &[("idempotency-key", "sk-1"), ("openai-organization", "sk-1")],
                "/v1/x",
                "sk-1",
                false,
            ),
            (&[], "/v1/x?alt=sse", "sse", false),
        ] {
            let request = request(headers, path);
            assert_eq!(request.api_key_was(key), has, "{headers:?} {path}");
            assert_eq!(request.has_credentials(), has, "{headers:?} {path}");
            assert!(!request.api_key_was("sk-2"));
        }
        let request = request(&[("authorization", "Bearer sk-1")], "/v1/x");
        assert!(request.header_was("Authorization", "Bearer sk-1"));
        assert_eq!(request.header("authorization"), None);
        assert!(!format!("{request:?}").contains("sk-1"));
    }

    #[test]
    fn reads_versions_and_betas() {
        let headers =
            [("anthropic-version", "2023-06-01"), ("anthropic-beta", "a, b"), ("openai-beta", "c")];
        assert_eq!(request(&headers, "/v1/x").api_version(), Some("2023-06-01"));
        assert_eq!(request(&headers, "/v1/x").betas(), ["a", "b", "c"]);
        let azure = request(&[], "/openai/x?api-version=2024-10-21");
        assert_eq!(azure.api_version(), Some("2024-10-21"));
    }
}
