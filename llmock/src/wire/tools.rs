//! The instructions of a request, the tools that it offers, and the results of tools that it brings.

use super::conversation::{self, Role};
use super::format::Format;
use crate::json::layout::{self, Layout};
use crate::json::{self, Json};

/// A tool that a request offers to the model.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Tool {
    /// Its name. A tool of the provider without one has its type: `web_search`.
    pub name: String,
    /// What it tells the model about itself.
    pub description: Option<String>,
    schema: Option<String>,
    /// Whether the provider runs it: no response calls it by its name.
    is_of_provider: bool,
}

impl Tool {
    /// The JSON schema of its parameters; `null` for tools without one.
    ///
    /// # Errors
    ///
    /// If it is not JSON of type `T`.
    pub fn parameters<T: serde::de::DeserializeOwned>(&self) -> Result<T, serde_json::Error> {
        serde_json::from_str(self.schema.as_deref().unwrap_or("null"))
    }

    pub(crate) fn schema(&self) -> Option<&str> {
        self.schema.as_deref()
    }

    pub(crate) fn is_of_provider(&self) -> bool {
        self.is_of_provider
    }
}

/// The result of a tool call, which a request brings to the model.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ToolResult {
    /// The id of the call, for APIs that have one.
    pub call_id: Option<String>,
    /// The name of the tool, where the request repeats it or has the call.
    pub name: Option<String>,
    /// Its text, or its JSON if it is not text.
    pub text: String,
}

/// The instructions, a paragraph each; `None` without any.
pub(crate) fn system(format: &Format, body: &Json<'_>) -> Option<String> {
    let own = ["system", "instructions", "systemInstruction", "system_instruction", "preamble"];
    let own = own
        .iter()
        .filter_map(|name| body.get(name))
        .map(|content| conversation::text(content.get("parts").unwrap_or(content)));
    let messages = conversation::messages(format, body).into_iter();
    let messages = messages.filter(|message| message.role == Role::System).map(|one| one.text);
    let all: Vec<String> = own.chain(messages).filter(|text| !text.is_empty()).collect();
    (!all.is_empty()).then(|| all.join("\n"))
}

/// The tools that the request offers.
pub(crate) fn tools(body: &Json<'_>) -> Vec<Tool> {
    let mut tools = Vec::new();
    let lists = [body.items("tools"), body.items("functions"), body.items("toolConfig/tools")];
    for tool in lists.into_iter().flatten() {
        add_tool(tool, &mut tools);
    }
    tools
}

fn add_tool(tool: &Json<'_>, tools: &mut Vec<Tool>) {
    let google = ["functionDeclarations", "function_declarations"];
    if let Some(declared) = google.iter().find_map(|name| tool.get(name)) {
        tools.extend(declared.as_array().unwrap_or_default().iter().filter_map(named));
        return;
    }
    if tool.text("type").as_deref() == Some("namespace") {
        tools.extend(tool.items("tools").iter().filter_map(|inner| named(inside(inner))));
        return;
    }
    let of_provider = || {
        let (first, _) = tool.as_object()?.first()?;
        let name = tool.text("type").unwrap_or_else(|| first.decode());
        let name = name.into_owned();
        Some(Tool { name, description: None, schema: None, is_of_provider: true })
    };
    tools.extend(named(inside(tool)).or_else(of_provider));
}

/// The object that has the name: chat completions and Bedrock put it one level deeper.
fn inside<'a, 'b>(tool: &'b Json<'a>) -> &'b Json<'a> {
    let deeper = ["function", "custom", "toolSpec"].iter().find_map(|name| tool.get(name));
    deeper.filter(|inner| inner.get("name").is_some()).unwrap_or(tool)
}

fn named(tool: &Json<'_>) -> Option<Tool> {
    let schemas = [
        "parameters",
        "input_schema",
        "inputSchema/json",
        "parametersJsonSchema",
        "parameters_json_schema",
        "parameter_definitions",
    ];
    let schema = schemas.iter().find_map(|path| tool.find(path));
    // Anthropic's have a name and a type with a date. The program runs `bash_20250124`, Anthropic `web_search_20250305`.
    let servers = ["web_search_", "web_fetch_", "code_execution_", "tool_search_tool_", "advisor_"];
    let kind = tool.text("type").unwrap_or_default();
    Some(Tool {
        is_of_provider: servers.iter().any(|server| kind.starts_with(server)),
        name: tool.text("name")?.into_owned(),
        description: tool.text("description").map(Into::into),
        schema: schema.map(|schema| layout::print(schema, Layout::Compact)),
    })
}

/// The results of tools in the conversation, the oldest first.
pub(crate) fn results(body: &Json<'_>) -> Vec<ToolResult> {
    results_from(body, 0)
}

/// The results that came after the last message of the model.
pub(crate) fn new_results(body: &Json<'_>) -> Vec<ToolResult> {
    let is_models = |message: &Json<'_>| {
        let kind = message.text("type").unwrap_or_default();
        let role = message.text("role").unwrap_or_default();
        kind.ends_with("_call") || kind == "reasoning" || matches!(&*role, "assistant" | "model")
    };
    let last = messages(body).iter().rposition(is_models);
    results_from(body, last.map_or(0, |last| last + 1))
}

fn messages<'a, 'b>(body: &'b Json<'a>) -> &'b [Json<'a>] {
    let lists = ["messages", "contents", "input"];
    lists.iter().find_map(|name| body.get(name)?.as_array()).unwrap_or_default()
}

/// The results in the messages from this one on.
fn results_from(body: &Json<'_>, first: usize) -> Vec<ToolResult> {
    let messages = messages(body);
    let mut results: Vec<ToolResult> = messages[first..].iter().flat_map(results_of).collect();
    results.extend(body.items("tool_results").iter().map(|result| ToolResult {
        call_id: None,
        name: result.text("call/name").map(Into::into),
        text: result.get("outputs").map(conversation::text_or_json).unwrap_or_default(),
    }));
    for result in results.iter_mut().filter(|result| result.name.is_none()) {
        result.name = result.call_id.as_deref().and_then(|id| name_of_call(messages, id));
    }
    results
}

fn results_of(message: &Json<'_>) -> Vec<ToolResult> {
    let text = |name: &str, value: &Json<'_>| value.text(name).map(String::from);
    let kind = message.text("type").unwrap_or_default();
    if kind.ends_with("_call_output") {
        let output = message.get("output").map(conversation::text_or_json).unwrap_or_default();
        return vec![ToolResult { call_id: text("call_id", message), name: None, text: output }];
    }
    if matches!(message.text("role").as_deref(), Some("tool" | "function")) {
        let content = message.get("content").map(conversation::text_or_json).unwrap_or_default();
        let name = text("name", message).or_else(|| text("tool_name", message));
        return vec![ToolResult { call_id: text("tool_call_id", message), name, text: content }];
    }
    let parts = [message.items("content"), message.items("parts")].into_iter().flatten();
    let ids =
        ["tool_use_id", "toolResult/toolUseId", "functionResponse/id", "function_response/id"];
    let names = ["functionResponse/name", "function_response/name"];
    let result = |part: &Json<'_>| {
        Some(ToolResult {
            text: conversation::text_or_json(conversation::result_of(part)?),
            call_id: ids.iter().find_map(|id| text(id, part)),
            name: names.iter().find_map(|name| text(name, part)),
        })
    };
    parts.filter_map(result).collect()
}

/// The name of the tool that the model called with this id.
fn name_of_call(messages: &[Json<'_>], id: &str) -> Option<String> {
    let is = |value: Option<&Json<'_>>| value.and_then(Json::as_str).as_deref() == Some(id);
    messages.iter().find_map(|message| {
        if is(message.get("call_id")) {
            return message.text("name").map(String::from);
        }
        let mut calls = message.items("tool_calls").iter().chain(message.items("content"));
        calls.find_map(|call| {
            let tool = call.get("toolUse").unwrap_or(call);
            let has_id = is(tool.get("id")) || is(tool.get("toolUseId"));
            let name = tool.text("name").or_else(|| tool.text("function/name"));
            name.filter(|_| has_id).map(String::from)
        })
    })
}

/// The body of a request, if it is JSON.
pub(crate) fn parsed(body: &[u8]) -> Option<Json<'_>> {
    std::str::from_utf8(body).ok().and_then(|text| json::parse(text).ok())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::provider::Provider;
    use crate::wire;

    fn names(body: &str) -> Vec<String> {
        tools(&json::parse(body).unwrap()).into_iter().map(|tool| tool.name).collect()
    }

    #[test]
    fn names_the_tools_of_every_format() {
        for (body, expected) in [
            (
                r#"{"tools":[{"type":"function","function":{"name":"a","parameters":{}}},
                    {"type":"custom","custom":{"name":"b"}}]}"#,
                &["a", "b"][..],
            ),
            (
                r#"{"tools":[{"type":"function","name":"a"},{"type":"web_search"},{"type":"namespace",
                    "name":"n","tools":[{"type":"function","name":"inner"}]}]}"#,
                &["a", "web_search", "inner"],
            ),
            (r#"{"tools":[{"name":"a","input_schema":{}}]}"#, &["a"]),
            (
                r#"{"tools":[{"functionDeclarations":[{"name":"a"},{"name":"b"}]},{"googleSearch":{}}]}"#,
                &["a", "b", "googleSearch"],
            ),
            (
                r#"{"toolConfig":{"tools":[{"toolSpec":{"name":"a","inputSchema":{"json":{}}}}]}}"#,
                &["a"],
            ),
            (r#"{"tools":[{"name":"a","parameter_definitions":{}}]}"#, &["a"]),
            (r#"{"functions":[{"name":"a"}]}"#, &["a"]),
            (r#"{"tools":null}"#, &[]),
        ] {
            assert_eq!(names(body), expected, "{body}");
        }
    }

    #[test]
    fn finds_results_their_ids_and_their_tools() {
        for (body, id, name, text) in [
            (
                r#"{"messages":[{"role":"assistant","tool_calls":[{"id":"1","function":{"name":"t"}}]},
                    {"role":"tool","tool_call_id":"1","content":"12"}]}"#,
                Some("1"),
                Some("t"),
                "12",
            ),
            (
                r#"{"input":[{"type":"function_call","call_id":"1","name":"t"},
                    {"type":"function_call_output","call_id":"1","output":"12"}]}"#,
                Some("1"),
                Some("t"),
                "12",
            ),
            (
                r#"{"messages":[{"role":"assistant","content":[{"type":"tool_use","id":"1","name":"t"}]},
                    {"role":"user","content":[{"type":"tool_result","tool_use_id":"1","content":"12"}]}]}"#,
                Some("1"),
                Some("t"),
                "12",
            ),
            (
                r#"{"contents":[{"parts":[{"functionResponse":{"name":"t","response":{"c":12}}}]}]}"#,
                None,
                Some("t"),
                r#"{"c":12}"#,
            ),
            (
                r#"{"messages":[{"content":[{"toolUse":{"toolUseId":"1","name":"t"}}]},
                    {"content":[{"toolResult":{"toolUseId":"1","content":[{"text":"12"}]}}]}]}"#,
                Some("1"),
                Some("t"),
                "12",
            ),
            (
                r#"{"tool_results":[{"call":{"name":"t"},"outputs":[{"c":12}]}]}"#,
                None,
                Some("t"),
                r#"[{"c":12}]"#,
            ),
        ] {
            let found = results(&json::parse(body).unwrap());
            let expected = ToolResult {
                call_id: id.map(Into::into),
                name: name.map(Into::into),
                text: text.into(),
            };
            assert_eq!(found, [expected], "{body}");
        }
    }

    #[test]
    fn joins_instructions_wherever_they_are() {
        let system_of = |id: &str, path: &str, body: &str| {
            system(wire::format(Provider::from_id(id), "POST", path), &json::parse(body).unwrap())
        };
        for (id, path, body) in [
            ("openai", "/v1/chat/completions", r#"{"messages":[{"role":"system","content":"s"}]}"#),
            ("openai", "/v1/responses", r#"{"instructions":"s","input":"a"}"#),
            (
                "anthropic",
                "/v1/messages",
                r#"{"system":[{"type":"text","text":"s"}],"messages":[]}"#,
            ),
            (
                "gemini",
                "/v1beta/models/m:generateContent",
                r#"{"systemInstruction":{"parts":[{"text":"s"}]},"contents":[]}"#,
            ),
            ("bedrock", "/model/m/converse", r#"{"system":[{"text":"s"}],"messages":[]}"#),
            ("cohere", "/v1/chat", r#"{"preamble":"s","message":"a"}"#),
        ] {
            assert_eq!(system_of(id, path, body).as_deref(), Some("s"), "{id} {path}");
        }
        assert_eq!(system_of("openai", "/v1/responses", r#"{"input":"a"}"#), None);
    }
}
