//! What a stream tells between the beginning and the end of an item that the reply has in the provider's own format:
//! searches, code, images, tools of MCP servers, shells, patches, compaction.
//!
//! The events and their members are those of the official client:
//! <https://github.com/openai/openai-python/tree/main/src/openai/types/responses>

use super::super::content::Reply;
use super::sender::Sender;
use crate::json::Json;
use crate::json::write::{Object, object};

/// Sends the events of the item; `place` has what tells which item it is.
pub(super) fn send(
    sender: &mut Sender,
    place: &Object,
    index: usize,
    item: &Json<'_>,
    reply: &Reply,
) {
    let kind = item.text("type").unwrap_or_default();
    let mut states = |kind: &str, states: &[&str]| {
        for state in states {
            sender.send(&format!("response.{kind}.{state}"), place);
        }
    };
    let end = if has_failed(item) { "failed" } else { "completed" };
    match &*kind {
        "web_search_call" | "file_search_call" => {
            states(&kind, &["in_progress", "searching", "completed"]);
        }
        "image_generation_call" => states(&kind, &["in_progress", "generating", "completed"]),
        "mcp_list_tools" => states(&kind, &["in_progress", end]),
        "mcp_call" => {
            states(&kind, &["in_progress"]);
            written(sender, place, ["mcp_call_arguments", "arguments"], item, reply);
            sender.send(&format!("response.mcp_call.{end}"), place);
        }
        "code_interpreter_call" => {
            states(&kind, &["in_progress"]);
            written(sender, place, ["code_interpreter_call_code", "code"], item, reply);
            for state in ["interpreting", "completed"] {
                sender.send(&format!("response.{kind}.{state}"), place);
            }
        }
        "compaction" => states(&kind, &["compacting"]),
        "function_call" => {
            written(sender, place, ["function_call_arguments", "arguments"], item, reply);
        }
        "custom_tool_call" => {
            written(sender, place, ["custom_tool_call_input", "input"], item, reply);
        }
        "apply_patch_call" => {
            if let Some(operation) =
                item.get("operation").filter(|patch| patch.get("diff").is_some())
            {
                written(
                    sender,
                    place,
                    ["apply_patch_call_operation_diff", "diff"],
                    operation,
                    reply,
                );
            }
        }
        "reasoning" => thoughts(sender, place, item, reply),
        "shell_call" => commands(sender, index, item, reply),
        "shell_call_output" => outputs(sender, place, item),
        _ => {}
    }
}

fn has_failed(item: &Json<'_>) -> bool {
    let has_error = item.get("error").is_some_and(|error| !error.is_null());
    has_error || item.text("status").as_deref() == Some("failed")
}

/// A text that is written piece by piece: the name of its events, and the member that has it.
fn written(
    sender: &mut Sender,
    place: &Object,
    [event, member]: [&str; 2],
    item: &Json<'_>,
    reply: &Reply,
) {
    let text = item.text(member).unwrap_or_default();
    for piece in reply.chunks.of_arguments(&text) {
        sender.send(&format!("response.{event}.delta"), &place.clone().with("delta", piece));
    }
    let done = place.clone().with_some(
        "name",
        item.text("name").filter(|_| event == "function_call_arguments").as_deref(),
    );
    sender.send(&format!("response.{event}.done"), &done.with(member, &*text));
}

/// Reasoning in plain text, which open models have.
fn thoughts(sender: &mut Sender, place: &Object, item: &Json<'_>, reply: &Reply) {
    for (at, part) in item.items("content").iter().enumerate() {
        let Some(text) = part.text("text") else { continue };
        let place = place.clone().with("content_index", &at);
        for piece in reply.chunks.of(&text) {
            sender.send("response.reasoning_text.delta", &place.clone().with("delta", piece));
        }
        sender.send("response.reasoning_text.done", &place.with("text", &*text));
    }
}

fn commands(sender: &mut Sender, index: usize, item: &Json<'_>, reply: &Reply) {
    let commands = item.items("action/commands").iter().filter_map(Json::as_str);
    for (at, command) in commands.enumerate() {
        // these name no item
        let place = object! { "output_index": index, "command_index": at };
        sender.send("response.shell_call_command.added", &place.clone().with("command", ""));
        for piece in reply.chunks.of_arguments(&command) {
            let delta = place.clone().with("delta", piece);
            sender.send("response.shell_call_command.delta", &delta);
        }
        sender.send("response.shell_call_command.done", &place.with("command", &*command));
    }
}

fn outputs(sender: &mut Sender, place: &Object, item: &Json<'_>) {
    for (at, output) in item.items("output").iter().enumerate() {
        let place = place.clone().with("command_index", &at);
        let delta = object! { "stdout": output.get("stdout"), "stderr": output.get("stderr") };
        sender
            .send("response.shell_call_output_content.delta", &place.clone().with("delta", &delta));
        let done = place.with("output", &[output][..]);
        sender.send("response.shell_call_output_content.done", &done);
    }
}
