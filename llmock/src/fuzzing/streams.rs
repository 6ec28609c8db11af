//! The parsers of streams: whatever arrives leaves again, byte for byte and chunk for chunk.

use crate::stream::{Chunk, End, Framing, Stream};

pub(super) fn sse(data: &[u8]) {
    there_and_back(Framing::Sse, data);
}

pub(super) fn ndjson(data: &[u8]) {
    there_and_back(Framing::Ndjson, data);
}

pub(super) fn json_array(data: &[u8]) {
    there_and_back(Framing::JsonArray, data);
}

pub(super) fn aws_event_stream(data: &[u8]) {
    there_and_back(Framing::AwsEventStream, data);
}

/// The first byte is the length of the chunks.
fn there_and_back(framing: Framing, data: &[u8]) {
    let Some((length, body)) = data.split_first() else { return };
    let pieces = body.chunks(usize::from(*length).max(1));
    let chunks: Vec<Chunk> = (0..)
        .step_by(10)
        .zip(pieces)
        .map(|(ms, bytes)| Chunk { ms, bytes: bytes.to_vec() })
        .collect();
    let stream = Stream::from_chunks(framing, &chunks, End::Complete);
    assert_eq!(stream.to_bytes(), body);
    let sent = stream.to_chunks();
    assert!(sent.iter().map(|chunk| &chunk.bytes).eq(chunks.iter().map(|chunk| &chunk.bytes)));
    let again = Stream::from_chunks(framing, &stream.event_chunks(), End::Complete);
    assert_eq!(again.events, stream.events);
}
