//! Requests that the provider would reject, although a recording or a reply responds to them.

use std::path::{Path, PathBuf};

use llmock::{CONTRACT_DATE, LlmMock, Provider};
use llmock_testkit::client::send;
use llmock_testkit::process::alone;
use llmock_testkit::recorded::place;
use llmock_testkit::upstream::replay;
use serde_json::json;

const TEST: &str = "audit::test";
const SAMPLING: &str = r#"{"model":"claude-opus-4-7","max_tokens":5,"temperature":0.2,"messages":[{"role":"user","content":"hi"}]}"#;
const RETIRED: &str = r#"{"model":"claude-3-haiku-20240307","max_tokens":5,"messages":[{"role":"user","content":"hi"}]}"#;
const FINE: &str =
    r#"{"model":"claude-opus-4-7","max_tokens":5,"messages":[{"role":"user","content":"hi"}]}"#;

/// A fixture that has each of these bodies, recorded when the provider still took them.
fn write(path: &Path, status: u16, bodies: &[&str]) {
    let interaction = |body: &&str| {
        let body: serde_json::Value = serde_json::from_str(body).unwrap();
        json!({
            "provider": "anthropic", "test": TEST,
            "request": { "path": "/v1/messages", "body": body },
            "response": { "status": status, "body": { "type": "message" } },
        })
    };
    let interactions: Vec<_> = bodies.iter().map(interaction).collect();
    std::fs::write(path, json!({ "llmock": 1, "interactions": interactions }).to_string()).unwrap();
}

fn message(mock: &LlmMock, body: &str) -> u16 {
    let url = format!("{}/v1/messages", mock.base_url(Provider::Anthropic));
    let headers = [("content-type", "application/json"), ("anthropic-version", "2023-06-01")];
    send("POST", &url, &headers, body.as_bytes()).collect().status
}

#[test]
fn requests_that_would_be_rejected_are_a_note() {
    alone(&[], |process| {
        if !["main", ""].contains(&process.part()) {
            let fixture = PathBuf::from(std::env::var_os("FIXTURE").unwrap());
            let builder = replay(&fixture, TEST);
            let mock = match process.part() {
                "off" => builder.contract("off"),
                "allowed" => builder.allow("contract"),
                _ => builder,
            };
            let mock = mock.start().unwrap();
            assert_eq!([message(&mock, SAMPLING), message(&mock, FINE)], [200, 200]);
            return mock.finish().unwrap();
        }
        let (_folder, fixture) = place();
        write(&fixture, 200, &[SAMPLING, FINE]);
        for (part, notes) in [("note", 1), ("off", 0), ("allowed", 0)] {
            let ran = process.again(part).env("FIXTURE", &fixture).output().unwrap();
            let stderr = String::from_utf8(ran.stderr).unwrap();
            assert!(ran.status.success(), "{stderr}");
            let told = r#"the provider would reject request 1 at $.temperature: "`temperature` is deprecated for this model." (since 2026-04-16, https://"#;
            assert_eq!(stderr.matches(told).count(), notes, "{part}: {stderr}");
        }
    });
}

#[test]
fn requests_that_would_be_rejected_fail_on_demand() {
    alone(&[], |_| {
        let (_folder, fixture) = place();
        write(&fixture, 200, &[SAMPLING, RETIRED]);
        let mock = replay(&fixture, TEST).contract("fail").start().unwrap();
        assert_eq!([message(&mock, SAMPLING), message(&mock, RETIRED)], [200, 200]);
        let requests = mock.requests();
        let rules: Vec<_> = requests
            .iter()
            .flat_map(|one| one.rejections(CONTRACT_DATE))
            .map(|one| one.rule)
            .collect();
        assert_eq!(rules, ["anthropic/sampling", "retired/model"]);
        assert_eq!(requests[1].rejections("2026-04-19"), [], "it was not retired yet");
        let error = mock.finish().unwrap_err().to_string();
        let parts = [
            "`temperature` is deprecated for this model.",
            "model: claude-3-haiku-20240307",
            r#"contract = "fail""#,
        ];
        for part in parts {
            assert!(error.contains(part), "{part}: {error}");
        }
        // Whatever the test is about, an error is no sign that a green test hides something.
        write(&fixture, 400, &[SAMPLING]);
        let mock = replay(&fixture, TEST).contract("fail").start().unwrap();
        assert_eq!(message(&mock, SAMPLING), 400);
        mock.finish().unwrap();
    });
}

#[test]
fn unknown_words_are_refused() {
    let (_folder, fixture) = place();
    let error = replay(&fixture, TEST).contract("fale").start().unwrap_err().to_string();
    assert!(error.contains("`contract`: invalid value `fale`; did you mean `fail`?"), "{error}");
    let error = replay(&fixture, TEST).cache("yes").start().unwrap_err().to_string();
    assert!(
        error.contains("`cache`: invalid value `yes`: expected `note`, `stable`, or `off`"),
        "{error}"
    );
}
