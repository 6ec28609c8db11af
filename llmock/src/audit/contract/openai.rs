//! What OpenAI's chat completions reject, in the words of its errors, or of its documentation where no error is quoted.

use std::collections::HashSet;

use super::check::{Found, Request, is, is_given, number, texts};
use super::{anthropic, model, schema};
use crate::json::Json;
use crate::provider::Provider;

pub(super) fn messages(request: &Request<'_>) -> Option<Found> {
    match request.body.get("messages") {
        None => Found::at("$.messages", "'messages' is required"),
        Some(Json::Array(items)) if items.is_empty() => Found::at(
            "$.messages",
            "Invalid 'messages': empty array. Expected an array with minimum length 1, but got an empty array instead.",
        ),
        Some(_) => None,
    }
}

/// Azure names the model in its path.
pub(super) fn model(request: &Request<'_>) -> Option<Found> {
    if request.sent.provider() != Provider::OpenAI || request.has("model") {
        return None;
    }
    Found::at("$.model", "you must provide a model parameter")
}

/// Messages of these roles have a content; the model's may have calls instead.
pub(super) fn content(request: &Request<'_>) -> Option<Found> {
    let is_wrong = |message: &Json<'_>| {
        ["system", "developer", "user", "tool"].iter().any(|role| is(message, "role", role))
            && !is_given(message.get("content"))
    };
    let at = request.body.items("messages").iter().position(is_wrong)?;
    Found::at(
        format!("$.messages[{at}].content"),
        "Invalid value for 'content': expected a string, got null.",
    )
}

pub(super) fn both_limits(request: &Request<'_>) -> Option<Found> {
    if !request.has("max_tokens") || !request.has("max_completion_tokens") {
        return None;
    }
    Found::at(
        "$.max_tokens",
        "Setting 'max_tokens' and 'max_completion_tokens' at the same time is not supported.",
    )
}

pub(super) fn stream_options(request: &Request<'_>) -> Option<Found> {
    let is_streaming = request.body.get("stream").and_then(Json::as_bool) == Some(true);
    if is_streaming || !request.has("stream_options") {
        return None;
    }
    Found::at(
        "$.stream_options",
        "The 'stream_options' parameter is only allowed when 'stream' is enabled.",
    )
}

/// A result that does not say whose it is.
pub(super) fn tool_call_id(request: &Request<'_>) -> Option<Found> {
    let is_wrong =
        |message: &Json<'_>| is(message, "role", "tool") && !is_given(message.get("tool_call_id"));
    let at = request.body.items("messages").iter().position(is_wrong)?;
    Found::at(
        format!("$.messages[{at}].tool_call_id"),
        "Missing parameter 'tool_call_id': messages with role 'tool' must have a 'tool_call_id'.",
    )
}

/// Members of another type than the API's. The words are llmock's.
pub(super) fn types(request: &Request<'_>) -> Option<Found> {
    let is_list = |value: &Json<'_>| value.as_array().is_some();
    let is_number = |value: &Json<'_>| matches!(value, Json::Number(_));
    let checks = [
        ("messages", "an array"),
        ("tools", "an array"),
        ("temperature", "a number"),
        ("top_p", "a number"),
    ];
    checks.into_iter().find_map(|(name, expected)| {
        let is_right = |value: &Json<'_>| {
            if expected == "an array" { is_list(value) } else { is_number(value) }
        };
        let given = request.body.get(name).filter(|given| !given.is_null() && !is_right(given))?;
        let message = format!("'{name}' is {}, and not {expected}", given.kind());
        Found::at(format!("$.{name}"), message)
    })
}

/// The words of `tool_choice`. The sentence is llmock's.
pub(super) fn tool_choice_word(request: &Request<'_>) -> Option<Found> {
    let word = request.body.get("tool_choice")?.as_str()?;
    let is_known = matches!(&*word, "none" | "auto" | "required");
    let message = format!("'tool_choice' is '{word}', and not 'none', 'auto', or 'required'");
    if is_known { None } else { Found::at("$.tool_choice", message) }
}

pub(super) fn response_format(request: &Request<'_>) -> Option<Found> {
    let kind = request.body.get("response_format")?.get("type")?.as_str()?;
    let is_known = matches!(&*kind, "text" | "json_object" | "json_schema");
    let values = "Supported values are: 'json_object', 'json_schema', and 'text'.";
    let message = format!("Invalid value: '{kind}'. {values}");
    if is_known { None } else { Found::at("$.response_format.type", message) }
}

pub(super) fn top_logprobs(request: &Request<'_>) -> Option<Found> {
    request.number("top_logprobs").filter(|number| *number > 0.0)?;
    if request.body.get("logprobs").and_then(Json::as_bool) == Some(true) {
        return None;
    }
    Found::at("$.top_logprobs", "`logprobs` must be set to `true` if this parameter is used.")
}

pub(super) fn roles(request: &Request<'_>) -> Option<Found> {
    const KNOWN: [&str; 6] = ["system", "assistant", "user", "function", "tool", "developer"];
    let (place, role) = request.unknown_role("messages", &KNOWN)?;
    let known = "'developer', 'system', 'user', 'assistant', 'tool', or 'function'";
    Found::at(place, format!("'role' is '{role}', and not {known}"))
}

/// The ids of the calls of a message.
fn calls(message: &Json<'_>) -> Vec<String> {
    texts(message.items("tool_calls"), "id")
}

/// The words: <https://github.com/sdcb/chats/pull/132>.
pub(super) fn orphan_result(request: &Request<'_>) -> Option<Found> {
    let mut open: HashSet<String> = HashSet::new();
    for (at, message) in request.body.items("messages").iter().enumerate() {
        if is(message, "role", "tool") {
            let Some(id) = message.text("tool_call_id") else { continue };
            if !open.contains(&*id) {
                return Found::at(
                    format!("$.messages[{at}].role"),
                    "Invalid parameter: messages with role 'tool' must be a response to a preceeding message with \
                     'tool_calls'.",
                );
            }
        } else {
            open = calls(message).into_iter().collect();
        }
    }
    None
}

/// The words: <https://github.com/sdcb/chats/pull/132>.
pub(super) fn unanswered_call(request: &Request<'_>) -> Option<Found> {
    let messages = request.body.items("messages");
    for (at, message) in messages.iter().enumerate() {
        let calls = calls(message);
        if calls.is_empty() {
            continue;
        }
        let results = messages[at + 1..].iter().take_while(|next| is(next, "role", "tool"));
        let results: Vec<_> = results
            .filter_map(|next| Some(next.get("tool_call_id")?.as_str()?.into_owned()))
            .collect();
        let missing: Vec<String> = calls.into_iter().filter(|id| !results.contains(id)).collect();
        if !missing.is_empty() {
            return Found::at(
                format!("$.messages[{at}].tool_calls"),
                format!(
                    "An assistant message with 'tool_calls' must be followed by tool messages responding to each \
                     'tool_call_id'. The following tool_call_ids did not have response messages: {}",
                    missing.join(", ")
                ),
            );
        }
    }
    None
}

pub(super) fn tool_choice(request: &Request<'_>) -> Option<Found> {
    if request.has("tools") {
        return None;
    }
    // Without tools there is none to choose.
    if !request.has("tool_choice") || is(request.body, "tool_choice", "none") {
        return None;
    }
    Found::at("$.tool_choice", "'tool_choice' is only allowed when 'tools' are specified.")
}

pub(super) fn function_names(request: &Request<'_>) -> Option<Found> {
    let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-';
    request.body.items("tools").iter().enumerate().find_map(|(at, tool)| {
        let name = tool.get("function")?.get("name")?.as_str()?;
        if !name.is_empty() && name.len() <= 64 && name.bytes().all(is_allowed) {
            return None;
        }
        Found::at(
            format!("$.tools[{at}].function.name"),
            "Must be a-z, A-Z, 0-9, or contain underscores and dashes, with a maximum length of 64.",
        )
    })
}

pub(super) fn temperature_range(request: &Request<'_>) -> Option<Found> {
    request.number("temperature").filter(|given| !(0.0..=2.0).contains(given))?;
    Found::at("$.temperature", "What sampling temperature to use, between 0 and 2.")
}

pub(super) fn stop(request: &Request<'_>) -> Option<Found> {
    let length =
        request.body.get("stop")?.as_array().map(<[_]>::len).filter(|length| *length > 4)?;
    Found::at(
        "$.stop",
        format!(
            "Invalid 'stop': array too long. Expected an array with maximum length 4, but got an array with length {length} \
             instead."
        ),
    )
}

pub(super) fn json_word(request: &Request<'_>) -> Option<Found> {
    request.body.get("response_format").filter(|format| is(format, "type", "json_object"))?;
    let words = request.body.items("messages").iter();
    let mut words = words.filter_map(|message| message.get("content")).map(text_of);
    if words.any(|text| text.to_ascii_lowercase().contains("json")) {
        return None;
    }
    Found::at(
        "$.messages",
        "'messages' must contain the word 'json' in some form, to use 'response_format' of type 'json_object'.",
    )
}

fn text_of(content: &Json<'_>) -> String {
    match content {
        Json::String(text) => text.decode().into_owned(),
        Json::Array(parts) => {
            parts.iter().filter_map(|part| part.get("text")?.as_str()).collect::<Vec<_>>().concat()
        }
        _ => String::new(),
    }
}

/// What is wrong with a schema under strict rules: its own place below `place`, and OpenAI's words.
pub(super) fn strict(what: &str, name: &str, place: &str, found: &Json<'_>) -> Option<Found> {
    let invalid = format!("Invalid schema for {what} '{name}': In context=");
    if let Some(open) = schema::open_object(found) {
        return Found::at(
            format!("{place}{open}"),
            format!(
                "{invalid}{}, 'additionalProperties' is required to be supplied and to be false.",
                context(&open)
            ),
        );
    }
    let (at, missing) = schema::optional_property(found)?;
    Found::at(
        format!("{place}{at}"),
        format!(
            "{invalid}{}, 'required' is required to be supplied and to be an array including every key in properties. \
             Missing '{missing}'.",
            context(&at)
        ),
    )
}

/// `('properties', 'a')`, as OpenAI names the place.
fn context(place: &str) -> String {
    let steps: Vec<String> = place
        .split(['.', '['])
        .filter(|step| !step.is_empty())
        .map(|step| format!("'{}'", step.trim_end_matches(']')))
        .collect();
    match steps.as_slice() {
        [only] => format!("({only},)"),
        several => format!("({})", several.join(", ")),
    }
}

pub(super) fn strict_response(request: &Request<'_>) -> Option<Found> {
    let format =
        request.body.get("response_format").filter(|format| is(format, "type", "json_schema"))?;
    let named = format.get("json_schema")?;
    if named.get("strict").and_then(Json::as_bool) != Some(true) {
        return None;
    }
    let name = named.text("name").unwrap_or_default();
    strict("response_format", &name, "$.response_format.json_schema.schema", named.get("schema")?)
}

pub(super) fn strict_function(request: &Request<'_>) -> Option<Found> {
    request.body.items("tools").iter().enumerate().find_map(|(at, tool)| {
        let function = tool.get("function")?;
        if function.get("strict").and_then(Json::as_bool) != Some(true) {
            return None;
        }
        let name = function.text("name").unwrap_or_default();
        strict(
            "function",
            &name,
            &format!("$.tools[{at}].function.parameters"),
            function.get("parameters")?,
        )
    })
}

pub(super) fn max_tokens(request: &Request<'_>) -> Option<Found> {
    if !model::always_reasons(request.model) || !request.has("max_tokens") {
        return None;
    }
    Found::at(
        "$.max_tokens",
        "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.",
    )
}

pub(super) fn sampling(request: &Request<'_>) -> Option<Found> {
    if !model::always_reasons(request.model) {
        return None;
    }
    let given = |name: &'static str| {
        let value = request.body.get(name)?;
        let default = if name.ends_with("penalty") { 0.0 } else { 1.0 };
        let other = (number(value)? - default).abs() > 1e-9;
        other.then(|| (name, format!("{}", number(value).unwrap_or_default())))
    };
    // Of the o series, only `o1-mini` knows the parameter.
    let knows_it = !request.model.starts_with('o') || request.model.starts_with("o1-mini");
    if let Some((name, value)) = given("temperature").filter(|_| knows_it) {
        return Found::at(
            format!("$.{name}"),
            format!(
                "Unsupported value: '{name}' does not support {value} with this model. Only the default (1) value is \
                 supported."
            ),
        );
    }
    let names = ["temperature", "top_p", "presence_penalty", "frequency_penalty"];
    let (name, _) = names.into_iter().find_map(given)?;
    Found::at(
        format!("$.{name}"),
        format!("Unsupported parameter: '{name}' is not supported with this model."),
    )
}

/// Shared with the Responses API, which has no penalties.
pub(super) fn is_default(value: &Json<'_>) -> bool {
    number(value).is_none_or(anthropic::is_one)
}
