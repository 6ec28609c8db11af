//! Streamed answers: bytes ⇄ events, for people to read and for clients to receive byte for byte.
//!
//! [`Stream::from_chunks`] takes an answer apart as it arrived, [`Stream::to_chunks`] puts the same
//! bytes together again. Each framing has a module of its own that proposes events; an event that
//! would not be written exactly as it was read is kept raw, so no answer can be changed by this.

mod aws;
mod bytes;
mod content_type;
mod dialect;
mod json_array;
mod ndjson;
mod sse;
#[cfg(test)]
mod tests;

pub(crate) use content_type::framing_of;
pub(crate) use dialect::{ArrayMarks, Dialect, Eol, Field};

/// How a body is divided into events.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Framing {
    /// Server-sent events.
    Sse,
    /// One JSON value a line (Ollama, Cohere v1).
    Ndjson,
    /// One JSON array whose elements arrive one by one (Gemini without `alt=sse`).
    JsonArray,
    /// `application/vnd.amazon.eventstream`.
    AwsEventStream,
    /// No structure known: chunks as they came.
    Bytes,
}

/// A piece of a body as the transport delivered it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Chunk {
    /// Milliseconds since the request.
    pub(crate) ms: u64,
    pub(crate) bytes: Vec<u8>,
}

/// Whether the provider finished its answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    Complete,
    /// The provider's connection broke off.
    Cut,
}

/// A streamed answer as events.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Stream {
    pub(crate) framing: Framing,
    pub(crate) dialect: Dialect,
    pub(crate) events: Vec<Event>,
    /// The lengths of the chunks in bytes, when one chunk was not one event. Lengths that no longer
    /// add up, because somebody edited an event, are ignored.
    pub(crate) chunks: Option<Vec<usize>>,
    pub(crate) end: End,
}

/// One event and when it was complete.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Event {
    /// Milliseconds from the request to the chunk that completed the event.
    pub(crate) ms: u64,
    pub(crate) item: Item,
}

/// What an event holds, without the spelling that the [`Dialect`] keeps for all.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Item {
    /// A server-sent event that has data.
    Sse {
        event: Option<String>,
        id: Option<String>,
        /// Everything after `data:` and the dialect's space; several lines are joined by `\n`.
        data: String,
    },
    /// A line of NDJSON or an element of an array: valid JSON without blanks around it. In a line
    /// there are no line breaks, in an element there may be.
    Json(String),
    /// A frame of an AWS event stream whose headers are strings and whose payload is UTF-8.
    Frame { headers: Vec<(String, String)>, payload: String },
    /// Text that does not fit, line ends included: comments, `retry:`, a broken last event.
    Raw(String),
    /// Bytes that do not fit and are no legible text.
    RawBytes(Vec<u8>),
}

/// What a framing makes of a body: consecutive pieces that cover it without a gap.
struct Reading {
    dialect: Dialect,
    pieces: Vec<Piece>,
}

/// A stretch of a body.
struct Piece {
    /// Where it ends; it begins where the one before ended.
    end: usize,
    /// What it seems to hold; `None` if nothing known. A wrong guess is harmless.
    item: Option<Item>,
}

/// Where an event stands among its like; an array's marks depend on it.
#[derive(Clone, Copy)]
struct Place {
    first: bool,
    last: bool,
}

impl Framing {
    /// As fixtures spell it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Sse => "sse",
            Self::Ndjson => "ndjson",
            Self::JsonArray => "json-array",
            Self::AwsEventStream => "aws-event-stream",
            Self::Bytes => "bytes",
        }
    }
}

impl End {
    /// As fixtures spell it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Complete => "complete",
            Self::Cut => "cut",
        }
    }
}

impl Stream {
    /// Takes an answer apart. Chunks without bytes are no chunks on the wire and are dropped.
    pub(crate) fn from_chunks(framing: Framing, chunks: &[Chunk], end: End) -> Self {
        let body = concat(chunks);
        let arrivals = arrivals(chunks);
        let Reading { dialect, pieces } = match framing {
            Framing::Sse => sse::read(&body),
            Framing::Ndjson => ndjson::read(&body),
            Framing::JsonArray => json_array::read(&body),
            Framing::AwsEventStream => aws::read(&body),
            Framing::Bytes => bytes::read(arrivals.iter().map(|arrival| arrival.0)),
        };
        let one_each = arrivals.iter().map(|arrival| arrival.0).eq(pieces.iter().map(|p| p.end));
        let chunks = (!one_each).then(|| lengths(arrivals.iter().map(|arrival| arrival.0)));
        let mut stream = Self { framing, dialect, events: Vec::new(), chunks, end };
        stream.events = stream.checked_events(&body, pieces, &arrivals);
        stream
    }

    /// Turns pieces into events, raw ones where writing an item would not give its bytes back.
    fn checked_events(
        &self,
        body: &[u8],
        pieces: Vec<Piece>,
        arrivals: &[(usize, u64)],
    ) -> Vec<Event> {
        let count = pieces.len();
        let mut written = Vec::new();
        let mut start = 0;
        let mut arrived = 0;
        let mut events = Vec::with_capacity(count);
        for (at, piece) in pieces.into_iter().enumerate() {
            let source = &body[start..piece.end];
            let fits = |item: &Item| {
                written.clear();
                self.write_item(item, Place::of(at, count), &mut written);
                written == source
            };
            let item = piece.item.filter(fits).unwrap_or_else(|| Item::raw(source));
            while arrivals[arrived].0 < piece.end {
                arrived += 1;
            }
            events.push(Event { ms: arrivals[arrived].1, item });
            start = piece.end;
        }
        events
    }

    /// The bytes as they were delivered, divided as they were if that is known, else by event.
    pub(crate) fn to_chunks(&self) -> Vec<Chunk> {
        let events = self.event_chunks();
        match &self.chunks {
            Some(lengths) => divide(&events, lengths).unwrap_or(events),
            None => events,
        }
    }

    /// The bytes with each event in a chunk of its own, whatever the transport did.
    pub(crate) fn event_chunks(&self) -> Vec<Chunk> {
        let count = self.events.len();
        let mut chunks = Vec::with_capacity(count);
        for (at, event) in self.events.iter().enumerate() {
            let mut bytes = Vec::with_capacity(event.item.size_hint());
            self.write_item(&event.item, Place::of(at, count), &mut bytes);
            if !bytes.is_empty() {
                chunks.push(Chunk { ms: event.ms, bytes });
            }
        }
        chunks
    }

    /// The whole body, and where each event ends in it.
    pub(crate) fn body_and_ends(&self) -> (Vec<u8>, Vec<usize>) {
        let count = self.events.len();
        let mut body =
            Vec::with_capacity(self.events.iter().map(|event| event.item.size_hint()).sum());
        let mut ends = Vec::with_capacity(count);
        for (at, event) in self.events.iter().enumerate() {
            self.write_item(&event.item, Place::of(at, count), &mut body);
            ends.push(body.len());
        }
        (body, ends)
    }

    /// The whole body.
    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        self.body_and_ends().0
    }

    fn write_item(&self, item: &Item, place: Place, out: &mut Vec<u8>) {
        match item {
            Item::Sse { event, id, data } => {
                sse::write(&self.dialect, event.as_deref(), id.as_deref(), data, out);
            }
            Item::Json(text) => match self.framing {
                Framing::JsonArray => json_array::write(&self.dialect, text, place, out),
                _ => ndjson::write(&self.dialect, text, place, out),
            },
            Item::Frame { headers, payload } => aws::write(headers, payload, out),
            Item::Raw(text) => out.extend_from_slice(text.as_bytes()),
            Item::RawBytes(bytes) => out.extend_from_slice(bytes),
        }
    }
}

impl Item {
    /// Bytes that nothing explains, as text if a person can read it.
    fn raw(bytes: &[u8]) -> Self {
        let legible =
            |text: &&str| !text.chars().any(|c| c.is_control() && !matches!(c, '\n' | '\r' | '\t'));
        match std::str::from_utf8(bytes).ok().filter(legible) {
            Some(text) => Self::Raw(text.to_owned()),
            None => Self::RawBytes(bytes.to_vec()),
        }
    }

    /// About how many bytes it takes when written, so that a chunk is allocated once.
    fn size_hint(&self) -> usize {
        match self {
            Self::Sse { event, data, .. } => {
                data.len() + event.as_ref().map_or(0, String::len) + 32
            }
            Self::Json(text) => text.len() + 8,
            Self::Frame { headers, payload } => {
                let text: usize =
                    headers.iter().map(|(name, value)| name.len() + value.len()).sum();
                payload.len() + text + 4 * headers.len() + 16
            }
            Self::Raw(text) => text.len(),
            Self::RawBytes(bytes) => bytes.len(),
        }
    }
}

impl Place {
    fn of(at: usize, count: usize) -> Self {
        Self { first: at == 0, last: at + 1 == count }
    }
}

fn concat(chunks: &[Chunk]) -> Vec<u8> {
    let mut body = Vec::with_capacity(chunks.iter().map(|chunk| chunk.bytes.len()).sum());
    for chunk in chunks {
        body.extend_from_slice(&chunk.bytes);
    }
    body
}

/// Where each chunk ended and when it came, without empty ones.
fn arrivals(chunks: &[Chunk]) -> Vec<(usize, u64)> {
    let mut end = 0;
    let filled = chunks.iter().filter(|chunk| !chunk.bytes.is_empty());
    filled
        .map(|chunk| {
            end += chunk.bytes.len();
            (end, chunk.ms)
        })
        .collect()
}

/// The distances between rising ends, the first from zero.
fn lengths(ends: impl Iterator<Item = usize>) -> Vec<usize> {
    let mut start = 0;
    ends.map(|end| end - std::mem::replace(&mut start, end)).collect()
}

/// Divides the bytes of `events` into chunks of these lengths; `None` if they do not add up.
///
/// A chunk came when the last event that it completes did. When it completes none, its time is
/// not known, and it gets that of the event it belongs to.
fn divide(events: &[Chunk], lengths: &[usize]) -> Option<Vec<Chunk>> {
    let body = concat(events);
    let sum = lengths.iter().try_fold(0_usize, |sum, length| sum.checked_add(*length));
    if sum != Some(body.len()) {
        return None;
    }
    let mut start = 0;
    let mut at = 0;
    let mut event_end = events.first().map_or(0, |event| event.bytes.len());
    let mut chunks = Vec::with_capacity(lengths.len());
    for length in lengths.iter().filter(|length| **length > 0) {
        let end = start + length;
        let mut completed = None;
        while event_end <= end && at < events.len() {
            completed = Some(events[at].ms);
            at += 1;
            event_end += events.get(at).map_or(0, |event| event.bytes.len());
        }
        let ms = completed.or_else(|| events.get(at).map(|event| event.ms)).unwrap_or_default();
        chunks.push(Chunk { ms, bytes: body[start..end].to_vec() });
        start = end;
    }
    Some(chunks)
}
