//! Conversations that providers reject, in their own words.

use super::strategies::{json_of, post, user};
use crate::server::{Server, Workdir};
use serde_json::{Value, json};

/// The pages that show the words of providers, as the rejections cite them.
const CITED: [&str; 5] = [
    include_str!("../../../../llmock/src/reply/server/rejections/anthropic.rs"),
    include_str!("../../../../llmock/src/reply/server/rejections/bedrock.rs"),
    include_str!("../../../../llmock/src/reply/server/rejections/gemini.rs"),
    include_str!("../../../../llmock/src/reply/server/rejections/openai.rs"),
    include_str!("../../../../llmock/src/reply/server/rejections/strict.rs"),
];

const CHAT: &str = "/v1/chat/completions";
const CONVERSE: &str = "/model/m/converse";
const GENERATE: &str = "/v1beta/models/m:generateContent";

/// A rejected request: path, body, where the message is, the whole message, and the page that shows it.
type Rejected = (&'static str, Value, &'static str, &'static str, &'static str);

fn of_openai() -> Vec<Rejected> {
    let tool = |id: &str| json!({"role": "tool", "tool_call_id": id, "content": "1"});
    let calls = json!({"role": "assistant", "tool_calls": [
        {"id": "a", "type": "function", "function": {"name": "f", "arguments": "{}"}},
        {"id": "b", "type": "function", "function": {"name": "f", "arguments": "{}"}}]});
    let chat = |messages: Value| json!({"model": "m", "messages": messages});
    let input = |item: Value| json!({"model": "m", "input": [item]});
    vec![
        (
            CHAT,
            chat(json!([user("x"), tool("a")])),
            "/error/message",
            "Invalid parameter: messages with role 'tool' must be a response to a preceeding message with 'tool_calls'.",
            "https://github.com/sdcb/chats/pull/132",
        ),
        (
            CHAT,
            chat(json!([user("x"), calls, tool("a")])),
            "/error/message",
            "An assistant message with 'tool_calls' must be followed by tool messages responding to each 'tool_call_id'. The following tool_call_ids did not have response messages: b",
            "https://github.com/sdcb/chats/pull/132",
        ),
        (
            CHAT,
            chat(json!([user("x"), calls, tool("a"), tool("b"), tool("c")])),
            "/error/message",
            "Invalid parameter: 'tool_call_id' of 'c' not found in 'tool_calls' of previous message.",
            "https://github.com/dapr/dapr-agents/issues/145",
        ),
        (
            CHAT,
            json!({"model": "m", "stream": true, "messages": []}),
            "/error/message",
            "Invalid 'messages': empty array. Expected an array with minimum length 1, but got an empty array instead.",
            "https://github.com/CopilotKit/CopilotKit/issues/529",
        ),
        (
            "/mistral/v1/chat/completions",
            chat(json!([user("x"), tool("a")])),
            "/error/message",
            "Not the same number of function calls and responses",
            "https://github.com/mistralai/client-python/issues/234",
        ),
        (
            "/v1/responses",
            input(json!({"type": "function_call", "call_id": "c", "name": "f", "arguments": "{}"})),
            "/error/message",
            "No tool output found for function call c.",
            "https://github.com/continuedev/continue/issues/10092",
        ),
        (
            "/v1/responses",
            input(json!({"type": "function_call_output", "call_id": "c", "output": "1"})),
            "/error/message",
            "No tool call found for function call output with call_id c.",
            "https://github.com/bytedance/trae-agent/issues/245",
        ),
    ]
}

fn of_anthropic() -> Vec<Rejected> {
    let messages = |all: Value| json!({"model": "m", "max_tokens": 9, "messages": all});
    let used = json!({"role": "assistant", "content": [{"type": "tool_use", "id": "t", "name": "f", "input": {}}]});
    let result = user(json!([{"type": "tool_result", "tool_use_id": "t"}]));
    vec![
        (
            "/v1/messages",
            json!({"model": "m", "messages": [user("x")]}),
            "/error/message",
            "max_tokens: Field required",
            "https://github.com/tickernelz/opencode-mem/issues/50",
        ),
        (
            "/v1/messages",
            messages(json!([])),
            "/error/message",
            "messages: at least one message is required",
            "https://portkey.ai/error-library/input-validation-error-10153",
        ),
        (
            "/v1/messages",
            messages(json!([result])),
            "/error/message",
            "messages.0.content.0: unexpected `tool_use_id` found in `tool_result` blocks: t. Each `tool_result` block must have a corresponding `tool_use` block in the previous message.",
            "https://github.com/anthropics/claude-code/issues/13460",
        ),
        (
            "/v1/messages",
            messages(json!([user("x"), used, user("y")])),
            "/error/message",
            "messages.1: `tool_use` ids were found without `tool_result` blocks immediately after: t. Each `tool_use` block must have a corresponding `tool_result` block in the next message.",
            "https://github.com/anthropics/claude-code/issues/8210",
        ),
    ]
}

fn of_others() -> Vec<Rejected> {
    let response =
        json!({"role": "user", "parts": [{"functionResponse": {"name": "f", "response": {}}}]});
    let call = json!({"functionCall": {"name": "f", "args": {}}});
    let two = json!([{"role": "model", "parts": [call, call]}, response]);
    let result =
        json!({"role": "user", "content": [{"toolResult": {"toolUseId": "t", "content": []}}]});
    let used = json!({"role": "assistant", "content": [{"toolUse": {"toolUseId": "t", "name": "f", "input": {}}}]});
    vec![
        (
            GENERATE,
            json!({"contents": []}),
            "/error/message",
            "* GenerateContentRequest.contents: contents is not specified\n",
            "https://github.com/ikechan8370/chatgpt-plugin/issues/733",
        ),
        (
            GENERATE,
            json!({"contents": two}),
            "/error/message",
            "Please ensure that the number of function response parts is equal to the number of function call parts of the function call turn.",
            "https://github.com/google-gemini/gemini-cli/issues/16543",
        ),
        (
            GENERATE,
            json!({"contents": [response]}),
            "/error/message",
            "Please ensure that function response turn comes immediately after a function call turn.",
            "https://github.com/langchain-ai/langchain/issues/27799",
        ),
        (
            CONVERSE,
            json!({"messages": [result]}),
            "/message",
            "The number of toolResult blocks at messages.0.content exceeds the number of toolUse blocks of previous turn.",
            "https://github.com/strands-agents/harness-sdk/issues/1435",
        ),
        (
            CONVERSE,
            json!({"messages": [used, {"role": "user", "content": [{"text": "x"}]}]}),
            "/message",
            "Expected toolResult blocks at messages.1.content for the following Ids: t",
            "https://github.com/genkit-ai/aws-bedrock-js-plugin/issues/664",
        ),
    ]
}

fn of_strict() -> Vec<Rejected> {
    let chat = |more: Value| {
        let mut body = json!({"model": "m", "messages": [user("x")]});
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        body
    };
    let format = |schema: Value| {
        chat(json!({"response_format": {"type": "json_schema", "json_schema":
            {"name": "response", "strict": true, "schema": schema}}}))
    };
    let open = json!({"type": "object", "properties": {}});
    let closed = |properties: Value| json!({"type": "object", "properties": properties, "required": ["a"], "additionalProperties": false});
    let function = json!({"type": "function", "function": {"name": "f", "strict": true,
        "parameters": closed(json!({"a": open}))}});
    vec![
        (
            "/v1/messages",
            json!({"model": "m", "max_tokens": 9, "messages": [{"role": "system", "content": "s"}, user("x")]}),
            "/error/message",
            "messages: Unexpected role \"system\". The Messages API accepts a top-level `system` parameter, not \"system\" as an input message role.",
            "https://github.com/ianarawjo/ChainForge/issues/271",
        ),
        (
            CHAT,
            format(open.clone()),
            "/error/message",
            "Invalid schema for response_format 'response': In context=(), 'additionalProperties' is required to be supplied and to be false.",
            "https://github.com/moeru-ai/xsai/issues/145",
        ),
        (
            CHAT,
            format(closed(json!({"a": {"type": "string"}, "roles": {"type": "string"}}))),
            "/error/message",
            "Invalid schema for response_format 'response': In context=(), 'required' is required to be supplied and to be an array including every key in properties. Missing 'roles'.",
            "https://github.com/vercel/ai/issues/6484",
        ),
        (
            CHAT,
            chat(json!({"tools": [function]})),
            "/error/message",
            "Invalid schema for function 'f': In context=('properties', 'a'), 'additionalProperties' is required to be supplied and to be false.",
            "https://github.com/lastmile-ai/openai-agents-mcp/issues/2",
        ),
        (
            CHAT,
            chat(json!({"tools": [{"type": "function"}]})),
            "/error/message",
            "Missing required parameter: 'tools[0].function'.",
            "https://github.com/bolna-ai/bolna/issues/144",
        ),
        (
            "/v1/responses",
            json!({"model": "m", "input": "x", "tools": [{"type": "function"}]}),
            "/error/message",
            "Missing required parameter: 'tools[0].name'.",
            "https://github.com/microsoft/vscode-copilot-release/issues/11157",
        ),
    ]
}

/// Sends each request, and compares the whole message with that of the page.
fn are_rejected(server: &Server, all: Vec<Rejected>) {
    for (path, body, place, words, page) in all {
        let response = post(server, path, &body);
        assert_eq!(response.status, 400, "{path} {}", response.text());
        let found = json_of(&response);
        assert_eq!(found.pointer(place).and_then(Value::as_str), Some(words), "{path} {body}");
        assert!(CITED.iter().any(|file| file.contains(page)), "{page} is not cited");
    }
}

#[test]
fn conversations_are_rejected_in_the_words_of_the_provider() {
    let server = Workdir::new().serve(&[], &[]);
    are_rejected(&server, [of_openai(), of_anthropic(), of_others()].concat());
}

#[test]
fn strict_servers_reject_schemas_and_roles() {
    let loose = Workdir::new().serve(&[], &[]);
    for (path, body, ..) in of_strict() {
        let response = post(&loose, path, &body);
        assert_eq!(response.status, 200, "{}", response.text());
    }
    are_rejected(&Workdir::new().serve(&["--strict"], &[]), of_strict());
}

#[test]
fn strict_servers_know_the_contract() {
    let with = |model: &str, more: serde_json::Value| {
        let mut body = json!({"model": model, "max_tokens": 9, "messages": [user("x")]});
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        body
    };
    let prefill = json!({"messages": [user("x"), {"role": "assistant", "content": "{"}]});
    for (path, body, status, words) in [
        (
            "/v1/messages",
            with("claude-opus-4-7", json!({"temperature": 0.2})),
            400,
            "`temperature` is deprecated for this model.",
        ),
        (
            "/v1/messages",
            with("claude-opus-4-6", prefill),
            400,
            "This model does not support assistant message prefill.",
        ),
        (
            "/v1/messages",
            with("claude-3-haiku-20240307", json!({})),
            404,
            "model: claude-3-haiku-20240307",
        ),
        (
            "/v1/chat/completions",
            with("gpt-5-mini", json!({})),
            400,
            "Unsupported parameter: 'max_tokens' is not supported with this model.",
        ),
        (
            "/v1/chat/completions",
            with("gpt-4.1-mini", json!({"stop": ["a", "b", "c", "d", "e"]})),
            400,
            "Invalid 'stop': array too long.",
        ),
    ] {
        let strict = post(&Workdir::new().serve(&["--strict"], &[]), path, &body);
        let message = json_of(&strict)["error"]["message"].as_str().unwrap_or_default().to_owned();
        assert!(strict.status == status && message.contains(words), "{}: {message}", strict.status);
    }
    let body = with("claude-opus-4-7", json!({"temperature": 0.2}));
    let loose = post(&Workdir::new().serve(&[], &[]), "/v1/messages", &body);
    assert_eq!(loose.status, 200, "{}", loose.text());
}
