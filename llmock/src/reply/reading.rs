//! Requests: as they arrive, and as one provider reads them.

use std::borrow::Cow;

use super::target::Target;
use crate::json::{self, Json};
use crate::provider::Provider;

/// The parts of a request on which its response depends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RequestShape<'a> {
    method: &'a str,
    path: &'a str,
    body: &'a [u8],
}

impl<'a> RequestShape<'a> {
    /// A request by its method, its path with the query, and its body, which is not compressed.
    ///
    /// The path begins after the provider's base URL or at its host: `/chat/completions`,
    /// `/v1/chat/completions` and `/openai/v1/chat/completions` (Groq) are all understood.
    pub fn new(method: &'a str, path: &'a str, body: &'a (impl AsRef<[u8]> + ?Sized)) -> Self {
        Self { method, path, body: body.as_ref() }
    }

    /// A `POST` request.
    pub fn post(path: &'a str, body: &'a (impl AsRef<[u8]> + ?Sized)) -> Self {
        Self::new("POST", path, body)
    }

    /// A `GET` request, which has no body.
    pub fn get(path: &'a str) -> Self {
        Self::new("GET", path, "")
    }

    /// Reads the request as this provider would.
    pub fn read(&self, provider: Provider) -> Reading<'a> {
        Reading::new(Cow::Owned(Target::new(provider, self.method, self.path)), self.body)
    }

    /// The model that the request names, in its body or in its path.
    ///
    /// ```
    /// # use llmock::{Provider, reply::RequestShape};
    /// let shape = RequestShape::post("/v1beta/models/gemini-2.5-pro:generateContent", "{}");
    /// assert_eq!(shape.model(Provider::Gemini).as_deref(), Some("gemini-2.5-pro"));
    /// ```
    pub fn model(&self, provider: Provider) -> Option<String> {
        self.read(provider).model().map(Cow::into_owned)
    }

    /// Whether the request asks for a streamed response.
    pub fn streams(&self, provider: Provider) -> bool {
        self.read(provider).streams()
    }
}

/// A request as one provider reads it; made by [`RequestShape::read`].
///
/// ```
/// use llmock::Provider;
/// use llmock::reply::{Endpoint, Reply, RequestShape};
///
/// let body = r#"{"model":"gpt-5","messages":[{"role":"user","content":"Hello!"}]}"#;
/// let reading = RequestShape::post("/v1/chat/completions", body).read(Provider::OpenAI);
/// assert_eq!(reading.target().endpoint(), Endpoint::Conversation);
/// let echo = Reply::text(&reading.messages()[0].text);
/// assert!(reading.render(&echo).text().contains("Hello!"));
/// ```
#[derive(Clone, Debug)]
pub struct Reading<'a> {
    target: Cow<'a, Target>,
    pub(super) bytes: &'a [u8],
    pub(super) body: Option<Json<'a>>,
    pub(super) created: Option<u64>,
    pub(super) seed: Option<u64>,
}

impl<'a> Reading<'a> {
    pub(super) fn new(target: Cow<'a, Target>, bytes: &'a [u8]) -> Self {
        let text = std::str::from_utf8(bytes).ok();
        let body = text.and_then(|text| json::parse(text).ok());
        Self { target, bytes, body, created: None, seed: None }
    }

    /// Sets the time and the seed of the response's ids, for replies that set neither
    /// ([`Reply::created`](super::Reply::created), [`Reply::seed`](super::Reply::seed)).
    #[must_use]
    pub fn answered(mut self, created: u64, seed: u64) -> Self {
        (self.created, self.seed) = (Some(created), Some(seed));
        self
    }

    /// What method and path of the request say.
    pub fn target(&self) -> &Target {
        &self.target
    }

    /// The model that the request names, in its body or in its path.
    pub fn model(&self) -> Option<Cow<'_, str>> {
        (self.target.format.model)(self.target.provider, &self.target.path, self.body.as_ref())
    }

    /// Whether the request asks for a streamed response.
    pub fn streams(&self) -> bool {
        self.target.asks_for_stream(self.body.as_ref())
    }
}
