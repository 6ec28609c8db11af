//! How a streamed body is divided into events, which content types announce it, and how one server spells it.
//!
//! The spelling is stored once per stream, so that events contain only what differs. Every default is the most common
//! spelling, which a fixture does not mention.

#[cfg(feature = "record")]
use crate::json;

/// How a body is divided into events.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Framing {
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

/// The framing of a response, `None` if it is no stream.
///
/// `streamed`: the request asked for a stream, by its path or its body. It decides where the content type alone does
/// not. The response may still be an error in one piece.
pub(crate) fn framing_of(content_type: Option<&str>, streamed: bool) -> Option<Framing> {
    let essence = content_type.unwrap_or_default().split(';').next().unwrap_or_default();
    match essence.trim().to_ascii_lowercase().as_str() {
        "text/event-stream" => Some(Framing::Sse),
        "application/x-ndjson"
        | "application/ndjson"
        | "application/jsonl"
        | "application/x-jsonl"
        | "application/jsonlines"
        | "application/x-jsonlines"
        | "application/stream+json" => Some(Framing::Ndjson),
        "application/vnd.amazon.eventstream" => Some(Framing::AwsEventStream),
        "application/json" if streamed => Some(Framing::JsonArray),
        _ => streamed.then_some(Framing::Bytes),
    }
}

/// The framing of a body whose content type announces none, if its text is in one.
///
/// Without a request for a stream, lines of JSON are a file unless their type is that of a single JSON value.
#[cfg(feature = "record")]
pub(crate) fn framing_in(
    body: &[u8],
    content_type: Option<&str>,
    streamed: bool,
) -> Option<Framing> {
    // A stream of events without a type would be replayed with one.
    let kind = content_type?.to_ascii_lowercase();
    let is_json = kind.contains("json");
    if !streamed && !is_json && !kind.starts_with("text/plain") {
        return None;
    }
    let body = body.strip_prefix("\u{feff}".as_bytes()).unwrap_or(body);
    let mut lines =
        body.split(|byte| matches!(byte, b'\n' | b'\r')).filter(|line| !line.is_empty());
    let first = lines.next()?;
    if is_sse_field(first) {
        let has_data = body.starts_with(b"data:") || lines.any(|line| line.starts_with(b"data:"));
        return has_data.then_some(Framing::Sse);
    }
    let is_object = |line: &[u8]| {
        let text = std::str::from_utf8(line).ok().filter(|line| line.starts_with('{'));
        text.is_some_and(|line| json::parse(line).is_ok())
    };
    // Most bodies have one line, which is not worth parsing.
    let is_lines = (streamed || is_json) && lines.next().is_some_and(is_object) && is_object(first);
    is_lines.then_some(Framing::Ndjson)
}

#[cfg(feature = "record")]
fn is_sse_field(line: &[u8]) -> bool {
    [&b"data:"[..], b"event:", b"id:", b"retry:", b":"].iter().any(|name| line.starts_with(name))
}

/// The spelling of a stream; each framing looks only at the members that concern it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Dialect {
    /// SSE and NDJSON: what ends a line.
    pub(crate) eol: Eol,
    /// SSE: whether one space follows the colon of `data:`, `event:` and `id:`.
    pub(crate) space_after_colon: bool,
    /// SSE: the order of the fields of an event.
    pub(crate) field_order: [Field; 3],
    /// NDJSON: whether the last line is ended too.
    pub(crate) final_eol: bool,
    /// JSON array: the text around the elements.
    pub(crate) array: ArrayMarks,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Eol {
    Lf,
    CrLf,
    Cr,
}

/// A field of a server-sent event that [`Item::Sse`] knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Field {
    Event,
    Id,
    Data,
}

/// The exact text around the elements of a JSON array; the default is Gemini's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ArrayMarks {
    pub(crate) open: String,
    /// Before every other element, from the comma on.
    pub(crate) before: String,
    /// After every element but the last, up to the comma.
    pub(crate) after: String,
    /// After the last element; empty if the array was cut there.
    pub(crate) close: String,
}

impl Dialect {
    /// The most common order of fields; an `id` is rare.
    pub(crate) const FIELD_ORDER: [Field; 3] = [Field::Id, Field::Event, Field::Data];
}

impl Default for Dialect {
    fn default() -> Self {
        Self {
            eol: Eol::Lf,
            space_after_colon: true,
            field_order: Self::FIELD_ORDER,
            final_eol: true,
            array: ArrayMarks::default(),
        }
    }
}

impl Default for ArrayMarks {
    fn default() -> Self {
        Self {
            open: "[".to_owned(),
            before: ",\r\n".to_owned(),
            after: "\n".to_owned(),
            close: "\n]".to_owned(),
        }
    }
}

impl Eol {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Lf => "\n",
            Self::CrLf => "\r\n",
            Self::Cr => "\r",
        }
    }
}

impl Field {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Event => "event",
            Self::Id => "id",
            Self::Data => "data",
        }
    }

    pub(crate) fn from_name(name: &str) -> Option<Self> {
        [Self::Event, Self::Id, Self::Data].into_iter().find(|field| field.name() == name)
    }
}

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

impl Item {
    /// The length of the text or bytes, without marks such as `data:`.
    pub(crate) fn text_length(&self) -> usize {
        match self {
            Self::Sse { data: text, .. }
            | Self::Json(text)
            | Self::Frame { payload: text, .. }
            | Self::Raw(text) => text.len(),
            Self::RawBytes(bytes) => bytes.len(),
        }
    }
}

/// The spelling that a framing finds in a body, and the pieces, which together are the whole body.
pub(super) type Parsed = (Dialect, Vec<Piece>);

pub(super) struct Piece {
    /// Its end; it begins where the previous one ended.
    pub(super) end: usize,
    /// What it seems to contain; `None` if nothing known. A wrong guess is harmless.
    pub(super) item: Option<Item>,
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn content_type_and_request_decide_the_framing() {
        use Framing::{AwsEventStream, Bytes, JsonArray, Ndjson, Sse};
        for (content_type, otherwise, streamed) in [
            (Some("text/event-stream"), Some(Sse), Some(Sse)),
            (Some("Text/Event-Stream ;charset=UTF-8"), Some(Sse), Some(Sse)),
            (Some("application/x-ndjson"), Some(Ndjson), Some(Ndjson)),
            (Some("application/jsonl"), Some(Ndjson), Some(Ndjson)),
            (Some("application/stream+json; charset=utf-8"), Some(Ndjson), Some(Ndjson)),
            (
                Some("application/vnd.amazon.eventstream"),
                Some(AwsEventStream),
                Some(AwsEventStream),
            ),
            (Some("application/json; charset=UTF-8"), None, Some(JsonArray)),
            (Some("text/plain"), None, Some(Bytes)),
            (Some(""), None, Some(Bytes)),
            (None, None, Some(Bytes)),
        ] {
            assert_eq!(framing_of(content_type, false), otherwise, "{content_type:?}");
            assert_eq!(framing_of(content_type, true), streamed, "{content_type:?} streamed");
        }
    }

    #[cfg(feature = "record")]
    #[test]
    fn the_body_decides_where_the_type_is_wrong() {
        let json = Some("application/json");
        for (body, content_type, streamed, expected) in [
            ("data: {}\n\n", json, false, Some(Framing::Sse)),
            ("\u{feff}event: a\ndata: {}\n\n", Some("text/plain"), false, Some(Framing::Sse)),
            (": ping\n\ndata: {}\n\n", json, true, Some(Framing::Sse)),
            (": ping\n\n", json, true, None),
            ("data: {}\n\n", None, true, None),
            ("data: {}\n\n", Some("application/octet-stream"), false, None),
            ("data: {}\n\n", Some("application/octet-stream"), true, Some(Framing::Sse)),
            ("{\"a\":1}\n{\"a\":2}\n", json, false, Some(Framing::Ndjson)),
            ("{\"a\":1}\n{\"a\":2}\n", Some("text/plain"), false, None),
            ("{\"a\":1}\n{\"a\":2}\n", Some("text/plain"), true, Some(Framing::Ndjson)),
            ("{\"a\":1}\n", json, true, None),
            ("{\n\"a\":1\n}", json, true, None),
            ("[{}\n,\n{}]", json, true, None),
            ("", json, true, None),
        ] {
            let found = framing_in(body.as_bytes(), content_type, streamed);
            assert_eq!(found, expected, "{body:?} {content_type:?} {streamed}");
        }
    }
}
