//! How a block of content that the reply has in the provider's own format is streamed: begun, and filled where the
//! provider fills it piece by piece.
//!
//! The events are those of the official client:
//! <https://github.com/anthropics/anthropic-sdk-python/blob/main/src/anthropic/lib/streaming/_beta_messages.py>

use super::super::content::Reply;
use crate::json::layout::{self, Layout};
use crate::json::write::{Null, Object, Raw, ToJson, object};
use crate::json::{self, Json};

/// Gives the block as it begins, and what fills it.
pub(super) fn stream(item: &str, reply: &Reply, block: &mut dyn FnMut(&dyn ToJson, Vec<Object>)) {
    let Ok(parsed) = json::parse(item) else { return block(&Raw(item), Vec::new()) };
    match parsed.text("type").as_deref() {
        // those of the provider's own tools, and of MCP servers
        Some("server_tool_use" | "mcp_tool_use" | "tool_use") => {
            let input = parsed.get("input").map(|input| layout::print(input, Layout::Compact));
            let input = input.unwrap_or_default();
            let pieces = reply.chunks.of_arguments(&input);
            let delta = |piece: &str| object! { "type": "input_json_delta", "partial_json": piece };
            block(&with(&parsed, "input", &Object::new()), pieces.into_iter().map(delta).collect());
        }
        Some("compaction") => {
            let delta = object! { "type": "compaction_delta", "content": parsed.get("content") };
            let opaque = parsed.get("encrypted_content");
            let delta = delta.with_some("encrypted_content", opaque);
            block(&with(&parsed, "content", &Null), vec![delta]);
        }
        _ => block(&Raw(item), Vec::new()),
    }
}

/// The block with another value of this member.
fn with(block: &Json<'_>, name: &str, value: &dyn ToJson) -> Object {
    let members = block.as_object().unwrap_or_default().iter();
    members.fold(Object::new(), |object, (key, own)| {
        let key = key.decode();
        if key == name { object.with(&key, value) } else { object.with(&key, own) }
    })
}
