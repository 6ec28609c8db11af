//! What OpenAI's Responses reject, in the words of its errors.

use std::collections::HashSet;

use super::check::{Found, Request, is};
use super::{model, openai};
use crate::json::Json;

/// The input is all there is: nothing that the provider stores precedes it.
fn is_whole(request: &Request<'_>) -> bool {
    !["previous_response_id", "conversation", "prompt"].iter().any(|name| request.has(name))
        && !request.body.items("input").iter().any(|item| {
            // Items that stand for earlier ones.
            is(item, "type", "item_reference") || is(item, "type", "compaction")
        })
}

fn ids(request: &Request<'_>, kind: &str) -> Vec<(usize, String)> {
    let items = request.body.items("input").iter().enumerate();
    let of_kind = items.filter(|(_, item)| is(item, "type", kind));
    of_kind
        .filter_map(|(at, item)| Some((at, item.get("call_id")?.as_str()?.into_owned())))
        .collect()
}

pub(super) fn orphan_result(request: &Request<'_>) -> Option<Found> {
    if !is_whole(request) {
        return None;
    }
    // Searches for tools and custom tools are calls too.
    let items = request.body.items("input").iter();
    let calls = items.filter(|item| {
        item.get("type").and_then(Json::as_str).is_some_and(|kind| kind.ends_with("_call"))
    });
    let calls: HashSet<String> =
        calls.filter_map(|call| Some(call.get("call_id")?.as_str()?.into_owned())).collect();
    let results = ids(request, "function_call_output");
    let (at, id) = results.into_iter().find(|(_, id)| !calls.contains(id))?;
    Found::at(
        format!("$.input[{at}].call_id"),
        format!("No tool call found for function call output with call_id {id}."),
    )
}

pub(super) fn unanswered_call(request: &Request<'_>) -> Option<Found> {
    let results: HashSet<String> =
        ids(request, "function_call_output").into_iter().map(|(_, id)| id).collect();
    let (at, id) =
        ids(request, "function_call").into_iter().find(|(_, id)| !results.contains(id))?;
    Found::at(
        format!("$.input[{at}].call_id"),
        format!("No tool output found for function call {id}."),
    )
}

/// Members of chat completions that have another name here.
const MOVED: [(&str, &str); 3] = [
    ("messages", "input"),
    ("max_completion_tokens", "max_output_tokens"),
    ("response_format", "text.format"),
];

pub(super) fn moved(request: &Request<'_>) -> Option<Found> {
    let (old, new) = MOVED.into_iter().find(|(old, _)| request.has(old))?;
    Found::at(
        format!("$.{old}"),
        format!(
            "Unsupported parameter: '{old}'. In the Responses API, this parameter has moved to '{new}'. Try again with the \
             new parameter."
        ),
    )
}

/// Results are items of their own, and not messages.
pub(super) fn roles(request: &Request<'_>) -> Option<Found> {
    const KNOWN: [&str; 4] = ["assistant", "system", "developer", "user"];
    let (place, role) = request.unknown_role("input", &KNOWN)?;
    let known = "'assistant', 'system', 'developer', and 'user'";
    Found::at(place, format!("Invalid value: '{role}'. Supported values are: {known}."))
}

/// What the model wrote is no input.
pub(super) fn output_text(request: &Request<'_>) -> Option<Found> {
    request.body.items("input").iter().enumerate().find_map(|(at, item)| {
        let parts = item.items("content").iter();
        let part = parts.into_iter().position(|part| is(part, "type", "input_text"));
        let part = part.filter(|_| is(item, "role", "assistant"))?;
        Found::at(
            format!("$.input[{at}].content[{part}].type"),
            "Invalid value: 'input_text'. Supported values are: 'output_text' and 'refusal'.",
        )
    })
}

/// Reasoning that nothing of the model's follows.
pub(super) fn lonely_reasoning(request: &Request<'_>) -> Option<Found> {
    if !is_whole(request) {
        return None;
    }
    let items = request.body.items("input");
    let is_lonely = |at: &usize| {
        is(&items[*at], "type", "reasoning")
            && items.get(at + 1).is_none_or(|next| is(next, "role", "user"))
    };
    let at = (0..items.len()).find(is_lonely)?;
    let id = items[at].text("id")?;
    Found::at(
        format!("$.input[{at}]"),
        format!(
            "Item '{id}' of type 'reasoning' was provided without its required following item."
        ),
    )
}

pub(super) fn minimum(request: &Request<'_>) -> Option<Found> {
    let given = request.number("max_output_tokens").filter(|given| *given < 16.0)?;
    Found::at(
        "$.max_output_tokens",
        format!(
            "Invalid 'max_output_tokens': integer below minimum value. Expected a value >= 16, but got {given} instead."
        ),
    )
}

pub(super) fn sampling(request: &Request<'_>) -> Option<Found> {
    if !model::always_reasons(request.model) {
        return None;
    }
    let name = ["temperature", "top_p"]
        .into_iter()
        .find(|name| request.body.get(name).is_some_and(|value| !openai::is_default(value)))?;
    Found::at(
        format!("$.{name}"),
        format!("Unsupported parameter: '{name}' is not supported with this model."),
    )
}

pub(super) fn strict_function(request: &Request<'_>) -> Option<Found> {
    request.body.items("tools").iter().enumerate().find_map(|(at, tool)| {
        let is_strict = tool.get("strict").and_then(Json::as_bool) == Some(true);
        let parameters =
            tool.get("parameters").filter(|_| is_strict && is(tool, "type", "function"))?;
        let name = tool.text("name").unwrap_or_default();
        openai::strict("function", &name, &format!("$.tools[{at}].parameters"), parameters)
    })
}
