//! OpenAI's chat completions and Responses, and Mistral's chat completions.
//!
//! The words are those of errors that users report:
//!
//! * <https://github.com/sdcb/chats/pull/132> (chat: a call without its result, and a result without any call)
//! * <https://github.com/dapr/dapr-agents/issues/145> (chat: a result of another call)
//! * <https://github.com/CopilotKit/CopilotKit/issues/529> (no messages)
//! * <https://github.com/bytedance/trae-agent/issues/245>, <https://github.com/continuedev/continue/issues/10092>
//!   (Responses)
//! * <https://github.com/mistralai/client-python/issues/234> (Mistral)

use super::{invalid, is_empty, texts};
use crate::json::Json;
use crate::wire::content::Reply;

const KIND: &str = "invalid_request_error";

pub(super) fn chat(body: &Json<'_>) -> Option<Reply> {
    if is_empty(body, "messages") {
        let message = "Invalid 'messages': empty array. Expected an array with minimum length 1, but got an empty array instead.";
        return Some(invalid(message).kind(KIND).code("empty_array"));
    }
    chat_message(body.items("messages")).map(|message| invalid(message).kind(KIND))
}

fn chat_message(messages: &[Json<'_>]) -> Option<String> {
    // The calls of the last message of the assistant, if only results have followed it; those still without a result.
    let mut calls: Option<(Vec<String>, Vec<String>)> = None;
    for message in messages {
        if message.text("role").as_deref() == Some("tool") {
            let Some((all, open)) = &mut calls else {
                return Some(
                    "Invalid parameter: messages with role 'tool' must be a response to a preceeding message with 'tool_calls'.".to_owned(),
                );
            };
            let Some(id) = message.text("tool_call_id") else { continue };
            if !all.is_empty() && !all.iter().any(|known| *known == id) {
                return Some(format!(
                    "Invalid parameter: 'tool_call_id' of '{id}' not found in 'tool_calls' of previous message."
                ));
            }
            open.retain(|known| *known != id);
            continue;
        }
        if let Some(missing) = missing(calls.as_ref()) {
            return Some(missing);
        }
        let ids = texts(message.items("tool_calls"), "id");
        calls = (!message.items("tool_calls").is_empty()).then(|| (ids.clone(), ids));
    }
    missing(calls.as_ref())
}

fn missing(calls: Option<&(Vec<String>, Vec<String>)>) -> Option<String> {
    let open = &calls?.1;
    (!open.is_empty()).then(|| {
        format!(
            "An assistant message with 'tool_calls' must be followed by tool messages responding to each 'tool_call_id'. The following tool_call_ids did not have response messages: {}",
            open.join(", ")
        )
    })
}

pub(super) fn mistral(body: &Json<'_>) -> Option<Reply> {
    let (mut calls, mut results) = (0, 0);
    let mut is_wrong = false;
    for message in body.items("messages") {
        if message.text("role").as_deref() == Some("tool") {
            results += 1;
            continue;
        }
        is_wrong |= calls != results;
        (calls, results) = (message.items("tool_calls").len(), 0);
    }
    (is_wrong || calls != results).then(|| {
        let message = "Not the same number of function calls and responses";
        invalid(message).kind(KIND).code("3230")
    })
}

pub(super) fn responses(body: &Json<'_>) -> Option<Reply> {
    let items = body.items("input");
    let of_kind = |kind: &str| -> Vec<String> {
        let items = items.iter().filter(|item| item.text("type").as_deref() == Some(kind));
        items.filter_map(|item| item.text("call_id")).map(Into::into).collect()
    };
    // What is stored at the provider is not known here.
    let stored = ["previous_response_id", "conversation"];
    let is_stored = |name: &&str| body.get(name).is_some_and(|value| !value.is_null());
    let is_reference = |item: &Json<'_>| item.text("type").as_deref() == Some("item_reference");
    if stored.iter().any(is_stored) || items.iter().any(is_reference) {
        return None;
    }
    for (call, words) in
        [("function_call", "function call"), ("custom_tool_call", "custom tool call")]
    {
        let (calls, outputs) = (of_kind(call), of_kind(&format!("{call}_output")));
        if let Some(id) = calls.iter().find(|id| !outputs.contains(id)) {
            return Some(invalid(format!("No tool output found for {words} {id}.")).kind(KIND));
        }
        if let Some(id) = outputs.iter().find(|id| !calls.contains(id)) {
            let message = format!("No tool call found for {words} output with call_id {id}.");
            return Some(invalid(message).kind(KIND));
        }
    }
    None
}
