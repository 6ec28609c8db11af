//! OpenAI's chat completions, which most vendors speak too.

use super::errors::error_text;
use super::said::{self, Said};
use super::{Provider, ToolIdPath, text};
use crate::json::Json;

pub(super) const TOOL_IDS: &[ToolIdPath] =
    &[&["messages", "[]", "tool_calls", "[]", "id"], &["messages", "[]", "tool_call_id"]];

/// What vendors call the text of the reasoning; OpenAI does not show it.
pub(crate) fn reasoning_member(provider: Provider) -> Option<&'static str> {
    match provider {
        Provider::OpenAI | Provider::Azure => None,
        Provider::OpenRouter | Provider::Groq | Provider::Ollama | Provider::Cerebras => {
            Some("reasoning")
        }
        _ => Some("reasoning_content"),
    }
}

/// Where a vendor's streams have the usage.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum StreamUsage {
    /// In a chunk of its own behind the others, if `stream_options.include_usage` asks for it.
    IfAsked,
    /// There, asked for or not.
    Always,
    /// Beside the reason for the end, asked for or not.
    AtTheEnd,
    /// There in the member `x_groq`, asked for or not, and in a chunk of its own if asked for.
    InGroqsOwn,
}

/// As OpenRouter's "Usage Accounting" and Mistral's reference of `CompletionChunk` say, and as Groq's clients read it.
pub(crate) fn stream_usage(provider: Provider) -> StreamUsage {
    match provider {
        Provider::OpenRouter => StreamUsage::Always,
        Provider::Mistral => StreamUsage::AtTheEnd,
        Provider::Groq => StreamUsage::InGroqsOwn,
        _ => StreamUsage::IfAsked,
    }
}

/// The text of the last message that is not the assistant's.
pub(super) fn prompt(body: &Json<'_>) -> Option<String> {
    match body.get("messages").and_then(Json::as_array) {
        Some(messages) => {
            text::last_prompt(messages, |message| message.get("content").and_then(text::content))
        }
        None => input(body),
    }
}

/// The text that is completed or embedded.
pub(super) fn input(body: &Json<'_>) -> Option<String> {
    ["prompt", "input"].iter().find_map(|name| body.get(name).and_then(text::content))
}

/// Takes one chunk: `choices[0].delta`, or `choices[0].text` of a plain completion.
pub(super) fn hear(said: &mut Said, chunk: &Json<'_>) {
    if let Some(message) = error_text(chunk) {
        said.error(&message);
    }
    let Some(choice) = chunk.get("choices").and_then(Json::as_array).and_then(first_choice) else {
        return;
    };
    if let Some(piece) = choice.get("text").and_then(Json::as_str) {
        said.text(&piece);
    }
    let Some(delta) = choice.get("delta").or_else(|| choice.get("message")) else { return };
    if let Some(piece) = delta.get("content").and_then(text::content) {
        said.text(&piece);
    }
    if let Some(piece) = delta.get("refusal").and_then(Json::as_str) {
        said.text(&piece);
    }
    if let Some(call) = delta.get("function_call") {
        hear_function(said, "function_call", call);
    }
    for (position, call) in
        delta.get("tool_calls").and_then(Json::as_array).into_iter().flatten().enumerate()
    {
        let index = call.get("index").and_then(Json::as_u64).unwrap_or(position as u64);
        if let Some(function) = call.get("function") {
            hear_function(said, &index.to_string(), function);
        }
    }
}

/// Several answers may be asked for (`n`); the first one is shown.
fn first_choice<'a, 'b>(choices: &'b [Json<'a>]) -> Option<&'b Json<'a>> {
    choices.iter().find(|choice| choice.get("index").and_then(Json::as_u64).unwrap_or(0) == 0)
}

fn hear_function(said: &mut Said, key: &str, function: &Json<'_>) {
    let name = function.get("name").and_then(Json::as_str);
    let arguments = function.get("arguments").map(said::argument_text).unwrap_or_default();
    said.call(key, name.as_deref(), &arguments);
}
