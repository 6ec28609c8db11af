//! Requests: as they arrive, as one provider reads them, and with the response that a reply becomes.

use std::borrow::Cow;
use std::cell::{OnceCell, RefCell};

use super::content::{Failure, Reply};
use super::context::RenderContext;
use super::extras::Feature;
use super::format::Kind;
use super::ids::{DerivedId, seed_of};
use super::placed;
use super::rendered::Rendered;
use super::requirements::Limit;
use super::target::Target;
use super::{failure, size};
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
    pub(crate) bytes: &'a [u8],
    pub(crate) body: Option<Json<'a>>,
    pub(crate) created: Option<u64>,
    pub(crate) seed: Option<u64>,
    /// Tokens of turns that the request continues and does not repeat.
    pub(crate) earlier: u64,
}

impl<'a> Reading<'a> {
    pub(crate) fn new(target: Cow<'a, Target>, bytes: &'a [u8]) -> Self {
        let text = std::str::from_utf8(bytes).ok();
        let body = text.and_then(|text| json::parse(text).ok());
        Self { target, bytes, body, created: None, seed: None, earlier: 0 }
    }

    /// Sets the time and the seed of the response's ids, for replies that set neither
    /// ([`Reply::created`], [`Reply::seed`]).
    #[must_use]
    pub fn answered(mut self, created: u64, seed: u64) -> Self {
        (self.created, self.seed) = (Some(created), Some(seed));
        self
    }

    /// Adds the tokens of earlier turns, which the provider keeps and the request only quotes, to those of the request.
    #[must_use]
    pub fn continued(mut self, tokens: u64) -> Self {
        self.earlier = tokens;
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

    /// Whether a model replies to the request.
    pub(crate) fn is_conversation(&self) -> bool {
        self.target.operation.kind == Kind::Conversation
    }

    /// Whether the request asks for a streamed response.
    pub fn streams(&self) -> bool {
        self.target.asks_for_stream(self.body.as_ref())
    }
}

/// The time of a response unless the reply or the server sets it: the beginning of 2025.
const CREATED: u64 = 1_735_689_600;

impl Reply {
    /// The response that this provider would send to this request.
    ///
    /// Known are chat completions, Responses, completions, embeddings, moderations and models in
    /// OpenAI's format; messages, token counts and models in Anthropic's; Gemini's and Vertex's
    /// contents, token counts, embeddings and models; Ollama's, Cohere's and Bedrock's own endpoints
    /// for the same. Any other request gets the provider's error with status 404, and a response that would be longer
    /// than 32 MiB becomes one with status 400.
    pub fn render(&self, provider: Provider, request: &RequestShape<'_>) -> Rendered {
        request.read(provider).render(self)
    }
}

impl Reading<'_> {
    /// The response that the provider would send; see [`Reply::render`].
    pub fn render(&self, reply: &Reply) -> Rendered {
        self.render_collecting(reply, None)
    }

    /// Why the format of the request cannot express a reply; `None` if it can.
    pub(crate) fn inexpressible(&self, reply: &Reply) -> Option<String> {
        self.without_words_for(reply, Feature::method)
    }

    /// The same in the words of scenarios.
    #[cfg(feature = "server")]
    #[doc(hidden)]
    pub fn inexpressible_step(&self, reply: &Reply) -> Option<String> {
        self.without_words_for(reply, Feature::key)
    }

    fn without_words_for(
        &self,
        reply: &Reply,
        name: fn(Feature) -> &'static str,
    ) -> Option<String> {
        let target = self.target();
        let (format, kind) = (target.format, target.operation.kind);
        if let Some(recorded) = &reply.recorded {
            return recorded.unfit(format.name, target.streams(self.body.as_ref()));
        }
        if reply.failure.as_ref().is_some_and(|failure| !failure.midway) {
            return None;
        }
        if kind == Kind::Unlisted {
            let path = target.path_alone();
            return Some(format!("no reply is known to `{} {path}`", target.method));
        }
        if let Some((feature, text)) = reply.invalid_json() {
            return Some(format!("`{}` takes a JSON object, not `{text}`", name(feature)));
        }
        let streams = target.streams(self.body.as_ref());
        reply.features().into_iter().find_map(|feature| {
            let method = name(feature);
            let kept = if feature == Feature::PlacedEvents { Feature::Events } else { feature };
            let is_expressed = kind == Kind::Conversation && format.expresses.contains(&kept);
            if !is_expressed {
                let path = target.path_alone();
                return Some(format!("the format of {} ({path}) has nothing for `{method}`", format.name));
            }
            match feature {
                Feature::Events | Feature::PlacedEvents if !streams => Some(format!(
                    "`{method}` needs a streamed response, and the request asks for one in one piece"
                )),
                Feature::PlacedEvents => placed::misplaced(reply, |reply| self.render(reply)),
                Feature::Choices | Feature::LogProbs if streams && format.name == "Gemini" => Some(
                    format!("streams of {} have nothing for `{method}`", format.name),
                ),
                _ => None,
            }
        })
    }

    /// The same, and collects every id that was made for it.
    pub(crate) fn render_collecting(
        &self,
        reply: &Reply,
        derived: Option<&RefCell<Vec<DerivedId>>>,
    ) -> Rendered {
        if let Some(recorded) = &reply.recorded {
            let mut rendered = recorded.rendered();
            for (name, value) in &reply.headers {
                rendered.set_header(name.as_str(), value.clone());
            }
            return rendered;
        }
        let context = self.context(reply, derived);
        let operation = self.target().operation;
        let is_whole_error = |failure: &&Failure| !(failure.midway && context.streams);
        let too_long = || match operation.kind {
            Kind::Conversation => size::too_long(&context, operation.measure),
            _ => None,
        };
        let rendered = if let Some(failure) = reply.failure.as_ref().filter(is_whole_error) {
            failure::error(&context, failure)
        } else if let Some(message) = too_long() {
            failure::error(&context, &Failure::new(400, message))
        } else {
            placed::between((operation.render)(&context), &reply.extras.placed)
        };
        rendered.finish(&context)
    }

    pub(crate) fn context<'c>(
        &'c self,
        reply: &'c Reply,
        derived: Option<&'c RefCell<Vec<DerivedId>>>,
    ) -> RenderContext<'c> {
        let target = self.target();
        let body = self.body.as_ref();
        let model = reply.model.as_deref().map(Cow::Borrowed).or_else(|| self.model());
        let seed = match (&reply.id, reply.seed.or(self.seed)) {
            (Some(id), _) => seed_of(id.as_bytes(), b""),
            (None, Some(given)) => given,
            (None, None) => seed_of(target.path.as_bytes(), self.bytes),
        };
        RenderContext {
            reply,
            provider: target.provider,
            api: target.format.api(target.provider),
            method: &target.method,
            path: &target.path,
            path_alone: target.path_alone(),
            body,
            streams: target.streams(body),
            model: model.unwrap_or(Cow::Borrowed("llmock")),
            vectors: match &target.operation.limit {
                Limit::Vectors(vectors) => Some(vectors),
                _ => None,
            },
            answers: target.format.answers,
            earlier: self.earlier,
            created: reply.created.or(self.created).unwrap_or(CREATED),
            seed,
            derived,
            id: OnceCell::new(),
            created_at: OnceCell::new(),
        }
    }
}
