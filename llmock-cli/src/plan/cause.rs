//! What changed in a request, so that requests that one edit changed stand together.

use std::collections::BTreeSet;

use llmock::__command::{Half, changes};
use llmock::Interaction;
use serde_json::Value;

use crate::output::text::shortened;

/// One edit: where it is, and what it replaced.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Cause {
    pub(crate) place: String,
    pub(crate) old: String,
    pub(crate) new: String,
}

impl Cause {
    /// A request that has no recording at its place.
    pub(crate) fn new_request() -> Self {
        Self { place: "new request".to_owned(), old: String::new(), new: String::new() }
    }

    /// `system prompt: "terse" → "kind"`.
    pub(crate) fn shown(&self) -> String {
        let quoted = |text: &str| format!("\"{}\"", shortened(text, 60));
        match (self.old.as_str(), self.new.as_str()) {
            ("", "") => self.place.clone(),
            ("", new) => format!("{}: added {}", self.place, quoted(new)),
            (old, "") => format!("{}: removed {}", self.place, quoted(old)),
            (old, new) => format!("{}: {} → {}", self.place, quoted(old), quoted(new)),
        }
    }
}

/// The edits between a recorded request and the one that was sent instead.
pub(crate) fn causes(old: &Interaction, new: &Interaction) -> BTreeSet<Cause> {
    let body = |one: &Interaction| -> Value {
        let value: Value = serde_json::from_str(&one.to_json()).unwrap_or_default();
        value["request"]["body"].clone()
    };
    let (before, after) = (body(old), body(new));
    let found = changes(old, new).into_iter().filter(|change| change.half == Half::Request);
    let found = found.filter(|change| change.path() != "test" && !change.path().ends_with("test"));
    found
        .map(|change| {
            let path = change.path().to_string();
            if let Some(tool) = tool(&path, &after).or_else(|| tool(&path, &before)) {
                return Cause { place: tool, old: String::new(), new: String::new() };
            }
            let text = |value: Option<String>| {
                let value = value.unwrap_or_default();
                serde_json::from_str::<String>(&value).unwrap_or(value)
            };
            let (old, new) = (
                text(change.old().map(ToString::to_string)),
                text(change.new_value().map(ToString::to_string)),
            );
            let (old, new) = hunk(&old, &new);
            Cause { place: place(&path, &after), old, new }
        })
        .collect()
}

/// ``tool `search` `` for a path into the definitions of tools.
fn tool(path: &str, body: &Value) -> Option<String> {
    let mut lists = ["$.tools", "$.functions", "$.toolConfig.tools"].into_iter();
    let rest = lists.find_map(|list| path.strip_prefix(list))?;
    let name = ["tools", "functions"].into_iter().find_map(|list| {
        let one = &body[list][index(rest)?];
        let names = [&one["function"]["name"], &one["name"], &one["toolSpec"]["name"]];
        names.into_iter().find_map(Value::as_str)
    });
    Some(name.map_or_else(|| "tools".to_owned(), |name| format!("tool `{name}`")))
}

/// The number in `[3].rest`.
fn index(rest: &str) -> Option<usize> {
    rest.strip_prefix('[')?.split_once(']')?.0.parse().ok()
}

/// The place of a change as people call it; positions do not count, for the same edit changes several requests.
fn place(path: &str, body: &Value) -> String {
    if ["$.system", "$.instructions", "$.systemInstruction", "$.system_instruction"]
        .iter()
        .any(|system| path.starts_with(system))
    {
        return "system prompt".to_owned();
    }
    for list in ["messages", "input", "contents"] {
        let Some(rest) = path.strip_prefix(&format!("$.{list}")) else { continue };
        let message = index(rest).map(|at| &body[list][at]);
        let role = message.and_then(|message| message["role"].as_str());
        return match role {
            Some("system" | "developer") => "system prompt".to_owned(),
            Some("assistant" | "model") => "earlier response".to_owned(),
            Some("tool" | "function") => "result of a tool".to_owned(),
            Some(role) => format!("{role} message"),
            None if message.is_some_and(|one| one["type"] == "function_call_output") => {
                "result of a tool".to_owned()
            }
            None => "message".to_owned(),
        };
    }
    let mut out = String::new();
    let mut is_index = false;
    for char in path.chars() {
        match char {
            '[' => {
                out.push_str("[*]");
                is_index = true;
            }
            ']' => is_index = false,
            _ if is_index => {}
            char => out.push(char),
        }
    }
    out
}

/// What differs between two texts, in whole words.
fn hunk(old: &str, new: &str) -> (String, String) {
    let words =
        |text: &str| -> Vec<String> { text.split_whitespace().map(str::to_owned).collect() };
    let (old, new) = (words(old), words(new));
    let front = old.iter().zip(&new).take_while(|(a, b)| a == b).count();
    let (old, new) = (&old[front..], &new[front..]);
    let back = old.iter().rev().zip(new.iter().rev()).take_while(|(a, b)| a == b).count();
    (old[..old.len() - back].join(" "), new[..new.len() - back].join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_edit_is_what_differs_and_where() {
        assert_eq!(
            hunk("Be very terse now.", "Be very kind now."),
            ("terse".into(), "kind".into())
        );
        assert_eq!(hunk("a b", "a b c"), (String::new(), "c".into()));
        let body = serde_json::json!({
            "messages": [{ "role": "system" }, { "role": "user" }],
            "tools": [{ "function": { "name": "search" } }],
        });
        assert_eq!(place("$.messages[0].content", &body), "system prompt");
        assert_eq!(place("$.messages[1].content[0].text", &body), "user message");
        assert_eq!(place("$.a[3].b", &body), "$.a[*].b");
        assert_eq!(
            tool("$.tools[0].function.description", &body).as_deref(),
            Some("tool `search`")
        );
        assert_eq!(tool("$.tools[7]", &body).as_deref(), Some("tools"));
        assert_eq!(tool("$.temperature", &body), None);
    }
}
