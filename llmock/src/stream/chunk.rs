//! Pieces of a body as the transport delivered them.

/// A piece of a body as the transport delivered it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Chunk {
    pub(crate) ms: u64,
    pub(crate) bytes: Vec<u8>,
}

pub(super) fn concat(chunks: &[Chunk]) -> Vec<u8> {
    chunks.iter().map(|chunk| &*chunk.bytes).collect::<Vec<_>>().concat()
}

/// Where each chunk ended and when it came, without empty ones.
pub(super) fn arrivals(chunks: &[Chunk]) -> Vec<(usize, u64)> {
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
pub(super) fn lengths(ends: impl Iterator<Item = usize>) -> Vec<usize> {
    let mut start = 0;
    ends.map(|end| end - std::mem::replace(&mut start, end)).collect()
}

/// Divides the bytes of `events` into chunks of these lengths; `None` if they do not add up.
///
/// A chunk came when the last event that it completes did. When it completes none, its time is
/// not known, and it gets that of the event it belongs to.
pub(super) fn divide(events: &[Chunk], lengths: &[usize]) -> Option<Vec<Chunk>> {
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
