//! Recordings of one version of an API, and requests of another.

use std::path::{Path, PathBuf};

use llmock::{FinishError, LlmMock, LlmMockBuilder, Mode, Provider};
use llmock_testkit::client::send;
use llmock_testkit::process::alone;
use llmock_testkit::recorded::{interactions, place, read};
use llmock_testkit::upstream::{Response, Upstream, replay};

const TEST: &str = "audit::test";
const OLD: [(&str, &str); 1] = [("anthropic-version", "2023-06-01")];
const NEW: [(&str, &str); 2] =
    [("anthropic-version", "2026-10-21"), ("anthropic-beta", "files-api-2025-04-14")];
const BODY: &str =
    r#"{"model":"claude-x","max_tokens":5,"messages":[{"role":"user","content":"hi"}]}"#;

/// Sends a message; the status that came back.
fn message(mock: &LlmMock, headers: &[(&str, &str)]) -> u16 {
    let headers = [&[("content-type", "application/json")][..], headers].concat();
    let url = format!("{}/v1/messages", mock.base_url(Provider::Anthropic));
    send("POST", &url, &headers, BODY.as_bytes()).collect().status
}

fn upstream() -> Upstream {
    Upstream::scripted(|_, _| Response::json(r#"{"type":"message"}"#))
}

fn session(upstream: &Upstream, mode: Mode, fixture: &Path) -> LlmMockBuilder {
    replay(fixture, TEST).mode(mode).upstream(Provider::Anthropic, upstream.url())
}

fn record(fixture: &Path) {
    let upstream = upstream();
    let mock = session(&upstream, Mode::Record, fixture).start().unwrap();
    assert_eq!(message(&mock, &OLD), 200);
    mock.finish().unwrap();
}

#[test]
fn another_api_version_is_a_note() {
    alone(&[], |process| {
        let fixture = || PathBuf::from(std::env::var_os("FIXTURE").unwrap());
        let builder = || replay(&fixture(), TEST);
        let (builder, headers): (LlmMockBuilder, &[(&str, &str)]) = match process.part() {
            "same" => (builder(), &OLD),
            "other" => (builder(), &NEW),
            "off" => (builder().api_version("off"), &NEW),
            "allowed" => (builder().allow("api_version"), &NEW),
            _ => {
                let (_folder, fixture) = place();
                record(&fixture);
                let stored = &interactions(&fixture)[0]["request"]["headers"];
                assert_eq!(*stored, serde_json::json!({ "anthropic-version": "2023-06-01" }));
                assert!(read(&fixture).starts_with("{\n  \"llmock\": 2,"), "{}", read(&fixture));
                for (part, notes) in [("same", 0), ("other", 1), ("off", 0), ("allowed", 0)] {
                    let ran = process.again(part).env("FIXTURE", &fixture).output().unwrap();
                    let stderr = String::from_utf8(ran.stderr).unwrap();
                    assert!(ran.status.success(), "{stderr}");
                    let told = "2 requests were recorded without anthropic-beta, sent with files-api-2025-04-14, and \
                                recorded with anthropic-version 2023-06-01, sent with 2026-10-21";
                    assert_eq!(stderr.matches(told).count(), notes, "{part}: {stderr}");
                    assert_eq!(
                        stderr.contains("anthropic-version"),
                        notes == 1,
                        "{part}: {stderr}"
                    );
                }
                return;
            }
        };
        let mock = builder.start().unwrap();
        assert_eq!([message(&mock, headers), message(&mock, headers)], [200, 200]);
        mock.finish().unwrap();
    });
}

#[test]
fn strict_api_versions_make_a_miss() {
    alone(&[], |_| {
        let (_folder, fixture) = place();
        record(&fixture);
        let strict = || replay(&fixture, TEST).api_version("strict");
        let mock = strict().start().unwrap();
        assert_eq!(message(&mock, &OLD), 200);
        mock.finish().unwrap();

        let mock = strict().start().unwrap();
        assert_eq!(message(&mock, &NEW), 418);
        let error = mock.finish().unwrap_err();
        assert!(matches!(error, FinishError::Missed { requests: 1, .. }), "{error:?}");
        let text = error.to_string();
        assert!(
            text.contains("recorded with anthropic-version 2023-06-01, sent with 2026-10-21"),
            "{text}"
        );

        let upstream = upstream();
        let mock = session(&upstream, Mode::Auto, &fixture).api_version("strict").start().unwrap();
        assert_eq!(message(&mock, &NEW), 200);
        mock.finish().unwrap();
        assert_eq!(upstream.requests().len(), 1);
        assert_eq!(interactions(&fixture).len(), 2);
    });
}

#[test]
fn an_unknown_rule_is_refused() {
    let (_folder, fixture) = place();
    let error = replay(&fixture, TEST).api_version("strickt").start().unwrap_err().to_string();
    assert!(
        error.contains("`api_version`: invalid value `strickt`; did you mean `strict`?"),
        "{error}"
    );
}
