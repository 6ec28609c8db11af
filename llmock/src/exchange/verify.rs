//! Whether a stored interaction replays what went over the wire while it was recorded.

use bytes::Bytes;
use http::HeaderMap;
use memchr::memmem;

use crate::exchange::request::RawRequest;
use crate::fixture::interaction::{self, Body, Content};
use crate::fixture::redact::Redactor;
use crate::json;
use crate::json::layout::{self, Layout};
use crate::provider::Provider;

/// What the client sent, and what it received.
#[derive(Clone, Debug)]
pub(crate) struct Original {
    pub(crate) request: SentRequest,
    pub(crate) response: ReceivedBytes,
}

/// A request with the bytes and credentials of its client; it never leaves the process.
#[derive(Clone)]
pub(crate) struct SentRequest {
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

/// A part of a response that was redacted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Replaced {
    pub(crate) original: Vec<u8>,
    pub(crate) placeholder: Vec<u8>,
}

impl std::fmt::Debug for SentRequest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SentRequest").field("method", &self.method).finish_non_exhaustive()
    }
}

impl SentRequest {
    /// The request as a fresh session reads it. Where a client quotes an earlier response, it quotes the redacted one in
    /// replay.
    pub(crate) fn read(
        &self,
        redactor_for: impl FnOnce(&RawRequest<'_>) -> Redactor,
        max_body: usize,
        replaced: &[Replaced],
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
        raw.read(&redactor_for(&raw), max_body).ok().map(|(request, _)| request)
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
/// the same token for token, and what differs otherwise was redacted. Returns what was redacted.
pub(crate) fn compare(
    stored: &interaction::Response,
    received: &ReceivedBytes,
) -> Result<Vec<Replaced>, Mismatch> {
    let mut replaced = Vec::new();
    let is_received = |(name, value): &(String, String)| {
        let of_name = received.headers.iter().filter(|(known, _)| known == name);
        of_name.map(|(_, sent)| redacted(value.as_bytes(), sent.as_bytes())).any(|it| it.is_some())
    };
    if stored.status != received.status || !stored.headers.iter().all(is_received) {
        return Err(Mismatch::Response);
    }
    let bytes = match &stored.content {
        Content::Body(body) => body.to_wire().into_owned(),
        Content::Stream(stream) => stream.to_bytes(),
    };
    let found = redacted(&bytes, &received.body).or_else(|| match &stored.content {
        Content::Body(Body::Json(text)) => redacted(
            compact(text)?.as_bytes(),
            compact(std::str::from_utf8(&received.body).ok()?)?.as_bytes(),
        ),
        Content::Body(_) => None,
        // A secret in several events is redacted in the first of them, and the others change with it, so their bytes
        // cannot be compared one by one.
        Content::Stream(_) => memmem::find(&bytes, PLACEHOLDER).map(|_| Vec::new()),
    });
    replaced.extend(found.ok_or(Mismatch::Response)?);
    Ok(replaced)
}

fn compact(text: &str) -> Option<String> {
    json::parse(text).ok().map(|value| layout::print(&value, Layout::Compact))
}

const PLACEHOLDER: &[u8] = b"[REDACTED:";

/// What was redacted, if nothing else distinguishes the stored bytes from those that were received.
fn redacted(stored: &[u8], received: &[u8]) -> Option<Vec<Replaced>> {
    if stored == received {
        return Some(Vec::new());
    }
    let mut replaced = Vec::new();
    let (mut stored, mut received) = (stored, received);
    loop {
        let Some(at) = memmem::find(stored, PLACEHOLDER) else {
            return (stored == received).then_some(replaced);
        };
        let (before, rest) = stored.split_at(at);
        let end = memchr::memchr(b']', rest)? + 1;
        let placeholder = &rest[..end];
        received = received.strip_prefix(before)?;
        stored = &rest[end..];
        // A client may have sent a placeholder itself.
        let next = memmem::find(stored, PLACEHOLDER).map_or(stored, |at| &stored[..at]);
        let is_last = next.len() == stored.len();
        let length = match (is_last, next.is_empty()) {
            (true, _) => received.len().checked_sub(next.len())?,
            // Two placeholders side by side cannot be told apart.
            (false, true) => 1,
            (false, false) => memmem::find(received, next)?,
        };
        let original = &received[..length.min(received.len())];
        if original.is_empty() {
            return None;
        }
        replaced.push(Replaced { original: original.to_vec(), placeholder: placeholder.to_vec() });
        received = &received[original.len()..];
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn originals(stored: &str, received: &str) -> Option<Vec<String>> {
        let found = redacted(stored.as_bytes(), received.as_bytes())?;
        let text = |one: Replaced| String::from_utf8(one.original).expect("text");
        Some(found.into_iter().map(text).collect())
    }

    #[test]
    fn only_redacted_text_may_differ() {
        for (stored, received, expected) in [
            ("same", "same", Some(vec![])),
            ("a [REDACTED:KEY] b", "a sk-123 b", Some(vec!["sk-123"])),
            ("[REDACTED:A],[REDACTED:B]", "one,two", Some(vec!["one", "two"])),
            ("[REDACTED:A]", "one", Some(vec!["one"])),
            ("say [REDACTED:A]", "say [REDACTED:A]", Some(vec![])),
            ("a [REDACTED:KEY] b", "a sk-123 c", None),
            ("a [REDACTED:KEY] b", "x sk-123 b", None),
            ("a[REDACTED:KEY]b", "ab", None),
            ("same", "other", None),
            ("a [REDACTED:", "a sk", None),
        ] {
            let expected = expected.map(|it| it.into_iter().map(str::to_owned).collect());
            assert_eq!(originals(stored, received), expected, "{stored} {received}");
        }
    }

    #[test]
    fn quotes_what_is_replayed() {
        let replaced = Replaced { original: b"key".to_vec(), placeholder: b"[R]".to_vec() };
        assert_eq!(quote(b"a key, keys", &replaced), b"a [R], [R]s");
    }
}
