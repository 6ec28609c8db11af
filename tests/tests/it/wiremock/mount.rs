//! A fixture on a wiremock server that a suite already has.

use std::path::PathBuf;

use llmock::wiremock::matchers::{any, body_string_contains, path};
use llmock::wiremock::{Mock, MockServer, ResponseTemplate};
use llmock::{Fixture, Rules};
use llmock_testkit::client::{self, JSON, ResponseStream, prompt};
use serde_json::{Value, json};
use tempfile::TempDir;

/// A fixture with these interactions.
fn load(interactions: &[Value]) -> (TempDir, PathBuf, Fixture) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("answers.json");
    std::fs::write(&file, json!({ "llmock": 1, "interactions": interactions }).to_string())
        .unwrap();
    let fixture = Fixture::load(&file).unwrap();
    (folder, file, fixture)
}

/// An answer to a chat completion with this prompt.
fn recorded(text: &str, answer: &str) -> Value {
    let body: Value = serde_json::from_str(&prompt(text)).unwrap();
    json!({
        "provider": "openai",
        "request": { "path": "/v1/chat/completions", "body": body },
        "response": { "text": answer },
    })
}

fn ask(server: &MockServer, text: &str) -> ResponseStream {
    let url = format!("{}/v1/chat/completions", server.uri());
    client::send("POST", &url, &JSON, prompt(text).as_bytes())
}

#[tokio::test]
async fn mounted_fixtures_answer_in_any_order() {
    let (_folder, _, fixture) = load(&[recorded("a", "1"), recorded("b", "2"), recorded("c", "3")]);
    let server = MockServer::start().await;
    fixture.mount(&server).await;
    let answers = ["c", "a", "b"].map(|text| ask(&server, text).text());
    assert_eq!(answers, ["3", "1", "2"]);
}

#[tokio::test]
async fn equal_requests_get_queued_responses() {
    let (_folder, _, fixture) = load(&[recorded("a", "1"), recorded("b", "x"), recorded("a", "2")]);
    let server = MockServer::start().await;
    fixture.mount(&server).await;
    let answers = ["a", "b", "a", "a", "a"].map(|text| ask(&server, text).text());
    assert_eq!(answers, ["1", "x", "2", "2", "2"]);
}

#[tokio::test]
async fn status_headers_and_bytes_equal_the_recording() {
    let (_folder, _, fixture) = load(&[json!({
        "provider": "openai",
        "request": { "method": "GET", "path": "/v1/files/1/content?part=2" },
        "response": {
            "status": 206,
            "headers": {
                "content-type": "audio/mpeg",
                "x-request-id": "req_1",
                "set-cookie": ["a=1", "b=2"],
            },
            "base64": "AP+AYQ==",
        },
    })]);
    let server = MockServer::start().await;
    fixture.mount(&server).await;
    let url = format!("{}/v1/files/1/content?part=2", server.uri());
    let reply = client::send("GET", &url, &[], b"");
    assert_eq!(reply.status, 206);
    assert_eq!(reply.all("content-type"), ["audio/mpeg"]);
    assert_eq!(reply.header("x-request-id"), Some("req_1"));
    assert_eq!(reply.all("set-cookie"), ["a=1", "b=2"]);
    assert_eq!(reply.bytes(), [0, 255, 128, b'a']);
}

#[tokio::test]
async fn streams_arrive_as_one_body() {
    let mut streamed = recorded("a", "");
    streamed["response"] = json!({
        "headers": { "content-type": "text/event-stream" },
        "stream": { "framing": "sse", "events": [
            { "ms": 1, "data": { "delta": "Hel" } },
            { "ms": 2, "data": { "delta": "lo" } },
            { "ms": 3, "data": "[DONE]" },
        ] },
    });
    let (_folder, _, fixture) = load(&[streamed]);
    let server = MockServer::start().await;
    fixture.mount(&server).await;
    let reply = ask(&server, "a");
    assert_eq!(reply.all("content-type"), ["text/event-stream"]);
    let events = "data: {\"delta\":\"Hel\"}\n\ndata: {\"delta\":\"lo\"}\n\ndata: [DONE]\n\n";
    assert_eq!(reply.text(), events);
}

#[tokio::test]
async fn unmatched_requests_to_recorded_endpoints_are_rejected() {
    let (_folder, file, fixture) = load(&[recorded("Name a colour.", "red")]);
    let server = MockServer::start().await;
    fixture.mount(&server).await;
    let reply = ask(&server, "Name a number.");
    assert_eq!((reply.status, reply.header("x-should-retry")), (418, Some("false")));
    let error: Value = serde_json::from_slice(&reply.bytes()).unwrap();
    assert_eq!(error["error"]["type"], "llmock_unmatched");
    let message = error["error"]["message"].as_str().unwrap();
    let start =
        format!("llmock: no response for POST /v1/chat/completions in {}: ", file.display());
    assert!(message.starts_with(&start), "{message}");
    assert!(message.contains("closest is #1 in the file"), "{message}");
    assert!(message.contains("it differs at $.messages[0].content"), "{message}");
    // It takes nothing away from the request that was recorded.
    assert_eq!(ask(&server, "Name a colour.").text(), "red");
}

#[tokio::test]
async fn other_endpoints_are_left_to_wiremock() {
    let (_folder, _, fixture) = load(&[recorded("a", "1")]);
    let server = MockServer::start().await;
    fixture.mount(&server).await;
    for (method, path) in
        [("GET", "/health"), ("GET", "/v1/chat/completions"), ("POST", "/v1/messages")]
    {
        let reply = client::send(method, &format!("{}{path}", server.uri()), &[], b"");
        assert_eq!((reply.status, reply.bytes().len()), (404, 0), "{method} {path}");
    }
}

#[tokio::test]
async fn other_mocks_come_before_mounted_fixtures() {
    let (_folder, _, fixture) = load(&[recorded("a", "1"), recorded("b", "2"), recorded("c", "3")]);
    let server = MockServer::start().await;
    let says = |text: &str| ResponseTemplate::new(200).set_body_string(text);
    let before = Mock::given(body_string_contains("\"a\"")).respond_with(says("before"));
    before.up_to_n_times(1).mount(&server).await;
    fixture.mount(&server).await;
    let after = Mock::given(body_string_contains("\"b\"")).respond_with(says("after"));
    after.up_to_n_times(1).mount(&server).await;
    let answers = ["a", "a", "b", "b", "c"].map(|text| ask(&server, text).text());
    // The answers that a Mock stood before are still there.
    assert_eq!(answers, ["before", "1", "after", "2", "3"]);
    let refused = Mock::given(any()).respond_with(says("also what is not recorded"));
    refused.mount(&server).await;
    assert_eq!(ask(&server, "new").text(), "also what is not recorded");
}

#[tokio::test]
async fn earlier_scoped_mocks_come_before_mounted_fixtures() {
    let (_folder, _, fixture) = load(&[recorded("a", "1")]);
    let server = MockServer::start().await;
    let scoped = Mock::given(any()).respond_with(ResponseTemplate::new(503)).expect(2);
    let guard = scoped.mount_as_scoped(&server).await;
    fixture.mount(&server).await;
    assert_eq!(["a", "new"].map(|text| ask(&server, text).status), [503, 503]);
    drop(guard);
    assert_eq!(["a", "new"].map(|text| ask(&server, text).status), [200, 418]);
}

#[tokio::test]
async fn reset_removes_mounted_fixtures() {
    let (_folder, file, fixture) = load(&[recorded("a", "1"), recorded("a", "2")]);
    let server = MockServer::start().await;
    fixture.mount(&server).await;
    assert_eq!(ask(&server, "a").text(), "1");
    server.reset().await;
    assert_eq!(ask(&server, "a").status, 404);
    Fixture::load(&file).unwrap().mount(&server).await;
    assert_eq!(ask(&server, "a").text(), "1");
}

#[tokio::test]
async fn several_fixtures_share_one_server() {
    let anthropic = json!({
        "provider": "anthropic",
        "request": { "path": "/v1/messages", "body": { "model": "c" } },
        "response": { "text": "from anthropic" },
    });
    let (_one, first, one) = load(&[recorded("a", "1"), recorded("both", "of the first")]);
    let (_two, _, two) = load(&[anthropic, recorded("b", "2"), recorded("both", "of the second")]);
    let server = MockServer::start().await;
    one.mount(&server).await;
    two.mount(&server).await;
    // The second knows what the first refuses.
    assert_eq!(["a", "b"].map(|text| ask(&server, text).text()), ["1", "2"]);
    assert_eq!(ask(&server, "both").text(), "of the first");
    let url = format!("{}/v1/messages", server.uri());
    let reply = client::send("POST", &url, &JSON, br#"{"model": "c"}"#);
    assert_eq!(reply.text(), "from anthropic");
    // What neither knows the first one refuses.
    let refused = ask(&server, "neither");
    assert_eq!(refused.status, 418);
    assert!(refused.text().contains(&first.file_name().unwrap().to_string_lossy().into_owned()));
}

#[tokio::test]
async fn mounted_fixtures_ignore_the_usual_differences() {
    let (_folder, _, fixture) = load(&[recorded("a", "1")]);
    let server = MockServer::start().await;
    fixture.mount(&server).await;
    let url = format!("{}/v1/chat/completions", server.uri());
    let spaced =
        r#"{ "messages": [ { "content": "\u0061", "role": "user" } ], "model": "m", "user": "u" }"#;
    let headers = [JSON[0], ("authorization", "Bearer sk-another-key-0123456789")];
    assert_eq!(client::send("POST", &url, &headers, spaced.as_bytes()).text(), "1");

    let mut zipped = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    std::io::Write::write_all(&mut zipped, prompt("a").as_bytes()).unwrap();
    let headers = [JSON[0], ("content-encoding", "gzip")];
    assert_eq!(client::send("POST", &url, &headers, &zipped.finish().unwrap()).text(), "1");
}

#[tokio::test]
async fn empty_fixtures_respond_to_nothing() {
    let (_folder, _, fixture) = load(&[]);
    let server = MockServer::start().await;
    fixture.mount(&server).await;
    assert_eq!(ask(&server, "a").status, 404);
    let models = Mock::given(path("/v1/models")).respond_with(ResponseTemplate::new(204));
    models.mount(&server).await;
    assert_eq!(client::send("GET", &format!("{}/v1/models", server.uri()), &[], b"").status, 204);
}

#[tokio::test]
async fn links_point_to_the_wiremock_server() {
    let results = "https://api.anthropic.com/v1/messages/batches/b/results";
    let (_folder, _, fixture) = load(&[
        json!({
            "provider": "anthropic",
            "request": { "method": "GET", "path": "/v1/messages/batches/b" },
            "response": { "body": { "id": "b", "results_url": results } },
        }),
        json!({
            "provider": "anthropic",
            "request": { "method": "GET", "path": "/v1/messages/batches/b/results" },
            "response": { "text": "{}\n" },
        }),
        json!({
            "provider": "anthropic",
            "request": { "path": "/v1/notes", "body": { "about": results } },
            "response": { "text": "noted" },
        }),
    ]);
    let server = MockServer::start().await;
    fixture.mount(&server).await;
    let batch = client::send("GET", &format!("{}/v1/messages/batches/b", server.uri()), &[], b"");
    let batch: Value = serde_json::from_str(&batch.text()).unwrap();
    let address = batch["results_url"].as_str().unwrap();
    assert_eq!(address, format!("{}/v1/messages/batches/b/results", server.uri()));
    assert_eq!(client::send("GET", address, &[], b"").text(), "{}\n");
    // What is quoted instead of followed is the provider's again.
    let note = json!({ "about": address }).to_string();
    let noted = client::send("POST", &format!("{}/v1/notes", server.uri()), &JSON, note.as_bytes());
    assert_eq!(noted.text(), "noted");
}

#[tokio::test]
async fn compares_requests_with_their_secrets_redacted() {
    let redacted = "my token is [REDACTED:PLACEHOLDER]";
    let (_folder, _, fixture) = load(&[recorded(redacted, "1")]);
    let server = MockServer::start().await;
    fixture.mount(&server).await;
    assert_eq!(ask(&server, "my token is llmock-placeholder").text(), "1");
}

#[tokio::test]
async fn headers_are_compared_and_required_by_rule() {
    let with_version = |version: &str, answer: &str| {
        let mut one = recorded("a", answer);
        one["request"]["headers"] = json!({ "anthropic-version": version });
        one
    };
    let (_folder, _, fixture) = load(&[with_version("1", "first"), with_version("2", "second")]);
    let server = MockServer::start().await;
    let rules = Rules::default().match_headers("anthropic-version").unwrap();
    fixture.mount_with(&server, rules.require_header("x-agent").unwrap()).await;
    let ask = |headers: &[(&'static str, &'static str)]| {
        let url = format!("{}/v1/chat/completions", server.uri());
        let headers: Vec<_> = JSON.iter().chain(headers).copied().collect();
        client::send("POST", &url, &headers, prompt("a").as_bytes())
    };
    let agent = ("x-agent", "me");
    assert_eq!(ask(&[("anthropic-version", "2"), agent]).text(), "second");
    assert_eq!(ask(&[("anthropic-version", "1"), agent]).text(), "first");
    let other = ask(&[("anthropic-version", "3"), agent]);
    assert_eq!(other.status, 418);
    let why = other.text();
    assert!(why.contains("it differs at header anthropic-version"), "{why}");
    let without = ask(&[("anthropic-version", "1")]);
    assert_eq!(without.status, 418);
    let why = without.text();
    assert!(why.contains("it has no header `x-agent` (`require_header`)"), "{why}");
    assert!(Rules::default().match_headers("authorization").is_err(), "no fixture has keys");
    assert!(Rules::default().require_header("a b").is_err());
}

#[tokio::test]
async fn embeddings_are_found_in_other_batches() {
    let (_folder, _, fixture) = load(&[json!({
        "provider": "openai",
        "request": { "path": "/v1/embeddings", "body": { "model": "e", "input": ["a", "b"] } },
        "response": { "body": { "data": [
            { "index": 0, "embedding": [1] },
            { "index": 1, "embedding": [2] },
        ] } },
    })]);
    let server = MockServer::start().await;
    fixture.mount(&server).await;
    let embed = |input: Value| {
        let body = json!({ "model": "e", "input": input }).to_string();
        client::send("POST", &format!("{}/v1/embeddings", server.uri()), &JSON, body.as_bytes())
    };
    let found: Value = serde_json::from_str(&embed(json!(["b"])).text()).unwrap();
    assert_eq!(found["data"], json!([{ "index": 0, "embedding": [2] }]));
    assert_eq!(embed(json!(["a", "c"])).status, 418);
}
