//! `llmock serve`: which endpoints there are, and the format of their responses.

use crate::server::{Server, Workdir};
use llmock_testkit::client::{Request, Response};
use serde_json::{Value, json};

fn server() -> Server {
    Workdir::new().serve(&[], &[])
}

fn listing() -> Server {
    let workdir = Workdir::new();
    workdir.write(
        "config.yaml",
        "models:\n- {id: gpt-5, created: 1715367049, owned_by: openai}\n- meta-llama/Llama-3\n",
    );
    workdir.serve(&["--config", "config.yaml"], &[])
}

fn json_of(response: &Response) -> Value {
    serde_json::from_str(&response.text()).unwrap_or_else(|_| panic!("no JSON: {response:?}"))
}

fn post(path: &str, body: &Value) -> Request {
    Request::post(path, body.to_string())
}

fn hello() -> Value {
    json!({"model": "gpt-5", "messages": [{"role": "user", "content": "Hello big world!"}]})
}

#[test]
fn health_returns_status_and_time() {
    let response = server().send(&Request::get("/health"));
    let body = json_of(&response);
    assert_eq!((response.status, &body["status"]), (200, &json!("healthy")));
    let time = body["timestamp"].as_str().unwrap();
    assert!(time.ends_with('Z') && time.as_bytes()[10] == b'T', "{time}");
}

#[test]
fn serves_openai_endpoints_with_and_without_version() {
    let server = server();
    for prefix in ["", "/v1", "/openai", "/openai/v1"] {
        for (request, member) in [
            (Request::get(&format!("{prefix}/models")), "data"),
            (Request::get(&format!("{prefix}/models/m")), "id"),
            (Request::get(&format!("{prefix}/models/ft:gpt-4o-mini:acme::x")), "id"),
            (Request::get(&format!("{prefix}/models/library/llama3:8b")), "id"),
            (post(&format!("{prefix}/chat/completions"), &hello()), "choices"),
            (post(&format!("{prefix}/responses"), &json!({"model": "m", "input": "Hi"})), "output"),
            (post(&format!("{prefix}/embeddings"), &json!({"model": "m", "input": "Hi"})), "data"),
            (
                post(&format!("{prefix}/completions"), &json!({"model": "m", "prompt": "Hi"})),
                "choices",
            ),
            (post(&format!("{prefix}/moderations"), &json!({"input": "Hi"})), "results"),
        ] {
            let response = server.send(&request);
            assert_eq!(response.status, 200, "{} {response:?}", request.path);
            assert!(!json_of(&response)[member].is_null(), "{} {response:?}", request.path);
        }
    }
}

#[test]
fn recognizes_apis_by_prefix_path_and_headers() {
    let server = server();
    let conversation = json!([{"role": "user", "content": "Hi"}]);
    let messages = json!({"model": "m", "max_tokens": 9, "messages": conversation});
    let contents = json!({"contents": [{"parts": [{"text": "Hi"}]}]});
    for (request, member) in [
        (post("/v1/messages", &messages), "/stop_reason"),
        (post("/anthropic/v1/messages", &messages), "/stop_reason"),
        (post("/v1/messages/count_tokens", &messages), "/input_tokens"),
        (Request::get("/v1/models").header("anthropic-version", "2023-06-01"), "/has_more"),
        (Request::get("/anthropic/v1/models"), "/has_more"),
        (post("/v1beta/models/m:generateContent?key=k", &contents), "/candidates"),
        (post("/gemini/v1beta/models/m:streamGenerateContent", &contents), "/0/candidates"),
        (post("/v1beta/models/m:countTokens", &contents), "/totalTokens"),
        (
            post("/v1beta/models/m:embedContent", &json!({"content": {"parts": [{"text": "Hi"}]}})),
            "/embedding",
        ),
        (Request::get("/v1beta/models"), "/models"),
        (Request::get("/v1/models").header("x-goog-api-key", "k"), "/models"),
        (
            post("/api/chat", &json!({"model": "m", "messages": conversation, "stream": false})),
            "/message",
        ),
        (
            post("/api/generate", &json!({"model": "m", "prompt": "Hi", "stream": false})),
            "/response",
        ),
        (post("/ollama/api/embed", &json!({"model": "m", "input": "Hi"})), "/embeddings"),
        (post("/api/show", &json!({"model": "m"})), "/details"),
        (Request::get("/api/tags"), "/models"),
        (Request::get("/api/version"), "/version"),
        (post("/v2/chat", &json!({"model": "m", "messages": conversation})), "/finish_reason"),
        (post("/v1/chat", &json!({"model": "m", "message": "Hi"})), "/text"),
        (
            post("/cohere/v2/embed", &json!({"model": "m", "texts": ["Hi"], "input_type": "x"})),
            "/embeddings",
        ),
        (post("/v2/rerank", &json!({"model": "m", "query": "q", "documents": ["d"]})), "/results"),
        (
            post(
                "/model/m/converse",
                &json!({"messages": [{"role": "user", "content": [{"text": "Hi"}]}]}),
            ),
            "/stopReason",
        ),
        (
            post(
                "/bedrock/model/anthropic.claude-v2%3A1/invoke",
                &json!({"max_tokens": 9, "messages": conversation}),
            ),
            "/stop_reason",
        ),
        (
            post("/model/meta.llama3-8b-instruct-v1:0/invoke", &json!({"prompt": "Hi"})),
            "/generation",
        ),
        (
            post("/model/mistral.mistral-7b-instruct-v0:2/invoke", &json!({"prompt": "Hi"})),
            "/outputs/0",
        ),
        (
            post("/model/amazon.titan-text-lite-v1/invoke", &json!({"inputText": "Hi"})),
            "/results/0",
        ),
        (
            post("/model/amazon.nova-lite-v1:0/invoke", &json!({"messages": conversation})),
            "/output/message",
        ),
        (post("/model/cohere.command-r-v1:0/invoke", &json!({"message": "Hi"})), "/text"),
        (post("/azure/openai/deployments/d/chat/completions", &hello()), "/choices"),
        (post("/api/v1/chat/completions", &hello()), "/choices"),
        (post("/some/gateway/v1/chat/completions", &hello()), "/choices"),
    ] {
        let response = server.send(&request);
        assert_eq!(response.status, 200, "{} {response:?}", request.path);
        assert!(
            json_of(&response).pointer(member).is_some(),
            "{member} of {}: {response:?}",
            request.path
        );
    }
}

#[test]
fn answers_every_prompt_of_a_completion() {
    let workdir = Workdir::new();
    workdir.write(
        "config.yaml",
        "strategies: [ErrorStrategy, CustomAnswersStrategy, MirrorStrategy]\n\
         customReplies: [{question: q, answer: known}, {question: r, answer: too}]\n",
    );
    let server = workdir.serve(&["--config", "config.yaml"], &[]);
    for (body, expected) in [
        (json!({"prompt": ["a", "b c"]}), &["a", "b c"][..]),
        (json!({"prompt": ["a", "b c"], "n": 2}), &["a", "a", "b c", "b c"]),
        (json!({"prompt": "a", "n": 2}), &["a", "a"]),
        (json!({"prompt": ["q", "r"]}), &["known", "too"]),
        (json!({"prompt": ["q", "a"]}), &["q", "a"]),
        (json!({"prompt": ["", "a"]}), &["", "a"]),
    ] {
        for streams in [false, true] {
            let mut body = body.clone();
            (body["model"], body["stream"]) = (json!("m"), json!(streams));
            let text = server.send(&post("/v1/completions", &body)).text();
            let events = text.split("\n\n").map(|event| event.trim_start_matches("data: "));
            let mut texts = vec![String::new(); expected.len()];
            for event in events.filter(|event| event.starts_with('{')) {
                let event: Value = serde_json::from_str(event).unwrap();
                for choice in event["choices"].as_array().unwrap() {
                    let index = usize::try_from(choice["index"].as_u64().unwrap()).unwrap();
                    texts[index].push_str(choice["text"].as_str().unwrap());
                }
            }
            assert_eq!(texts, expected, "{body}");
        }
    }
    let failing =
        json!({"model": "m", "prompt": ["a", r#"raise error {"code": 429, "message": "x"}"#]});
    assert_eq!(server.send(&post("/v1/completions", &failing)).status, 429);
}

#[test]
fn rejects_small_requests_for_huge_responses() {
    let server = server();
    let words = "a ".repeat(4000);
    let user = json!([{"role": "user", "content": words}]);
    let inputs = vec!["a"; 2000];
    for (path, body, message) in [
        (
            "/v1/chat/completions",
            json!({"model": "m", "messages": user, "n": 128, "stream": true}),
            "/error/message",
        ),
        (
            "/v1/chat/completions",
            json!({"model": "m", "messages": user, "n": 129}),
            "/error/message",
        ),
        (
            "/v1/embeddings",
            json!({"model": "m", "input": inputs, "dimensions": 4096}),
            "/error/message",
        ),
        ("/v2/embed", json!({"model": "m", "texts": inputs, "output_dimension": 4096}), "/message"),
        (
            "/v1/completions",
            json!({"model": "m", "prompt": vec![words.as_str(); 8], "n": 128, "stream": true}),
            "/error/message",
        ),
    ] {
        let response = server.send(&post(path, &body));
        assert_eq!(response.status, 400, "{path}");
        assert!(
            json_of(&response).pointer(message).is_some_and(Value::is_string),
            "{path} {response:?}"
        );
    }
    // a name is in every event
    let named = json!({"model": "m".repeat(100_000), "messages": user, "stream": true});
    assert_eq!(server.send(&post("/v1/chat/completions", &named)).status, 400);
}

#[test]
fn every_api_streams_events() {
    let server = server();
    let with = |mut body: Value| {
        (body["stream"], body["max_tokens"]) = (json!(true), json!(64));
        body
    };
    let contents = json!({"contents": [{"parts": [{"text": "Hello big world!"}]}]});
    for (path, body, kind, end) in [
        ("/v1/chat/completions", with(hello()), "text/event-stream", "data: [DONE]\n\n"),
        (
            "/v1/messages",
            with(hello()),
            "text/event-stream",
            "event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n",
        ),
        (
            "/v1beta/models/m:streamGenerateContent?alt=sse",
            contents.clone(),
            "text/event-stream",
            "\r\n\r\n",
        ),
        ("/v1beta/models/m:streamGenerateContent", contents, "application/json", "]"),
        ("/api/chat", hello(), "application/x-ndjson", "}\n"),
        ("/v2/chat", with(hello()), "text/event-stream", "\n\n"),
    ] {
        let response = server.send(&post(path, &body));
        assert_eq!(response.status, 200, "{path}");
        assert!(response.header("content-type").unwrap().starts_with(kind), "{path} {response:?}");
        assert_eq!(response.header("cache-control"), Some("no-cache"), "{path}");
        assert!(
            response.chunks.len() >= 3 && !response.is_truncated(),
            "{path} {:?}",
            response.chunks.len()
        );
        assert!(response.text().ends_with(end), "{path} {:?}", response.text());
        for word in ["Hello", " big", " world!"] {
            assert!(response.text().contains(word), "{path} {word}");
        }
    }
    let body = json!({"messages": [{"role": "user", "content": [{"text": "Hello big world!"}]}]});
    let response = server.send(&post("/model/m/converse-stream", &body));
    assert_eq!(response.header("content-type"), Some("application/vnd.amazon.eventstream"));
    assert_eq!(response.header("cache-control"), Some("no-cache"));
    assert!(response.chunks.len() >= 4);
}

#[test]
fn chat_completions_have_the_fields_clients_read() {
    let server = server();
    let response = json_of(&server.send(&post("/v1/chat/completions", &hello())));
    let id = response["id"].as_str().unwrap();
    let digits = id.strip_prefix("chatcmpl-").unwrap();
    assert!(digits.len() == 24 && digits.bytes().all(|byte| byte.is_ascii_hexdigit()), "{id}");
    assert_eq!(response["object"], "chat.completion");
    assert_eq!(response["model"], "gpt-5");
    assert_eq!(response["choices"][0]["finish_reason"], "stop");
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs();
    let created = response["created"].as_u64().unwrap();
    assert!(created <= now && created > now - 600, "{created}");
    let usage = &response["usage"];
    let sum =
        usage["prompt_tokens"].as_u64().unwrap() + usage["completion_tokens"].as_u64().unwrap();
    assert_eq!(usage["total_tokens"].as_u64(), Some(sum));
    assert!(usage["completion_tokens"].as_u64().unwrap() >= 1);
    let again = json_of(&server.send(&post("/v1/chat/completions", &hello())));
    assert_ne!(again["id"], response["id"], "every response has its own id");
}

#[test]
fn streams_include_usage_on_request() {
    let server = server();
    for (options, has_usage) in [(json!(null), false), (json!({"include_usage": true}), true)] {
        let mut body = hello();
        body["stream"] = json!(true);
        body["stream_options"] = options;
        let text = server.send(&post("/v1/chat/completions", &body)).text();
        assert_eq!(text.contains("\"choices\":[],\"usage\":{"), has_usage, "{text}");
    }
}

#[test]
fn lists_configured_models() {
    let server = listing();
    let list = json_of(&server.send(&Request::get("/v1/models")));
    let gpt =
        json!({"id": "gpt-5", "object": "model", "created": 1_715_367_049, "owned_by": "openai"});
    assert_eq!((&list["object"], &list["data"][0]), (&json!("list"), &gpt));
    assert_eq!(list["data"][1]["id"], "meta-llama/Llama-3");
    assert_eq!(json_of(&server.send(&Request::get("/models/gpt-5"))), gpt);
    for path in ["/v1/models/meta-llama/Llama-3", "/v1/models/meta-llama%2FLlama-3"] {
        assert_eq!(
            json_of(&server.send(&Request::get(path)))["id"],
            "meta-llama/Llama-3",
            "{path}"
        );
    }
}

#[test]
fn unknown_models_return_the_providers_404() {
    let server = listing();
    let openai = json!({"error": {"message": "the model `nope` does not exist",
        "type": "invalid_request_error", "param": null, "code": "model_not_found"}});
    let mut messages = hello();
    (messages["model"], messages["max_tokens"]) = (json!("nope"), json!(9));
    for (request, body) in [
        (Request::get("/v1/models/nope"), openai.clone()),
        (post("/v1/chat/completions", &messages), openai.clone()),
        (post("/v1/responses", &json!({"model": "nope", "input": "Hi"})), openai),
        (
            post("/v1/messages", &messages),
            json!({"type": "error", "error": {"type": "not_found_error", "message": "the model `nope` does not exist"}}),
        ),
        (post("/api/chat", &messages), json!({"error": "the model `nope` does not exist"})),
        (post("/v2/chat", &messages), json!({"message": "the model `nope` does not exist"})),
        (
            post("/v1beta/models/nope:generateContent", &json!({"contents": []})),
            json!({"error": {"code": 404, "message": "the model `nope` does not exist", "status": "NOT_FOUND"}}),
        ),
        (
            post("/model/nope/converse", &json!({"messages": []})),
            json!({"message": "the model `nope` does not exist"}),
        ),
    ] {
        let response = server.send(&request);
        assert_eq!((response.status, json_of(&response)), (404, body), "{}", request.path);
    }
    let any = self::server();
    assert_eq!(any.send(&post("/v1/chat/completions", &messages)).status, 200);
}

#[test]
fn unknown_routes_return_errors_in_the_providers_format() {
    let server = server();
    for (request, status, message) in [
        (Request::get("/v1/nothing"), 404, "/error/message"),
        (post("/v1/vector_stores", &json!({})), 404, "/error/message"),
        (post("/v1/audio/speech", &json!({})), 400, "/error/message"),
        (Request::get("/anthropic/v1/nothing"), 404, "/error/message"),
        (Request::get("/gemini/v1beta/nothing"), 404, "/error/message"),
        (Request::get("/api/nothing"), 404, "/error"),
        (Request::get("/cohere/v2/nothing"), 404, "/message"),
        (Request::get("/model/m/nothing").header("x-amz-date", "x"), 404, "/message"),
        (Request::get("/v1/chat/completions"), 405, "/error/message"),
        (Request::delete("/v1/messages"), 405, "/error/message"),
        (Request::get("/v2/chat"), 405, "/message"),
        (Request::get("/api/chat"), 405, "/error"),
        (post("/v1/models", &json!({})), 405, "/error/message"),
        (post("/v1/models/m", &json!({})), 405, "/error/message"),
        (post("/health", &json!({})), 405, "/error/message"),
        (Request::get("/v1/responses/resp_1"), 404, "/error/message"),
    ] {
        let response = server.send(&request);
        assert_eq!(response.status, status, "{} {} {response:?}", request.method, request.path);
        let body = json_of(&response);
        assert!(body.pointer(message).is_some_and(Value::is_string), "{} {body}", request.path);
        assert!(body.get("detail").is_none());
    }
    let response = server.send(&Request::get("/v1/chat/completions"));
    assert_eq!(response.header("allow"), Some("POST"));
}
