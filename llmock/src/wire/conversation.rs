//! What a request says to a model, in no provider's format: its messages, instructions, tools, and results of tools.

use std::borrow::Cow;

use super::format::{Format, Messages};
use crate::json::Json;
use crate::json::layout::{self, Layout};

/// One message of a conversation, or one item of it that came from a tool.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Message {
    /// The author of the message.
    pub role: Role,
    /// The text parts, a line each; empty for images and tool calls.
    pub text: String,
    /// Whether any part is text, even an empty one.
    pub has_text: bool,
    /// Whether it is a prompt of a completion. Each of several prompts has a response of its own
    /// ([`Reply::completion`](crate::reply::Reply::completion)).
    pub is_prompt: bool,
}

/// The author of a [`Message`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Role {
    /// The author of the instructions: `system` or `developer`.
    System,
    /// The user.
    User,
    /// The model.
    Assistant,
    /// A tool that the model called, also where an API puts its result into a message of the user.
    Tool,
}

/// The messages of a request, the oldest first; empty for requests that are not a conversation.
pub(crate) fn messages(format: &Format, body: &Json<'_>) -> Vec<Message> {
    match format.messages {
        Messages::None => Vec::new(),
        Messages::Prompts => body.get("prompt").map(prompts).unwrap_or_default(),
        Messages::Conversation => conversation(body),
    }
}

fn conversation(body: &Json<'_>) -> Vec<Message> {
    let body = body.get("generateContentRequest").unwrap_or(body);
    let lists = ["messages", "contents", "chat_history", "input"];
    let messages = lists.iter().find_map(|name| body.get(name).and_then(Json::as_array));
    let mut messages: Vec<Message> = messages.unwrap_or_default().iter().map(message).collect();
    // some APIs have the last message in a member of its own: Responses, Cohere's first chat, completions, Titan
    for name in ["input", "message", "prompt", "inputText"] {
        messages.extend(single_text(body, name));
    }
    if let Some(results) = body.get("tool_results").filter(|results| !results.is_null()) {
        messages.push(Message::new(Role::Tool, layout::print(results, Layout::Compact)));
    }
    messages
}

impl Message {
    fn new(role: Role, text: String) -> Self {
        Self { role, text, has_text: true, is_prompt: false }
    }
}

/// The prompts of a completion; prompts in tokens have no text.
fn prompts(content: &Json<'_>) -> Vec<Message> {
    let prompts = match content {
        Json::Array(items) if items.iter().any(|item| item.as_str().is_some()) => items,
        Json::String(_) => std::slice::from_ref(content),
        _ => &[],
    };
    let prompt = |prompt: &Json<'_>| {
        let text = prompt.as_str().unwrap_or_default().into_owned();
        let has_text = matches!(prompt, Json::String(_));
        Message { has_text, is_prompt: true, ..Message::new(Role::User, text) }
    };
    prompts.iter().map(prompt).collect()
}

/// The message of the user that a member of the body holds; a prompt may have several parts.
fn single_text(body: &Json<'_>, name: &str) -> Option<Message> {
    let content = body.get(name)?;
    let alone = content.as_str().is_some() || (name == "prompt" && has_text(content));
    alone.then(|| Message::new(Role::User, text(content)))
}

fn message(message: &Json<'_>) -> Message {
    let kind = message.text("type").unwrap_or_default();
    if kind.ends_with("_call") || kind == "reasoning" {
        return Message::new(Role::Assistant, String::new());
    }
    if let Some(output) = message.get("output").filter(|_| kind.ends_with("_call_output")) {
        return Message::new(Role::Tool, text(output));
    }
    let content = ["content", "parts", "message"].iter().find_map(|name| message.get(name));
    let results = content.and_then(Json::as_array).unwrap_or_default().iter();
    let results: Vec<String> = results.filter_map(result_of).map(text_or_json).collect();
    if !results.is_empty() {
        return Message::new(Role::Tool, results.join("\n"));
    }
    let role = role(&message.text("role").unwrap_or_default());
    let has_text = content.is_some_and(has_text);
    Message { role, text: content.map(text).unwrap_or_default(), has_text, is_prompt: false }
}

fn role(name: &str) -> Role {
    let is = |names: &[&str]| names.iter().any(|known| known.eq_ignore_ascii_case(name));
    if is(&["system", "developer"]) {
        Role::System
    } else if is(&["assistant", "model", "chatbot"]) {
        Role::Assistant
    } else if is(&["tool", "function"]) {
        Role::Tool
    } else {
        Role::User
    }
}

/// The result of a tool, if a part of a message is one.
pub(super) fn result_of<'a, 'b>(part: &'b Json<'a>) -> Option<&'b Json<'a>> {
    let result = if part.text("type").as_deref() == Some("tool_result") {
        part.get("content")
    } else if let Some(result) = part.get("toolResult") {
        result.get("content")
    } else {
        part.get("functionResponse").or_else(|| part.get("function_response"))?.get("response")
    };
    // a result may be empty
    Some(result.unwrap_or(&Json::Null))
}

/// The texts of a content: a string, a part, or parts, a line each. Thoughts of a model are not text.
pub(super) fn text(content: &Json<'_>) -> String {
    match content {
        Json::String(text) => text.decode().into_owned(),
        Json::Array(parts) => {
            let spoken = parts.iter().filter(|part| part.get("thought") != Some(&Json::Bool(true)));
            spoken.filter_map(part_text).collect::<Vec<_>>().join("\n")
        }
        one => part_text(one).unwrap_or_default().into_owned(),
    }
}

fn has_text(content: &Json<'_>) -> bool {
    let is_text = |part: &Json<'_>| part_text(part).is_some();
    content.as_array().map_or_else(|| is_text(content), |parts| parts.iter().any(is_text))
}

fn part_text<'a>(part: &Json<'a>) -> Option<Cow<'a, str>> {
    part.as_str().or_else(|| part.text("text"))
}

/// The text of a result, or its JSON if it is not text.
pub(super) fn text_or_json(content: &Json<'_>) -> String {
    match text(content) {
        text if !text.is_empty() || matches!(content, Json::Null | Json::String(_)) => text,
        _ => layout::print(content, Layout::Compact),
    }
}
