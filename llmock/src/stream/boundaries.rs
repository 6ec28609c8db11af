//! Where the events of a body end, found while it arrives.
//!
//! A [`Stream`](super::Stream) is made from a whole body. This only counts, for responses that are controlled on their
//! way to the client: from a fixture, a reply, a mock, or a provider. A comment alone is no event.

use super::framing::Framing;

/// The longest frame of an AWS event stream; a length beyond it is no length.
const LONGEST_FRAME: usize = 16 << 20;
const PRELUDE: usize = 4;
/// Lengths, checksums, and nothing else.
const SHORTEST_FRAME: usize = 16;

/// Divides a body into events; positions are those of its bytes, from zero.
#[derive(Debug)]
pub(crate) struct Boundaries {
    at: usize,
    /// Where the last event ended.
    last: usize,
    kind: Kind,
}

#[derive(Debug)]
enum Kind {
    Sse(Lines),
    Ndjson {
        has_content: bool,
    },
    Array(Elements),
    Frames {
        prelude: Vec<u8>,
        left: usize,
        is_broken: bool,
    },
    /// Each piece as it arrives.
    Pieces,
    /// All of it.
    Whole,
}

/// Lines of server-sent events.
#[derive(Debug, Default)]
struct Lines {
    /// The beginning of the line, as long as it may be `data:`.
    start: Vec<u8>,
    length: usize,
    has_data: bool,
    after_cr: bool,
    /// An event ended at a CR, to which a LF may belong.
    is_open: bool,
}

#[expect(clippy::struct_excessive_bools, reason = "what has been seen of a JSON text so far")]
#[derive(Debug, Default)]
struct Elements {
    depth: usize,
    in_text: bool,
    is_escaped: bool,
    /// The array has begun; anything else is one event.
    has_begun: bool,
    is_array: bool,
    has_element: bool,
}

impl Boundaries {
    /// For a body with this framing; `None` is a body in one piece.
    pub(crate) fn new(framing: Option<Framing>) -> Self {
        let kind = match framing {
            Some(Framing::Sse) => Kind::Sse(Lines::default()),
            Some(Framing::Ndjson) => Kind::Ndjson { has_content: false },
            Some(Framing::JsonArray) => Kind::Array(Elements::default()),
            Some(Framing::AwsEventStream) => {
                Kind::Frames { prelude: Vec::new(), left: 0, is_broken: false }
            }
            Some(Framing::Bytes) => Kind::Pieces,
            None => Kind::Whole,
        };
        Self { at: 0, last: 0, kind }
    }

    /// Reads more bytes; returns where events end that are known to be complete.
    pub(crate) fn read(&mut self, bytes: &[u8]) -> Vec<usize> {
        let mut ends = Vec::new();
        for byte in bytes {
            self.at += 1;
            self.byte(*byte, &mut ends);
        }
        if matches!(self.kind, Kind::Pieces) && !bytes.is_empty() {
            ends.push(self.at);
        }
        self.last = ends.last().copied().unwrap_or(self.last);
        ends
    }

    /// The end of the last event, if only the end of the body shows it.
    pub(crate) fn finish(&mut self) -> Option<usize> {
        let has_event = match &self.kind {
            Kind::Sse(lines) => lines.is_open,
            Kind::Ndjson { has_content } => *has_content,
            Kind::Array(elements) => elements.has_element || (!elements.is_array && self.at > 0),
            Kind::Frames { is_broken, .. } => *is_broken,
            Kind::Pieces => false,
            Kind::Whole => self.at > 0,
        };
        has_event.then_some(self.at)
    }

    fn byte(&mut self, byte: u8, ends: &mut Vec<usize>) {
        let at = self.at;
        match &mut self.kind {
            Kind::Sse(lines) => lines.byte(byte, at, ends),
            Kind::Ndjson { has_content } => {
                if byte != b'\n' {
                    *has_content |= !byte.is_ascii_whitespace();
                } else if std::mem::take(has_content) {
                    ends.push(at);
                }
            }
            Kind::Array(elements) => {
                if elements.byte(byte) {
                    ends.push(at - 1);
                }
            }
            Kind::Frames { prelude, left, is_broken } => {
                if *is_broken {
                    return;
                }
                if *left > 0 {
                    *left -= 1;
                } else {
                    prelude.push(byte);
                    if let Ok(length) = <[u8; PRELUDE]>::try_from(prelude.as_slice()) {
                        let length = usize::try_from(u32::from_be_bytes(length)).unwrap_or(0);
                        *is_broken = !(SHORTEST_FRAME..=LONGEST_FRAME).contains(&length);
                        *left = length.saturating_sub(PRELUDE);
                    }
                }
                if *left == 0 && prelude.len() == PRELUDE && !*is_broken {
                    prelude.clear();
                    ends.push(at);
                }
            }
            Kind::Pieces | Kind::Whole => {}
        }
    }
}

impl Lines {
    fn byte(&mut self, byte: u8, at: usize, ends: &mut Vec<usize>) {
        let after_cr = std::mem::take(&mut self.after_cr);
        if std::mem::take(&mut self.is_open) {
            ends.push(if byte == b'\n' { at } else { at - 1 });
        }
        match byte {
            b'\n' if after_cr => {}
            b'\n' => {
                if self.ends_event() {
                    ends.push(at);
                }
            }
            b'\r' => {
                self.after_cr = true;
                self.is_open = self.ends_event();
            }
            _ => {
                self.length += 1;
                if self.start.len() < "data:".len() {
                    self.start.push(byte);
                }
            }
        }
    }

    /// Whether the line that ends here ends an event.
    fn ends_event(&mut self) -> bool {
        let start = std::mem::take(&mut self.start);
        if std::mem::take(&mut self.length) == 0 {
            return std::mem::take(&mut self.has_data);
        }
        self.has_data |= start == b"data:" || start == b"data";
        false
    }
}

impl Elements {
    /// Whether an element ended before this byte, and another one follows.
    fn byte(&mut self, byte: u8) -> bool {
        if self.in_text {
            match byte {
                _ if std::mem::take(&mut self.is_escaped) => {}
                b'\\' => self.is_escaped = true,
                b'"' => self.in_text = false,
                _ => {}
            }
            return false;
        }
        if byte.is_ascii_whitespace() {
            return false;
        }
        if !std::mem::replace(&mut self.has_begun, true) {
            self.is_array = byte == b'[';
            self.depth = usize::from(self.is_array);
            return false;
        }
        if !self.is_array {
            return false;
        }
        match byte {
            b'"' => self.in_text = true,
            b'[' | b'{' => self.depth += 1,
            b']' | b'}' => {
                self.depth = self.depth.saturating_sub(1);
                // The bracket of the array belongs to the last element.
                return false;
            }
            b',' if self.depth == 1 => return std::mem::take(&mut self.has_element),
            _ => {}
        }
        self.has_element = true;
        false
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The events of a body that arrives in pieces of this length.
    fn events(framing: Option<Framing>, body: &[u8], step: usize) -> Vec<Vec<u8>> {
        let mut boundaries = Boundaries::new(framing);
        let mut ends: Vec<usize> =
            body.chunks(step).flat_map(|piece| boundaries.read(piece)).collect();
        ends.extend(boundaries.finish());
        let mut start = 0;
        let piece = |end: usize| body[std::mem::replace(&mut start, end)..end].to_vec();
        ends.into_iter().map(piece).collect()
    }

    #[test]
    fn each_framing_has_its_events() {
        use Framing::{JsonArray, Ndjson, Sse};
        for (framing, body, expected) in [
            (Sse, "data: a\n\ndata: b\n\n", &["data: a\n\n", "data: b\n\n"][..]),
            (Sse, ": ping\n\nevent: x\ndata\n\n", &[": ping\n\nevent: x\ndata\n\n"]),
            (Sse, "data: a\r\n\r\ndata: b\r\n\r\n", &["data: a\r\n\r\n", "data: b\r\n\r\n"]),
            (Sse, "data: a\r\rdata: b\r\r", &["data: a\r\r", "data: b\r\r"]),
            (Sse, "data: a\n\ndata: b\n", &["data: a\n\n"]),
            (Sse, "database: a\n\n", &[]),
            (Ndjson, "{}\n\n{\"a\":1}\n", &["{}\n", "\n{\"a\":1}\n"]),
            (Ndjson, "{}\r\n{}", &["{}\r\n", "{}"]),
            (
                JsonArray,
                "[{\"a\":[1,2]}\n,\r\n{\"b\":\"],\\\"\"}\n]",
                &["[{\"a\":[1,2]}\n", ",\r\n{\"b\":\"],\\\"\"}\n]"],
            ),
            (JsonArray, "{\"error\": [1,2]}", &["{\"error\": [1,2]}"]),
            (JsonArray, "[]", &[]),
        ] {
            for step in 1..5 {
                let found = events(Some(framing), body.as_bytes(), step);
                let found: Vec<_> = found.iter().map(|one| String::from_utf8_lossy(one)).collect();
                assert_eq!(found, expected, "{body:?} by {step}");
            }
        }
        assert_eq!(events(None, b"{}\n\n{}", 2), [b"{}\n\n{}"]);
        assert_eq!(events(Some(Framing::Bytes), b"abcd", 3), [&b"abc"[..], b"d"]);
    }

    #[test]
    fn frames_end_by_their_length() {
        let mut frame = vec![0, 0, 0, 20];
        frame.extend([7; 16]);
        let body = [frame.as_slice(), &frame].concat();
        for step in [1, 3, 20, 40] {
            let found = events(Some(Framing::AwsEventStream), &body, step);
            assert_eq!(found, [frame.as_slice(), &frame]);
            let broken = [frame.as_slice(), b"<html>"].concat();
            let found = events(Some(Framing::AwsEventStream), &broken, step);
            assert_eq!(found, [frame.as_slice(), b"<html>"]);
        }
    }

    proptest! {
        /// However a body arrives, its events are the same, and in order.
        #[test]
        fn arrival_does_not_change_events(
            body in "(data: [a-cé]*|\r\n|\n|\r|[\\[\\]{},\"1]|: x)*",
            step in 1_usize..9,
        ) {
            for framing in [Framing::Sse, Framing::Ndjson, Framing::JsonArray] {
                let whole = events(Some(framing), body.as_bytes(), body.len().max(1));
                prop_assert_eq!(&whole, &events(Some(framing), body.as_bytes(), step));
                prop_assert!(body.as_bytes().starts_with(&whole.concat()));
            }
        }
    }
}
