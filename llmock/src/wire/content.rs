//! The content of a reply, in no provider's format.

use super::extras::Extras;
pub use super::finish::Finish;
use super::pieces::Chunks;
use super::recorded::Recorded;
use crate::json;
use crate::json::layout::{self, Layout};
use crate::json::write::Raw;

/// A reply that a person writes: text, tool calls, reasoning or an error, in no provider's format.
///
/// [`render`](Self::render) turns it into the response of a provider. Everything else is filled in without a clock and
/// without randomness, so that the same request gets the same bytes: ids are derived from the request, tokens are
/// estimated as a quarter of the characters, and `created` is a constant.
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
#[must_use]
pub struct Reply {
    pub(crate) text: Option<String>,
    /// The pieces in which the text is streamed, if the reply sets them.
    pub(crate) pieces: Option<Vec<String>>,
    pub(crate) reasoning: Option<String>,
    /// The reasoning counts as tokens, and its text is not shown.
    pub(crate) is_reasoning_hidden: bool,
    pub(crate) signature: Option<String>,
    pub(crate) refusal: Option<String>,
    pub(crate) calls: Vec<ToolCall>,
    pub(crate) failure: Option<Failure>,
    pub(crate) kind: Option<String>,
    pub(crate) code: Option<String>,
    pub(crate) usage: Option<(u64, u64)>,
    pub(crate) cached: u64,
    pub(crate) finish: Option<Finish>,
    /// The stop sequence of the request at which the text ended.
    pub(crate) stop_sequence: Option<String>,
    /// A server has fitted it to its request, so its response has what the provider's own would have.
    pub(crate) is_fitted: bool,
    /// The most tokens that the request allows, and whether they were too few.
    pub(crate) output_limit: Option<(u64, bool)>,
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
    /// What not every format can express.
    pub(crate) extras: Extras,
    /// The recording that it is, with its changes.
    pub(crate) recorded: Option<Box<Recorded>>,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct ToolCall {
    pub(crate) id: Option<String>,
    pub(crate) name: String,
    /// As written in the reply; never empty for a function.
    pub(crate) arguments: String,
    /// The arguments are a text, and no JSON.
    pub(crate) is_custom: bool,
    /// A token limit has cut the arguments.
    pub(crate) is_cut: bool,
    pub(crate) namespace: Option<String>,
}

/// The error that replaces a response or ends its stream.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Failure {
    pub(crate) status: u16,
    pub(crate) message: String,
    /// Whether a stream has begun before the error.
    pub(crate) midway: bool,
    /// OpenAI's code, if it does not follow from the reply or the status.
    pub(crate) code: Option<&'static str>,
}

impl Failure {
    pub(crate) fn new(status: u16, message: impl Into<String>) -> Self {
        Self { status, message: message.into(), midway: false, code: None }
    }
}

impl ToolCall {
    /// The arguments for an API that has them as JSON and not as text.
    ///
    /// Text that is not JSON becomes a JSON string, so that nothing is lost and the client reports it as it would
    /// for a model that wrote it. Line breaks between tokens are removed because events end at line breaks.
    pub(crate) fn arguments_as_json(&self) -> Raw<String> {
        let text = self.arguments.trim();
        // a provider that has them as JSON leaves out what is not complete
        let text = if self.is_cut { "{}" } else { text };
        Raw(match json::parse(text) {
            Ok(value) if text.contains(['\n', '\r']) => layout::print(&value, Layout::Compact),
            Ok(_) => text.to_owned(),
            Err(_) => json::quote(text),
        })
    }
}

impl Reply {
    /// An empty reply.
    pub fn new() -> Self {
        Self::default()
    }

    /// A reply with this text.
    pub fn text(text: impl Into<String>) -> Self {
        Self { text: Some(text.into()), ..Self::default() }
    }

    /// A reply with a text that is streamed in exactly these pieces.
    ///
    /// ```
    /// # use llmock::reply::Reply;
    /// let reply = Reply::pieces(["Hel", "lo"]);
    /// ```
    pub fn pieces(pieces: impl IntoIterator<Item = impl Into<String>>) -> Self {
        let pieces: Vec<String> = pieces.into_iter().map(Into::into).collect();
        Self { text: Some(pieces.concat()), pieces: Some(pieces), ..Self::default() }
    }

    /// A refusal with this text.
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
    pub fn error(status: u16, message: impl Into<String>) -> Self {
        Self { failure: Some(Failure::new(status, message)), ..Self::default() }
    }

    /// Ends the stream with an error of the provider after the reply so far. A response that is not streamed becomes an
    /// error with status 500.
    ///
    /// ```
    /// # use llmock::{Provider, reply::{Reply, RequestShape}};
    /// let reply = Reply::text("Half of").failing("overloaded");
    /// let body = r#"{"model":"m","messages":[],"stream":true}"#;
    /// let rendered = reply.render(Provider::OpenAI, &RequestShape::post("/v1/chat/completions", body));
    /// assert_eq!(rendered.status, 200);
    /// assert!(rendered.text().contains("overloaded"));
    /// ```
    pub fn failing(mut self, message: impl Into<String>) -> Self {
        self.failure = Some(Failure { midway: true, ..Failure::new(500, message) });
        self
    }

    /// Adds a tool call. The arguments are sent as written, valid or not; an empty text becomes `{}`.
    ///
    /// For APIs that have arguments as JSON and not as text, invalid JSON becomes a JSON string.
    pub fn tool_call(self, name: impl Into<String>, arguments: impl Into<String>) -> Self {
        self.push_call(None, name.into(), arguments.into())
    }

    /// Adds a tool call with this id, which the client sends back with the result.
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
        self.calls.push(ToolCall {
            id,
            name,
            arguments,
            is_custom: false,
            is_cut: false,
            namespace: None,
        });
        self
    }

    /// Sets the tokens of the request, cached ones included, and of the response, reasoning included.
    pub fn usage(mut self, input: u64, output: u64) -> Self {
        self.usage = Some((input, output));
        self
    }

    /// Sets how many of the request's tokens came from the provider's cache.
    pub fn cached_tokens(mut self, tokens: u64) -> Self {
        self.cached = tokens;
        self
    }

    /// Sets the models of a list; any other id does not exist. By default every id exists, and the list contains
    /// [`model`](Self::model).
    pub fn models(mut self, models: impl IntoIterator<Item = impl Into<Model>>) -> Self {
        self.models = models.into_iter().map(Into::into).collect();
        self
    }

    /// Sets how texts are divided when the response is streamed.
    pub fn chunks(mut self, chunks: Chunks) -> Self {
        self.chunks = chunks;
        self
    }

    /// Adds a vector for an embeddings endpoint: the first input gets the first vector and so on, and all further inputs
    /// the last one. By default vectors are made from the words of the input, so that texts with words in common are
    /// close to each other.
    pub fn embedding(mut self, vector: impl IntoIterator<Item = f32>) -> Self {
        self.embeddings.push(vector.into_iter().collect());
        self
    }

    /// Adds the text for one of several prompts of a completion (`"prompt": ["a", "b"]`): the first prompt gets the first
    /// text and so on, and all further prompts the last one. By default, and for all other endpoints, the text of the
    /// reply is used.
    ///
    /// ```
    /// # use llmock::{Provider, reply::{Reply, RequestShape}};
    /// let reply = Reply::new().completion("Paris").completion("Rome");
    /// let body = r#"{"model":"m","prompt":["The capital of France is","The capital of Italy is"]}"#;
    /// let rendered = reply.render(Provider::OpenAI, &RequestShape::post("/v1/completions", body));
    /// assert!(rendered.text().contains(r#"{"index":1,"text":"Rome","#));
    /// ```
    pub fn completion(mut self, text: impl Into<String>) -> Self {
        self.completions.push(text.into());
        self
    }

    /// Sets a header of the response (`retry-after`). A name or value that no header can have is left out.
    pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.headers.push((name.into().to_ascii_lowercase(), value.into()));
        self
    }
}

macro_rules! setters {
    ($($(#[$doc:meta])* $field:ident: $value:ty;)*) => {
        impl Reply {
            $($(#[$doc])*
            pub fn $field(mut self, $field: $value) -> Self {
                self.$field = Some($field.into());
                self
            })*
        }
    };
}

setters! {
    /// Sets the reasoning, for the APIs that show it. In OpenAI's chat completions it only counts as tokens.
    reasoning: impl Into<String>;
    /// Sets the signature of the reasoning, which clients of Anthropic, Bedrock, and Gemini send back, and those of Responses if
    /// they ask for it (`reasoning.encrypted_content`).
    signature: impl Into<String>;
    /// Sets the finish reason; by default it follows from tool calls and refusals.
    finish: Finish;
    /// Sets the stop sequence at which the text ended, for the APIs that name it or have a finish reason for it.
    stop_sequence: impl Into<String>;
    /// Sets the model of the response; by default it is the one that the request names.
    model: impl Into<String>;
    /// Sets the id of the response; ids inside it are derived from this one.
    id: impl Into<String>;
    /// Derives ids from this seed instead of the request, so that equal requests get different ids.
    seed: u64;
    /// Sets the time of the response, in seconds since 1970.
    created: u64;
    /// Sets the kind of the error (`rate_limit_error`), instead of the usual one of its status.
    kind: impl Into<String>;
    /// Sets the error's `code` (`insufficient_quota`), for APIs that have one.
    code: impl Into<String>;
}

impl Reply {
    /// The text, or the refusal for APIs without a member for it. A reply without tool calls has at least an empty text.
    pub(crate) fn words(&self) -> Option<&str> {
        let text = self.text.as_deref().or(self.refusal.as_deref());
        text.or_else(|| self.calls.is_empty().then_some(""))
    }

    /// The text for APIs that have a member for the refusal; `None` if there is only that or tool calls.
    pub(crate) fn text_beside_refusal(&self) -> Option<&str> {
        self.words().filter(|_| self.text.is_some() || self.refusal.is_none())
    }

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
            let reply = Reply::new().tool_call("f", text);
            assert_eq!(reply.calls[0].arguments_as_json().0, written, "{text:?}");
        }
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
#[must_use]
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
    pub fn created(mut self, seconds: u64) -> Self {
        self.created = Some(seconds);
        self
    }

    /// The owner of the model, for providers that name it.
    pub fn owned_by(mut self, owner: impl Into<String>) -> Self {
        self.owned_by = Some(owner.into());
        self
    }
}
