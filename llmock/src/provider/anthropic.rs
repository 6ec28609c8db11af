//! Anthropic's messages, at Anthropic, on Vertex and inside Bedrock's `invoke`.

use super::errors::error_text;
use super::said::{self, Said};
use super::{ToolIdPath, text};
use crate::json::Json;

pub(super) const TOOL_IDS: &[ToolIdPath] = &[
    &["messages", "[]", "content", "[]", "id"],
    &["messages", "[]", "content", "[]", "tool_use_id"],
];

/// The text of the last message of the user, results of tools included.
pub(super) fn prompt(body: &Json<'_>) -> Option<String> {
    text::last_prompt(body.get("messages")?.as_array()?, |message| {
        message.get("content").and_then(text::content)
    })
}

/// Takes one event, which names its type in its data too.
pub(super) fn hear(said: &mut Said, event: &Json<'_>) {
    let index = || event.get("index").and_then(Json::as_u64).unwrap_or(0).to_string();
    match event.get("type").and_then(Json::as_str).as_deref() {
        Some("content_block_start") => {
            let Some(block) = event.get("content_block") else { return };
            if let Some(piece) = block.get("text").and_then(Json::as_str) {
                said.text(&piece);
            }
            if let Some(name) = block.get("name").and_then(Json::as_str) {
                let input = block
                    .get("input")
                    .filter(|input| input.as_object().is_some_and(|all| !all.is_empty()));
                said.call(
                    &index(),
                    Some(&name),
                    &input.map(said::argument_text).unwrap_or_default(),
                );
            }
        }
        Some("content_block_delta") => {
            let Some(delta) = event.get("delta") else { return };
            if let Some(piece) = delta.get("text").and_then(Json::as_str) {
                said.text(&piece);
            }
            if let Some(piece) = delta.get("partial_json").and_then(Json::as_str) {
                said.call(&index(), None, &piece);
            }
        }
        Some("error") => said.error(&error_text(event).unwrap_or_default()),
        _ => {}
    }
}
