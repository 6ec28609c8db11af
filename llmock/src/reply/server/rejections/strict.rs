//! What providers reject beyond the structure of a conversation, with the setting `strict`.
//!
//! * <https://platform.openai.com/docs/guides/structured-outputs#supported-schemas> (strict schemas)
//!
//! The words are those of errors that users report:
//!
//! * <https://github.com/ianarawjo/ChainForge/issues/271> (Anthropic's system prompt)
//! * <https://github.com/moeru-ai/xsai/issues/145>, <https://github.com/vercel/ai/issues/6484> (a schema of a response)
//! * <https://github.com/lastmile-ai/openai-agents-mcp/issues/2> (the schema of a function)
//! * <https://github.com/bolna-ai/bolna/issues/144> (no function), and of Responses
//!   <https://github.com/microsoft/vscode-copilot-release/issues/11157> (no name)

use super::invalid;
use crate::json::Json;
use crate::wire::content::Reply;

pub(super) fn rejection(format: &str, body: &Json<'_>) -> Option<Reply> {
    match format {
        "Anthropic" => system_role(body),
        "OpenAI chat" => tools(body, "function").or_else(|| {
            let place = "response_format/json_schema";
            response_schema(body.find(place)?, "response_format")
        }),
        "OpenAI responses" => tools(body, "")
            .or_else(|| response_schema(body.find("text/format")?, "response_format")),
        _ => None,
    }
}

fn system_role(body: &Json<'_>) -> Option<Reply> {
    let is_system = |message: &Json<'_>| message.text("role").as_deref() == Some("system");
    body.items("messages").iter().any(is_system).then(|| {
        invalid(
            "messages: Unexpected role \"system\". The Messages API accepts a top-level `system` parameter, not \"system\" as an input message role.",
        )
    })
}

/// A function without its description, or with a strict schema that is not strict. `inner` is the member that has it.
fn tools(body: &Json<'_>, inner: &str) -> Option<Reply> {
    let tools = body.items("tools").iter().enumerate();
    let mut functions = tools.filter(|(_, tool)| tool.text("type").as_deref() == Some("function"));
    functions.find_map(|(at, tool)| {
        let missing = |name: &str| {
            let message = format!("Missing required parameter: 'tools[{at}].{name}'.");
            Some(invalid(message).kind("invalid_request_error").code("missing_required_parameter"))
        };
        let function = if inner.is_empty() { Some(tool) } else { tool.get(inner) };
        let Some(function) = function else { return missing(inner) };
        let Some(name) = function.text("name") else {
            return missing(if inner.is_empty() { "name" } else { "function.name" });
        };
        is_strict(function)
            .then(|| unmet(function.get("parameters")?, &mut Vec::new()))
            .flatten()
            .map(|why| {
                invalid(format!("Invalid schema for function '{name}': {why}"))
                    .kind("invalid_request_error")
                    .code("invalid_function_parameters")
            })
    })
}

fn response_schema(format: &Json<'_>, place: &str) -> Option<Reply> {
    let name = format.text("name").unwrap_or_default();
    let why = is_strict(format).then(|| unmet(format.get("schema")?, &mut Vec::new())).flatten()?;
    Some(
        invalid(format!("Invalid schema for {place} '{name}': {why}"))
            .kind("invalid_request_error"),
    )
}

fn is_strict(holder: &Json<'_>) -> bool {
    holder.get("strict") == Some(&Json::Bool(true))
}

/// Which rule of strict schemas this one breaks: objects are closed, and all of their properties are required.
fn unmet(schema: &Json<'_>, path: &mut Vec<String>) -> Option<String> {
    let context = |path: &[String]| {
        let steps: Vec<String> = path.iter().map(|step| format!("'{step}'")).collect();
        match steps.as_slice() {
            [one] => format!("({one},)"),
            all => format!("({})", all.join(", ")),
        }
    };
    let properties = schema.get("properties").and_then(Json::as_object);
    if properties.is_some() || schema.text("type").as_deref() == Some("object") {
        if schema.get("additionalProperties") != Some(&Json::Bool(false)) {
            return Some(format!(
                "In context={}, 'additionalProperties' is required to be supplied and to be false.",
                context(path)
            ));
        }
        let required = schema.items("required");
        for (name, _) in properties.unwrap_or_default() {
            let name = name.decode();
            if !required.iter().any(|one| one.as_str().as_deref() == Some(&*name)) {
                return Some(format!(
                    "In context={}, 'required' is required to be supplied and to be an array including every key in properties. Missing '{name}'.",
                    context(path)
                ));
            }
        }
    }
    let mut inside = |step: &[&str], inner: &Json<'_>| {
        path.extend(step.iter().map(|step| (*step).to_owned()));
        let found = unmet(inner, path);
        path.truncate(path.len() - step.len());
        found
    };
    for keyword in ["properties", "$defs", "definitions"] {
        for (name, inner) in schema.get(keyword).and_then(Json::as_object).unwrap_or_default() {
            if let Some(found) = inside(&[keyword, &name.decode()], inner) {
                return Some(found);
            }
        }
    }
    for keyword in ["anyOf", "allOf"] {
        for (at, inner) in schema.items(keyword).iter().enumerate() {
            if let Some(found) = inside(&[keyword, &at.to_string()], inner) {
                return Some(found);
            }
        }
    }
    schema.get("items").and_then(|items| inside(&["items"], items))
}
