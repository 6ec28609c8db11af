//! An answer in the pieces in which its provider sends it: one event each.

use super::row::{Row, Streaming};

/// The pieces of an answer; one that did not stream is a single piece.
pub fn of(row: &Row) -> Vec<Vec<u8>> {
    let body = &row.response_body;
    let chunks = match row.streaming {
        Some(Streaming::Sse) => after_each(body, blank_line),
        Some(Streaming::Ndjson | Streaming::JsonArray) => after_each(body, line),
        Some(Streaming::Aws) => after_each(body, frame),
        None => vec![body.clone()],
    };
    chunks.into_iter().filter(|chunk| !chunk.is_empty()).collect()
}

/// Cuts where `length` says that the first piece of the rest ends.
fn after_each(body: &[u8], length: impl Fn(&[u8]) -> Option<usize>) -> Vec<Vec<u8>> {
    let mut pieces = Vec::new();
    let mut rest = body;
    while let Some(end) = length(rest).filter(|end| (1..=rest.len()).contains(end)) {
        let (piece, after) = rest.split_at(end);
        pieces.push(piece.to_vec());
        rest = after;
    }
    pieces.push(rest.to_vec());
    pieces
}

/// To the end of the first empty line.
fn blank_line(rest: &[u8]) -> Option<usize> {
    let breaks = rest.iter().enumerate().filter(|(_, byte)| **byte == b'\n');
    breaks.map(|(at, _)| at + 1).find_map(|at| match &rest[at..] {
        [b'\n', ..] => Some(at + 1),
        [b'\r', b'\n', ..] => Some(at + 2),
        _ => None,
    })
}

fn line(rest: &[u8]) -> Option<usize> {
    rest.iter().position(|byte| *byte == b'\n').map(|at| at + 1)
}

/// A frame begins with its length.
fn frame(rest: &[u8]) -> Option<usize> {
    let length: [u8; 4] = rest.get(..4)?.try_into().ok()?;
    usize::try_from(u32::from_be_bytes(length)).ok()
}
