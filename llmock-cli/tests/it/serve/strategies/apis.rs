//! The same strategies in every API.

use serde_json::{Value, json};

use super::{json_of, post, server, user};

/// A request of each API, and where its response has the text, the calls, and the error message.
struct Api {
    path: &'static str,
    body: fn(&str) -> Value,
    text: &'static str,
    /// Name and arguments of the first call.
    call: (&'static str, &'static str),
    message: &'static str,
}

const APIS: [Api; 9] = [
    Api {
        path: "/chat/completions",
        body: |text| json!({"model": "m", "messages": [user(text)]}),
        text: "/choices/0/message/content",
        call: (
            "/choices/0/message/tool_calls/0/function/name",
            "/choices/0/message/tool_calls/0/function/arguments",
        ),
        message: "/error/message",
    },
    Api {
        path: "/v1/responses",
        body: |text| json!({"model": "m", "input": text}),
        text: "/output/0/content/0/text",
        call: ("/output/0/name", "/output/0/arguments"),
        message: "/error/message",
    },
    Api {
        path: "/v1/messages",
        body: |text| json!({"model": "m", "max_tokens": 9, "messages": [user(text)]}),
        text: "/content/0/text",
        call: ("/content/0/name", "/content/0/input"),
        message: "/error/message",
    },
    Api {
        path: "/v1beta/models/m:generateContent",
        body: |text| json!({"contents": [{"role": "user", "parts": [{"text": text}]}]}),
        text: "/candidates/0/content/parts/0/text",
        call: (
            "/candidates/0/content/parts/0/functionCall/name",
            "/candidates/0/content/parts/0/functionCall/args",
        ),
        message: "/error/message",
    },
    Api {
        path: "/api/chat",
        body: |text| json!({"model": "m", "stream": false, "messages": [user(text)]}),
        text: "/message/content",
        call: ("/message/tool_calls/0/function/name", "/message/tool_calls/0/function/arguments"),
        message: "/error",
    },
    Api {
        path: "/v2/chat",
        body: |text| json!({"model": "m", "messages": [user(text)]}),
        text: "/message/content/0/text",
        call: ("/message/tool_calls/0/function/name", "/message/tool_calls/0/function/arguments"),
        message: "/message",
    },
    Api {
        path: "/model/m%3A0/converse",
        body: |text| json!({"messages": [{"role": "user", "content": [{"text": text}]}]}),
        text: "/output/message/content/0/text",
        call: ("/output/message/content/0/toolUse/name", "/output/message/content/0/toolUse/input"),
        message: "/message",
    },
    Api {
        path: "/groq/openai/v1/chat/completions",
        body: |text| json!({"model": "m", "messages": [user(text)]}),
        text: "/choices/0/message/content",
        call: (
            "/choices/0/message/tool_calls/0/function/name",
            "/choices/0/message/tool_calls/0/function/arguments",
        ),
        message: "/error/message",
    },
    Api {
        path: "/openai/deployments/d/chat/completions?api-version=2024-10-21",
        body: |text| json!({"messages": [user(text)]}),
        text: "/choices/0/message/content",
        call: (
            "/choices/0/message/tool_calls/0/function/name",
            "/choices/0/message/tool_calls/0/function/arguments",
        ),
        message: "/error/message",
    },
];

#[test]
fn every_api_has_the_same_strategies() {
    let server = server();
    for api in APIS {
        let send = |text: &str| post(&server, api.path, &(api.body)(text));
        let at = |response: &Value, pointer: &str| {
            response.pointer(pointer).cloned().unwrap_or_default()
        };
        let response = json_of(&send("Hello!"));
        assert_eq!(at(&response, api.text), "Hello!", "{} {response}", api.path);
        let response = json_of(&send("call tool 'f' with '{\"t\":\"it's\"}'"));
        assert_eq!(at(&response, api.call.0), "f", "{} {response}", api.path);
        let arguments = match at(&response, api.call.1) {
            Value::String(text) => serde_json::from_str(&text).unwrap(),
            other => other,
        };
        assert_eq!(arguments, json!({"t": "it's"}), "{} {response}", api.path);
        let refused = send(r#"raise error {"code": 429, "message": "slow down"}"#);
        assert_eq!(refused.status, 429, "{}", api.path);
        assert_eq!(at(&json_of(&refused), api.message), "slow down", "{} {refused:?}", api.path);
        assert_eq!(refused.header("content-type"), Some("application/json"));
    }
}
