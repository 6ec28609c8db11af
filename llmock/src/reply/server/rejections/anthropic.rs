//! Anthropic's messages.
//!
//! `max_tokens` is required: <https://docs.claude.com/en/api/messages>. The words are those of errors that users report:
//!
//! * <https://github.com/tickernelz/opencode-mem/issues/50> (no limit)
//! * <https://portkey.ai/error-library/input-validation-error-10153> (no messages)
//! * <https://github.com/anthropics/claude-code/issues/8210> (a call without its result)
//! * <https://github.com/anthropics/claude-code/issues/13460> (a result without its call)

use super::{invalid, is_empty};
use crate::json::Json;
use crate::wire::content::Reply;

pub(super) fn messages(body: &Json<'_>) -> Option<Reply> {
    let has_limit = body.get("max_tokens").is_some_and(|limit| !limit.is_null());
    if !has_limit {
        return Some(invalid("max_tokens: Field required"));
    }
    if is_empty(body, "messages") {
        return Some(invalid("messages: at least one message is required"));
    }
    // Anthropic keeps the rest of a thread that continues; what it has called is not known here. Version 2.14 of the
    // client for Python runs tools that way.
    if body.find("thread/previous_message_id").is_some() {
        return None;
    }
    pairing(body.items("messages")).map(invalid)
}

fn pairing(messages: &[Json<'_>]) -> Option<String> {
    let mut open: Vec<String> = Vec::new();
    let mut at_of_open = 0;
    for (at, message) in messages.iter().enumerate() {
        let is_assistant = message.text("role").as_deref() == Some("assistant");
        let blocks = message.items("content");
        let known = std::mem::take(&mut open);
        let mut missing = known.clone();
        for (place, block) in blocks.iter().enumerate() {
            match block.text("type").as_deref() {
                Some("tool_result") => {
                    let id = block.text("tool_use_id").unwrap_or_default();
                    if !known.iter().any(|one| *one == id) {
                        return Some(format!(
                            "messages.{at}.content.{place}: unexpected `tool_use_id` found in `tool_result` blocks: {id}. Each `tool_result` block must have a corresponding `tool_use` block in the previous message."
                        ));
                    }
                    missing.retain(|one| *one != id);
                }
                Some("tool_use") if is_assistant => {
                    open.extend(block.text("id").map(String::from));
                }
                _ => {}
            }
        }
        if !missing.is_empty() {
            return Some(without_results(at_of_open, &missing));
        }
        at_of_open = at;
    }
    (!open.is_empty()).then(|| without_results(at_of_open, &open))
}

fn without_results(at: usize, ids: &[String]) -> String {
    format!(
        "messages.{at}: `tool_use` ids were found without `tool_result` blocks immediately after: {}. Each `tool_use` block must have a corresponding `tool_result` block in the next message.",
        ids.join(", ")
    )
}
