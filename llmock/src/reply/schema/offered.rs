//! The tools that a response may call, and those that the conversation has called already.

use crate::json::Json;
use crate::wire::conversation::{Message, Role};
use crate::wire::tools::{self, Tool};

/// A tool that a response can call.
#[derive(Clone, Debug)]
pub(crate) struct Offered {
    pub(crate) tool: Tool,
    /// Its input is a text and not JSON, in this grammar if it has one.
    pub(crate) custom: Option<Grammar>,
    /// The namespace of Responses that it is in.
    pub(crate) namespace: Option<String>,
}

/// The input of a custom tool: <https://platform.openai.com/docs/guides/function-calling#custom-tools>.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Grammar {
    Text,
    Regex(String),
    Lark,
}

/// The tools that the program runs, in the order of the request.
pub(crate) fn offered(body: &Json<'_>) -> Vec<Offered> {
    let all = tools::tools(body).into_iter().filter(|tool| !tool.is_of_provider());
    let offered = all.map(|tool| {
        let found = declared(body, &tool.name);
        let custom = found.as_ref().and_then(|(tool, _)| grammar(tool));
        let namespace = found.and_then(|(_, namespace)| namespace);
        Offered { tool, custom, namespace }
    });
    offered.collect()
}

/// Where a custom tool or one of a namespace is declared, and the namespace.
fn declared<'a, 'b>(body: &'b Json<'a>, name: &str) -> Option<(&'b Json<'a>, Option<String>)> {
    body.items("tools").iter().find_map(|tool| {
        if tool.text("type").as_deref() == Some("namespace") {
            let inner = tool.items("tools").iter().find(|inner| has_name(inner, name))?;
            return Some((inner, tool.text("name").map(Into::into)));
        }
        has_name(tool, name).then_some((tool, None))
    })
}

fn has_name(tool: &Json<'_>, name: &str) -> bool {
    ["name", "custom/name"].iter().any(|path| tool.text(path).as_deref() == Some(name))
}

fn grammar(tool: &Json<'_>) -> Option<Grammar> {
    let inner = tool.get("custom").unwrap_or(tool);
    if tool.text("type").as_deref() != Some("custom") {
        return None;
    }
    let format = inner.get("format").unwrap_or(&Json::Null);
    let grammar = format.get("grammar").unwrap_or(format);
    Some(match grammar.text("syntax").as_deref() {
        Some("regex") => Grammar::Regex(grammar.text("definition").unwrap_or_default().into()),
        Some(_) => Grammar::Lark,
        None => Grammar::Text,
    })
}

/// The names of the tools that the conversation has called, the oldest call first.
pub(crate) fn called(body: &Json<'_>, messages: &[Message]) -> Vec<String> {
    let body = body.get("generateContentRequest").unwrap_or(body);
    let lists = ["messages", "contents", "input", "chat_history"];
    let mut names = Vec::new();
    for message in lists.iter().flat_map(|name| body.items(name)) {
        called_in(message, &mut names);
    }
    let results = body.items("tool_results").iter();
    names.extend(results.filter_map(|result| result.text("call/name")).map(Into::into));
    for message in messages.iter().filter(|message| message.role == Role::Assistant) {
        called_in_prose(&message.text, &mut names);
    }
    names
}

fn called_in(message: &Json<'_>, names: &mut Vec<String>) {
    let mut add = |value: &Json<'_>, path: &str| names.extend(value.text(path).map(String::from));
    let kind = message.text("type").unwrap_or_default();
    if kind.ends_with("_call") {
        add(message, "name");
    }
    add(message, "function_call/name");
    for call in message.items("tool_calls") {
        for path in ["function/name", "custom/name", "name"] {
            add(call, path);
        }
    }
    for part in message.items("content").iter().chain(message.items("parts")) {
        if part.text("type").as_deref() == Some("tool_use") {
            add(part, "name");
        }
        for path in ["toolUse/name", "functionCall/name", "function_call/name"] {
            add(part, path);
        }
    }
}

/// smolagents writes calls into the text of the assistant: `Calling tools:`, and the calls as Python shows a list.
fn called_in_prose(text: &str, names: &mut Vec<String>) {
    let Some((_, calls)) = text.split_once("Calling tools:") else { return };
    for mark in ["'name': '", "\"name\": \""] {
        let found = calls.split(mark).skip(1).filter_map(|rest| rest.split(['\'', '"']).next());
        names.extend(found.map(String::from));
    }
}

/// Whether the last message is the result of a tool.
#[cfg(feature = "server")]
pub(crate) fn ends_with_result(messages: &[Message]) -> bool {
    let last = messages.iter().rev().find(|message| message.role != Role::System);
    last.is_some_and(|last| {
        last.role == Role::Tool
            || (last.role == Role::User && last.text.starts_with("Observation:\n"))
    })
}

/// The text of the last message of the user.
#[cfg(feature = "server")]
pub(crate) fn last_of_user(messages: &[Message]) -> Option<&str> {
    let mut of_user = messages.iter().rev().filter(|message| message.role == Role::User);
    of_user.find(|message| !message.text.is_empty()).map(|message| message.text.as_str())
}
