//! `llmock serve`: quotas, the context window, and the headers of each provider about its limits.

use llmock_testkit::client::{Request, Response};
use serde_json::{Value, json};

use super::limits::json_of;
use crate::server::{Server, Workdir};

/// Path and body of a conversation in each API.
fn apis() -> Vec<(&'static str, Value)> {
    let words = "one two three four five six seven eight nine ten";
    let chat = json!({"model": "m", "messages": [{"role": "user", "content": words}]});
    let mut anthropic = chat.clone();
    anthropic["max_tokens"] = json!(5);
    vec![
        ("/v1/chat/completions", chat.clone()),
        ("/v1/responses", json!({"model": "m", "input": words})),
        ("/v1/messages", anthropic),
        ("/v1beta/models/m:generateContent", json!({"contents": [{"parts": [{"text": words}]}]})),
        ("/api/chat", chat.clone()),
        ("/v2/chat", chat.clone()),
        (
            "/model/m/converse",
            json!({"messages": [{"role": "user", "content": [{"text": words}]}]}),
        ),
        ("/groq/openai/v1/chat/completions", chat.clone()),
        ("/mistral/v1/chat/completions", chat),
    ]
}

fn send(server: &Server, path: &str, body: &Value) -> Response {
    server.send(&Request::post(path, body.to_string()))
}

fn header<'a>(response: &'a Response, name: &str) -> &'a str {
    response.header(name).unwrap_or_else(|| panic!("no {name}: {response:?}"))
}

fn message(body: &Value) -> String {
    let found = ["/error/message", "/message", "/error"];
    let found = found.iter().find_map(|path| body.pointer(path)?.as_str());
    found.unwrap_or_else(|| panic!("no message: {body}")).to_owned()
}

#[test]
fn a_quota_of_requests_is_refused_in_the_form_of_each_provider() {
    let words = [
        "Rate limit reached for m in organization org-llmock on requests per min (RPM): Limit 1, Used 1, Requested 1.",
        "Rate limit reached for m in organization org-llmock on requests per min (RPM): Limit 1",
        "This request would exceed your organization's rate limit of 1 requests per minute.",
        "You exceeded your current quota, please check your plan and billing details.",
        "too many requests",
        "which is limited to 1 API calls / minute",
        "Too many requests, please wait before trying again.",
        "in organization `org_llmock` service tier `on_demand` on requests per minute (RPM): Limit 1",
        "Requests rate limit exceeded",
    ];
    for ((path, body), words) in apis().into_iter().zip(words) {
        let server = Workdir::new().serve(&["--quota-requests-per-minute", "1"], &[]);
        assert_eq!(send(&server, path, &body).status, 200, "{path}");
        let refused = send(&server, path, &body);
        assert_eq!(refused.status, 429, "{path} {refused:?}");
        let found = message(&json_of(&refused));
        assert!(found.contains(words), "{path}: {found}");
        let wait: u64 = header(&refused, "retry-after").parse().unwrap();
        assert!((1..=60).contains(&wait), "{path} {wait}");
    }
}

#[test]
fn the_headers_count_the_quota_down() {
    let server = Workdir::new()
        .serve(&["--quota-requests-per-minute", "2", "--quota-tokens-per-minute", "1000"], &[]);
    let [openai, _, anthropic, gemini, ..] = &apis()[..] else { panic!("few APIs") };
    let first = send(&server, openai.0, &openai.1);
    assert_eq!(header(&first, "x-ratelimit-limit-requests"), "2");
    assert_eq!(header(&first, "x-ratelimit-remaining-requests"), "1");
    assert_eq!(header(&first, "x-ratelimit-limit-tokens"), "1000");
    assert!(header(&first, "x-ratelimit-reset-requests").ends_with('s'));
    let second = send(&server, anthropic.0, &anthropic.1);
    assert_eq!(header(&second, "anthropic-ratelimit-requests-limit"), "2");
    assert_eq!(header(&second, "anthropic-ratelimit-requests-remaining"), "0");
    assert!(header(&second, "anthropic-ratelimit-tokens-reset").ends_with('Z'));
    let third = send(&server, gemini.0, &gemini.1);
    let error = json_of(&third);
    assert_eq!((third.status, &error["error"]["status"]), (429, &json!("RESOURCE_EXHAUSTED")));
    let details = error["error"]["details"].as_array().unwrap();
    let retry =
        details.iter().find(|one| one["@type"] == "type.googleapis.com/google.rpc.RetryInfo");
    assert!(retry.unwrap()["retryDelay"].as_str().unwrap().ends_with('s'), "{error}");
    // another session has a quota of its own
    let other = Request::post(openai.0, openai.1.to_string()).header("x-llmock-session", "other");
    assert_eq!(server.send(&other).status, 200);
}

#[test]
fn a_quota_of_tokens_counts_requests_and_responses() {
    let server = Workdir::new().serve(&["--quota-tokens-per-minute", "40"], &[]);
    let (path, body) = &apis()[0];
    // 12 tokens there, and as many back
    assert_eq!(send(&server, path, body).status, 200);
    assert_eq!(send(&server, path, body).status, 200);
    let refused = send(&server, path, body);
    assert_eq!(refused.status, 429);
    let error = json_of(&refused)["error"].clone();
    assert_eq!((&error["type"], &error["code"]), (&json!("tokens"), &json!("rate_limit_exceeded")));
    let found = message(&json_of(&refused));
    assert!(found.contains("tokens per min (TPM): Limit 40, Used 48, Requested 12"), "{found}");
}

#[test]
fn a_quota_of_zero_refuses_everything_and_says_why() {
    let server = Workdir::new().serve(&["--quota-requests-per-minute", "0"], &[]);
    server.wait_for_stderr("`quota.requests-per-minute` is 0: every request gets status 429");
    let (path, body) = &apis()[0];
    for _ in 0..2 {
        let refused = send(&server, path, body);
        assert_eq!(refused.status, 429);
        let found = message(&json_of(&refused));
        assert!(found.contains("`quota.requests-per-minute` is 0"), "{found}");
    }
    assert_eq!(server.send(&Request::get("/health")).status, 200);
    assert_eq!(server.send(&Request::get("/v1/models")).status, 200);
}

#[test]
fn a_request_beyond_the_context_window_gets_the_error_of_its_provider() {
    let words = [
        "This model's maximum context length is 8 tokens. However, your messages resulted in 12 tokens.",
        "Your input exceeds the context window of this model.",
        "prompt is too long: 12 tokens > 8 maximum",
        "The input token count (12) exceeds the maximum number of tokens allowed (8).",
        "the input length exceeds the context length",
        "too many tokens",
        "Input is too long for requested model.",
        "Please reduce the length of the messages or completion.",
        "too large for model with 8 maximum context length",
    ];
    let server = Workdir::new().serve(&["--context-window", "8"], &[]);
    for ((path, body), words) in apis().into_iter().zip(words) {
        let refused = send(&server, path, &body);
        assert_eq!(refused.status, 400, "{path} {refused:?}");
        let error = json_of(&refused);
        assert!(message(&error).contains(words), "{path}: {error}");
        if let Some(code) = error.pointer("/error/code").and_then(Value::as_str) {
            assert_eq!(code, "context_length_exceeded", "{path}");
        }
    }
    let wide = Workdir::new().serve(&["--context-window", "15"], &[]);
    let apis = apis();
    let both = json_of(&send(&wide, apis[2].0, &apis[2].1));
    let words = "input length and `max_tokens` exceed context limit: 12 + 5 > 15";
    assert!(message(&both).contains(words), "{both}");
    assert_eq!(send(&wide, apis[0].0, &apis[0].1).status, 200);
}

#[test]
fn responses_have_the_headers_of_their_provider() {
    let server = Workdir::new().serve(&[], &[]);
    let names: [&[&str]; 9] = [
        &[
            "x-ratelimit-limit-requests",
            "x-ratelimit-reset-tokens",
            "openai-processing-ms",
            "x-request-id",
            "openai-version",
        ],
        &["x-ratelimit-remaining-tokens", "openai-processing-ms", "x-request-id"],
        &[
            "request-id",
            "anthropic-ratelimit-requests-limit",
            "anthropic-ratelimit-tokens-remaining",
            "anthropic-ratelimit-tokens-reset",
            "anthropic-organization-id",
        ],
        &["server-timing"],
        &[],
        &[],
        &["x-amzn-requestid"],
        &["x-ratelimit-limit-requests", "x-ratelimit-reset-tokens"],
        &["x-ratelimit-limit-req-minute", "x-ratelimit-remaining-tokens-minute"],
    ];
    for ((path, mut body), names) in apis().into_iter().zip(names) {
        for streams in [false, true] {
            if !path.contains("models") && !path.contains("model/") {
                body["stream"] = json!(streams);
            }
            let response = send(&server, path, &body);
            assert_eq!(response.status, 200, "{path}");
            for name in names {
                assert!(!header(&response, name).is_empty(), "{path}");
            }
        }
    }
}

#[test]
fn a_quota_that_is_no_number_is_an_error() {
    let stderr = Workdir::new().fails_to_start(&["--quota-requests-per-minute", "many"], &[]);
    assert!(stderr.contains("invalid number `many`"), "{stderr}");
    let stderr = Workdir::new().fails_to_start(&["--quota-window", "0"], &[]);
    assert!(stderr.contains("`quota.window`"), "{stderr}");
}
