//! Whether a stored interaction replays what went over the wire while it was recorded.

use bytes::Bytes;
use http::HeaderMap;
use memchr::memmem;

use crate::exchange::headers;
use crate::exchange::request::RawRequest;
use crate::fixture::interaction::{self, Body, Content};
use crate::fixture::merge::same_response;
use crate::fixture::redact::difference::{self, Replaced};
use crate::fixture::redact::{Found, Redactor};
use crate::json;
use crate::json::layout::{self, Layout};
use crate::provider::Provider;

/// What the client sent, and what it received.
#[derive(Clone, Debug)]
pub(crate) struct Original {
    pub(crate) request: OriginalRequest,
    pub(crate) response: ReceivedBytes,
}

/// A request with the bytes and credentials of its client; it never leaves the process.
#[derive(Clone)]
pub(crate) struct OriginalRequest {
    pub(crate) provider: Provider,
    pub(crate) method: String,
    /// Path and query below the provider's host.
    pub(crate) target: String,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

#[derive(Clone, Debug)]
pub(crate) struct ReceivedBytes {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    /// Decompressed.
    pub(crate) body: Vec<u8>,
    /// `None` if nothing was redacted in it.
    pub(crate) unredacted: Option<Unredacted>,
}

/// A response before it was redacted; it never leaves the process.
#[derive(Clone)]
pub(crate) struct Unredacted {
    response: interaction::Response,
    /// The redactors that have changed it since, in order, and what each found in the request.
    looks: Vec<(Redactor, Found)>,
}

impl Unredacted {
    pub(crate) fn new(response: interaction::Response) -> Self {
        Self { response, looks: Vec::new() }
    }

    /// Notes that a redactor has changed the response.
    pub(crate) fn add_look(&mut self, redactor: &Redactor, found: &Found) {
        self.looks.push((redactor.clone(), found.clone()));
    }

    /// The response as it must be stored.
    fn redacted(&self) -> interaction::Response {
        let mut response = self.response.clone();
        for (redactor, found) in &self.looks {
            redactor.response(&mut response, found);
        }
        response
    }
}

impl std::fmt::Debug for Unredacted {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Unredacted").field("looks", &self.looks.len()).finish_non_exhaustive()
    }
}

/// Why a file does not replay what was recorded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Mismatch {
    #[error("no recording matches the request that the client sent")]
    Request,
    #[error("the request that the client sent gets another response")]
    Order,
    #[error("the stored response differs from the one that the client received")]
    Response,
}

impl std::fmt::Debug for OriginalRequest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("OriginalRequest").field("method", &self.method).finish_non_exhaustive()
    }
}

impl OriginalRequest {
    /// The request as a fresh session reads it. Where a client quotes an earlier response, it quotes the redacted one in
    /// replay.
    pub(crate) fn read(
        &self,
        redactor_for: impl FnOnce(&RawRequest<'_>) -> Redactor,
        max_body: usize,
        replaced: &[Replaced],
        keeps_header: &dyn Fn(&str) -> bool,
    ) -> Option<interaction::Request> {
        let quoted =
            |bytes: &[u8]| replaced.iter().fold(bytes.to_vec(), |text, one| quote(&text, one));
        let target = String::from_utf8(quoted(self.target.as_bytes())).ok()?;
        let raw = RawRequest {
            provider: self.provider,
            method: &self.method,
            target: &target,
            headers: &self.headers,
            body: &quoted(&self.body),
        };
        let redactor = redactor_for(&raw);
        let (mut request, _) = raw.read(&redactor, max_body).ok()?;
        headers::add(&mut request.headers, &self.headers, &redactor, keeps_header);
        Some(request)
    }
}

fn quote(text: &[u8], replaced: &Replaced) -> Vec<u8> {
    let Replaced { original, placeholder } = replaced;
    let found: Vec<usize> = memmem::find_iter(text, original).collect();
    let (mut quoted, mut start) = (Vec::with_capacity(text.len()), 0);
    for at in found {
        quoted.extend_from_slice(&text[start..at]);
        quoted.extend_from_slice(placeholder);
        start = at + original.len();
    }
    quoted.extend_from_slice(&text[start..]);
    quoted
}

/// Compares a stored response with the bytes that the client received: they are the same, JSON in a layout of its own is
/// the same token for token, and what differs otherwise is what the redactor changes. Returns what was redacted.
pub(crate) fn compare(
    stored: &interaction::Response,
    received: &ReceivedBytes,
) -> Result<Vec<Replaced>, Mismatch> {
    let is_received = |(name, value): &(String, String)| {
        let of_name = received.headers.iter().filter(|(known, _)| known == name);
        let found = |sent: &String| difference::in_bytes(value.as_bytes(), sent.as_bytes());
        of_name.map(|(_, sent)| found(sent)).any(|found| found.is_some())
    };
    if stored.status != received.status || !stored.headers.iter().all(is_received) {
        return Err(Mismatch::Response);
    }
    if let Some(unredacted) = &received.unredacted
        && !same_response(stored, &unredacted.redacted())
    {
        return Err(Mismatch::Response);
    }
    let found = match &stored.content {
        Content::Stream(stream) => difference::in_stream(stream, &received.body),
        Content::Body(Body::Json(text)) => json_difference(text, &received.body),
        Content::Body(body) => difference::in_bytes(&body.to_wire(), &received.body),
        // Its messages were compared with those that were recorded when the file was read back.
        #[cfg(feature = "websocket")]
        Content::Socket(_) => Some(Vec::new()),
    };
    let found = found.ok_or(Mismatch::Response)?;
    // A client may receive a placeholder, but what is stored as one was redacted.
    let is_explained = found.is_empty() || received.unredacted.is_some();
    if is_explained { Ok(found) } else { Err(Mismatch::Response) }
}

fn json_difference(stored: &str, received: &[u8]) -> Option<Vec<Replaced>> {
    let received = std::str::from_utf8(received).ok()?;
    difference::in_json(stored, received)
        .or_else(|| difference::in_json(&compact(stored)?, &compact(received)?))
}

fn compact(text: &str) -> Option<String> {
    json::parse(text).ok().map(|value| layout::print(&value, Layout::Compact))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stream::{Chunk, End, Framing, Stream};

    #[test]
    fn quotes_what_is_replayed() {
        let replaced = Replaced { original: b"key".to_vec(), placeholder: b"[R]".to_vec() };
        assert_eq!(quote(b"a key, keys", &replaced), b"a [R], [R]s");
    }

    const KEY: &str = "sk-proj-Zq8s7Df6gH5jK4lM3nB2vC1xX0yYwWvV";

    /// What is received, and what is stored of it.
    fn recorded(content: Content, body: &str) -> (ReceivedBytes, interaction::Response) {
        let mut stored =
            interaction::Response { status: 200, headers: Vec::new(), ms: None, content };
        let mut unredacted = Unredacted::new(stored.clone());
        let redactor = Redactor::new([]);
        redactor.response(&mut stored, &Found::default());
        unredacted.add_look(&redactor, &Found::default());
        let body = body.as_bytes().to_vec();
        let unredacted = Some(unredacted);
        (ReceivedBytes { status: 200, headers: Vec::new(), body, unredacted }, stored)
    }

    fn stream(body: &str) -> Content {
        let chunk = Chunk { ms: 0, bytes: body.as_bytes().to_vec() };
        Content::Stream(Stream::from_chunks(Framing::Sse, &[chunk], End::Complete))
    }

    #[test]
    fn refuses_any_difference_beside_what_was_redacted() {
        let events = |texts: &[&str]| -> String {
            let event = |text: &&str| format!("data: {{\"response\":\"{text}\"}}\n\n");
            texts.iter().map(event).collect()
        };
        let (begin, end) = KEY.split_at(12);
        let received = events(&["use ", begin, &format!("{end} now"), "!"]);
        let (original, stored) = recorded(stream(&received), &received);
        assert_eq!(compare(&stored, &original).expect("the same")[0].original, KEY.as_bytes());
        for wrong in [
            // A byte changed, dropped, added, or moved to another event.
            &["use ", "[REDACTED:OPENAI_KEY]", " nov", "!"][..],
            &["use", "[REDACTED:OPENAI_KEY]", " now", "!"],
            &["use ", "[REDACTED:OPENAI_KEY]", "now", "!"],
            &["use ", "[REDACTED:OPENAI_KEY]", "", "!"],
            &["use ", "[REDACTED:OPENAI_KEY]", " now", ""],
            &["use ", "[REDACTED:OPENAI_KEY] ", "now", "!"],
            &["use ", "[REDACTED:OPENAI_KEY]", " now!"],
            &["use [REDACTED:OPENAI_KEY]", "", " now", "!"],
            &["use ", "[REDACTED:ANOTHER_KEY]", " now", "!"],
            &["[REDACTED:OPENAI_KEY]", "[REDACTED:OPENAI_KEY]", " now", "!"],
        ] {
            let stored =
                interaction::Response { content: stream(&events(wrong)), ..stored.clone() };
            assert_eq!(compare(&stored, &original), Err(Mismatch::Response), "{wrong:?}");
        }

        let json = |text: &str| Content::Body(Body::Json(text.to_owned()));
        let received = format!(r#"{{"a":"{KEY} now","n":1.0}}"#);
        let (original, stored) = recorded(json(&received), &received);
        assert!(compare(&stored, &original).is_ok());
        for wrong in [
            r#"{"a":"[REDACTED:OPENAI_KEY] now","n":1}"#,
            r#"{"a":"[REDACTED:OPENAI_KEY]","n":1.0}"#,
            r#"{"a":"[REDACTED:OPENAI_KEY] now"}"#,
        ] {
            let stored = interaction::Response { content: json(wrong), ..stored.clone() };
            assert_eq!(compare(&stored, &original), Err(Mismatch::Response), "{wrong}");
        }
    }

    #[test]
    fn a_placeholder_that_nothing_explains_is_a_difference() {
        let received = "data: {\"response\":\"a b\"}\n\n";
        let (original, stored) = recorded(stream(received), received);
        let original = ReceivedBytes { unredacted: None, ..original };
        assert_eq!(compare(&stored, &original), Ok(Vec::new()));
        let content = stream("data: {\"response\":\"a [REDACTED:KEY]\"}\n\n");
        let stored = interaction::Response { content, ..stored };
        assert_eq!(compare(&stored, &original), Err(Mismatch::Response));
    }
}
