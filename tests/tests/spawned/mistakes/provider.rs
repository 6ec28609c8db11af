//! The provider of the museum: it answers every API that the tests use, and refuses some requests.

use llmock_testkit::upstream::{Request, Response};
use serde_json::{Value, json};

/// What the tools of a tour are called with.
const ARGUMENTS: &str = r#"{"work":"The Lighthouse"}"#;

/// The answer to any request.
pub(super) fn answer(request: &Request) -> Response {
    let body: Value = serde_json::from_slice(&request.body).unwrap_or_default();
    let path = request.target.as_str();
    if path.ends_with("/embeddings") {
        return json(&json!({
            "object": "list",
            "model": body["model"],
            "data": [{ "object": "embedding", "index": 0, "embedding": [0.25, -0.5] }],
            "usage": { "prompt_tokens": 4, "total_tokens": 4 },
        }));
    }
    if path.ends_with("/messages") {
        return json(&json!({
            "id": "msg_1",
            "type": "message",
            "role": "assistant",
            "model": body["model"],
            "content": [{ "type": "text", "text": "A work of its time." }],
            "stop_reason": "end_turn",
            "stop_sequence": null,
            "usage": { "input_tokens": 9, "output_tokens": 6 },
        }));
    }
    if path.ends_with("/chat/completions") {
        return chat(&body);
    }
    json(&json!({ "object": "list", "data": [] }))
}

/// The same, unless the prompt is one of those that fail.
pub(super) fn refuse(request: &Request) -> Response {
    let text = request.text();
    for (prompt, status, code, message) in [
        ("the first fresco", 401, "invalid_api_key", "The key sk-studio-wrong is not known."),
        ("fresco further", 429, "insufficient_quota", "Your credit is used up."),
        ("the fourth fresco", 401, "invalid_api_key", "You sent no key."),
        ("the twelfth fresco", 403, "unsupported_country", "Your country is not served."),
    ] {
        if text.contains(prompt) {
            let error = json!({ "message": message, "type": code, "param": null, "code": code });
            return json(&json!({ "error": error })).with_status(status);
        }
    }
    answer(request)
}

fn json(body: &Value) -> Response {
    Response::json(body.to_string())
}

fn chat(body: &Value) -> Response {
    if body["stream"] == true {
        return stream(body);
    }
    let tools = body["tools"].as_array().map_or(0, Vec::len);
    let results = body["messages"].as_array().into_iter().flatten();
    let results = results.filter(|message| message["role"] == "tool").count();
    let (message, finish) = if results < tools {
        let function = &body["tools"][results]["function"];
        let call = json!({
            "id": format!("call_{results}"),
            "type": "function",
            "function": { "name": function["name"], "arguments": ARGUMENTS },
        });
        (json!({ "role": "assistant", "content": null, "tool_calls": [call] }), "tool_calls")
    } else {
        (json!({ "role": "assistant", "content": "Follow the light." }), "stop")
    };
    json(&json!({
        "id": "chat-1",
        "object": "chat.completion",
        "created": 1_767_225_600,
        "model": body["model"],
        "choices": [{ "index": 0, "message": message, "finish_reason": finish, "logprobs": null }],
        "usage": { "prompt_tokens": 12, "completion_tokens": 5, "total_tokens": 17 },
    }))
}

fn stream(body: &Value) -> Response {
    let chunk = |delta: Value, finish: Value| {
        let choice = json!({ "index": 0, "delta": delta, "finish_reason": finish });
        let chunk = json!({
            "id": "chat-1",
            "object": "chat.completion.chunk",
            "created": 1_767_225_600,
            "model": body["model"],
            "choices": [choice],
        });
        format!("data: {chunk}\n\n")
    };
    Response::sse([
        chunk(json!({ "role": "assistant", "content": "Follow " }), Value::Null),
        chunk(json!({ "content": "the light." }), Value::Null),
        chunk(json!({}), json!("stop")),
        "data: [DONE]\n\n".to_owned(),
    ])
}
