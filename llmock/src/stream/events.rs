//! A streamed response as events, and back to the bytes that were delivered.

use super::framing::{Dialect, Framing, Item, Parsed, Piece};
use super::{aws, json_array, ndjson, sse};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    Complete,
    /// The provider's connection closed before the end.
    Cut,
    /// The client stopped reading before the end, and llmock stopped waiting for it.
    ClientLeft,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Stream {
    pub(crate) framing: Framing,
    pub(crate) dialect: Dialect,
    pub(crate) events: Vec<Event>,
    /// The lengths of the chunks in bytes, unless each chunk was one event. If they no longer add up, because an event
    /// was edited, they are ignored.
    pub(crate) chunks: Option<Vec<usize>>,
    pub(crate) end: End,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Event {
    /// Milliseconds from the request to the chunk that completed the event.
    pub(crate) ms: u64,
    pub(crate) item: Item,
}

impl Stream {
    /// Splits a response into events. Chunks without bytes do not exist on the wire and are dropped.
    pub(crate) fn from_chunks(framing: Framing, chunks: &[Chunk], end: End) -> Self {
        let body = concat(chunks);
        let arrivals = arrivals(chunks);
        let (dialect, pieces): Parsed = match framing {
            Framing::Sse => sse::read(&body),
            Framing::Ndjson => ndjson::read(&body),
            Framing::JsonArray => json_array::read(&body),
            Framing::AwsEventStream => aws::read(&body),
            Framing::Bytes => {
                let piece = |(end, _): &(usize, u64)| Piece { end: *end, item: None };
                (Dialect::default(), arrivals.iter().map(piece).collect())
            }
        };
        let one_each = arrivals.iter().map(|arrival| arrival.0).eq(pieces.iter().map(|p| p.end));
        let chunks = (!one_each).then(|| lengths(arrivals.iter().map(|arrival| arrival.0)));
        let mut stream = Self { framing, dialect, events: Vec::new(), chunks, end };
        stream.events = stream.checked_events(&body, pieces, &arrivals);
        stream
    }

    /// Turns pieces into events; an item that would not be written with the same bytes becomes a raw one.
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
                self.write_item(item, (at, count), &mut written);
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

    /// The bytes as they were delivered: in the original chunks if they are known, otherwise one chunk per event.
    pub(crate) fn to_chunks(&self) -> Vec<Chunk> {
        let events = self.event_chunks();
        match &self.chunks {
            Some(lengths) => divide(&events, lengths).unwrap_or(events),
            None => events,
        }
    }

    /// The bytes with each event in a chunk of its own.
    pub(crate) fn event_chunks(&self) -> Vec<Chunk> {
        let count = self.events.len();
        let mut chunks = Vec::with_capacity(count);
        for (at, event) in self.events.iter().enumerate() {
            // An event and its marks fit, so that the buffer does not grow line by line.
            let mut bytes = Vec::with_capacity(event.item.text_length() + 64);
            self.write_item(&event.item, (at, count), &mut bytes);
            if !bytes.is_empty() {
                chunks.push(Chunk { ms: event.ms, bytes });
            }
        }
        chunks
    }

    /// The whole body, and where each event ends in it.
    pub(crate) fn body_and_ends(&self) -> (Vec<u8>, Vec<usize>) {
        let count = self.events.len();
        let mut body = Vec::with_capacity(256 * count);
        let mut ends = Vec::with_capacity(count);
        for (at, event) in self.events.iter().enumerate() {
            self.write_item(&event.item, (at, count), &mut body);
            ends.push(body.len());
        }
        (body, ends)
    }

    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        self.body_and_ends().0
    }

    /// Writes the event at a place of so many; the marks of an array depend on it.
    fn write_item(&self, item: &Item, place: (usize, usize), out: &mut Vec<u8>) {
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

/// A piece of a body as the transport delivered it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Chunk {
    pub(crate) ms: u64,
    pub(crate) bytes: Vec<u8>,
}

/// The bytes of a whole body.
pub(crate) fn concat(chunks: &[Chunk]) -> Vec<u8> {
    chunks.iter().map(|chunk| &*chunk.bytes).collect::<Vec<_>>().concat()
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
