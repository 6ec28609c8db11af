//! What the values of a request are to a person: whose message, which tool, which turn of the conversation.
//!
//! The members that say so have different names in each wire format, but no name has two meanings.

use std::borrow::Cow;
use std::collections::HashMap;

use super::tree::{NodeKind, TreeNode};
use crate::json::Json;

/// Names and texts are kept up to this many characters.
const LONGEST: usize = 120;

/// How a person calls a value of a request.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Label {
    pub(crate) kind: LabelKind,
    pub(crate) role: Option<String>,
    /// The tool that is declared, called, or has responded.
    pub(crate) tool: Option<String>,
    /// The beginning of its text, or its name.
    pub(crate) text: Option<String>,
    /// Its place among the turns of the conversation, from one, and how many there are.
    pub(crate) turn: Option<(usize, usize)>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum LabelKind {
    #[default]
    Value,
    Message,
    ToolCall,
    ToolResult,
    /// A tool that the model may call.
    Tool,
}

/// The ids of tool calls, each with the tool's name.
pub(crate) type Calls = HashMap<String, String>;

/// A value of a request, parsed or canonical.
pub(crate) trait Value: Sized {
    fn member(&self, name: &str) -> Option<&Self>;
    fn as_text(&self) -> Option<Cow<'_, str>>;
    fn elements(&self) -> &[Self];
    fn each_child(&self, run: &mut dyn FnMut(&Self));
}

impl Value for TreeNode {
    fn member(&self, name: &str) -> Option<&Self> {
        let NodeKind::Object(members) = &self.kind else { return None };
        members.iter().find(|(known, _)| known == name).map(|(_, value)| value)
    }

    fn as_text(&self) -> Option<Cow<'_, str>> {
        if let NodeKind::Text(text) = &self.kind { Some(Cow::Borrowed(text)) } else { None }
    }

    fn elements(&self) -> &[Self] {
        if let NodeKind::Array(items) = &self.kind { items } else { &[] }
    }

    fn each_child(&self, run: &mut dyn FnMut(&Self)) {
        match &self.kind {
            NodeKind::Array(items) => items.iter().for_each(run),
            NodeKind::Object(members) => members.iter().for_each(|(_, value)| run(value)),
            NodeKind::Text(_) | NodeKind::Scalar(_) => {}
        }
    }
}

impl Value for Json<'_> {
    fn member(&self, name: &str) -> Option<&Self> {
        self.get(name)
    }

    fn as_text(&self) -> Option<Cow<'_, str>> {
        self.as_str()
    }

    fn elements(&self) -> &[Self] {
        self.as_array().unwrap_or_default()
    }

    fn each_child(&self, run: &mut dyn FnMut(&Self)) {
        match self {
            Json::Array(items) => items.iter().for_each(run),
            Json::Object(members) => members.iter().for_each(|(_, value)| run(value)),
            _ => {}
        }
    }
}

/// The tool calls of a body: results of tools name them by their ids alone.
pub(crate) fn calls<V: Value>(root: &V, found: &mut Calls) {
    let name = member_text(root, "name")
        .or_else(|| root.member("function").and_then(|function| member_text(function, "name")));
    if let Some(name) = name {
        for id in ["id", "call_id", "toolUseId"] {
            if let Some(id) = member_text(root, id) {
                found.insert(id, name.clone());
            }
        }
    }
    root.each_child(&mut |child| calls(child, found));
}

/// The label of an element of an array.
pub(crate) fn label<V: Value>(node: &V, calls: &Calls) -> Label {
    let role = member_text(node, "role");
    let (kind, tool) = kind_of(node, calls, 2);
    let kind = if kind == LabelKind::Value && role.is_some() { LabelKind::Message } else { kind };
    Label { kind, role, tool, text: text_of(node, 7), turn: None }
}

/// The name of a tool that the value declares; elements of one name are the same tool, changed.
pub(crate) fn tool_of<V: Value>(node: &V) -> Option<String> {
    if member_text(node, "role").is_some() {
        return None;
    }
    match kind_of(node, &Calls::new(), 0) {
        (LabelKind::Tool, name) => name,
        _ => None,
    }
}

/// Whose turn comes last in a conversation, of those that the model did not write.
pub(crate) fn last_turn<V: Value>(root: &V) -> Option<Label> {
    let turns = ["messages", "input", "contents"].iter().find_map(|name| root.member(name))?;
    let is_by_model = |node: &V| {
        let is_role = |role: &str| matches!(role, "assistant" | "model");
        node.member("role").and_then(Value::as_text).is_some_and(|role| is_role(&role))
            || kind_of(node, &Calls::new(), 0).0 == LabelKind::ToolCall
    };
    let at = turns.elements().iter().rposition(|turn| !is_by_model(turn))?;
    let mut found = Calls::new();
    calls(root, &mut found);
    let turn = Some((at + 1, turns.elements().len()));
    Some(Label { turn, ..label(&turns.elements()[at], &found) })
}

/// What wraps the name of a tool in some formats.
const WRAPPERS: [(&str, LabelKind); 7] = [
    ("toolUse", LabelKind::ToolCall),
    ("functionCall", LabelKind::ToolCall),
    ("function_call", LabelKind::ToolCall),
    ("toolResult", LabelKind::ToolResult),
    ("functionResponse", LabelKind::ToolResult),
    ("function_response", LabelKind::ToolResult),
    ("toolSpec", LabelKind::Tool),
];

/// Members beside the name of a declared tool.
const SCHEMAS: [&str; 6] = [
    "input_schema",
    "inputSchema",
    "parameters",
    "parameter_definitions",
    "parametersJsonSchema",
    "description",
];

fn kind_of<V: Value>(node: &V, calls: &Calls, depth: usize) -> (LabelKind, Option<String>) {
    let called = |member: &str| calls.get(&member_text(node, member)?).cloned();
    match member_text(node, "type").as_deref() {
        Some("function_call" | "tool_use" | "custom_tool_call" | "mcp_call") => {
            return (LabelKind::ToolCall, member_text(node, "name"));
        }
        Some("function_call_output" | "custom_tool_call_output") => {
            return (LabelKind::ToolResult, called("call_id"));
        }
        Some("tool_result") => return (LabelKind::ToolResult, called("tool_use_id")),
        _ => {}
    }
    for (wrapper, kind) in WRAPPERS {
        if let Some(inner) = node.member(wrapper) {
            let by_id = || calls.get(&member_text(inner, "toolUseId")?).cloned();
            return (kind, member_text(inner, "name").or_else(by_id));
        }
    }
    if let Some("tool" | "function") = member_text(node, "role").as_deref() {
        let name = member_text(node, "name").or_else(|| member_text(node, "tool_name"));
        return (LabelKind::ToolResult, name.or_else(|| called("tool_call_id")));
    }
    if let Some(function) = node.member("function") {
        let is_call = function.member("arguments").is_some();
        let kind = if is_call { LabelKind::ToolCall } else { LabelKind::Tool };
        return (kind, member_text(function, "name"));
    }
    for name in ["functionDeclarations", "function_declarations"] {
        if let Some(declared) = node.member(name) {
            let names = declared.elements().iter().take(4);
            let names: Vec<_> = names.filter_map(|one| member_text(one, "name")).collect();
            return (LabelKind::Tool, Some(names.join(", ")));
        }
    }
    if SCHEMAS.iter().any(|schema| node.member(schema).is_some())
        && let Some(name) = member_text(node, "name")
    {
        return (LabelKind::Tool, Some(name));
    }
    inner_kind(node, calls, depth)
}

/// A message that consists of a tool's call or result counts as that.
fn inner_kind<V: Value>(node: &V, calls: &Calls, depth: usize) -> (LabelKind, Option<String>) {
    if depth == 0 {
        return (LabelKind::Value, None);
    }
    let parts = ["tool_calls", "content", "parts"].iter().filter_map(|name| node.member(name));
    for part in parts.flat_map(Value::elements).take(16) {
        let (kind, tool) = kind_of(part, calls, depth - 1);
        if matches!(kind, LabelKind::ToolCall | LabelKind::ToolResult) {
            return (kind, tool);
        }
    }
    (LabelKind::Value, None)
}

/// The first text in a value, in the members that people read.
fn text_of<V: Value>(node: &V, depth: usize) -> Option<String> {
    const MEMBERS: [&str; 12] = [
        "content",
        "text",
        "parts",
        "output",
        "toolResult",
        "functionResponse",
        "message",
        "title",
        "name",
        "filename",
        "id",
        "type",
    ];
    if let Some(text) = node.as_text() {
        return Some(text.chars().take(LONGEST).collect());
    }
    let depth = depth.checked_sub(1)?;
    let by_name = MEMBERS.iter().find_map(|name| text_of(node.member(name)?, depth));
    by_name.or_else(|| node.elements().iter().take(16).find_map(|one| text_of(one, depth)))
}

fn member_text<V: Value>(node: &V, name: &str) -> Option<String> {
    let text = node.member(name)?.as_text()?;
    Some(text.chars().take(LONGEST).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::parse;

    /// `kind role tool text` of a value.
    fn words(body: &str, calls: &Calls) -> String {
        let label = label(&parse(body).unwrap(), calls);
        let parts = [label.role, label.tool, label.text].map(Option::unwrap_or_default);
        format!("{:?} {}", label.kind, parts.join("/"))
    }

    #[test]
    fn messages_and_tools_of_every_format_have_names() {
        let known: Calls = [("call_1".to_owned(), "weather".to_owned())].into();
        for (body, expected) in [
            (r#"{"role":"user","content":"Hi"}"#, "Message user//Hi"),
            (r#"{"role":"user","content":[{"type":"text","text":"Hi"}]}"#, "Message user//Hi"),
            (r#"{"role":"user","parts":[{"text":"Hi"}]}"#, "Message user//Hi"),
            (
                r#"{"role":"tool","tool_call_id":"call_1","content":"12"}"#,
                "ToolResult tool/weather/12",
            ),
            (
                r#"{"role":"tool","tool_name":"weather","content":"12"}"#,
                "ToolResult tool/weather/12",
            ),
            (
                r#"{"role":"assistant","content":null,"tool_calls":[{"id":"a","function":{"name":"weather","arguments":"{}"}}]}"#,
                "ToolCall assistant/weather/",
            ),
            (
                r#"{"role":"user","content":[{"type":"tool_result","tool_use_id":"call_1","content":"12"}]}"#,
                "ToolResult user/weather/12",
            ),
            (
                r#"{"type":"function_call_output","call_id":"call_1","output":"12"}"#,
                "ToolResult /weather/12",
            ),
            (
                r#"{"role":"user","content":[{"toolResult":{"toolUseId":"call_1","content":[{"text":"12"}]}}]}"#,
                "ToolResult user/weather/12",
            ),
            (
                r#"{"role":"model","parts":[{"functionCall":{"name":"weather","args":{}}}]}"#,
                "ToolCall model/weather/",
            ),
            (
                r#"{"type":"function","function":{"name":"weather","parameters":{}}}"#,
                "Tool /weather/function",
            ),
            (r#"{"name":"weather","input_schema":{}}"#, "Tool /weather/weather"),
            (r#"{"toolSpec":{"name":"weather"}}"#, "Tool /weather/"),
            (r#"{"functionDeclarations":[{"name":"a"},{"name":"b"}]}"#, "Tool /a, b/"),
            (r#""just a text""#, "Value //just a text"),
            (r#"{"id":"doc-1","data":{}}"#, "Value //doc-1"),
            ("3", "Value //"),
        ] {
            assert_eq!(words(body, &known), expected, "{body}");
        }
    }

    #[test]
    fn the_last_turn_is_not_the_models() {
        let body = parse(
            r#"{"messages":[{"role":"user","content":"How warm?"},
                {"role":"assistant","tool_calls":[{"id":"c","function":{"name":"weather","arguments":"{}"}}]},
                {"role":"tool","tool_call_id":"c","content":"12"},{"role":"assistant","content":"12 degrees"}]}"#,
        )
        .unwrap();
        let label = last_turn(&body).unwrap();
        assert_eq!((label.kind, label.tool.as_deref()), (LabelKind::ToolResult, Some("weather")));
        assert_eq!(label.turn, Some((3, 4)));
        assert_eq!(last_turn(&parse("{}").unwrap()), None);
    }
}
