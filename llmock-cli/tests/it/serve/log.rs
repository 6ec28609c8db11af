//! `llmock serve`: the line that each request prints.

use serde_json::Value;

use crate::server::{Workdir, chat};
use llmock_testkit::client::Request;

#[test]
fn prints_a_line_for_each_request() {
    let server = Workdir::new().serve(&["--log"], &[]);
    server.send(&chat("hello"));
    let body = r#"{"model":"gpt-4o","stream":true,"messages":[{"role":"user","content":"a"}]}"#;
    server.send(&Request::post("/v1/chat/completions?key=sk-secret", body));
    server.wait_for_stderr("POST /v1/chat/completions m 200 MirrorStrategy ");
    let streamed = "POST /v1/chat/completions?key=[REDACTED] gpt-4o stream 200 MirrorStrategy ";
    server.wait_for_stderr(streamed);
}

#[test]
fn prints_json_and_faults() {
    let server = Workdir::new().serve(&["--log", "json"], &[]);
    let fault = chat("hello").header("x-llmock-fault", "status=503");
    assert_eq!(server.send(&fault).status, 503);
    server.wait_for_stderr("\"status\":503");
    let line: Value = serde_json::from_str(server.stderr().lines().next().unwrap()).unwrap();
    assert_eq!((&line["strategy"], &line["fault"]), (&"llmock".into(), &"status".into()));
    assert_eq!(line["path"], "/v1/chat/completions");
}

#[test]
fn prints_only_misses_by_default() {
    let folder = Workdir::new();
    folder.fixture("rec/a.json", &[("hello", "hi")]);
    let server = folder.serve(&["--fixtures", "rec"], &[]);
    assert_eq!(server.send(&chat("hello")).status, 200);
    assert_eq!(server.send(&chat("hallo")).status, 418);
    server.wait_for_stderr("llmock: miss: POST /v1/chat/completions m: ");
    assert!(server.stderr().contains("$.messages[0].content"), "{}", server.stderr());
    assert_eq!(server.stderr().lines().count(), 1, "{}", server.stderr());
}

#[test]
fn rejects_other_formats() {
    let message = Workdir::new().fails_to_start(&["--log", "yaml"], &[]);
    assert!(message.contains("flag `--log`: invalid log format `yaml`"), "{message}");
}
