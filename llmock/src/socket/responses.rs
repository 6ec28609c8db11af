//! Responses over a WebSocket as requests and streams of HTTP.
//!
//! A message `response.create` is the body of a request with a `type` and without `stream`, and the messages of the server are
//! the events of the stream: <https://developers.openai.com/api/reference/resources/responses/websocket-events>.

use crate::json::layout::{Layout, print};
use crate::json::{self, Json};
use crate::stream::{Chunk, End, Framing, Item, Stream};

/// The body of the request that a message stands for; `None` for other messages.
pub(crate) fn request_body(message: &str) -> Option<String> {
    let tree = json::parse(message).ok()?;
    let Json::Object(members) = &tree else { return None };
    if tree.text("type").as_deref() != Some("response.create") {
        return None;
    }
    let kept = members.iter().filter(|(name, _)| !name.is("type") && !name.is("stream"));
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
pub(crate) fn error_message(status: u16, body: &str) -> String {
    let tree = json::parse(body).ok();
    let inner = tree.as_ref().and_then(|tree| tree.get("error"));
    let inner = inner.map_or_else(
        || format!("{{\"message\":{}}}", json::quote(body)),
        |error| print(error, Layout::Compact),
    );
    format!("{{\"type\":\"error\",\"status\":{status},\"error\":{inner}}}")
}

/// Takes messages out of a stream while it arrives.
#[derive(Debug, Default)]
pub(crate) struct Events {
    pending: Vec<u8>,
}

impl Events {
    /// The messages of the events that are complete with these bytes.
    pub(crate) fn read(&mut self, bytes: &[u8]) -> Vec<String> {
        self.pending.extend_from_slice(bytes);
        let ends = [&b"\n\n"[..], b"\r\n\r\n"]
            .map(|end| memchr::memmem::rfind(&self.pending, end).map(|at| at + end.len()));
        let Some(end) = ends.into_iter().flatten().max() else { return Vec::new() };
        let complete: Vec<u8> = self.pending.drain(..end).collect();
        let chunk = Chunk { ms: 0, bytes: complete };
        let stream = Stream::from_chunks(Framing::Sse, &[chunk], End::Complete);
        let data = |item: Item| match item {
            Item::Sse { data, .. } if data != "[DONE]" => Some(data),
            _ => None,
        };
        stream.events.into_iter().filter_map(|event| data(event.item)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_becomes_the_body_of_a_streamed_request() {
        let message = r#"{"type": "response.create", "model": "m", "input": [1.0]}"#;
        let body = r#"{"stream":true,"model":"m","input":[1.0]}"#;
        assert_eq!(request_body(message).as_deref(), Some(body));
        assert_eq!(request_body(r#"{"type":"session.update"}"#), None);
    }

    #[test]
    fn an_error_of_http_becomes_a_message() {
        assert_eq!(
            error_message(429, r#"{"error":{"message":"slow down","code":"rate_limit"}}"#),
            r#"{"type":"error","status":429,"error":{"message":"slow down","code":"rate_limit"}}"#
        );
    }

    #[test]
    fn events_become_messages_as_they_arrive() {
        let mut events = Events::default();
        assert!(events.read(b"event: a\ndata: {\"n\":1}\n").is_empty());
        assert_eq!(events.read(b"\ndata: {\"n\":2}\n\nda"), [r#"{"n":1}"#, r#"{"n":2}"#]);
        assert!(events.read(b"ta: [DONE]\n\n").is_empty());
    }
}
