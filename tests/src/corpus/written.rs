//! A fixture file written from rows by the norm in `docs/fixture-format.md`, without the library's writer.

use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest as _, Sha256};

use super::chunks;
use super::layout;
use super::row::{Cassette, Row, Streaming};
use super::target;

/// The text of the whole file.
pub fn fixture(cassette: &Cassette) -> String {
    let interactions: Vec<String> = cassette.rows.iter().map(interaction).collect();
    format!("{{\"llmock\":1,\"interactions\":[\n{}\n]}}\n", interactions.join(",\n"))
}

fn interaction(row: &Row) -> String {
    let provider = quote(target::provider(row).id());
    let (method, path) = (quote(&row.method), quote(&without_key(&target::own_path(row))));
    let request = format!("{{\"method\":{method},\"path\":{path}{}}}", request_body(row));
    let content = match row.streaming {
        Some(streaming) => stream(row, streaming),
        None => body(&row.response_body, true),
    };
    let headers = headers(row);
    let status = row.status;
    let response = format!("{{\"status\":{status},\"headers\":{headers}{content}}}");
    format!("{{\"provider\":{provider},\"request\":{request},\"response\":{response}}}")
}

fn quote(text: &str) -> String {
    serde_json::to_string(text).expect("text is JSON")
}

/// The norm: paths hold no secrets.
fn without_key(path: &str) -> String {
    let Some((path, query)) = path.split_once('?') else { return path.to_owned() };
    let pairs: Vec<&str> = query.split('&').filter(|pair| !pair.starts_with("key=")).collect();
    if pairs.is_empty() { path.to_owned() } else { format!("{path}?{}", pairs.join("&")) }
}

fn headers(row: &Row) -> String {
    let mut grouped: Vec<(&str, Vec<String>)> = Vec::new();
    for (name, value) in row.kept_by_the_wire() {
        match grouped.iter_mut().find(|(known, _)| *known == name) {
            Some((_, values)) => values.push(quote(value)),
            None => grouped.push((name, vec![quote(value)])),
        }
    }
    let members: Vec<String> = grouped
        .into_iter()
        .map(|(name, values)| match values.as_slice() {
            [value] => format!("{}:{value}", quote(name)),
            several => format!("{}:[{}]", quote(name), several.join(",")),
        })
        .collect();
    format!("{{{}}}", members.join(","))
}

fn request_body(row: &Row) -> String {
    let boundary = row.request_header("content-type").and_then(|kind| {
        let (kind, rest) = kind.split_once("boundary=")?;
        let boundary = rest.split(';').next()?.trim().trim_matches('"');
        kind.starts_with("multipart/form-data").then_some(boundary)
    });
    match boundary.and_then(|boundary| form(&row.request_body, boundary)) {
        Some(parts) => format!(",\"form\":[{}]", parts.join(",")),
        None => body(&row.request_body, false),
    }
}

/// A body in one piece; of an answer with its layout.
fn body(bytes: &[u8], with_layout: bool) -> String {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return format!(",\"base64\":\"{}\"", STANDARD.encode(bytes));
    };
    if text.is_empty() {
        return String::new();
    }
    if !layout::is_json(text) {
        return format!(",\"text\":{}", quote(text));
    }
    let json = text.trim_matches([' ', '\t', '\r', '\n']);
    let mut members = format!(",\"body\":{json}");
    if let Some(layout) = layout::name(json).filter(|_| with_layout) {
        let _ = write!(members, ",\"layout\":{}", quote(layout));
        let at = text.find(['{', '[']).expect("objects and arrays begin so");
        let _ = write!(members, ",\"leading\":{}", quote(&text[..at]));
        let _ = write!(members, ",\"trailing\":{}", quote(&text[at + json.len()..]));
    }
    members
}

/// The parts of a form.
fn form(body: &[u8], boundary: &str) -> Option<Vec<String>> {
    let delimiter = format!("\r\n--{boundary}");
    let whole = [b"\r\n", body].concat();
    let mut pieces = split(&whole, delimiter.as_bytes());
    let end = pieces.pop()?;
    (end.starts_with(b"--") && pieces.len() > 1).then_some(())?;
    pieces[1..].iter().map(|piece| part(piece)).collect()
}

fn part(piece: &[u8]) -> Option<String> {
    let at = piece.windows(4).position(|window| window == b"\r\n\r\n")?;
    let head = std::str::from_utf8(&piece[..at]).ok()?;
    let content = &piece[at + 4..];
    let line = |name: &str| {
        head.lines()
            .find(|line| line.to_ascii_lowercase().starts_with(name))
            .map(|line| line.split_once(':').map_or("", |(_, value)| value).trim())
    };
    let disposition = line("content-disposition:")?;
    let parameter = |name: &str| {
        let (_, rest) = disposition.split_once(&format!(" {name}="))?;
        match rest.strip_prefix('"') {
            Some(quoted) => quoted.split('"').next(),
            None => rest.split(';').next(),
        }
    };
    let mut members = format!("{{\"name\":{}", quote(parameter("name")?));
    let filename = parameter("filename");
    for (name, value) in [("filename", filename), ("content_type", line("content-type:"))] {
        if let Some(value) = value {
            let _ = write!(members, ",\"{name}\":{}", quote(value));
        }
    }
    match std::str::from_utf8(content) {
        Ok(text) if filename.is_none() && text.len() <= 64 << 10 => {
            let _ = write!(members, ",\"text\":{}}}", quote(text));
        }
        _ => {
            let digest: String =
                Sha256::digest(content).iter().map(|byte| format!("{byte:02x}")).collect();
            let _ = write!(members, ",\"sha256\":\"{digest}\",\"bytes\":{}}}", content.len());
        }
    }
    Some(members)
}

fn split<'a>(bytes: &'a [u8], delimiter: &[u8]) -> Vec<&'a [u8]> {
    let mut pieces = Vec::new();
    let (mut from, mut at) = (0, 0);
    while at + delimiter.len() <= bytes.len() {
        if bytes[at..].starts_with(delimiter) {
            pieces.push(&bytes[from..at]);
            at += delimiter.len();
            from = at;
        } else {
            at += 1;
        }
    }
    pieces.push(&bytes[from..]);
    pieces
}

/// A streamed answer, an event a chunk; what the members of an event cannot say is `raw`.
fn stream(row: &Row, streaming: Streaming) -> String {
    let is_crlf = row.response_body.windows(2).any(|pair| pair == b"\r\n");
    let eol = if is_crlf { "\r\n" } else { "\n" };
    let (framing, dialect) = match streaming {
        Streaming::Sse => ("sse", is_crlf),
        Streaming::Ndjson => ("ndjson", false),
        Streaming::JsonArray => ("json-array", false),
        Streaming::Aws => ("aws-event-stream", false),
    };
    let events: Vec<String> = chunks::of(row)
        .into_iter()
        .map(|chunk| {
            let Ok(text) = std::str::from_utf8(&chunk) else {
                return format!("{{\"raw_base64\":\"{}\"}}", STANDARD.encode(&chunk));
            };
            let event = match streaming {
                Streaming::Sse => sse(text, eol),
                Streaming::Ndjson => line(text),
                Streaming::JsonArray | Streaming::Aws => None,
            };
            event.unwrap_or_else(|| format!("{{\"raw\":{}}}", quote(text)))
        })
        .collect();
    let eol = if dialect { ",\"eol\":\"crlf\"" } else { "" };
    format!(",\"stream\":{{\"framing\":\"{framing}\"{eol},\"events\":[{}]}}", events.join(",\n"))
}

/// A server-sent event of at most one name and one payload.
fn sse(text: &str, eol: &str) -> Option<String> {
    let lines = text.strip_suffix(eol)?.strip_suffix(eol)?;
    let (name, data) = match lines.strip_prefix("event: ") {
        Some(rest) => {
            let (name, rest) = rest.split_once(eol)?;
            (Some(name), rest)
        }
        None => (None, lines),
    };
    let data = data.strip_prefix("data: ")?;
    let plain =
        !data.contains(['\r', '\n']) && name.is_none_or(|name| !name.contains(['\r', '\n']));
    plain.then(|| match name {
        Some(name) => format!("{{\"event\":{},\"data\":{}}}", quote(name), quote(data)),
        None => format!("{{\"data\":{}}}", quote(data)),
    })
}

/// A line of JSON.
fn line(text: &str) -> Option<String> {
    let line = text.strip_suffix('\n')?;
    (layout::is_json(line) && !line.contains(['\r', '\n']))
        .then(|| format!("{{\"data\":{}}}", quote(line)))
}
