//! The parts of a reply that not every format can express.

use super::Reply;
use crate::json;
use crate::json::layout::{self, Layout};
use crate::wire::content::ToolCall;
use crate::wire::extras::Citation;

impl Reply {
    /// Adds an item to the output, in the provider's own format: an output item of Responses, a content block of
    /// Anthropic, a part of Gemini. It follows the text and the tool calls.
    ///
    /// ```
    /// # use llmock::reply::Reply;
    /// let call = r#"{"type":"local_shell_call","id":"lsh_1","call_id":"call_1","status":"completed",
    ///     "action":{"type":"exec","command":["ls"],"env":{}}}"#;
    /// let reply = Reply::new().item(call);
    /// ```
    pub fn item(mut self, json: impl std::fmt::Display) -> Self {
        self.extras.items.push(in_one_line(&json.to_string()));
        self
    }

    /// Adds an event to the stream, in the provider's own format: after the content, and before the event that ends the
    /// response. A response that is not streamed cannot have it.
    ///
    /// ```
    /// # use llmock::reply::Reply;
    /// let reply = Reply::text("Hi").event(r#"{"type":"response.rate_limits","remaining":3}"#);
    /// ```
    pub fn event(mut self, json: impl std::fmt::Display) -> Self {
        self.extras.events.push(in_one_line(&json.to_string()));
        self
    }

    /// Adds an event to the stream, in the provider's own format, behind so many of the events that the reply has without it; `0`
    /// is before the first. A place behind the end of the stream is refused when the request arrives.
    ///
    /// ```
    /// use llmock::Provider;
    /// use llmock::reply::{Reply, RequestShape};
    ///
    /// let reply = Reply::text("Hi").event_after(1, r#"{"type":"response.metadata","verified":true}"#);
    /// let request = RequestShape::post("/v1/responses", r#"{"model":"gpt-5","stream":true,"input":"Hello!"}"#);
    /// let text = reply.render(Provider::OpenAI, &request).text();
    /// let place = |name: &str| text.find(name).unwrap();
    /// assert!(place("response.created") < place("response.metadata"));
    /// assert!(place("response.metadata") < place("response.in_progress"));
    /// ```
    pub fn event_after(mut self, events: usize, json: impl std::fmt::Display) -> Self {
        self.extras.placed.push((events, in_one_line(&json.to_string())));
        self
    }

    /// Sets the ids of the items of the output, in their order; further items get derived ones. For Responses.
    pub fn item_ids(mut self, ids: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.extras.item_ids = ids.into_iter().map(Into::into).collect();
        self
    }

    /// Adds a search in the web that the provider has made before the text. Its results are the citations.
    pub fn web_search(mut self, query: impl Into<String>) -> Self {
        self.extras.searches.push(query.into());
        self
    }

    /// Adds a source of the text.
    pub fn citation(mut self, url: impl Into<String>, title: impl Into<String>) -> Self {
        self.extras.citations.push(Citation { url: url.into(), title: title.into() });
        self
    }

    /// Adds reasoning that only the provider can read, which clients send back as it is.
    pub fn redacted_reasoning(mut self, data: impl Into<String>) -> Self {
        self.extras.redacted.push(data.into());
        self
    }

    /// Sets the texts of several choices; their number is that of the response, whatever the request asks for.
    pub fn choices(mut self, texts: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.extras.choices = texts.into_iter().map(Into::into).collect();
        if self.text.is_none() {
            self.text = self.extras.choices.first().cloned();
        }
        self
    }

    /// Sets the tokens of the text with their log probabilities. Streams have a token in each event.
    ///
    /// ```
    /// # use llmock::reply::Reply;
    /// let reply = Reply::new().logprobs([("Hel", -0.1), ("lo", -0.02)]);
    /// ```
    pub fn logprobs(mut self, tokens: impl IntoIterator<Item = (impl Into<String>, f32)>) -> Self {
        let tokens = tokens.into_iter().map(|(token, value)| (token.into(), value));
        self.extras.logprobs = tokens.collect();
        let pieces: Vec<String> =
            self.extras.logprobs.iter().map(|(token, _)| token.clone()).collect();
        self.text = Some(pieces.concat());
        self.pieces = Some(pieces);
        self
    }

    /// Adds a call of a custom tool, whose input is text and not JSON.
    pub fn custom_tool_call(self, name: impl Into<String>, input: impl Into<String>) -> Self {
        self.custom(None, name.into(), input.into())
    }

    /// Adds a call of a custom tool with this id, which the client sends back with the result.
    pub fn custom_tool_call_with_id(
        self,
        id: impl Into<String>,
        name: impl Into<String>,
        input: impl Into<String>,
    ) -> Self {
        self.custom(Some(id.into()), name.into(), input.into())
    }

    fn custom(mut self, id: Option<String>, name: String, arguments: String) -> Self {
        self.calls.push(ToolCall {
            id,
            name,
            arguments,
            is_custom: true,
            is_cut: false,
            namespace: None,
        });
        self
    }

    /// Sets the namespace of the last tool call. For Responses.
    pub fn namespace(mut self, name: impl Into<String>) -> Self {
        if let Some(last) = self.calls.last_mut() {
            last.namespace = Some(name.into());
        }
        self
    }

    /// Sets the content type of the response, also one that contradicts its body.
    pub fn content_type(self, content_type: impl Into<String>) -> Self {
        self.header("content-type", content_type)
    }
}

/// Events end at line breaks.
fn in_one_line(text: &str) -> String {
    match json::parse(text) {
        Ok(value) if text.contains(['\n', '\r']) => layout::print(&value, Layout::Compact),
        _ => text.to_owned(),
    }
}
