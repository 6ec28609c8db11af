//! How a streamed body is divided, and which content types announce it.

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
}
