//! The compiled binary against recorded answers, and what it sent.
//!
//! Record them again with `LLMOCK_MODE=record cargo test -p child-process`.

use std::io::Write as _;
use std::process::{Command, Output, Stdio};

use llmock::{LlmMock, Provider, llm_replay};
use serde_json::Value;

const TEXT: &str = "The harbour bridge opens again on Monday after two years of repairs.";

/// Runs `headline` with this on its standard input.
fn headline(mock: &LlmMock, text: &str) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_headline"))
        .envs(mock.envs())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
    child.wait_with_output().unwrap()
}

#[llm_replay(fixture = "headline")]
#[test]
fn prints_what_the_model_says(mock: &LlmMock) {
    let output = headline(mock, TEXT);

    let (printed, errors) =
        (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{errors}");
    assert_eq!(printed.lines().count(), 1, "{printed}");
    assert!(printed.to_lowercase().contains("bridge"), "{printed}");

    let requests = mock.requests();
    assert_eq!(requests.len(), 1);
    assert_eq!(requests[0].provider(), Provider::OpenAI);
    assert_eq!((requests[0].method(), requests[0].path()), ("POST", "/v1/chat/completions"));
    assert_eq!(requests[0].header("authorization"), None, "keys are not shown");
    let body: Value = requests[0].json().unwrap();
    let question = body["messages"][1]["content"].as_str().unwrap();
    assert!(question.ends_with(TEXT), "{question}");
}

// `calls = 0`: a test that asks no model, and says so.
#[llm_replay(fixture = "headline", calls = 0)]
#[test]
fn asks_nothing_without_a_text(mock: &LlmMock) {
    let output = headline(mock, " \n");
    assert!(!output.status.success());
    let errors = String::from_utf8_lossy(&output.stderr);
    assert_eq!(errors.trim_end(), "headline: there is no text on standard input");
}
