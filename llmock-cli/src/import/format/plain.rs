//! A response without its request: an HTTP message, server-sent events, lines of JSON, or JSON.

use super::super::message::Recorded;
use super::super::request::Asked;
use super::super::source::Source;
use super::super::tree::Node;
use super::{ReadError, Recording, guessed};

/// Members of which every response of a provider has one.
const MEMBERS: [&str; 14] = [
    "choices",
    "content",
    "candidates",
    "output",
    "error",
    "embeddings",
    "embedding",
    "data",
    "message",
    "results",
    "object",
    "response",
    "usage",
    "generation",
];

pub(super) fn detect(source: &Source<'_>) -> bool {
    let Some(text) = source.text else { return is_frames(source.bytes) };
    kind(text).is_some()
        || source.root().is_some_and(|root| {
            let is_json = text.trim_start().starts_with('{');
            is_json && MEMBERS.iter().any(|name| root.has(name)) && !root.has("request")
        })
}

/// Whether these are frames of AWS: the length of the first is that of its head, and its checksum is in it.
fn is_frames(bytes: &[u8]) -> bool {
    let number = |at: usize| {
        let four: Option<[u8; 4]> = bytes.get(at..at + 4)?.try_into().ok();
        four.map(u32::from_be_bytes)
    };
    let (Some(total), Some(headers)) = (number(0), number(4)) else { return false };
    total as usize <= bytes.len()
        && total > headers
        && (16..1 << 24).contains(&total)
        && headers < 1 << 17
}

pub(super) fn read(source: &Source<'_>, asked: &Asked) -> Result<Recording, ReadError> {
    let what = source.text.and_then(kind).map_or("a response", |kind| match kind {
        "text/event-stream" => "a stream of events",
        "application/x-ndjson" => "lines of JSON",
        _ => "a response",
    });
    let guess = || source.text.and_then(|text| guessed::request(body_of(text)));
    let named = asked.request_for(source.path).cloned();
    let is_guessed = named.is_none();
    let request = named.or_else(guess).ok_or(ReadError::NoRequest(what))?;
    let mut recorded = Recorded {
        method: request.method,
        url: request.url,
        request_headers: request.headers,
        request_body: request.body,
        status: 200,
        ..Recorded::default()
    };
    if let Some(text) = source.text.filter(|text| text.starts_with("HTTP/")) {
        message(text, source.bytes, &mut recorded)?;
    } else {
        recorded.response_headers.push(("content-type".to_owned(), kind_of(source).to_owned()));
        recorded.response_body = source.bytes.to_vec();
        recorded.losses.push(
            "status and headers: the file has the body of the response only, 200 and its type are assumed".to_owned(),
        );
    }
    if is_guessed {
        recorded.notes.push(format!(
            "the request is not known; {} {} stands in for it: run its test once with `while_editing = true`, then `llmock accept` \
             keeps the request that the test sends",
            recorded.method, recorded.url
        ));
    }
    Ok(Recording { exchanges: vec![recorded.complete()], ..Recording::default() })
}

/// What is behind the head of an HTTP message, or all of a body alone.
fn body_of(text: &str) -> &str {
    if !text.starts_with("HTTP/") {
        return text;
    }
    let end = |mark: &str| text.find(mark).map(|at| at + mark.len());
    let ends = [end("\r\n\r\n"), end("\n\n")];
    ends.into_iter().flatten().min().map_or("", |at| &text[at..])
}

/// The type of a body without headers.
fn kind_of(source: &Source<'_>) -> &'static str {
    let Some(text) = source.text else {
        let is_frames = is_frames(source.bytes);
        return if is_frames {
            "application/vnd.amazon.eventstream"
        } else {
            "application/octet-stream"
        };
    };
    let is_json =
        source.root().is_some_and(Node::is_collection) && text.trim_start().starts_with(['{', '[']);
    kind(text).unwrap_or(if is_json { "application/json" } else { "text/plain" })
}

/// The type of a text that is no single document.
fn kind(text: &str) -> Option<&'static str> {
    let mut lines = text.trim_start().lines();
    let first = lines.next()?;
    if first.starts_with("HTTP/") {
        return Some("http");
    }
    let is_field = |line: &str| {
        line.is_empty()
            || ["data:", "event:", "id:", "retry:", ":"].iter().any(|it| line.starts_with(it))
    };
    if !first.is_empty()
        && is_field(first)
        && text.lines().take(64).all(|line| is_field(line.trim_end()))
        && (text.contains("data:") || text.contains("event:"))
    {
        return Some("text/event-stream");
    }
    let is_object = |line: &str| line.starts_with('{') && line.trim_end().ends_with('}');
    let second = lines.find(|line| !line.trim().is_empty())?;
    (is_object(first) && is_object(second)).then_some("application/x-ndjson")
}

/// An HTTP message, as `curl -i` prints it.
fn message(text: &str, bytes: &[u8], recorded: &mut Recorded) -> Result<(), ReadError> {
    let wrong = |why: &str| ReadError::Malformed(why.to_owned());
    let crlf = text.find("\r\n\r\n").map(|at| (at, at + 4));
    let lf = text.find("\n\n").map(|at| (at, at + 2));
    let (head, body) = match (crlf, lf) {
        (Some(crlf), Some(lf)) => {
            if crlf.0 < lf.0 {
                crlf
            } else {
                lf
            }
        }
        (one, other) => {
            one.or(other).ok_or_else(|| wrong("the head of the response does not end"))?
        }
    };
    let mut lines = text[..head].lines();
    let status = lines.next().and_then(|line| line.split_whitespace().nth(1)?.parse().ok());
    recorded.status = status.ok_or_else(|| wrong("its first line has no status"))?;
    let header = |line: &str| {
        let (name, value) = line.split_once(':')?;
        Some((name.trim().to_owned(), value.trim().to_owned()))
    };
    recorded.response_headers = lines.filter_map(header).collect();
    let offset = bytes.len() - text.len();
    recorded.response_body = bytes[offset + body..].to_vec();
    Ok(())
}
