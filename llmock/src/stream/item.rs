//! The content of one event, and what each framing proposes for a body.

use super::dialect::Dialect;

/// The content of an event, without the spelling, which the [`Dialect`] keeps once for all.
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
    /// Bytes that do not fit and are no readable text.
    RawBytes(Vec<u8>),
}

/// The pieces that a framing finds in a body; together they are the whole body.
pub(super) struct Parsed {
    pub(super) dialect: Dialect,
    pub(super) pieces: Vec<Piece>,
}

pub(super) struct Piece {
    /// Its end; it begins where the previous one ended.
    pub(super) end: usize,
    /// What it seems to contain; `None` if nothing known. A wrong guess is harmless.
    pub(super) item: Option<Item>,
}

/// Whether an event is the first or last one; the marks of an array depend on it.
#[derive(Clone, Copy)]
pub(super) struct EventPosition {
    pub(super) first: bool,
    pub(super) last: bool,
}

impl Item {
    /// Bytes of no known structure, as text if it is readable.
    pub(super) fn raw(bytes: &[u8]) -> Self {
        let legible =
            |text: &&str| !text.chars().any(|c| c.is_control() && !matches!(c, '\n' | '\r' | '\t'));
        match std::str::from_utf8(bytes).ok().filter(legible) {
            Some(text) => Self::Raw(text.to_owned()),
            None => Self::RawBytes(bytes.to_vec()),
        }
    }
}

impl EventPosition {
    pub(super) fn of(at: usize, count: usize) -> Self {
        Self { first: at == 0, last: at + 1 == count }
    }
}
