//! Conversations that providers reject, in their own words.

use super::strategies::{json_of, post, user};
use crate::server::Workdir;
use serde_json::json;

#[test]
fn conversations_are_rejected_in_the_words_of_the_provider() {
    let server = Workdir::new().serve(&[], &[]);
    let tool = json!({"role": "tool", "tool_call_id": "a", "content": "1"});
    let response =
        json!({"role": "user", "parts": [{"functionResponse": {"name": "f", "response": {}}}]});
    let converse =
        json!({"role": "user", "content": [{"toolResult": {"toolUseId": "t", "content": []}}]});
    for (path, body, place, words) in [
        (
            "/v1/chat/completions",
            json!({"model": "m", "messages": [user("x"), tool]}),
            "/error/message",
            "must be a response to a preceeding message with 'tool_calls'",
        ),
        (
            "/v1/chat/completions",
            json!({"model": "m", "stream": true, "messages": []}),
            "/error/message",
            "Invalid 'messages': empty array.",
        ),
        (
            "/mistral/v1/chat/completions",
            json!({"model": "m", "messages": [user("x"), tool]}),
            "/error/message",
            "Not the same number of function calls and responses",
        ),
        (
            "/v1/responses",
            json!({"model": "m", "input": [{"type": "function_call", "call_id": "c", "name": "f", "arguments": "{}"}]}),
            "/error/message",
            "No tool output found for function call c.",
        ),
        (
            "/v1/messages",
            json!({"model": "m", "messages": [user("x")]}),
            "/error/message",
            "max_tokens: Field required",
        ),
        (
            "/v1/messages",
            json!({"model": "m", "max_tokens": 9, "messages": [user(json!([{"type": "tool_result", "tool_use_id": "t"}]))]}),
            "/error/message",
            "messages.0.content.0: unexpected `tool_use_id` found in `tool_result` blocks: t.",
        ),
        (
            "/v1beta/models/m:generateContent",
            json!({"contents": [response]}),
            "/error/message",
            "function response turn comes immediately after a function call turn",
        ),
        (
            "/model/m/converse",
            json!({"messages": [converse]}),
            "/message",
            "The number of toolResult blocks at messages.0.content exceeds",
        ),
    ] {
        let response = post(&server, path, &body);
        assert_eq!(response.status, 400, "{path} {}", response.text());
        let found = json_of(&response);
        let message = found.pointer(place).and_then(|message| message.as_str());
        assert!(message.is_some_and(|message| message.contains(words)), "{path} {found}");
    }
}

#[test]
fn strict_servers_reject_schemas_and_roles() {
    let open = json!({"type": "object", "properties": {"a": {"type": "string"}}});
    let format = json!({"type": "json_schema", "json_schema": {"name": "x", "strict": true, "schema": open}});
    for (path, body, words) in [
        (
            "/v1/chat/completions",
            json!({"model": "m", "messages": [user("x")], "response_format": format}),
            "'additionalProperties' is required to be supplied and to be false",
        ),
        (
            "/v1/messages",
            json!({"model": "m", "max_tokens": 9, "messages": [{"role": "system", "content": "s"}, user("x")]}),
            "The Messages API accepts a top-level `system` parameter",
        ),
    ] {
        let loose = post(&Workdir::new().serve(&[], &[]), path, &body);
        assert_eq!(loose.status, 200, "{}", loose.text());
        let strict = post(&Workdir::new().serve(&["--strict"], &[]), path, &body);
        let message = json_of(&strict)["error"]["message"].as_str().unwrap().to_owned();
        assert!(strict.status == 400 && message.contains(words), "{message}");
    }
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
