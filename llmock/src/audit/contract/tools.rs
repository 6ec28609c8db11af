//! What providers reject in the definitions of tools, in the words of their errors.

use std::collections::HashSet;

use super::check::{Found, Request, is, is_given};
use crate::json::Json;

/// The tools of a request with their places.
fn tools<'r>(request: &'r Request<'_>) -> impl Iterator<Item = (usize, &'r Json<'r>)> {
    request.body.items("tools").iter().enumerate()
}

/// Anthropic's: tools that a program runs itself.
fn is_custom(tool: &Json<'_>) -> bool {
    !is_given(tool.get("type")) || is(tool, "type", "custom")
}

pub(super) fn unique_names(request: &Request<'_>) -> Option<Found> {
    let mut known = HashSet::new();
    let is_again = |(_, tool): &(usize, &Json<'_>)| {
        tool.text("name").is_some_and(|name| !known.insert(name.into_owned()))
    };
    let (at, _) = tools(request).find(is_again)?;
    Found::at(format!("$.tools[{at}].name"), "tools: Tool names must be unique.")
}

pub(super) fn name_pattern(request: &Request<'_>) -> Option<Found> {
    let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-';
    let is_wrong = |(_, tool): &(usize, &Json<'_>)| {
        let name = tool.text("name").filter(|_| is_custom(tool));
        name.is_some_and(|name| {
            name.is_empty() || name.len() > 128 || !name.bytes().all(is_allowed)
        })
    };
    let (at, _) = tools(request).find(is_wrong)?;
    Found::at(
        format!("$.tools[{at}].name"),
        format!("tools.{at}.custom.name: String should match pattern '^[a-zA-Z0-9_-]{{1,128}}$'"),
    )
}

/// OpenAI's chat completions: a tool has a type, and a function its definition.
pub(super) fn chat_definition(request: &Request<'_>) -> Option<Found> {
    tools(request).find_map(|(at, tool)| {
        let missing = if !is_given(tool.get("type")) {
            "type"
        } else if is(tool, "type", "function") && !is_given(tool.get("function")) {
            "function"
        } else {
            return None;
        };
        Found::at(
            format!("$.tools[{at}].{missing}"),
            format!("Missing required parameter: 'tools[{at}].{missing}'."),
        )
    })
}

/// OpenAI's Responses: the name of a function is a member of the tool itself.
pub(super) fn responses_name(request: &Request<'_>) -> Option<Found> {
    let is_wrong = |(_, tool): &(usize, &Json<'_>)| {
        is(tool, "type", "function") && !is_given(tool.get("name"))
    };
    let (at, _) = tools(request).find(is_wrong)?;
    Found::at(
        format!("$.tools[{at}].name"),
        format!("Missing required parameter: 'tools[{at}].name'."),
    )
}

pub(super) fn most(request: &Request<'_>) -> Option<Found> {
    let length = Some(request.body.items("tools").len()).filter(|length| *length > 128)?;
    Found::at(
        "$.tools",
        format!(
            "Invalid 'tools': array too long. Expected an array with maximum length 128, but got an array with length \
             {length} instead."
        ),
    )
}

pub(super) fn parallel_calls(request: &Request<'_>) -> Option<Found> {
    if request.has("tools") || !request.has("parallel_tool_calls") {
        return None;
    }
    Found::at(
        "$.parallel_tool_calls",
        "Invalid value for 'parallel_tool_calls': 'parallel_tool_calls' is only allowed when 'tools' are specified.",
    )
}
