//! A request read once, for those who ask it several things and then answer it.

use super::asked::{Asked, RequestShape};
use super::content::Reply;
use super::conversation::{self, Turn};
use super::rendered::Rendered;
use super::{answer, check, errors};
use crate::json::{self, Json};
use crate::provider::{self, Family, Provider, Shape};

/// A request as one provider reads it; made by [`RequestShape::read`].
///
/// ```
/// use llmock::Provider;
/// use llmock::reply::{Endpoint, Reply, RequestShape};
///
/// let body = r#"{"model":"gpt-5","messages":[{"role":"user","content":"Hello!"}]}"#;
/// let reading = RequestShape::post("/v1/chat/completions", body).read(Provider::OpenAI);
/// assert_eq!(reading.endpoint(), Endpoint::Conversation);
/// let echo = Reply::text(&reading.turns()[0].text);
/// assert!(reading.render(&echo).text().contains("Hello!"));
/// ```
#[derive(Clone, Debug)]
pub struct Reading<'a> {
    pub(super) provider: Provider,
    pub(super) family: Family,
    pub(super) method: &'a str,
    /// Canonical, with the query.
    pub(super) path: String,
    pub(super) bytes: &'a [u8],
    pub(super) body: Option<Json<'a>>,
}

/// What a path and a method lead to at a provider.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Endpoint {
    /// A model answers what somebody said.
    Conversation,
    /// Something else that [`Reply::render`] knows: models, embeddings, moderations, counts of tokens.
    Other,
    /// There is such a path, but only for this method.
    OnlyFor(&'static str),
    /// Nothing that [`Reply::render`] knows.
    Unknown,
}

impl<'a> RequestShape<'a> {
    /// Reads the request as this provider would.
    pub fn read(&self, provider: Provider) -> Reading<'a> {
        let path = provider::canonical_path(provider, self.path);
        let family = provider::family(provider, self.method, &path);
        let text = std::str::from_utf8(self.body).ok();
        let body = text.and_then(|text| json::parse(text).ok());
        Reading { provider, family, method: self.method, path, bytes: self.body, body }
    }
}

impl Reading<'_> {
    /// The model that the request names, in its body or in its path.
    pub fn model(&self) -> Option<String> {
        provider::model(self.provider, self.family, &self.path, self.body.as_ref())
    }

    /// Whether the request asks for a streamed answer.
    pub fn streams(&self) -> bool {
        provider::wants_stream(self.family, &self.path, self.body.as_ref())
    }

    /// What has been said so far, the oldest first; empty where nobody speaks.
    pub fn turns(&self) -> Vec<Turn> {
        self.body.as_ref().map_or_else(Vec::new, |body| conversation::turns(self.family, body))
    }

    /// Path and query as at the provider's own host, without secrets.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// Whether errors and answers are in OpenAI's format, which many providers have.
    pub fn is_openai(&self) -> bool {
        provider::error_shape(self.provider, self.family) == Shape::OpenAi
    }

    /// Whether it is OpenAI's Responses format.
    pub fn is_responses(&self) -> bool {
        self.family == Family::OpenAiResponses
    }

    /// Where the request goes.
    pub fn endpoint(&self) -> Endpoint {
        check::endpoint(self.provider, self.family, self.method, &self.path)
    }

    /// Why the provider would refuse the request: a body that is no JSON, or members that are missing or
    /// of a wrong type. `None` does not mean that the provider takes it.
    pub fn refusal(&self) -> Option<Reply> {
        check::refusal(self).map(|why| Reply::error(400, why))
    }

    /// The answer as the provider would send it; see [`Reply::render`].
    pub fn render(self, reply: &Reply) -> Rendered {
        let asked = Asked::new(reply, self);
        let rendered = match &reply.failure {
            Some(failure) if !(failure.midway && asked.streams) => errors::render(&asked, failure),
            _ => answer(&asked),
        };
        rendered.finish(&asked)
    }
}
