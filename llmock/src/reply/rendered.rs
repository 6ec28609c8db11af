//! The rendered answer: status, headers, and a body in one piece or event by event.

use super::asked::Asked;
use super::object::Object;
use crate::provider::{self, Shape};
use crate::stream::{ArrayMarks, Dialect, End, Eol, Event, Framing, Item, Stream};

/// An answer as a provider would send it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Rendered {
    /// The HTTP status.
    pub status: u16,
    /// Names in lower case; framing (`content-length`, `transfer-encoding`) is left to the server.
    pub headers: Vec<(String, String)>,
    /// The body, without compression.
    pub body: RenderedBody,
}

/// The body of a [`Rendered`] answer.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum RenderedBody {
    /// An answer in one piece.
    Whole(Vec<u8>),
    /// A stream, each item the bytes of one event, to be sent as one chunk.
    Stream(Vec<Vec<u8>>),
}

impl Rendered {
    /// The value of the header with this name in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// The whole body, streamed or not.
    pub fn bytes(&self) -> Vec<u8> {
        match &self.body {
            RenderedBody::Whole(bytes) => bytes.clone(),
            RenderedBody::Stream(events) => events.concat(),
        }
    }

    /// The whole body as text, for assertions; Bedrock's frames are no text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.bytes()).into_owned()
    }

    pub(super) fn json(body: String) -> Self {
        let headers = vec![("content-type".to_owned(), "application/json".to_owned())];
        Self { status: 200, headers, body: RenderedBody::Whole(body.into_bytes()) }
    }

    pub(super) fn stream(content_type: &str, stream: &Stream) -> Self {
        let headers = vec![
            ("content-type".to_owned(), content_type.to_owned()),
            ("cache-control".to_owned(), "no-cache".to_owned()),
        ];
        let chunks = stream.event_chunks();
        let body = RenderedBody::Stream(chunks.into_iter().map(|chunk| chunk.bytes).collect());
        Self { status: 200, headers, body }
    }

    /// Puts a header in the place of the one with that name, or behind the others.
    pub(super) fn set_header(&mut self, name: &str, value: String) {
        match self.headers.iter_mut().find(|(known, _)| known == name) {
            Some((_, old)) => *old = value,
            None => self.headers.push((name.to_owned(), value)),
        }
    }

    /// What every answer of the provider has, then what the author wants.
    pub(super) fn finish(mut self, asked: &Asked<'_>) -> Self {
        let name = match provider::error_shape(asked.provider, asked.family) {
            Shape::OpenAi => Some("x-request-id"),
            Shape::Anthropic => Some("request-id"),
            Shape::Bedrock => Some("x-amzn-requestid"),
            Shape::Gemini | Shape::Ollama | Shape::Cohere => None,
        };
        if let Some(name) = name {
            self.set_header(name, asked.id_of("req_", 0));
        }
        for (name, value) in &asked.reply.headers {
            self.set_header(name, value.clone());
        }
        self
    }
}

impl From<Object> for Rendered {
    fn from(object: Object) -> Self {
        Self::json(object.into_text())
    }
}

/// A server-sent event without a name.
pub(super) fn data(data: Object) -> Item {
    Item::Sse { event: None, id: None, data: data.into_text() }
}

/// A server-sent event that has its name in its data too.
pub(super) fn named(event: &str, data: Object) -> Item {
    Item::Sse { event: Some(event.to_owned()), id: None, data: data.into_text() }
}

/// What ends the streams of OpenAI and of Cohere.
pub(super) fn done() -> Item {
    Item::Sse { event: None, id: None, data: "[DONE]".to_owned() }
}

/// Server-sent events as everybody but Google spells them.
pub(super) fn sse(items: Vec<Item>) -> Rendered {
    let stream = stream_of(Framing::Sse, Dialect::default(), items);
    Rendered::stream("text/event-stream; charset=utf-8", &stream)
}

/// Server-sent events as Google spells them.
pub(super) fn google_sse(items: Vec<Item>) -> Rendered {
    let dialect = Dialect { eol: Eol::CrLf, ..Dialect::default() };
    Rendered::stream("text/event-stream", &stream_of(Framing::Sse, dialect, items))
}

/// An array of JSON values that arrive one by one.
pub(super) fn json_array(items: Vec<Item>) -> Rendered {
    let dialect = Dialect { array: ArrayMarks::default(), ..Dialect::default() };
    Rendered::stream("application/json", &stream_of(Framing::JsonArray, dialect, items))
}

/// One JSON value a line.
pub(super) fn lines(content_type: &str, items: Vec<Item>) -> Rendered {
    Rendered::stream(content_type, &stream_of(Framing::Ndjson, Dialect::default(), items))
}

/// Frames of an AWS event stream.
pub(super) fn frames(items: Vec<Item>) -> Rendered {
    let stream = stream_of(Framing::AwsEventStream, Dialect::default(), items);
    Rendered::stream("application/vnd.amazon.eventstream", &stream)
}

fn stream_of(framing: Framing, dialect: Dialect, items: Vec<Item>) -> Stream {
    let events = items.into_iter().map(|item| Event { ms: 0, item }).collect();
    Stream { framing, dialect, events, chunks: None, end: End::Complete }
}
