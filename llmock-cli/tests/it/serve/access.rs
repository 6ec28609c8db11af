//! `llmock serve`: keys, the pages that may send requests, and the history.

use crate::server::{Server, Workdir, chat};
use llmock_testkit::client::{Request, Response};
use llmock_testkit::upstream::Upstream;
use serde_json::{Value, json};

const KEY: [&str; 2] = ["--api-key", "secret"];

fn json_of(response: &Response) -> Value {
    serde_json::from_str(&response.text()).unwrap_or_else(|_| panic!("no JSON: {response:?}"))
}

fn locked() -> Server {
    Workdir::new()
        .serve(&KEY, &[("LLMOCK_CORS_ALLOW_ORIGINS", "https://app.example;http://localhost:3000")])
}

#[test]
fn server_without_a_key_accepts_every_request() {
    let server = Workdir::new().serve(&[], &[]);
    for request in [chat("Hi"), chat("Hi").header("authorization", "Bearer anything")] {
        assert_eq!(server.send(&request).status, 200);
    }
}

#[test]
fn accepts_the_key_in_every_usual_header() {
    let server = locked();
    for (name, value) in [
        ("authorization", "Bearer secret"),
        ("authorization", "bearer secret"),
        ("x-api-key", "secret"),
        ("x-goog-api-key", "secret"),
        ("api-key", "secret"),
    ] {
        assert_eq!(server.send(&chat("Hi").header(name, value)).status, 200, "{name}: {value}");
    }
    let body = r#"{"contents":[{"parts":[{"text":"Hi"}]}]}"#;
    let request =
        |key: &str| Request::post(&format!("/v1beta/models/m:generateContent?key={key}"), body);
    assert_eq!(server.send(&request("secret")).status, 200);
    assert_eq!(server.send(&request("wrong")).status, 401);
}

#[test]
fn rejects_wrong_keys_in_the_providers_format() {
    let server = locked();
    let wrong = |path: &str| Request::post(path, "{}").header("authorization", "Bearer wrong");
    for (request, body) in [
        (
            wrong("/v1/chat/completions"),
            json!({"error": {"message": "Invalid API key", "type": "invalid_request_error", "param": null,
                "code": "invalid_api_key"}}),
        ),
        (
            wrong("/v1/messages"),
            json!({"type": "error", "error": {"type": "authentication_error", "message": "Invalid API key"}}),
        ),
        (
            wrong("/v1beta/models/m:generateContent"),
            json!({"error": {"code": 401, "message": "Invalid API key", "status": "UNAUTHENTICATED"}}),
        ),
        (wrong("/api/chat"), json!({"error": "Invalid API key"})),
        (wrong("/v2/chat"), json!({"message": "Invalid API key"})),
        (wrong("/model/m/converse"), json!({"message": "Invalid API key"})),
        (Request::post("/v2/chat", "{}"), json!({"message": "Missing API key"})),
        (
            Request::post("/v2/chat", "{}").header("authorization", "Basic secret"),
            json!({"message": "Missing API key"}),
        ),
    ] {
        let response = server.send(&request);
        assert_eq!((response.status, json_of(&response)), (401, body), "{}", request.path);
    }
    for path in ["/history", "/metrics"] {
        assert_eq!(server.send(&Request::get(path)).status, 401, "{path}");
        let with_key = Request::get(path).header("authorization", "Bearer secret");
        assert_eq!(server.send(&with_key).status, 200, "{path}");
    }
    assert_eq!(server.send(&Request::get("/health")).status, 200);
}

#[test]
fn allowed_origins_can_read_error_responses() {
    let server = locked();
    let allowed = "https://app.example";
    for request in [
        chat("Hi").header("authorization", "Bearer secret"),
        chat("Hi").header("authorization", "Bearer wrong"),
        chat("Hi"),
        Request::get("/v1/nothing").header("x-api-key", "secret"),
        Request::get("/health"),
        Request::get("/history"),
    ] {
        let response = server.send(&request.clone().header("origin", allowed));
        assert_eq!(
            response.header("access-control-allow-origin"),
            Some(allowed),
            "{}",
            request.path
        );
        assert_eq!(response.header("access-control-allow-credentials"), Some("true"));
        let readable = response.header("access-control-expose-headers").unwrap_or_default();
        for name in ["retry-after", "x-llmock", "x-llmock-skipped", "x-request-id"] {
            assert!(readable.split(',').any(|one| one.trim() == name), "{name} in {readable}");
        }
        let response = server.send(&request.header("origin", "https://other.example"));
        assert_eq!(response.header("access-control-allow-origin"), None);
    }
    let open = Workdir::new().serve(&[], &[("LLMOCK_CORS_ALLOW_ORIGINS", "*")]);
    for origin in [allowed, "https://other.example"] {
        let response = open.send(&chat("Hi").header("origin", origin));
        // pages that send cookies are not served by `*`
        assert_eq!(response.header("access-control-allow-origin"), Some(origin));
    }
}

#[test]
fn preflight_requests_need_no_key() {
    let server = locked();
    let request = Request { method: "OPTIONS", ..Request::get("/v1/chat/completions") }
        .header("origin", "http://localhost:3000")
        .header("access-control-request-method", "POST")
        .header("access-control-request-headers", "authorization,content-type,x-stainless-os");
    let response = server.send(&request);
    assert_eq!(response.status, 200, "{response:?}");
    for (name, value) in [
        ("access-control-allow-origin", "http://localhost:3000"),
        ("access-control-allow-methods", "POST"),
        ("access-control-allow-headers", "authorization,content-type,x-stainless-os"),
    ] {
        assert_eq!(response.header(name), Some(value), "{response:?}");
    }
}

#[test]
fn history_includes_rejected_requests() {
    let server = locked();
    server.send(&chat("Hi").header("authorization", "Bearer secret"));
    server.send(&chat("Ho").header("authorization", "Bearer wrong"));
    server.send(&Request::get("/health"));
    server.send(&Request { method: "OPTIONS", ..Request::get("/v1/models") });
    let send = |request: Request| server.send(&request.header("x-api-key", "secret"));
    let history = json_of(&send(Request::get("/history")));
    let requests = history["requests"].as_array().unwrap();
    let seen: Vec<_> =
        requests.iter().map(|one| (one["path"].as_str(), one["status"].as_u64())).collect();
    let path = Some("/v1/chat/completions");
    assert_eq!(seen, [(path, Some(200)), (path, Some(401))], "{history}");
    assert_eq!(requests[0]["answered_by"], "MirrorStrategy");
    assert_eq!(requests[0]["model"], "m");
    assert_eq!(requests[0]["provider"], "openai");
    assert_eq!(requests[0]["body"]["messages"][0]["content"], "Hi");
    assert!(!history.to_string().contains("secret"), "{history}");
    assert_eq!(send(Request::delete("/history")).status, 204);
    assert_eq!(json_of(&send(Request::get("/history"))), json!({"requests": []}));
}

#[test]
fn ignores_a_trailing_slash_in_server_routes() {
    let upstream = Upstream::scripted(|_, _| panic!("no client may reach the provider with that"));
    let workdir = Workdir::new();
    workdir.write("c.yaml", &format!("upstreams: {{openai: {}}}\nfixtures: .\n", upstream.url()));
    let proxied = ["--config", "c.yaml", "--strategies", "FixtureStrategy,ProxyStrategy"];
    let server = workdir.serve(&[&proxied[..], &KEY].concat(), &[]);
    let send = |request: Request| server.send(&request.header("x-api-key", "secret"));
    assert_eq!(json_of(&send(Request::get("/history/"))), json!({"requests": []}));
    assert_eq!(server.send(&Request::get("/history/")).status, 401);
    assert_eq!(json_of(&server.send(&Request::get("/health/")))["status"], "healthy");
    assert!(send(Request::get("/metrics/")).text().ends_with("# EOF\n"));
    for path in ["/history/", "/sessions/", "/sessions/a/"] {
        assert_eq!(send(Request::delete(path)).status, 204, "{path}");
    }
    assert_eq!(send(Request::post("/history/", "{}")).status, 405);
    assert_eq!(json_of(&send(Request::get("/history"))), json!({"requests": []}));
}
