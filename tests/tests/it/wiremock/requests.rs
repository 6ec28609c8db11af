//! What a test is told about the requests it made, and what the server refuses before any Mock or fixture.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::path::PathBuf;

use futures::executor::block_on;
use llmock::wiremock::matchers::body_string_contains;
use llmock::wiremock::{Mock, ResponseTemplate};
use llmock::{LlmMock, Mode, Provider, RespondedBy, SentRequest};
use llmock_testkit::client::{self, JSON, chat, prompt};
use llmock_testkit::process::alone;
use llmock_testkit::upstream::{Response, Upstream};
use serde_json::{Value, json};
use tempfile::TempDir;

/// A fixture that knows the prompt `known`.
fn fixture() -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("answers.json");
    let body: Value = serde_json::from_str(&prompt("known")).unwrap();
    let interaction = json!({
        "provider": "openai",
        "request": { "path": "/v1/chat/completions", "body": body },
        "response": { "text": "recorded" },
    });
    std::fs::write(&file, json!({ "llmock": 1, "interactions": [interaction] }).to_string())
        .unwrap();
    (folder, file)
}

/// One request that a Mock answers, one of the fixture, one that is new; who answered them.
fn three(mock: &LlmMock) -> Vec<RespondedBy> {
    let says = ResponseTemplate::new(200).set_body_string("mocked");
    let mocked = Mock::given(body_string_contains("mocked")).respond_with(says);
    block_on(mocked.mount(mock.wiremock()));
    for text in ["mocked", "known", "new"] {
        let _ = chat(mock, &prompt(text)).text();
    }
    let requests = mock.requests();
    let bodies: Vec<String> = requests.iter().map(|sent| sent.text().into_owned()).collect();
    assert_eq!(bodies, ["mocked", "known", "new"].map(prompt));
    requests.iter().map(SentRequest::responded_by).collect()
}

#[test]
fn requests_tell_who_answered_in_every_mode() {
    alone(&[], |_| {
        use RespondedBy::{Fixture, Mock, Nothing, Upstream as Real};
        let upstream = Upstream::start([Response::json("{}")]);
        for (mode, expected) in [
            (Mode::Replay, [Mock, Fixture, Nothing]),
            (Mode::Auto, [Mock, Fixture, Real]),
            (Mode::Record, [Mock, Real, Real]),
        ] {
            let (_folder, file) = fixture();
            let mock = upstream.session(mode, &file, "test").start().unwrap();
            assert_eq!(three(&mock), expected, "{mode}");
            // A miss fails a session, and only in replay there is one.
            assert_eq!(mock.finish().is_err(), mode == Mode::Replay, "{mode}");
        }
    });
}

#[test]
fn requests_are_listed_with_secrets_redacted() {
    const KEY: &str = "sk-0123456789abcdef0123456789";
    let (_folder, file) = fixture();
    let mock = LlmMock::builder().fixture(file).start().unwrap();
    let url =
        format!("{}/chat/completions?api-key={KEY}&version=2", mock.base_url(Provider::OpenAI));
    let bearer = format!("Bearer {KEY}");
    let headers = [
        ("Content-Type", "application/json"),
        ("Authorization", bearer.as_str()),
        ("X-Api-Key", KEY),
        ("X-Team", "blue"),
        ("Cookie", "session=secret"),
        ("X-Llmock-Mode", "record"),
    ];
    let _ = client::send("POST", &url, &headers, prompt("known").as_bytes()).text();
    let requests = mock.requests();
    let [request] = requests.as_slice() else { panic!("{requests:?}") };
    assert_eq!((request.provider(), request.method()), (Provider::OpenAI, "POST"));
    assert!(request.path().starts_with("/v1/chat/completions?"), "{}", request.path());
    assert!(request.path().contains("version=2"), "{}", request.path());
    assert_eq!(request.json::<Value>().unwrap()["messages"][0]["content"], "known");
    assert_eq!(request.header("X-TEAM"), Some("blue"));
    assert_eq!(request.header("content-type"), Some("application/json"));
    for hidden in ["authorization", "x-api-key", "cookie", "x-llmock-mode"] {
        assert_eq!(request.header(hidden), None, "{hidden}");
    }
    assert!(!format!("{requests:?}").contains(KEY), "{requests:?}");
    let _ = mock.finish();
}

#[test]
fn clients_cannot_control_llmock_by_headers() {
    let (_folder, file) = fixture();
    let mock = LlmMock::builder().fixture(file).start().unwrap();
    let server = mock.wiremock();
    let url = format!("{}/chat/completions", mock.base_url(Provider::OpenAI));
    let headers = [JSON[0], ("x-llmock-session", "other"), ("X-LLMock", "y"), ("x-llmocks", "z")];
    assert_eq!(client::send("POST", &url, &headers, prompt("known").as_bytes()).text(), "recorded");
    let received = block_on(server.received_requests()).unwrap();
    let names: Vec<&str> =
        received[0].headers.keys().map(llmock::wiremock::http::HeaderName::as_str).collect();
    assert!(!names.contains(&"x-llmock-session"), "{names:?}");
    // Only the prefix is taken.
    assert!(names.contains(&"x-llmocks"), "{names:?}");
    mock.finish().unwrap();
}

#[test]
fn handshakes_that_are_not_recorded_are_rejected_with_a_message() {
    let (_folder, file) = fixture();
    let mock = LlmMock::builder().fixture(file).start().unwrap();
    let url = format!("{}/realtime?model=m", mock.base_url(Provider::OpenAI));
    let headers = [
        ("connection", "Upgrade"),
        ("upgrade", "websocket"),
        ("sec-websocket-version", "13"),
        ("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ=="),
    ];
    let reply = client::send("GET", &url, &headers, b"");
    assert_eq!(reply.status, 418);
    let text = reply.text();
    assert!(text.contains("no response for WEBSOCKET /v1/realtime"), "{text}");
    mock.finish().unwrap_err();
}

#[test]
fn unknown_addresses_are_rejected_with_a_message() {
    let (_folder, file) = fixture();
    let mock = LlmMock::builder().fixture(file).calls(0).start().unwrap();
    let (origin, _) = mock.url().unwrap().split_once("/s/").unwrap();
    let unknown = format!("{origin}/s/{}/openai/v1/chat/completions", "0".repeat(32));
    for (url, words) in [
        (format!("{origin}/v1/chat/completions"), "is not an address of this mock server"),
        (format!("{origin}/"), "is not an address of this mock server"),
        (unknown, "the test that this address belonged to has ended"),
    ] {
        let reply = client::send("POST", &url, &JSON, b"{}");
        assert_eq!((reply.status, reply.header("x-should-retry")), (418, Some("false")), "{url}");
        let error: Value = serde_json::from_slice(&reply.bytes()).unwrap();
        let message = error["error"]["message"].as_str().unwrap();
        assert!(message.starts_with("llmock: ") && message.contains(words), "{message}");
    }
    assert!(mock.requests().is_empty(), "they are nobody's");
    mock.finish().unwrap();
}

#[test]
fn failed_sessions_list_requests_rejected_meanwhile() {
    let (_folder, file) = fixture();
    let ended = LlmMock::builder().fixture(&file).test("ended").calls(0).start().unwrap();
    let url = format!("{}/chat/completions", ended.base_url(Provider::OpenAI));
    // Its head finds the session open, its body comes when that has ended.
    let body = prompt("known");
    let (host, path) = url.strip_prefix("http://").unwrap().split_once('/').unwrap();
    let mut late = TcpStream::connect(host).unwrap();
    let length = body.len();
    write!(late, "POST /{path} HTTP/1.1\r\nhost: {host}\r\ncontent-length: {length}\r\n\r\n")
        .unwrap();
    // The server has come to that head when it answers this.
    let origin = format!("http://{host}");
    for _ in 0..2 {
        assert_eq!(client::send("POST", &format!("{origin}/"), &JSON, b"{}").status, 418);
    }
    ended.finish().unwrap();

    let mock = LlmMock::builder().fixture(&file).start().unwrap();
    late.write_all(body.as_bytes()).unwrap();
    let mut answer = String::new();
    late.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 418 "), "{answer}");
    let wrong = format!("{origin}/v1/chat/completions?key=hidden");
    assert_eq!(client::send("POST", &wrong, &JSON, b"{}").status, 418);
    assert_eq!(client::send("POST", &url, &JSON, b"{}").status, 418);
    let report = mock.finish().unwrap_err().to_string();
    let meanwhile = "note: POST /v1/chat/completions was refused while this test ran: ";
    for sentence in [
        "it belongs to test `ended`, which has already ended",
        "`/v1/chat/completions` is not an address of this mock server",
        "the test that this address belonged to has ended",
    ] {
        assert!(report.contains(&format!("{meanwhile}{sentence}")), "{report}");
    }
    assert!(!report.contains("hidden"), "{report}");
}

#[test]
fn every_response_closes_its_connection() {
    let (_folder, file) = fixture();
    let mock = LlmMock::builder().fixture(file).start().unwrap();
    let says = ResponseTemplate::new(200).set_body_string("mocked");
    let mocked = Mock::given(body_string_contains("mocked")).respond_with(says);
    block_on(mocked.mount(mock.wiremock()));
    for text in ["known", "mocked", "new"] {
        assert_eq!(chat(&mock, &prompt(text)).all("connection"), ["close"], "{text}");
    }
    let _ = mock.finish();
}
