//! Responses: a message `response.create` is the body of a request with a `type` and without `stream`, and the messages of
//! the server are the events of the stream: <https://developers.openai.com/api/reference/resources/responses/websocket-events>.
//!
//! `stream_id` names a lane of the socket, which the events of a response repeat, and `generate` is false where only the
//! prompt is to be prepared: `types/responses/responses_client_event.py` in version 3.57.0 of `openai` for Python.

use std::collections::VecDeque;

use super::{Dialogue, Step};
use crate::json::layout::{Layout, print};
use crate::json::{self, Json};
use crate::socket::api;
use crate::stream::{Chunk, End, Framing, Item, Stream};

#[derive(Debug)]
pub(super) struct Responses {
    path: String,
    /// Of the responses that are still to come.
    pending: VecDeque<Pending>,
}

#[derive(Debug, Default)]
struct Pending {
    /// As JSON.
    stream_id: Option<String>,
    is_only_prepared: bool,
}

impl Responses {
    pub(super) fn new(path: &str) -> Self {
        Self { path: path.to_owned(), pending: VecDeque::new() }
    }

    fn error(&self, why: &str) -> Vec<Step> {
        api::at(&self.path).error(why).map(Step::Send).into_iter().collect()
    }
}

impl Dialogue for Responses {
    fn receive(&mut self, message: &str) -> Vec<Step> {
        let Ok(tree) = json::parse(message) else {
            return self.error("llmock: the message is not JSON");
        };
        let kind = tree.text("type");
        if kind.as_deref() != Some("response.create") {
            let kind = kind.unwrap_or_default();
            return self.error(&format!(
                "llmock: replies respond to messages of the type `response.create`, and this one has `{kind}`"
            ));
        }
        let Some(body) = request_body(&tree) else {
            return self.error("llmock: the message is no object");
        };
        self.pending.push_back(Pending {
            stream_id: tree.get("stream_id").map(|id| print(id, Layout::Compact)),
            is_only_prepared: matches!(tree.get("generate"), Some(Json::Bool(false))),
        });
        vec![Step::Request { path: self.path.clone(), body }]
    }

    fn responded(&mut self, status: u16, body: &[u8]) -> Vec<Step> {
        let Pending { stream_id, is_only_prepared } = self.pending.pop_front().unwrap_or_default();
        let mut all = if status >= 400 {
            vec![error_message(status, &String::from_utf8_lossy(body))]
        } else {
            events(body)
        };
        if is_only_prepared && status < 400 {
            all = without_output(&all);
        }
        let on_lane = |event: String| match (&stream_id, event.strip_suffix('}')) {
            (Some(id), Some(open)) => format!("{open},\"stream_id\":{id}}}"),
            _ => event,
        };
        all.into_iter().map(|event| Step::Send(on_lane(event))).collect()
    }
}

/// The body of the request that a message stands for; `None` if it is no object.
fn request_body(tree: &Json<'_>) -> Option<String> {
    /// Members that the request does not have.
    const OF_SOCKETS: [&str; 5] = ["type", "stream", "stream_id", "generate", "background"];
    let members = tree.as_object()?;
    let kept = members.iter().filter(|(name, _)| !OF_SOCKETS.iter().any(|known| name.is(known)));
    let mut body = "{\"stream\":true".to_owned();
    for (name, value) in kept {
        body.push_str(",\"");
        body.push_str(name.raw());
        body.push_str("\":");
        body.push_str(&print(value, Layout::Compact));
    }
    body.push('}');
    Some(body)
}

/// The message for an error that HTTP reports by its status.
fn error_message(status: u16, body: &str) -> String {
    let tree = json::parse(body).ok();
    let inner = tree.as_ref().and_then(|tree| tree.get("error"));
    let inner = inner.map_or_else(
        || format!("{{\"message\":{}}}", json::quote(body)),
        |error| print(error, Layout::Compact),
    );
    format!("{{\"type\":\"error\",\"status\":{status},\"error\":{inner}}}")
}

/// The first and the last event of a response whose output is left out.
fn without_output(events: &[String]) -> Vec<String> {
    let is_kept = |event: &&String| {
        let kind = json::parse(event).ok().and_then(|tree| Some(tree.text("type")?.into_owned()));
        matches!(kind.as_deref(), Some("response.created" | "response.completed"))
    };
    let empty = |(number, event): (usize, &String)| {
        let mut tree: serde_json::Value = serde_json::from_str(event).unwrap_or_default();
        tree["sequence_number"] = number.into();
        tree["response"]["output"] = serde_json::json!([]);
        if let Some(usage) = tree["response"]["usage"].as_object_mut() {
            let input = usage.get("input_tokens").cloned().unwrap_or_default();
            usage.insert("output_tokens".to_owned(), 0.into());
            usage.insert("total_tokens".to_owned(), input);
        }
        tree.to_string()
    };
    events.iter().filter(is_kept).enumerate().map(empty).collect()
}

/// The data of the events of a stream.
pub(super) fn events(body: &[u8]) -> Vec<String> {
    let chunk = Chunk { ms: 0, bytes: body.to_vec() };
    let stream = Stream::from_chunks(Framing::Sse, &[chunk], End::Complete);
    let data = |item: Item| match item {
        Item::Sse { data, .. } if data != "[DONE]" => Some(data),
        _ => None,
    };
    stream.events.into_iter().filter_map(|event| data(event.item)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sent(steps: Vec<Step>) -> Vec<String> {
        let text = |step| match step {
            Step::Send(text) => text,
            other => panic!("{other:?}"),
        };
        steps.into_iter().map(text).collect()
    }

    #[test]
    fn a_message_becomes_a_streamed_request() {
        let mut socket = Responses::new("/v1/responses");
        let message = r#"{"type": "response.create", "model": "m", "input": [1.0]}"#;
        let body = r#"{"stream":true,"model":"m","input":[1.0]}"#.to_owned();
        let path = "/v1/responses".to_owned();
        assert_eq!(socket.receive(message), [Step::Request { path, body }]);
        let [error] = &sent(socket.receive(r#"{"type":"session.update"}"#))[..] else {
            panic!("one message")
        };
        assert!(error.contains("response.create") && error.contains("session.update"), "{error}");
    }

    #[test]
    fn events_and_errors_become_messages_of_their_lane() {
        let mut socket = Responses::new("/v1/responses");
        socket.receive(r#"{"type":"response.create","stream_id":"a"}"#);
        socket.receive(r#"{"type":"response.create"}"#);
        let stream = b"event: x\ndata: {\"type\":\"x\"}\n\ndata: [DONE]\n\n";
        assert_eq!(sent(socket.responded(200, stream)), [r#"{"type":"x","stream_id":"a"}"#]);
        let error = br#"{"error":{"message":"slow down","code":"rate_limit"}}"#;
        assert_eq!(
            sent(socket.responded(429, error)),
            [
                r#"{"type":"error","status":429,"error":{"message":"slow down","code":"rate_limit"}}"#
            ]
        );
    }

    #[test]
    fn a_prompt_is_prepared_without_output() {
        let mut socket = Responses::new("/v1/responses");
        socket.receive(r#"{"type":"response.create","generate":false}"#);
        let event = |kind: &str| {
            format!(
                "data: {{\"type\":\"{kind}\",\"response\":{{\"id\":\"r\",\"output\":[1],\"usage\":{{\"input_tokens\":3,\"output_tokens\":9,\"total_tokens\":12}}}}}}\n\n"
            )
        };
        let stream = ["response.created", "response.output_text.delta", "response.completed"];
        let all = sent(socket.responded(200, stream.map(event).concat().as_bytes()));
        assert_eq!(all.len(), 2);
        let last: serde_json::Value = serde_json::from_str(&all[1]).expect("JSON");
        assert_eq!(last["response"]["output"], serde_json::json!([]));
        assert_eq!(last["response"]["usage"]["total_tokens"], 3);
    }
}
