//! What an answer says, in no provider's words.

use super::pieces::Chunks;
use crate::json;
use crate::json::layout::{self, Layout};
use crate::json::write::Raw;

/// An answer that a person writes: text, tool calls, reasoning or an error, in no provider's format.
///
/// [`render`](Self::render) turns it into what a provider would send. What is not said is filled in
/// without a clock and without chance, so that the same request gets the same bytes: ids are derived
/// from the request, tokens are counted as a quarter of the characters, and `created` is a constant.
///
/// ```
/// use llmock::Provider;
/// use llmock::reply::{Reply, RequestShape};
///
/// let reply = Reply::text("Let me look.").tool_call("get_weather", r#"{"city":"Paris"}"#);
///
/// let body = r#"{"model":"gpt-5","messages":[{"role":"user","content":"Weather?"}],"stream":true}"#;
/// let rendered = reply.render(Provider::OpenAI, &RequestShape::post("/v1/chat/completions", body));
/// assert_eq!(rendered.status, 200);
/// assert_eq!(rendered.header("content-type"), Some("text/event-stream; charset=utf-8"));
///
/// let body = r#"{"model":"claude-sonnet-5","max_tokens":64,"messages":[]}"#;
/// let rendered = reply.render(Provider::Anthropic, &RequestShape::post("/v1/messages", body));
/// assert!(rendered.text().contains(r#""stop_reason":"tool_use""#));
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Reply {
    pub(crate) text: Option<String>,
    /// The pieces that the text consists of, where the author chose them.
    pub(crate) pieces: Option<Vec<String>>,
    pub(crate) reasoning: Option<String>,
    pub(crate) signature: Option<String>,
    pub(crate) refusal: Option<String>,
    pub(crate) calls: Vec<ToolCall>,
    pub(crate) failure: Option<Failure>,
    pub(crate) kind: Option<String>,
    pub(crate) code: Option<String>,
    pub(crate) usage: Option<(u64, u64)>,
    pub(crate) cached: u64,
    pub(crate) finish: Option<Finish>,
    pub(crate) model: Option<String>,
    pub(crate) models: Vec<Model>,
    pub(crate) id: Option<String>,
    pub(crate) seed: Option<u64>,
    pub(crate) created: Option<u64>,
    pub(crate) chunks: Chunks,
    pub(crate) embeddings: Vec<Vec<f32>>,
    /// The texts for the prompts of a completion.
    pub(crate) completions: Vec<String>,
    pub(crate) headers: Vec<(String, String)>,
}

/// A tool that the model wants called.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct ToolCall {
    pub(crate) id: Option<String>,
    pub(crate) name: String,
    /// As the author wrote them; never empty.
    pub(crate) arguments: String,
}

/// The error that an answer is, or ends in.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Failure {
    pub(crate) status: u16,
    pub(crate) message: String,
    /// Whether a stream has begun before it happens.
    pub(crate) midway: bool,
}

impl ToolCall {
    /// The arguments for an API that has them as JSON and not as text.
    ///
    /// Text that is not JSON becomes a JSON string, so that nothing is lost and the client reports it as it would
    /// for a model that wrote it. Line breaks between tokens are removed because events end at line breaks.
    pub(crate) fn arguments_as_json(&self) -> Raw<String> {
        let text = self.arguments.trim();
        Raw(match json::parse(text) {
            Ok(value) if text.contains(['\n', '\r']) => layout::print(&value, Layout::Compact),
            Ok(_) => text.to_owned(),
            Err(_) => json::quote(text),
        })
    }
}

/// A model of a list; a name alone is enough for one.
///
/// ```
/// # use llmock::{Provider, reply::{Model, Reply, RequestShape}};
/// let reply = Reply::new().models([Model::from("gpt-5").owned_by("openai"), "gpt-5-mini".into()]);
/// let rendered = reply.render(Provider::OpenAI, &RequestShape::get("/v1/models"));
/// assert!(rendered.text().contains(r#""owned_by":"openai""#));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Model {
    pub(crate) id: String,
    pub(crate) created: Option<u64>,
    pub(crate) owned_by: Option<String>,
}

impl<T: Into<String>> From<T> for Model {
    fn from(id: T) -> Self {
        Self { id: id.into(), created: None, owned_by: None }
    }
}

impl Model {
    /// When the model was made, in seconds since 1970.
    #[must_use]
    pub fn created(mut self, seconds: u64) -> Self {
        self.created = Some(seconds);
        self
    }

    /// The owner of the model, for providers that name it.
    #[must_use]
    pub fn owned_by(mut self, owner: impl Into<String>) -> Self {
        self.owned_by = Some(owner.into());
        self
    }
}

/// Why the model stopped; each provider has words of its own for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Finish {
    /// It had said everything.
    Stop,
    /// The limit of tokens was reached.
    Length,
    /// It waits for the results of its tool calls.
    ToolCalls,
    /// A filter of the provider took the answer away.
    ContentFilter,
    /// The model declined.
    Refusal,
}

impl Reply {
    /// An answer that says nothing yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// An answer in text.
    #[must_use]
    pub fn text(text: impl Into<String>) -> Self {
        Self { text: Some(text.into()), ..Self::default() }
    }

    /// An answer in text that is streamed in exactly these pieces.
    ///
    /// ```
    /// # use llmock::reply::Reply;
    /// let reply = Reply::pieces(["Hel", "lo"]);
    /// ```
    #[must_use]
    pub fn pieces(pieces: impl IntoIterator<Item = impl Into<String>>) -> Self {
        let pieces: Vec<String> = pieces.into_iter().map(Into::into).collect();
        Self { text: Some(pieces.concat()), pieces: Some(pieces), ..Self::default() }
    }

    /// The model declines, in these words.
    #[must_use]
    pub fn refusal(words: impl Into<String>) -> Self {
        Self { refusal: Some(words.into()), ..Self::default() }
    }

    /// An error in the provider's own shape; [`kind`](Self::kind) and [`code`](Self::code) refine it.
    ///
    /// ```
    /// # use llmock::{Provider, reply::{Reply, RequestShape}};
    /// let reply = Reply::error(429, "slow down").header("retry-after", "2");
    /// let rendered = reply.render(Provider::Anthropic, &RequestShape::post("/v1/messages", "{}"));
    /// assert_eq!(rendered.status, 429);
    /// assert_eq!(
    ///     rendered.text(),
    ///     r#"{"type":"error","error":{"type":"rate_limit_error","message":"slow down"}}"#
    /// );
    /// ```
    #[must_use]
    pub fn error(status: u16, message: impl Into<String>) -> Self {
        let failure = Failure { status, message: message.into(), midway: false };
        Self { failure: Some(failure), ..Self::default() }
    }

    /// What has been said so far is streamed, and then the provider fails. An answer that is not
    /// streamed is an error with status 500.
    #[must_use]
    pub fn failing(mut self, message: impl Into<String>) -> Self {
        self.failure = Some(Failure { status: 500, message: message.into(), midway: true });
        self
    }

    /// Has a tool called. The arguments are sent as written, valid or not; none at all are `{}`.
    ///
    /// Where an API wants them as JSON and not as text, what is not JSON becomes a JSON string.
    #[must_use]
    pub fn tool_call(self, name: impl Into<String>, arguments: impl Into<String>) -> Self {
        self.push_call(None, name.into(), arguments.into())
    }

    /// The same with the id that the client will quote with the result.
    #[must_use]
    pub fn tool_call_with_id(
        self,
        id: impl Into<String>,
        name: impl Into<String>,
        arguments: impl Into<String>,
    ) -> Self {
        self.push_call(Some(id.into()), name.into(), arguments.into())
    }

    fn push_call(mut self, id: Option<String>, name: String, arguments: String) -> Self {
        let arguments = if arguments.is_empty() { "{}".to_owned() } else { arguments };
        self.calls.push(ToolCall { id, name, arguments });
        self
    }

    /// What the model thought before it answered, for the APIs that show it. OpenAI's chat
    /// completions do not: there it counts as tokens only.
    #[must_use]
    pub fn reasoning(mut self, text: impl Into<String>) -> Self {
        self.reasoning = Some(text.into());
        self
    }

    /// The signature of the reasoning, which Anthropic's and Bedrock's clients send back.
    #[must_use]
    pub fn signature(mut self, signature: impl Into<String>) -> Self {
        self.signature = Some(signature.into());
        self
    }

    /// The tokens of the request, cached ones among them, and of the answer, reasoning among them.
    #[must_use]
    pub fn usage(mut self, input: u64, output: u64) -> Self {
        self.usage = Some((input, output));
        self
    }

    /// How many of the request's tokens came from the provider's cache.
    #[must_use]
    pub fn cached_tokens(mut self, tokens: u64) -> Self {
        self.cached = tokens;
        self
    }

    /// Why the model stopped; without it, tool calls and refusals speak for themselves.
    #[must_use]
    pub fn finish(mut self, finish: Finish) -> Self {
        self.finish = Some(finish);
        self
    }

    /// The model that is said to have answered; without it, the one that the request names.
    #[must_use]
    pub fn model(mut self, model: impl Into<String>) -> Self {
        self.model = Some(model.into());
        self
    }

    /// What a list of models shows, and which models there are when one is asked for by its id.
    /// Without it, every model exists and the list has the one of [`model`](Self::model).
    #[must_use]
    pub fn models(mut self, models: impl IntoIterator<Item = impl Into<Model>>) -> Self {
        self.models = models.into_iter().map(Into::into).collect();
        self
    }

    /// The id of the answer, verbatim; ids inside it are derived from this one.
    #[must_use]
    pub fn id(mut self, id: impl Into<String>) -> Self {
        self.id = Some(id.into());
        self
    }

    /// What ids are derived from instead of the request, so that equal requests get different ids.
    #[must_use]
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = Some(seed);
        self
    }

    /// When the answer was made, in seconds since 1970.
    #[must_use]
    pub fn created(mut self, seconds: u64) -> Self {
        self.created = Some(seconds);
        self
    }

    /// How texts are cut when the answer is streamed.
    #[must_use]
    pub fn chunks(mut self, chunks: Chunks) -> Self {
        self.chunks = chunks;
        self
    }

    /// The vector that an endpoint for embeddings answers; given several times, the first input gets
    /// the first and so on, the last one serving for the rest. Without it, vectors are made from the
    /// words of the input, so that texts with words in common are close to each other.
    #[must_use]
    pub fn embedding(mut self, vector: impl IntoIterator<Item = f32>) -> Self {
        self.embeddings.push(vector.into_iter().collect());
        self
    }

    /// What one of several prompts of a completion (`"prompt": ["a", "b"]`) is answered; given several times, the
    /// first prompt gets the first and so on, the last one serving for the rest. Without it, and everywhere else,
    /// the text is the answer.
    ///
    /// ```
    /// # use llmock::{Provider, reply::{Reply, RequestShape}};
    /// let reply = Reply::new().completion("Paris").completion("Rome");
    /// let body = r#"{"model":"m","prompt":["The capital of France is","The capital of Italy is"]}"#;
    /// let rendered = reply.render(Provider::OpenAI, &RequestShape::post("/v1/completions", body));
    /// assert!(rendered.text().contains(r#"{"index":1,"text":"Rome","#));
    /// ```
    #[must_use]
    pub fn completion(mut self, text: impl Into<String>) -> Self {
        self.completions.push(text.into());
        self
    }

    /// What kind of error it is (`rate_limit_error`), instead of the usual one of its status.
    #[must_use]
    pub fn kind(mut self, kind: impl Into<String>) -> Self {
        self.kind = Some(kind.into());
        self
    }

    /// The error's `code` (`insufficient_quota`), where the provider has one beside the kind.
    #[must_use]
    pub fn code(mut self, code: impl Into<String>) -> Self {
        self.code = Some(code.into());
        self
    }

    /// A header of the answer (`retry-after`); one that the answer has already is replaced, and a text that can be
    /// no header's is left out.
    #[must_use]
    pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.headers.push((name.into().to_ascii_lowercase(), value.into()));
        self
    }
}

/// What the formats read.
impl Reply {
    /// The text, or the refusal where the API has no place of its own for one. An answer without
    /// calls says at least nothing.
    pub(crate) fn words(&self) -> Option<&str> {
        let said = self.text.as_deref().or(self.refusal.as_deref());
        said.or_else(|| self.calls.is_empty().then_some(""))
    }

    /// The pieces of [`words`](Self::words).
    pub(crate) fn word_pieces(&self) -> Vec<&str> {
        match (&self.pieces, self.words()) {
            (Some(pieces), _) => {
                pieces.iter().map(String::as_str).filter(|piece| !piece.is_empty()).collect()
            }
            (None, Some(text)) => self.chunks.of(text),
            (None, None) => Vec::new(),
        }
    }

    pub(crate) fn reasoning_pieces(&self) -> Vec<&str> {
        self.chunks.of(self.reasoning.as_deref().unwrap_or_default())
    }

    pub(crate) fn finished(&self) -> Finish {
        self.finish.unwrap_or(if !self.calls.is_empty() {
            Finish::ToolCalls
        } else if self.refusal.is_some() && self.text.is_none() {
            Finish::Refusal
        } else {
            Finish::Stop
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_keep_their_tokens_and_fit_in_a_line() {
        for (text, written) in [
            ("{\"a\":1.0}", "{\"a\":1.0}"),
            (" { \"a\" : 1 } ", "{ \"a\" : 1 }"),
            ("{\n  \"a\": [1,\r\n2]\n}", "{\"a\":[1,2]}"),
            ("not json", "\"not json\""),
            ("{\"a\":", "\"{\\\"a\\\":\""),
        ] {
            let call = ToolCall { id: None, name: String::new(), arguments: text.to_owned() };
            assert_eq!(call.arguments_as_json().0, written, "{text:?}");
        }
    }
}
