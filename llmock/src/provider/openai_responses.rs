//! OpenAI's Responses API.

use super::errors::error_text;
use super::said::{self, Said};
use super::{ToolIdPath, text};
use crate::json::Json;

/// `id` of an item (`fc_...`) is no tool call's: the answer that issued it is replayed verbatim.
pub(super) const TOOL_IDS: &[ToolIdPath] = &[&["input", "[]", "call_id"]];

/// The input, if it is a string; else its last item that the model did not write.
pub(super) fn prompt(body: &Json<'_>) -> Option<String> {
    match body.get("input")? {
        Json::Array(items) => text::last_prompt(items, item),
        other => text::content(other),
    }
}

fn item(item: &Json<'_>) -> Option<String> {
    ["content", "output"].iter().find_map(|name| item.get(name).and_then(text::content))
}

/// Takes one event, which names its type in its data.
pub(super) fn hear(said: &mut Said, event: &Json<'_>) {
    let delta = || event.get("delta").and_then(Json::as_str).unwrap_or_default();
    match event.get("type").and_then(Json::as_str).as_deref() {
        Some("response.output_text.delta" | "response.refusal.delta") => said.text(&delta()),
        Some("response.output_item.added") => {
            let Some(item) = event.get("item") else { return };
            if let Some(name) = item.get("name").and_then(Json::as_str) {
                let arguments = item.get("arguments").or_else(|| item.get("input"));
                said.call(
                    &key(event),
                    Some(&name),
                    &arguments.map(said::argument_text).unwrap_or_default(),
                );
            }
        }
        Some(
            "response.function_call_arguments.delta" | "response.custom_tool_call_input.delta",
        ) => {
            said.call(&key(event), None, &delta());
        }
        Some("error") => said.error(&error_text(event).unwrap_or_default()),
        Some("response.failed") => {
            let message = event.get("response").and_then(error_text);
            said.error(&message.unwrap_or_default());
        }
        _ => {}
    }
}

/// Events of one item share its place in the output.
fn key(event: &Json<'_>) -> String {
    event.get("output_index").and_then(Json::as_u64).unwrap_or(0).to_string()
}
