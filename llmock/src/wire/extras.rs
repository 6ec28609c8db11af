//! Parts of a reply that not every format can express.

use super::content::{Reply, ToolCall};
use crate::json;
use crate::json::layout::{self, Layout};
use crate::json::write::{Null, Object, object};

/// These parts, as a reply has them.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Extras {
    /// Items of the output in the provider's own format, as JSON.
    pub(crate) items: Vec<String>,
    /// Events of the stream in the provider's own format, as JSON.
    pub(crate) events: Vec<String>,
    /// The ids of the output's items, in their order.
    pub(crate) item_ids: Vec<String>,
    /// What the provider has searched the web for.
    pub(crate) searches: Vec<String>,
    pub(crate) citations: Vec<Citation>,
    /// Reasoning that only the provider can read.
    pub(crate) redacted: Vec<String>,
    /// The text of each choice.
    pub(crate) choices: Vec<String>,
    /// The tokens of the text with their log probabilities.
    pub(crate) logprobs: Vec<(String, f32)>,
}

/// A source of the text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Citation {
    pub(crate) url: String,
    pub(crate) title: String,
}

/// A kind of these parts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Feature {
    Items,
    Events,
    ItemIds,
    Searches,
    Citations,
    RedactedReasoning,
    Choices,
    LogProbs,
    CustomCalls,
    Namespaces,
}

impl Feature {
    /// The method of `Reply` that adds it.
    pub(crate) fn method(self) -> &'static str {
        match self {
            Self::Items => ".item(..)",
            Self::Events => ".event(..)",
            Self::ItemIds => ".item_ids(..)",
            Self::Searches => ".web_search(..)",
            Self::Citations => ".citation(..)",
            Self::RedactedReasoning => ".redacted_reasoning(..)",
            Self::Choices => ".choices(..)",
            Self::LogProbs => ".logprobs(..)",
            Self::CustomCalls => ".custom_tool_call(..)",
            Self::Namespaces => ".namespace(..)",
        }
    }
}

impl Reply {
    /// The kinds of parts that it has and not every format can express.
    pub(crate) fn features(&self) -> Vec<Feature> {
        let extras = &self.extras;
        let has_call = |is: fn(&ToolCall) -> bool| self.calls.iter().any(is);
        let all = [
            (Feature::Items, !extras.items.is_empty()),
            (Feature::Events, !extras.events.is_empty()),
            (Feature::ItemIds, !extras.item_ids.is_empty()),
            (Feature::Searches, !extras.searches.is_empty()),
            (Feature::Citations, !extras.citations.is_empty()),
            (Feature::RedactedReasoning, !extras.redacted.is_empty()),
            (Feature::Choices, !extras.choices.is_empty()),
            (Feature::LogProbs, !extras.logprobs.is_empty()),
            (Feature::CustomCalls, has_call(|call| call.is_custom)),
            (Feature::Namespaces, has_call(|call| call.namespace.is_some())),
        ];
        all.into_iter().filter(|(_, has)| *has).map(|(feature, _)| feature).collect()
    }

    /// An event or an item that is not a JSON object, which no format has.
    pub(crate) fn invalid_json(&self) -> Option<(Feature, &str)> {
        let items = self.extras.items.iter().map(|item| (Feature::Items, item));
        let events = self.extras.events.iter().map(|event| (Feature::Events, event));
        let is_object =
            |text: &str| json::parse(text).is_ok_and(|value| value.as_object().is_some());
        items
            .chain(events)
            .find(|(_, text)| !is_object(text))
            .map(|(feature, text)| (feature, &**text))
    }

    /// Adds an item to the output, in the provider's own format: an output item of Responses, a content block of
    /// Anthropic, a part of Gemini. It follows the text and the tool calls.
    ///
    /// ```
    /// # use llmock::reply::Reply;
    /// let call = r#"{"type":"local_shell_call","id":"lsh_1","call_id":"call_1","status":"completed",
    ///     "action":{"type":"exec","command":["ls"],"env":{}}}"#;
    /// let reply = Reply::new().item(call);
    /// ```
    pub fn item(mut self, json: impl ToString) -> Self {
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
    pub fn event(mut self, json: impl ToString) -> Self {
        self.extras.events.push(in_one_line(&json.to_string()));
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
        self.calls.push(ToolCall { id, name, arguments, is_custom: true, namespace: None });
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

/// Tokens with their log probabilities, as OpenAI's formats write them.
pub(super) fn logprobs(tokens: &[(String, f32)]) -> Vec<Object> {
    let one = |(token, logprob): &(String, f32)| {
        let bytes: Vec<u16> = token.bytes().map(u16::from).collect();
        object! { "token": token, "logprob": logprob, "bytes": bytes, "top_logprobs": [Null; 0] }
    };
    tokens.iter().map(one).collect()
}
