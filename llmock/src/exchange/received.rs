//! [`ReceivedResponse`]: a response as the client received it.

use std::borrow::Cow;
use std::time::Duration;

use bytes::Bytes;
use serde::ser::{Serialize, SerializeStruct as _, Serializer};

use crate::exchange::sent::value;
use crate::fixture::interaction::{Content, Interaction};
use crate::fixture::redact::Redactor;
use crate::json;
use crate::stream::{Chunk, End, Item, Stream, framing_of};
use crate::wire::tools::parsed;
use crate::wire::usage::TokenUsage;

/// A response as the program received it, whatever it came from: a recording, a reply, a `Mock`, or the provider.
///
/// ```no_run
/// # fn check(mock: &llmock::LlmMock) {
/// let exchanges = mock.exchanges();
/// let response = exchanges[0].response().expect("the request was answered");
/// assert_eq!(response.status(), 200);
/// assert_eq!(response.events().last().unwrap().data(), "[DONE]");
/// # }
/// ```
#[derive(Clone)]
pub struct ReceivedResponse {
    status: u16,
    headers: Vec<(String, String)>,
    chunks: Vec<(u64, Bytes)>,
    /// Whether the request asked for a stream.
    pub(super) asked_for_stream: bool,
    pub(super) end: Ending,
}

/// How far a response has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ending {
    Open,
    Complete,
    Cut,
    /// The client left first.
    Disconnected,
}

impl ReceivedResponse {
    /// A response of which only the head is known.
    pub(super) fn begin(status: u16, headers: Vec<(String, String)>) -> Self {
        Self { status, headers, chunks: Vec::new(), asked_for_stream: false, end: Ending::Open }
    }

    /// The response of an interaction.
    pub(crate) fn stored(interaction: &Interaction) -> Self {
        let response = &interaction.response;
        let (chunks, end) = match &response.content {
            Content::Body(body) => {
                let bytes = Bytes::from(body.to_wire().into_owned());
                (vec![(response.ms.unwrap_or_default(), bytes)], Ending::Complete)
            }
            Content::Stream(stream) => {
                let chunks = stream.to_chunks().into_iter();
                let end = match stream.end {
                    End::Complete => Ending::Complete,
                    End::Cut => Ending::Cut,
                    End::ClientLeft => Ending::Disconnected,
                };
                (chunks.map(|chunk| (chunk.ms, chunk.bytes.into())).collect(), end)
            }
            #[cfg(feature = "websocket")]
            Content::Socket(_) => (Vec::new(), Ending::Complete),
        };
        let asked_for_stream = matches!(&response.content, Content::Stream(_));
        let (status, headers) = (response.status, response.headers.clone());
        Self { status, headers, chunks, asked_for_stream, end }
    }

    pub(super) fn add(&mut self, ms: u64, bytes: Bytes) {
        self.chunks.push((ms, bytes));
    }

    /// Replaces what a test must not print. A body with secrets becomes one chunk.
    pub(super) fn redact(&mut self, redactor: &Redactor) {
        for (_, value) in &mut self.headers {
            if let Cow::Owned(redacted) = redactor.text(value) {
                *value = redacted;
            }
        }
        let body = self.body().into_owned();
        if let Cow::Owned(redacted) = redactor.bytes(&body) {
            let at = self.chunks.last().map_or(0, |(ms, _)| *ms);
            self.chunks = vec![(at, redacted.into())];
        }
    }

    /// The status.
    pub fn status(&self) -> u16 {
        self.status
    }

    /// Headers as they were sent, with names in lower case and without those of the connection.
    pub fn headers(&self) -> impl Iterator<Item = (&str, &str)> {
        self.headers.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// The first header of this name, whatever its case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }

    /// The body as far as it was sent.
    pub fn body(&self) -> Cow<'_, [u8]> {
        match self.chunks.as_slice() {
            [] => Cow::Borrowed(&[]),
            [(_, only)] => Cow::Borrowed(only),
            several => {
                Cow::Owned(several.iter().flat_map(|(_, chunk)| chunk.iter().copied()).collect())
            }
        }
    }

    /// The body as text, with U+FFFD in place of invalid UTF-8.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body()).into_owned()
    }

    /// The body as JSON.
    ///
    /// # Errors
    ///
    /// If it is not JSON of type `T`, for example because it is a stream: see [`events`](Self::events).
    pub fn json<T: serde::de::DeserializeOwned>(&self) -> Result<T, serde_json::Error> {
        serde_json::from_slice(&self.body())
    }

    /// Whether it is a stream of events.
    pub fn is_streaming(&self) -> bool {
        self.stream().is_some()
    }

    /// The events of a stream, without comments and incomplete events; empty for a body in one piece.
    pub fn events(&self) -> Vec<ResponseEvent> {
        let Some(stream) = self.stream() else { return Vec::new() };
        stream
            .events
            .into_iter()
            .filter_map(|event| ResponseEvent::of(event.ms, event.item))
            .collect()
    }

    /// The tokens that it reports; zero where it reports none.
    pub fn usage(&self) -> TokenUsage {
        let mut usage = TokenUsage::default();
        match self.stream() {
            Some(stream) => {
                for event in &stream.events {
                    let data = match &event.item {
                        Item::Sse { data, .. }
                        | Item::Json(data)
                        | Item::Frame { payload: data, .. } => data,
                        Item::Raw(_) | Item::RawBytes(_) => continue,
                    };
                    if let Ok(object) = json::parse(data) {
                        usage.read(&object);
                    }
                }
            }
            None => {
                if let Some(object) = parsed(&self.body()) {
                    usage.read(&object);
                }
            }
        }
        usage
    }

    /// Whether it was sent to its end: the provider did not cut it off, and the client did not leave first.
    pub fn is_complete(&self) -> bool {
        self.end == Ending::Complete
    }

    /// Whether the connection was closed before the end of the response, as the recording or the provider demanded.
    pub fn was_cut(&self) -> bool {
        self.end == Ending::Cut
    }

    /// Whether the client closed its connection before the response was sent to its end.
    ///
    /// # Limits
    ///
    /// Sent means handed to the operating system. A short response that is not paced is sent at once, so a client that
    /// stops reading it in the middle does not count.
    pub fn disconnected_early(&self) -> bool {
        self.end == Ending::Disconnected
    }

    fn stream(&self) -> Option<Stream> {
        let content_type = self.header("content-type");
        let kind = content_type.unwrap_or_default();
        // An error or a whole body in place of the stream has no events.
        let is_array = kind.starts_with("application/json") && self.body().first() != Some(&b'[');
        let is_asked_for = self.asked_for_stream && self.status < 400 && !is_array;
        let framing = framing_of(content_type, is_asked_for)?;
        let chunk = |(ms, bytes): &(u64, Bytes)| Chunk { ms: *ms, bytes: bytes.to_vec() };
        let chunks: Vec<Chunk> = self.chunks.iter().map(chunk).collect();
        let end = if self.end == Ending::Complete { End::Complete } else { End::Cut };
        Some(Stream::from_chunks(framing, &chunks, end))
    }
}

/// One event of a streamed response.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResponseEvent {
    ms: u64,
    name: Option<String>,
    data: String,
}

impl ResponseEvent {
    fn of(ms: u64, item: Item) -> Option<Self> {
        let (name, data) = match item {
            Item::Sse { event, data, .. } => (event, data),
            Item::Json(data) => (None, data),
            Item::Frame { headers, payload } => {
                let types = [":event-type", ":exception-type"];
                let name = headers.into_iter().find(|(name, _)| types.contains(&name.as_str()));
                (name.map(|(_, value)| value), payload)
            }
            Item::Raw(_) | Item::RawBytes(_) => return None,
        };
        Some(Self { ms, name, data })
    }

    /// When the event was sent, counted from the arrival of the request.
    pub fn at(&self) -> Duration {
        Duration::from_millis(self.ms)
    }

    /// The name of the event: `event:` of server-sent events, the type of AWS's.
    pub fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    /// The data of the event as it was sent.
    pub fn data(&self) -> &str {
        &self.data
    }

    /// The data as JSON.
    ///
    /// # Errors
    ///
    /// If it is not JSON of type `T`, as OpenAI's `[DONE]`.
    pub fn json<T: serde::de::DeserializeOwned>(&self) -> Result<T, serde_json::Error> {
        serde_json::from_str(&self.data)
    }
}

impl Serialize for ReceivedResponse {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut fields = serializer.serialize_struct("ReceivedResponse", 3)?;
        fields.serialize_field("status", &self.status)?;
        if self.is_streaming() {
            fields.serialize_field("events", &self.events())?;
        } else {
            fields.serialize_field("body", &value(&self.body()))?;
        }
        let end = match self.end {
            Ending::Open => "open",
            Ending::Complete => "complete",
            Ending::Cut => "cut",
            Ending::Disconnected => "disconnected_early",
        };
        fields.serialize_field("end", end)?;
        fields.end()
    }
}

impl Serialize for ResponseEvent {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let data = value(self.data.as_bytes());
        match &self.name {
            Some(name) => {
                let mut fields = serializer.serialize_struct("ResponseEvent", 2)?;
                fields.serialize_field("event", name)?;
                fields.serialize_field("data", &data)?;
                fields.end()
            }
            None => data.serialize(serializer),
        }
    }
}

impl std::fmt::Debug for ReceivedResponse {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ReceivedResponse")
            .field("status", &self.status)
            .field("body", &self.text())
            .field("end", &self.end)
            .finish_non_exhaustive()
    }
}

impl Interaction {
    /// The recorded request, with the readers of a request that was sent. Of its headers it has those that choose the
    /// version of the API.
    pub fn request(&self) -> super::SentRequest {
        super::SentRequest::stored(self)
    }

    /// The recorded response, with the readers of a response that was received.
    ///
    /// ```no_run
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let fixture = llmock::Fixture::load("tests/fixtures/summarize")?;
    /// let body: serde_json::Value = fixture.interactions()[0].response().json()?;
    /// assert_eq!(body["model"], "gpt-5");
    /// # Ok(()) }
    /// ```
    pub fn response(&self) -> ReceivedResponse {
        ReceivedResponse::stored(self)
    }
}
