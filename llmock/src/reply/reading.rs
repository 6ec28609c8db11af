//! A request read once, for those who ask it several things and then answer it.

use std::borrow::Cow;
use std::cell::RefCell;

use super::asked::{Asked, NotedId, RequestShape};
use super::content::{Failure, Reply};
use super::conversation::{self, Turn};
use super::rendered::Rendered;
use super::target::Target;
use super::{answer, check, errors, limits};
use crate::json::{self, Json};
use crate::provider::{self, Provider};

/// A request as one provider reads it; made by [`RequestShape::read`].
///
/// ```
/// use llmock::Provider;
/// use llmock::reply::{Endpoint, Reply, RequestShape};
///
/// let body = r#"{"model":"gpt-5","messages":[{"role":"user","content":"Hello!"}]}"#;
/// let reading = RequestShape::post("/v1/chat/completions", body).read(Provider::OpenAI);
/// assert_eq!(reading.target().endpoint(), Endpoint::Conversation);
/// let echo = Reply::text(&reading.turns()[0].text);
/// assert!(reading.render(&echo).text().contains("Hello!"));
/// ```
#[derive(Clone, Debug)]
pub struct Reading<'a> {
    pub(super) target: Cow<'a, Target>,
    pub(super) bytes: &'a [u8],
    pub(super) body: Option<Json<'a>>,
    pub(super) created: Option<u64>,
    pub(super) seed: Option<u64>,
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
        Reading::new(Cow::Owned(Target::new(provider, self.method, self.path)), self.body)
    }
}

impl<'a> Reading<'a> {
    pub(super) fn new(target: Cow<'a, Target>, bytes: &'a [u8]) -> Self {
        let text = std::str::from_utf8(bytes).ok();
        let body = text.and_then(|text| json::parse(text).ok());
        Self { target, bytes, body, created: None, seed: None }
    }

    /// When its answer is made, and what ids are derived from, for replies that do not say
    /// ([`Reply::created`], [`Reply::seed`]).
    #[must_use]
    pub fn answered(mut self, created: u64, seed: u64) -> Self {
        (self.created, self.seed) = (Some(created), Some(seed));
        self
    }

    /// Where the request goes.
    pub fn target(&self) -> &Target {
        &self.target
    }

    /// The model that the request names, in its body or in its path.
    pub fn model(&self) -> Option<Cow<'_, str>> {
        let target = &self.target;
        provider::model(target.provider, target.family, &target.path, self.body.as_ref())
    }

    /// Whether the request asks for a streamed answer.
    pub fn streams(&self) -> bool {
        self.target.asks_for_stream(self.body.as_ref())
    }

    /// What has been said so far, the oldest first; empty where nobody speaks.
    pub fn turns(&self) -> Vec<Turn> {
        let turns = |body| conversation::turns(self.target.family, body);
        self.body.as_ref().map_or_else(Vec::new, turns)
    }

    /// Why the provider would refuse the request: a body that is no JSON, or members that are missing, of a
    /// wrong type, or ask for more than anybody answers at once. `None` does not mean that the provider takes it.
    pub fn refusal(&self) -> Option<Reply> {
        check::refusal(self).map(|why| Reply::error(400, why))
    }

    /// The answer as the provider would send it; see [`Reply::render`].
    pub fn render(&self, reply: &Reply) -> Rendered {
        self.render_noting(reply, None)
    }

    /// The same, and every id that was made for it.
    pub(super) fn render_noting(
        &self,
        reply: &Reply,
        noted: Option<&RefCell<Vec<NotedId>>>,
    ) -> Rendered {
        let asked = Asked::new(reply, self).noting(noted);
        let rendered = match &reply.failure {
            Some(failure) if !(failure.midway && asked.streams) => errors::render(&asked, failure),
            _ => match limits::of_answer(&asked) {
                Some(message) => {
                    errors::render(&asked, &Failure { status: 400, message, midway: false })
                }
                None => answer(&asked),
            },
        };
        rendered.finish(&asked)
    }
}
