//! Follows a response while it arrives and sees when its protocol has ended it.
//!
//! A connection that stays open after that says nothing: gateways keep it for a minute, and clients hang up as soon as
//! they have read the last event.

use std::time::Duration;

use super::format::Format;
use super::terminator::{Signs, read_frame};
use crate::json::{self, Json};
use crate::stream::scanner::{Found, Scanner};

/// What more bytes of a response have shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Progress {
    /// An event that ends the stream.
    pub(crate) is_end: bool,
    /// Anything but comments and pings.
    pub(crate) has_content: bool,
}

/// Follows a response while it arrives.
#[derive(Debug)]
pub(crate) struct Ending {
    format: &'static Format,
    /// `None` if the transport alone tells where the body ends.
    scanner: Option<Scanner>,
    media: Media,
    signs: Signs,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Media {
    EventStream,
    Json,
    Other,
}

impl Ending {
    /// The usual time between the event that ends a stream and what belongs to it.
    pub(crate) const GRACE: Duration = Duration::from_millis(200);

    /// `has_length`: the response has announced its length.
    pub(crate) fn new(
        format: &'static Format,
        content_type: Option<&str>,
        has_length: bool,
    ) -> Self {
        let essence = content_type.unwrap_or_default().split(';').next().unwrap_or_default();
        let essence = essence.trim().to_ascii_lowercase();
        let media = match &*essence {
            "text/event-stream" | "application/vnd.amazon.eventstream" => Media::EventStream,
            lines if lines.contains("ndjson") || lines.contains("jsonl") => Media::EventStream,
            "application/stream+json" => Media::EventStream,
            json if json.ends_with("json") => Media::Json,
            _ => Media::Other,
        };
        let is_text = media != Media::Other || essence.is_empty() || essence.starts_with("text/");
        let is_scanned = is_text && (media == Media::EventStream || !has_length);
        let is_aws = essence == "application/vnd.amazon.eventstream";
        let scanner = is_scanned.then(|| Scanner::new(is_aws));
        Self { format, scanner, media, signs: Signs::default() }
    }

    /// Reads more of the body.
    pub(crate) fn read(&mut self, bytes: &[u8]) -> Progress {
        let Self { format, scanner, signs, media } = self;
        let Some(scanner) = scanner else {
            return Progress { is_end: false, has_content: !bytes.is_empty() };
        };
        let mut progress = Progress::default();
        scanner.read(bytes, &mut |found| {
            signs.ends_now = false;
            progress.has_content |= match found {
                Found::Event { name, data } => !is_keep_alive(name, data),
                _ => true,
            };
            match found {
                Found::Event { data, .. } if data.trim() == "[DONE]" => signs.end(),
                Found::Event { data: text, .. } | Found::Value(text) => {
                    let Ok(json) = json::parse(text) else { return };
                    // The whole of a JSON body has arrived, unless another line follows.
                    signs.is_probably_over |= *media == Media::Json || is_error(&json);
                    (format.terminator.read)(signs, &json);
                }
                Found::ArrayEnd => signs.end(),
                Found::Frame { headers, payload } => {
                    let header = |wanted| headers.iter().find(|(name, _)| name == wanted);
                    let kind = header(":event-type").or_else(|| header(":exception-type"));
                    let Ok(payload) = json::parse(payload) else { return };
                    read_frame(signs, kind.map_or("", |(_, value)| value.as_str()), &payload);
                }
            }
            progress.is_end |= signs.ends_now;
        });
        progress.has_content |= scanner.is_within_event();
        progress
    }

    /// Whether the protocol has ended the response.
    pub(crate) fn is_over(&self) -> bool {
        self.signs.is_over
    }

    /// Whether nothing is missing but the event that ends it.
    pub(crate) fn is_probably_over(&self) -> bool {
        self.signs.is_probably_over
    }

    /// Whether the response will end, by protocol or because its transport ends it.
    pub(crate) fn will_end(&self) -> bool {
        let has_events = self.media == Media::EventStream
            || self.scanner.as_ref().is_some_and(Scanner::has_events);
        !has_events || self.signs.is_certain || self.format.terminator.is_certain
    }
}

/// An error is the last thing that most servers send, but no format says so.
fn is_error(event: &Json<'_>) -> bool {
    event.get("error").is_some_and(|error| !error.is_null())
        || event.text("type").as_deref() == Some("error")
}

/// Events that only show that the connection is alive.
fn is_keep_alive(name: Option<&str>, data: &str) -> bool {
    const NAMES: [&str; 6] = ["ping", "heartbeat", "keepalive", "keep-alive", "keep_alive", "pong"];
    let is_known = |name: &str| NAMES.iter().any(|known| name.eq_ignore_ascii_case(known));
    let data = data.trim();
    let is_empty = data.is_empty() || data == "{}";
    is_empty
        || name.is_some_and(is_known)
        || is_known(data)
        || (data.len() < 200
            && json::parse(data).is_ok_and(|json| json.text("type").is_some_and(|t| is_known(&t))))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::provider::Provider;
    use crate::wire;

    const SSE: &str = "text/event-stream";

    /// After which of these chunks the response is over; and whether it was known that it would be.
    fn over(provider: Provider, path: &str, kind: &str, chunks: &[&str]) -> (Option<usize>, bool) {
        let mut ending = Ending::new(wire::format(provider, "POST", path), Some(kind), false);
        let mut at = None;
        for (position, chunk) in chunks.iter().enumerate() {
            if ending.read(chunk.as_bytes()).is_end {
                at = at.or(Some(position));
            }
        }
        (at.filter(|_| ending.is_over()), ending.will_end())
    }

    #[test]
    fn every_format_has_its_last_event() {
        use Provider::{Anthropic, Cohere, Gemini, Ollama, OpenAI};
        let gemini = "/v1beta/models/m:streamGenerateContent";
        let cases: [(Provider, &str, &str, &[&str]); 12] = [
            (
                OpenAI,
                "/v1/chat/completions",
                SSE,
                &["data: {\"choices\":[]}\n\n", "data: [DONE]\n\n"],
            ),
            (OpenAI, "/v1/completions", SSE, &["data: {}\n\n", "data: [DONE]"]),
            (
                OpenAI,
                "/v1/responses",
                SSE,
                &["data: {}\n\n", "data: {\"type\":\"response.completed\"}\n\n"],
            ),
            (
                OpenAI,
                "/v1/responses",
                SSE,
                &["data: {}\n\n", "data: {\"type\":\"response.incomplete\"}\n\n"],
            ),
            (
                OpenAI,
                "/v1/responses",
                SSE,
                &["data: {}\n\n", "data: {\"type\":\"response.failed\"}\n\n"],
            ),
            (
                Anthropic,
                "/v1/messages",
                SSE,
                &["event: x\n", "data: {\"type\":\"message_stop\"}\n\n"],
            ),
            (
                Gemini,
                gemini,
                SSE,
                &[
                    "data: {\"candidates\":[{\"index\":0},{\"index\":1,\"finishReason\":\"STOP\"}]}\n\n",
                    "data: {\"candidates\":[{\"finishReason\":\"STOP\"}]}\n\n",
                ],
            ),
            (Gemini, gemini, "application/json", &["[{\"candidates\":[{}]}", "]"]),
            (
                Ollama,
                "/api/chat",
                "application/x-ndjson",
                &["{\"done\":false}\n", "{\"done\":true}"],
            ),
            (
                Cohere,
                "/v2/chat",
                SSE,
                &["data: {\"type\":\"a\"}\n\n", "data: {\"type\":\"message-end\"}\n\n"],
            ),
            (
                Cohere,
                "/v1/chat",
                "application/stream+json",
                &["{}\n", "{\"event_type\":\"stream-end\"}\n"],
            ),
            (
                OpenAI,
                "/v1/audio/speech",
                SSE,
                &["data: {}\n\n", "data: {\"type\":\"speech.audio.done\"}\n\n"],
            ),
        ];
        for (provider, path, kind, chunks) in cases {
            assert_eq!(over(provider, path, kind, chunks).0, Some(1), "{path} {chunks:?}");
        }
    }

    #[test]
    fn finish_reasons_alone_do_not_end_a_chat() {
        let chunk = "data: {\"choices\":[{\"index\":0,\"finish_reason\":\"stop\"}]}\n\n";
        let format = wire::format(Provider::OpenAI, "POST", "/v1/chat/completions");
        let mut ending = Ending::new(format, Some(SSE), false);
        ending.read(chunk.as_bytes());
        assert!(!ending.is_over() && ending.is_probably_over());
    }

    #[test]
    fn only_endless_streams_may_never_end() {
        let event = "data: {\"jsonrpc\":\"2.0\"}\n\n";
        for (path, kind, body, will_end) in [
            ("/mcp", SSE, event, false),
            ("/v1/chat/completions", SSE, event, true),
            ("/mcp", "application/json", "{\"jsonrpc\":\"2.0\"}", true),
            ("/v1/audio/speech", "audio/mpeg", event, true),
        ] {
            assert_eq!(
                over(Provider::OpenAI, path, kind, &[body]),
                (None, will_end),
                "{path} {kind}"
            );
        }
    }

    #[test]
    fn comments_and_pings_are_no_content() {
        let format = wire::format(Provider::Anthropic, "POST", "/v1/messages");
        let mut ending = Ending::new(format, Some(SSE), false);
        for ping in [": ping\n\n", "event: ping\ndata: {\"type\": \"ping\"}\n\n", "\n"] {
            assert!(!ending.read(ping.as_bytes()).has_content, "{ping}");
        }
        assert!(ending.read(b"data: {\"type\":\"content_block_delta\"}\n\n").has_content);
    }
}
