//! Ollama's own API; its `v1/...` is OpenAI's.

use super::errors::error_text;
use super::said::Said;
use crate::json::Json;

/// Whether the path is of Ollama's own API.
pub(super) fn owns(path: &str) -> bool {
    path.starts_with("/api/") && path != "/api/tags"
}

/// Whether the endpoint streams when the request does not say.
pub(super) fn streams(path: &str) -> bool {
    ["/api/chat", "/api/generate", "/api/pull", "/api/push", "/api/create"].contains(&path)
}

/// Takes one line: `message` of a chat, `response` of a completion.
pub(super) fn hear(said: &mut Said, line: &Json<'_>) {
    if let Some(message) = error_text(line) {
        said.error(&message);
    }
    let message = line.get("message");
    let piece = line.get("response").or_else(|| message?.get("content")).and_then(Json::as_str);
    said.text(&piece.unwrap_or_default());
    // `/api/generate` has them beside its text.
    let calls = [Some(line), message].into_iter().flatten();
    let calls = calls.filter_map(|holder| holder.get("tool_calls")?.as_array()).flatten();
    for function in calls.filter_map(|call| call.get("function")) {
        let name = function.get("name").and_then(Json::as_str).unwrap_or_default();
        said.whole_call(&name, function.get("arguments"));
    }
}
