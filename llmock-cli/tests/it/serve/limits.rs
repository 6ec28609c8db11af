//! `llmock serve`: limits of a request end the response, and what a request asks for is in it.

use llmock_testkit::client::{Request, Response};
use serde_json::{Value, json};

use crate::server::{Server, Workdir};

const TEXT: &str = "one two three four five six END seven";

pub(super) fn server() -> Server {
    Workdir::new().serve(&[], &[])
}

pub(super) fn json_of(response: &Response) -> Value {
    serde_json::from_str(&response.text()).unwrap_or_else(|_| panic!("no JSON: {response:?}"))
}

pub(super) fn ask(server: &Server, path: &str, body: &Value) -> Value {
    let response = server.send(&Request::post(path, body.to_string()));
    assert_eq!(response.status, 200, "{path} {response:?}");
    json_of(&response)
}

/// The data of all server-sent events, or all lines of JSON.
fn events(server: &Server, path: &str, body: &Value) -> Vec<Value> {
    let response = server.send(&Request::post(path, body.to_string()));
    assert_eq!(response.status, 200, "{path} {response:?}");
    let text = response.text();
    let lines = text.lines().map(|line| line.strip_prefix("data: ").unwrap_or(line));
    lines.filter_map(|line| serde_json::from_str(line).ok()).collect()
}

/// An API: a request with a limit of three tokens, and one with a stop sequence; where the response has its text and the
/// reason of its end, and what the reasons are.
struct Api {
    path: &'static str,
    body: Value,
    limit: Value,
    stop: Value,
    text: &'static str,
    reason: &'static str,
    reasons: (&'static str, &'static str),
    output_tokens: &'static str,
}

pub(super) fn with(body: &Value, more: &Value) -> Value {
    let mut all = body.clone();
    for (name, value) in more.as_object().unwrap() {
        all[name] = value.clone();
    }
    all
}

fn apis() -> Vec<Api> {
    let messages = json!([{"role": "user", "content": TEXT}]);
    let chat = json!({"model": "m", "messages": messages});
    let parts = json!({"contents": [{"role": "user", "parts": [{"text": TEXT}]}]});
    let blocks = json!({"messages": [{"role": "user", "content": [{"text": TEXT}]}]});
    let api = |path, body: &Value, limit, stop, text, reason, reasons, output_tokens| Api {
        path,
        body: body.clone(),
        limit,
        stop,
        text,
        reason,
        reasons,
        output_tokens,
    };
    let openai = ("length", "stop");
    let text = "/choices/0/message/content";
    let reason = "/choices/0/finish_reason";
    let tokens = "/usage/completion_tokens";
    vec![
        api(
            "/v1/chat/completions",
            &chat,
            json!({"max_tokens": 3}),
            json!({"stop": "END"}),
            text,
            reason,
            openai,
            tokens,
        ),
        api(
            "/v1/chat/completions",
            &chat,
            json!({"max_completion_tokens": 3}),
            json!({"stop": ["seven", "END"]}),
            text,
            reason,
            openai,
            tokens,
        ),
        api(
            "/groq/openai/v1/chat/completions",
            &chat,
            json!({"max_tokens": 3}),
            json!({"stop": ["END"]}),
            text,
            reason,
            openai,
            tokens,
        ),
        api(
            "/v1/completions",
            &json!({"model": "m", "prompt": TEXT}),
            json!({"max_tokens": 3}),
            json!({"stop": "END"}),
            "/choices/0/text",
            reason,
            openai,
            tokens,
        ),
        api(
            "/v1/messages",
            &with(&chat, &json!({"max_tokens": 100})),
            json!({"max_tokens": 3}),
            json!({"stop_sequences": ["END"]}),
            "/content/0/text",
            "/stop_reason",
            ("max_tokens", "stop_sequence"),
            "/usage/output_tokens",
        ),
        api(
            "/v1beta/models/m:generateContent",
            &parts,
            json!({"generationConfig": {"maxOutputTokens": 3}}),
            json!({"generationConfig": {"stopSequences": ["END"]}}),
            "/candidates/0/content/parts/0/text",
            "/candidates/0/finishReason",
            ("MAX_TOKENS", "STOP"),
            "/usageMetadata/candidatesTokenCount",
        ),
        api(
            "/api/chat",
            &with(&chat, &json!({"stream": false})),
            json!({"options": {"num_predict": 3}}),
            json!({"options": {"stop": ["END"]}}),
            "/message/content",
            "/done_reason",
            openai,
            "/eval_count",
        ),
        api(
            "/api/generate",
            &json!({"model": "m", "prompt": TEXT, "stream": false}),
            json!({"options": {"num_predict": 3}}),
            json!({"options": {"stop": ["END"]}}),
            "/response",
            "/done_reason",
            openai,
            "/eval_count",
        ),
        api(
            "/v2/chat",
            &chat,
            json!({"max_tokens": 3}),
            json!({"stop_sequences": ["END"]}),
            "/message/content/0/text",
            "/finish_reason",
            ("MAX_TOKENS", "STOP_SEQUENCE"),
            "/usage/tokens/output_tokens",
        ),
        api(
            "/cohere/v1/chat",
            &json!({"message": TEXT}),
            json!({"max_tokens": 3}),
            json!({"stop_sequences": ["END"]}),
            "/text",
            "/finish_reason",
            ("MAX_TOKENS", "STOP_SEQUENCE"),
            "/meta/tokens/output_tokens",
        ),
        api(
            "/model/m/converse",
            &blocks,
            json!({"inferenceConfig": {"maxTokens": 3}}),
            json!({"inferenceConfig": {"stopSequences": ["END"]}}),
            "/output/message/content/0/text",
            "/stopReason",
            ("max_tokens", "stop_sequence"),
            "/usage/outputTokens",
        ),
        api(
            "/model/anthropic.claude-v3/invoke",
            &chat,
            json!({"max_tokens": 3}),
            json!({"stop_sequences": ["END"]}),
            "/content/0/text",
            "/stop_reason",
            ("max_tokens", "stop_sequence"),
            "/usage/output_tokens",
        ),
        api(
            "/model/amazon.titan-text-express-v1/invoke",
            &json!({"inputText": TEXT}),
            json!({"textGenerationConfig": {"maxTokenCount": 3}}),
            json!({"textGenerationConfig": {"stopSequences": ["END"]}}),
            "/results/0/outputText",
            "/results/0/completionReason",
            ("LENGTH", "STOP_CRITERIA_MET"),
            "/results/0/tokenCount",
        ),
        api(
            "/model/openai.gpt-oss-20b-1:0/invoke",
            &chat,
            json!({"max_completion_tokens": 3}),
            json!({"stop": "END"}),
            text,
            reason,
            openai,
            tokens,
        ),
    ]
}

#[test]
fn a_token_limit_ends_the_response_in_every_api() {
    let server = server();
    for api in apis() {
        let found = ask(&server, api.path, &with(&api.body, &api.limit));
        assert_eq!(found.pointer(api.text), Some(&json!("one two three")), "{} {found}", api.path);
        assert_eq!(found.pointer(api.reason), Some(&json!(api.reasons.0)), "{} {found}", api.path);
        assert_eq!(found.pointer(api.output_tokens), Some(&json!(3)), "{} {found}", api.path);
    }
}

#[test]
fn a_stop_sequence_ends_the_response_in_every_api() {
    let server = server();
    for api in apis() {
        let found = ask(&server, api.path, &with(&api.body, &api.stop));
        let before = json!("one two three four five six ");
        assert_eq!(found.pointer(api.text), Some(&before), "{} {found}", api.path);
        assert_eq!(found.pointer(api.reason), Some(&json!(api.reasons.1)), "{} {found}", api.path);
        if let Some(named) = found.get("stop_sequence") {
            assert_eq!(named, "END", "{} {found}", api.path);
        }
    }
}

#[test]
fn responses_without_need_of_a_limit_are_whole() {
    let server = server();
    for api in apis() {
        let found = ask(&server, api.path, &api.body);
        assert_eq!(found.pointer(api.text), Some(&json!(TEXT)), "{} {found}", api.path);
    }
}

#[test]
fn a_responses_answer_beyond_its_limit_is_incomplete() {
    let server = server();
    let body = json!({"model": "m", "input": TEXT, "max_output_tokens": 3});
    let found = ask(&server, "/v1/responses", &body);
    assert_eq!(found["status"], "incomplete");
    assert_eq!(found["incomplete_details"], json!({"reason": "max_output_tokens"}));
    assert_eq!(found["output"][0]["content"][0]["text"], "one two three");
    assert_eq!(found["output"][0]["status"], "incomplete");
    assert_eq!(found["usage"]["output_tokens"], 3);
    let all = events(&server, "/v1/responses", &with(&body, &json!({"stream": true})));
    let last = all.last().unwrap();
    assert_eq!(last["type"], "response.incomplete");
    assert_eq!(last["response"]["incomplete_details"]["reason"], "max_output_tokens");
}

#[test]
fn streams_end_at_the_same_limits() {
    let server = server();
    let messages = json!([{"role": "user", "content": TEXT}]);
    let body = json!({"model": "m", "max_tokens": 3, "stream": true, "messages": messages});
    let chunks = events(&server, "/v1/chat/completions", &body);
    let text: String = chunks
        .iter()
        .filter_map(|chunk| chunk["choices"][0]["delta"]["content"].as_str())
        .collect();
    assert_eq!(text, "one two three");
    assert_eq!(chunks.last().unwrap()["choices"][0]["finish_reason"], "length");

    let body = with(&body, &json!({"max_tokens": 100, "stop_sequences": ["END"]}));
    let all = events(&server, "/v1/messages", &body);
    let end = all.iter().find(|event| event["type"] == "message_delta").unwrap();
    assert_eq!(end["delta"], json!({"stop_reason": "stop_sequence", "stop_sequence": "END"}));

    let body = json!({"contents": [{"parts": [{"text": TEXT}]}], "generationConfig": {"maxOutputTokens": 3}});
    let all = events(&server, "/v1beta/models/m:streamGenerateContent?alt=sse", &body);
    let last = all.last().unwrap();
    assert_eq!(last["candidates"][0]["finishReason"], "MAX_TOKENS");
    assert_eq!(last["usageMetadata"]["candidatesTokenCount"], 3);

    let body = json!({"model": "m", "messages": messages, "options": {"num_predict": 3}});
    let all = events(&server, "/api/chat", &body);
    assert_eq!(all.last().unwrap()["done_reason"], "length");
}
