//! Requests that demand JSON or a tool call, in the syntax of every API.

use crate::serve::strategies::user;
use serde_json::{Value, json};

/// A schema that the prompt of these tests does not fit.
pub(super) fn city() -> Value {
    json!({"type": "object", "properties": {"city": {"type": "string"}, "days": {"type": "integer", "minimum": 2}},
        "required": ["city", "days"], "additionalProperties": false})
}

/// Every way to demand this schema: path, body, and where the text of the response is.
#[expect(clippy::too_many_lines, reason = "a table of requests")]
pub(super) fn demands(schema: &Value, prompt: &str) -> Vec<(&'static str, Value, &'static str)> {
    let messages = json!([user(prompt)]);
    let contents = json!([{"role": "user", "parts": [{"text": prompt}]}]);
    let gemini = "/v1beta/models/gemini-2.5-flash:generateContent";
    let chat = "/choices/0/message/content";
    let candidate = "/candidates/0/content/parts/0/text";
    let format = json!({"type": "json_schema", "json_schema": {"name": "x", "strict": true, "schema": schema}});
    let anthropic = json!({"type": "json_schema", "schema": schema});
    let bedrock = json!({"textFormat": {"type": "json_schema", "structure": {"jsonSchema": {"name": "x",
        "schema": schema.to_string()}}}});
    let google = |config: Value| json!({"contents": contents, "generationConfig": config});
    vec![
        (
            "/v1/chat/completions",
            json!({"model": "m", "messages": messages, "response_format": format}),
            chat,
        ),
        (
            "/groq/openai/v1/chat/completions",
            json!({"model": "m", "messages": messages, "response_format": format}),
            chat,
        ),
        (
            "/mistral/v1/chat/completions",
            json!({"model": "m", "messages": messages, "response_format": format}),
            chat,
        ),
        (
            "/openai/deployments/d/chat/completions?api-version=2024-10-21",
            json!({"messages": messages, "response_format": format}),
            chat,
        ),
        (
            "/v1/responses",
            json!({"model": "m", "input": prompt, "text": {"format": {"type": "json_schema", "name": "x", "schema": schema}}}),
            "/output/0/content/0/text",
        ),
        (
            "/v1/messages",
            json!({"model": "m", "max_tokens": 4096, "messages": messages, "output_config": {"format": anthropic}}),
            "/content/0/text",
        ),
        (
            "/v1/messages",
            json!({"model": "m", "max_tokens": 4096, "messages": messages, "output_format": anthropic}),
            "/content/0/text",
        ),
        (
            gemini,
            google(json!({"responseMimeType": "application/json", "responseJsonSchema": schema})),
            candidate,
        ),
        (
            gemini,
            google(
                json!({"responseMimeType": "application/json", "responseSchema": in_capitals(schema)}),
            ),
            candidate,
        ),
        (
            gemini,
            json!({"contents": contents, "generation_config": {"response_mime_type": "application/json",
                "response_schema": schema}}),
            candidate,
        ),
        (
            gemini,
            json!({"contents": contents, "generationConfig": {"response_mime_type": "application/json",
                "response_json_schema": schema}}),
            candidate,
        ),
        (
            "/v1/projects/p/locations/l/publishers/google/models/m:generateContent",
            google(
                json!({"responseMimeType": "application/json", "responseSchema": in_capitals(schema)}),
            ),
            candidate,
        ),
        (
            "/v2/chat",
            json!({"model": "m", "messages": messages, "response_format": {"type": "json_object", "schema": schema}}),
            "/message/content/0/text",
        ),
        (
            "/v2/chat",
            json!({"model": "m", "messages": messages, "response_format": {"type": "json_object", "json_schema": schema}}),
            "/message/content/0/text",
        ),
        (
            "/v1/chat",
            json!({"model": "m", "message": prompt, "response_format": {"type": "json_object", "schema": schema}}),
            "/text",
        ),
        (
            "/api/chat",
            json!({"model": "m", "stream": false, "messages": messages, "format": schema}),
            "/message/content",
        ),
        (
            "/api/generate",
            json!({"model": "m", "stream": false, "prompt": prompt, "format": schema}),
            "/response",
        ),
        (
            "/model/anthropic.claude-sonnet-5/converse",
            json!({"messages": [{"role": "user", "content": [{"text": prompt}]}], "outputConfig": bedrock}),
            "/output/message/content/0/text",
        ),
        (
            "/model/anthropic.claude-sonnet-5/invoke",
            json!({"anthropic_version": "bedrock-2023-05-31", "max_tokens": 4096, "messages": messages,
                "output_config": {"format": anthropic}}),
            "/content/0/text",
        ),
    ]
}

/// A schema as Gemini's own types spell it.
pub(super) fn in_capitals(schema: &Value) -> Value {
    match schema {
        Value::Object(members) => {
            let members = members.iter().filter(|(name, _)| *name != "additionalProperties");
            let member = |(name, value): (&String, &Value)| {
                let value = match value.as_str() {
                    Some(kind) if name == "type" => kind.to_uppercase().into(),
                    _ => in_capitals(value),
                };
                (name.clone(), value)
            };
            members.map(member).collect::<serde_json::Map<_, _>>().into()
        }
        Value::Array(items) => items.iter().map(in_capitals).collect(),
        other => other.clone(),
    }
}

/// Every way to force the second of two tools, or any: path, body, and where the name and the arguments are.
pub(super) fn forced(schema: &Value) -> Vec<(&'static str, Value, &'static str, &'static str)> {
    let messages = json!([user("one two")]);
    let contents = json!([{"role": "user", "parts": [{"text": "one two"}]}]);
    let chat = |choice: Value| {
        let tool = |name: &str| json!({"type": "function", "function": {"name": name, "parameters": schema}});
        let body = json!({"model": "m", "messages": messages, "tools": [tool("a"), tool("b")], "tool_choice": choice});
        (
            "/v1/chat/completions",
            body,
            "/choices/0/message/tool_calls/0/function/name",
            "/choices/0/message/tool_calls/0/function/arguments",
        )
    };
    let responses = |choice: Value| {
        let tool = |name: &str| json!({"type": "function", "name": name, "parameters": schema});
        let body = json!({"model": "m", "input": "one two", "tools": [tool("a"), tool("b")], "tool_choice": choice});
        ("/v1/responses", body, "/output/0/name", "/output/0/arguments")
    };
    let anthropic = |choice: Value| {
        let tool = |name: &str| json!({"name": name, "input_schema": schema});
        let body = json!({"model": "m", "max_tokens": 4096, "messages": messages, "tools": [tool("a"), tool("b")],
            "tool_choice": choice});
        ("/v1/messages", body, "/content/0/name", "/content/0/input")
    };
    let gemini = |config: Value| {
        let tool = |name: &str| json!({"name": name, "parameters": in_capitals(schema)});
        let body = json!({"contents": contents, "tools": [{"functionDeclarations": [tool("a"), tool("b")]}],
            "toolConfig": {"functionCallingConfig": config}});
        (
            "/v1beta/models/m:generateContent",
            body,
            "/candidates/0/content/parts/0/functionCall/name",
            "/candidates/0/content/parts/0/functionCall/args",
        )
    };
    // as google-genai for Python sends it
    let snake = |config: Value| {
        let tool = |name: &str| json!({"name": name, "parameters_json_schema": schema});
        let (path, mut body, name, arguments) = gemini(config);
        body["tools"] = json!([{"functionDeclarations": [tool("a"), tool("b")]}]);
        (path, body, name, arguments)
    };
    let bedrock = |choice: Value| {
        let tool =
            |name: &str| json!({"toolSpec": {"name": name, "inputSchema": {"json": schema}}});
        let body = json!({"messages": [{"role": "user", "content": [{"text": "one two"}]}],
            "toolConfig": {"tools": [tool("a"), tool("b")], "toolChoice": choice}});
        (
            "/model/m/converse",
            body,
            "/output/message/content/0/toolUse/name",
            "/output/message/content/0/toolUse/input",
        )
    };
    let function = json!({"type": "function", "function": {"name": "b"}});
    let allowed = json!([{"type": "function", "name": "b"}]);
    vec![
        chat(function.clone()),
        chat(
            json!({"type": "allowed_tools", "allowed_tools": {"mode": "required", "tools": [function]}}),
        ),
        responses(json!({"type": "function", "name": "b"})),
        responses(json!({"type": "allowed_tools", "mode": "required", "tools": allowed})),
        anthropic(json!({"type": "tool", "name": "b"})),
        gemini(json!({"mode": "ANY", "allowedFunctionNames": ["b"]})),
        snake(json!({"mode": "ANY", "allowedFunctionNames": ["b"]})),
        bedrock(json!({"tool": {"name": "b"}})),
        chat(json!("required")),
        chat(json!("any")),
        responses(json!("required")),
        anthropic(json!({"type": "any"})),
        gemini(json!({"mode": "ANY"})),
        bedrock(json!({"any": {}})),
    ]
}
