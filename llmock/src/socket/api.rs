//! The APIs that use WebSockets: what of a message is random, where audio is, and what an error looks like.

use std::borrow::Cow;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::json::{Json, quote};

/// One API.
#[derive(Debug)]
pub(crate) struct Api {
    pub(crate) kind: Kind,
    /// Members of the client's messages that do not count, wherever they stand.
    pub(crate) volatile: &'static [&'static str],
    /// Members that hold ids which the client may have made up.
    pub(crate) ids: &'static [&'static str],
    /// Whether a made-up id may have any form, or only that of a UUID.
    pub(crate) any_id: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// At `/realtime` and `/realtime/translations`: <https://developers.openai.com/api/docs/guides/realtime-translation>.
    ///
    /// `event_id` is optional and the client's own:
    /// <https://developers.openai.com/api/reference/resources/realtime/translation-client-events>,
    /// <https://docs.rs/crate/openai-client-base/0.12.0/source/src/models/realtime_client_event_conversation_item_retrieve.rs>.
    /// So it is at `/live/sessions`, whose other events differ: `types/live` in version 3.57.0 of `openai` for Python.
    Realtime,
    /// <https://developers.openai.com/api/docs/guides/websocket-mode>
    Responses,
    /// <https://ai.google.dev/gemini-api/docs/live-api/get-started-websocket?hl=es>; `/interactions/live` is in
    /// `_interactions_websocket.py` in version 3.6.1 of `google-genai` for Python.
    GeminiLive,
    Other,
}

/// The id of an item "may be provided by the client": `types/realtime/realtime_conversation_item_user_message.py` in version
/// 3.57.0 of `openai` for Python. Later events refer to it in `item_id` and in `previous_item_id`:
/// <https://docs.rs/openai-struct/latest/x86_64-apple-darwin/src/openai_struct/models/realtime_client_event_conversation_item_create.rs.html>.
static REALTIME: Api = Api {
    kind: Kind::Realtime,
    volatile: &["event_id"],
    ids: &["id", "item_id", "previous_item_id"],
    any_id: true,
};

/// A `response.create` has the members of a request, and no id of its own:
/// <https://developers.openai.com/api/reference/resources/responses/websocket-events>. The client names its lanes:
/// <https://developers.openai.com/api/docs/guides/websocket-mode?lid=mGGW6dXyrhQDMOhJ>.
static RESPONSES: Api =
    Api { kind: Kind::Responses, volatile: &[], ids: &["stream_id"], any_id: true };

/// A handle of `sessionResumption` is the server's, of an earlier session:
/// <https://firebase.google.com/docs/reference/js/ai.sessionresumptionconfig>.
static GEMINI_LIVE: Api =
    Api { kind: Kind::GeminiLive, volatile: &["handle"], ids: &[], any_id: false };

/// Nothing is known of these APIs. The names are llmock's choice.
static OTHER: Api = Api {
    kind: Kind::Other,
    volatile: &["event_id", "eventId"],
    ids: &["id", "message_id", "messageId", "request_id", "requestId", "item_id", "context_id"],
    any_id: false,
};

/// The API at a path, with its query or without.
pub(crate) fn at(path: &str) -> &'static Api {
    let path = path.split('?').next().unwrap_or(path).trim_end_matches('/');
    if path.ends_with("/realtime") || path.contains("/realtime/") || path.contains("/live/sessions")
    {
        &REALTIME
    } else if path.ends_with("/responses") {
        &RESPONSES
    } else if path.contains("BidiGenerateContent") || path.ends_with("/interactions/live") {
        &GEMINI_LIVE
    } else {
        &OTHER
    }
}

impl Api {
    /// The audio that a message of the client appends, if it does nothing else.
    pub(crate) fn audio(&self, message: &Json<'_>) -> Option<Vec<u8>> {
        let base64 = match self.kind {
            Kind::Realtime => {
                // Translation sessions have a prefix:
                // <https://developers.openai.com/api/reference/ruby/resources/realtime/subresources/translations/methods/connect>.
                // Live sessions have no buffer: `types/live/input_audio_append_event.py` in version 3.57.0 of `openai` for Python.
                let kind = message.text("type")?;
                let appends = ["input_audio_buffer.append", "session.input_audio.append"];
                let is_append = appends.iter().any(|append| kind.ends_with(append));
                is_append.then(|| message.text("audio"))?
            }
            Kind::GeminiLive => gemini_audio(message),
            Kind::Responses => None,
            // `user_audio_chunk` stands alone at ElevenLabs:
            // <https://docs.memberjunction.org/api/classes/_memberjunction_ai-realtime-client.ElevenLabsRealtimeClient.html>.
            // `audio` is llmock's choice.
            Kind::Other => match message.as_object()? {
                [(name, value)] if name.is("user_audio_chunk") || name.is("audio") => {
                    value.as_str()
                }
                _ => None,
            },
        }?;
        STANDARD.decode(base64.as_bytes()).ok()
    }

    /// The event that reports an error; `None` where llmock only closes the connection. The members are those in
    /// `types/realtime/realtime_error.py` and `types/responses/responses_server_event.py` in version 3.57.0 of `openai` for Python.
    pub(crate) fn error(&self, message: &str) -> Option<String> {
        let message = quote(message);
        match self.kind {
            Kind::Realtime => Some(format!(
                r#"{{"type":"error","event_id":"event_llmock","error":{{"type":"invalid_request_error","code":"llmock_unmatched","message":{message},"param":null,"event_id":null}}}}"#
            )),
            Kind::Responses => Some(format!(
                r#"{{"type":"error","status":400,"error":{{"type":"invalid_request_error","code":"llmock_unmatched","message":{message},"param":null}}}}"#
            )),
            Kind::GeminiLive | Kind::Other => None,
        }
    }
}

/// `realtimeInput.audio`, or `mediaChunks` with one chunk, in either spelling: `types.py` in version 3.6.1 of `google-genai` for
/// Python.
fn gemini_audio<'m>(message: &'m Json<'_>) -> Option<Cow<'m, str>> {
    let [(_, input)] = message.as_object()? else { return None };
    let is_input = message.get("realtimeInput").or_else(|| message.get("realtime_input"));
    is_input?;
    let [(_, _)] = input.as_object()? else { return None };
    let chunks = || input.get("mediaChunks").or_else(|| input.get("media_chunks"))?.at(0);
    let blob = input.get("audio").or_else(chunks)?;
    let kind = blob.text("mimeType").or_else(|| blob.text("mime_type"))?;
    kind.starts_with("audio/").then(|| blob.text("data"))?
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json;

    #[test]
    fn finds_the_api_of_a_path() {
        for (path, kind) in [
            ("/v1/realtime?model=gpt-realtime", Kind::Realtime),
            ("/openai/realtime", Kind::Realtime),
            ("/v1/live/sessions", Kind::Realtime),
            ("/v1/responses", Kind::Responses),
            (
                "/ws/google.ai.generativelanguage.v1beta.GenerativeService.BidiGenerateContent",
                Kind::GeminiLive,
            ),
            ("/v1/listen?model=nova-3", Kind::Other),
        ] {
            assert_eq!(at(path).kind, kind, "{path}");
        }
    }

    #[test]
    fn finds_the_audio_of_a_message() {
        for (path, message) in [
            ("/v1/realtime", r#"{"type":"input_audio_buffer.append","audio":"AQID"}"#),
            (
                "/v1/realtime/translations",
                r#"{"type":"session.input_audio_buffer.append","audio":"AQID"}"#,
            ),
            (
                "/BidiGenerateContent",
                r#"{"realtimeInput":{"audio":{"data":"AQID","mimeType":"audio/pcm"}}}"#,
            ),
            (
                "/BidiGenerateContent",
                r#"{"realtime_input":{"media_chunks":[{"mime_type":"audio/pcm","data":"AQID"}]}}"#,
            ),
            ("/v1/live/sessions", r#"{"type":"session.input_audio.append","audio":"AQID"}"#),
            ("/other", r#"{"user_audio_chunk":"AQID"}"#),
        ] {
            let tree = json::parse(message).expect("JSON");
            assert_eq!(at(path).audio(&tree), Some(vec![1, 2, 3]), "{message}");
        }
        for (path, message) in [
            ("/v1/realtime", r#"{"type":"input_audio_buffer.commit"}"#),
            ("/BidiGenerateContent", r#"{"realtimeInput":{"audioStreamEnd":true}}"#),
            ("/v1/responses", r#"{"audio":"AQID"}"#),
        ] {
            assert_eq!(at(path).audio(&json::parse(message).expect("JSON")), None, "{message}");
        }
    }
}
