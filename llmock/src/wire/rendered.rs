//! A rendered response: status, headers, and a body in one piece or event by event.

use bytes::Bytes;
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use http::{HeaderMap, HeaderName, HeaderValue};

use super::context::RenderContext;
use crate::json::write::{Object, Raw, ToJson};
use crate::stream::{Dialect, End, Eol, Event, Framing, Item, Stream};

/// A response as a provider would send it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Rendered {
    /// The HTTP status.
    pub status: u16,
    /// Framing (`content-length`, `transfer-encoding`) is left to the server.
    pub headers: HeaderMap,
    /// The body, without compression.
    pub body: RenderedBody,
}

/// The body of a [`Rendered`] response.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum RenderedBody {
    /// A response in one piece.
    Whole(Bytes),
    /// A stream, each item the bytes of one event, to be sent as one chunk.
    Stream(Vec<Bytes>),
}

impl Rendered {
    /// The value of the header with this name, if it is text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// The whole body, streamed or not.
    pub fn bytes(&self) -> Bytes {
        match &self.body {
            RenderedBody::Whole(bytes) => bytes.clone(),
            RenderedBody::Stream(events) => events.concat().into(),
        }
    }

    /// The whole body as text, for assertions. Bedrock's frames are not text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.bytes()).into_owned()
    }

    pub(crate) fn json(body: String) -> Self {
        Self::new("application/json", RenderedBody::Whole(body.into()))
    }

    /// A stream whose events end at these offsets of the body.
    pub(crate) fn stream(content_type: &'static str, body: &Bytes, ends: &[usize]) -> Self {
        let mut rendered = Self::new(content_type, RenderedBody::Stream(split(body, ends)));
        rendered.headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
        rendered
    }

    fn new(content_type: &'static str, body: RenderedBody) -> Self {
        let mut headers = empty_headers();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
        Self { status: 200, headers, body }
    }

    /// Sets a header. A name or value that no header can have is left out.
    pub(crate) fn set_header<N: TryInto<HeaderName>>(&mut self, name: N, value: String) {
        if let (Ok(name), Ok(value)) = (name.try_into(), HeaderValue::try_from(value)) {
            self.headers.insert(name, value);
        }
    }

    /// Adds the headers of the API, then those of the reply.
    pub(crate) fn finish(mut self, context: &RenderContext<'_>) -> Self {
        if let Some(name) = context.api.request_id {
            self.set_header(name, context.id_of("req_", 0));
        }
        for (name, value) in &context.reply.headers {
            self.set_header(name.as_str(), value.clone());
        }
        self
    }
}

/// The parts of a body, each of which ends at one of these offsets.
pub(crate) fn split(body: &Bytes, ends: &[usize]) -> Vec<Bytes> {
    let starts = [0].into_iter().chain(ends.iter().copied());
    starts.zip(ends).map(|(start, end)| body.slice(start..*end)).collect()
}

/// An empty map. Hyper reuses the capacity of the headers it has sent for those it reads next.
pub(crate) fn empty_headers() -> HeaderMap {
    HeaderMap::with_capacity(6)
}

impl From<Object> for Rendered {
    fn from(object: Object) -> Self {
        Self::json(object.into_text())
    }
}

/// Server-sent events as all APIs except Google's write them, collected in one text.
#[derive(Debug)]
pub(crate) struct Sse {
    text: String,
    /// Where each event ends in the text.
    ends: Vec<usize>,
}

impl Sse {
    pub(crate) fn new() -> Self {
        // a short answer of some words
        Self { text: String::with_capacity(4096), ends: Vec::with_capacity(16) }
    }

    /// Sends an event without a name. JSON has no line breaks, so it is one line.
    pub(crate) fn data(&mut self, data: &(impl ToJson + ?Sized)) {
        self.text.push_str("data: ");
        data.write(&mut self.text);
        self.text.push_str("\n\n");
        self.ends.push(self.text.len());
    }

    /// Sends an event that has its name in its data too.
    pub(crate) fn named(&mut self, name: &str, data: &(impl ToJson + ?Sized)) {
        self.text.push_str("event: ");
        self.text.push_str(name);
        self.text.push('\n');
        self.data(data);
    }

    /// The data of each event without the one that ends the stream.
    pub(crate) fn payloads(&self) -> impl Iterator<Item = &str> {
        let lines = self.text.lines().filter_map(|line| line.strip_prefix("data: "));
        lines.filter(|data| *data != "[DONE]")
    }

    /// Ends the streams of OpenAI and Cohere, with what is not JSON.
    pub(crate) fn done(&mut self) {
        self.data(&Raw("[DONE]"));
    }
}

impl From<Sse> for Rendered {
    fn from(mut sse: Sse) -> Self {
        // streams may be open for long, and by the thousand
        sse.text.shrink_to_fit();
        Self::stream("text/event-stream; charset=utf-8", &sse.text.into(), &sse.ends)
    }
}

/// Server-sent events as Google spells them.
pub(crate) fn google_sse(chunks: Vec<Object>) -> Rendered {
    let item = |chunk: Object| Item::Sse { event: None, id: None, data: chunk.into_text() };
    let items = chunks.into_iter().map(item).collect();
    streamed("text/event-stream", Framing::Sse, Eol::CrLf, items)
}

pub(crate) fn json_array(chunks: Vec<Object>) -> Rendered {
    let items = chunks.into_iter().map(json_item).collect();
    streamed("application/json", Framing::JsonArray, Eol::Lf, items)
}

pub(crate) fn lines(content_type: &'static str, lines: Vec<Object>) -> Rendered {
    streamed(content_type, Framing::Ndjson, Eol::Lf, lines.into_iter().map(json_item).collect())
}

pub(crate) fn frames(frames: Vec<Item>) -> Rendered {
    let content_type = "application/vnd.amazon.eventstream";
    streamed(content_type, Framing::AwsEventStream, Eol::Lf, frames)
}

fn json_item(object: Object) -> Item {
    Item::Json(object.into_text())
}

fn streamed(content_type: &'static str, framing: Framing, eol: Eol, items: Vec<Item>) -> Rendered {
    let events = items.into_iter().map(|item| Event { ms: 0, item }).collect();
    let dialect = Dialect { eol, ..Dialect::default() };
    let stream = Stream { framing, dialect, events, chunks: None, end: End::Complete };
    let (body, ends) = stream.body_and_ends();
    Rendered::stream(content_type, &body.into(), &ends)
}
