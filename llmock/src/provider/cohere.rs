//! Cohere's own API; its `compatibility/v1/...` is OpenAI's.

use super::errors::error_text;
use super::said::{self, Said};
use super::{openai_chat, text};
use crate::json::Json;

/// Whether the path is of Cohere's own API.
pub(super) fn owns(path: &str) -> bool {
    let mut segments = path.split('/').filter(|segment| !segment.is_empty());
    matches!(segments.next(), Some("v1" | "v2"))
        && matches!(
            (segments.next(), segments.next()),
            (
                Some(
                    "chat"
                        | "generate"
                        | "embed"
                        | "rerank"
                        | "summarize"
                        | "classify"
                        | "tokenize"
                        | "detokenize"
                ),
                None
            )
        )
}

/// v2 has `messages`, v1 `message`, the others `prompt`, `query` or `texts`.
pub(super) fn prompt(body: &Json<'_>) -> Option<String> {
    ["message", "query", "texts", "text"]
        .iter()
        .find_map(|name| body.get(name).and_then(text::content))
        .or_else(|| openai_chat::prompt(body))
}

/// Takes one event of v2, or one line of v1.
pub(super) fn hear(said: &mut Said, event: &Json<'_>) {
    let Some(kind) = event.get("type").or_else(|| event.get("event_type")).and_then(Json::as_str)
    else {
        if let Some(message) = error_text(event) {
            said.error(&message);
        }
        return;
    };
    let message = || event.get("delta")?.get("message");
    match &*kind {
        "content-delta" => {
            let piece =
                message().and_then(|message| message.get("content").and_then(text::content));
            said.text(&piece.unwrap_or_default());
        }
        "tool-plan-delta" => {
            let plan = message().and_then(|message| message.get("tool_plan")?.as_str());
            said.text(&plan.unwrap_or_default());
        }
        "tool-call-start" | "tool-call-delta" => {
            let index = event.get("index").and_then(Json::as_u64).unwrap_or(0).to_string();
            let Some(function) =
                message().and_then(|message| message.get("tool_calls")?.get("function"))
            else {
                return;
            };
            let name = function.get("name").and_then(Json::as_str);
            let arguments = function.get("arguments").map(said::argument_text).unwrap_or_default();
            said.call(&index, name.as_deref(), &arguments);
        }
        "text-generation" => {
            said.text(&event.get("text").and_then(Json::as_str).unwrap_or_default());
        }
        "tool-calls-generation" => {
            for call in event.get("tool_calls").and_then(Json::as_array).unwrap_or_default() {
                let name = call.get("name").and_then(Json::as_str).unwrap_or_default();
                said.whole_call(&name, call.get("parameters"));
            }
        }
        _ => {}
    }
}
