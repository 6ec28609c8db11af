//! Rules about headers: required, compared, and kept.

use llmock::{Fixture, LlmMockBuilder, MockSession, Provider};
use llmock_testkit::process::alone;
use llmock_testkit::recorded::{place, read};
use llmock_testkit::upstream::{Response, Upstream, replay};

use super::{TEST, records_and_replays, request};

const MESSAGES: (Provider, &str, &str) = (Provider::Anthropic, "POST", "/v1/messages");
const BODY: &[u8] =
    br#"{"model":"claude","max_tokens":9,"messages":[{"role":"user","content":"hi"}]}"#;

fn send(mock: &MockSession, headers: &[(&str, &str)]) -> u16 {
    let json = [("content-type", "application/json")];
    request(mock, MESSAGES, &[&json[..], headers].concat(), BODY).status
}

fn upstream() -> Upstream {
    Upstream::start([Response::json(r#"{"type":"message","content":[]}"#)
        .header("x-codex-primary-used-percent", "12")
        .header("x-codex-session-token", "t")
        .header("mistral-correlation-id", "m-1")])
}

#[test]
fn compared_headers_decide_which_recording_responds() {
    alone(&[], |_| {
        let (_folder, fixture) = place();
        let rules = |mock: LlmMockBuilder| mock.match_headers("anthropic-*");
        let version = ("anthropic-version", "2023-06-01");
        let cases = [
            (
                &[version, ("anthropic-beta", "a, b")][..],
                &[version, ("anthropic-beta", "a,b")][..],
                200,
            ),
            (&[version], &[version, ("user-agent", "x")], 200),
            (&[version], &[("anthropic-version", "2026-01-01")], 418),
            (&[version], &[], 418),
            (&[], &[version], 418),
        ];
        for (recorded, sent, status) in cases {
            std::fs::remove_file(&fixture).ok();
            let run = |mock: &MockSession, is_replay: bool| {
                let headers = if is_replay { sent } else { recorded };
                assert_eq!(send(mock, headers), if is_replay { status } else { 200 }, "{sent:?}");
            };
            let result = records_and_replays(&upstream(), &fixture, rules, run);
            assert_eq!(result.is_ok(), status == 200, "{sent:?}");
            if let Err(error) = result {
                let report = error.to_string();
                assert!(report.contains("no recorded request has these headers"), "{report}");
                assert!(report.contains("header anthropic-version"), "{report}");
                assert!(report.contains("match_headers(\"anthropic-*\")"), "{report}");
            }
        }
    });
}

#[test]
fn without_the_rule_headers_are_neither_stored_nor_compared() {
    alone(&[], |_| {
        let (_folder, fixture) = place();
        let run = |mock: &MockSession, is_replay: bool| {
            let tenant = if is_replay { "two" } else { "one" };
            assert_eq!(send(mock, &[("x-tenant", tenant)]), 200);
        };
        records_and_replays(&upstream(), &fixture, |mock| mock, run).unwrap();
        let text = read(&fixture);
        assert!(text.contains("\"llmock\": 1,") && !text.contains("x-tenant"), "{text}");
        // The recording has no header to compare: it must be recorded again.
        let mock = replay(&fixture, TEST).match_headers("x-tenant").start().unwrap();
        assert_eq!(send(&mock, &[("x-tenant", "one")]), 418);
        assert!(mock.finish().is_err());
    });
}

#[test]
fn required_headers_are_demanded_in_every_mode() {
    alone(&[], |_| {
        let (_folder, fixture) = place();
        let rules = |mock: LlmMockBuilder| {
            mock.require_header("Authorization").require_header("anthropic-beta")
        };
        let run = |mock: &MockSession, _: bool| {
            let key = ("authorization", "Bearer sk-1");
            assert_eq!(send(mock, &[key, ("anthropic-beta", "a")]), 200);
        };
        let upstream = upstream();
        records_and_replays(&upstream, &fixture, rules, run).unwrap();
        assert!(!read(&fixture).contains("sk-1"));
        for mock in [rules(replay(&fixture, TEST)), rules(upstream.record(&fixture, TEST))] {
            let mock = mock.start().unwrap();
            assert_eq!(send(&mock, &[("anthropic-beta", "a")]), 418);
            let report = mock.finish().unwrap_err().to_string();
            assert!(
                report.contains("it has no header `authorization` (`require_header`)"),
                "{report}"
            );
        }
        let mock = rules(replay(&fixture, TEST)).reset("require_header").start().unwrap();
        assert_eq!(send(&mock, &[]), 418, "the builder takes back only what files say");
        assert!(mock.finish().is_err());
    });
}

#[test]
fn kept_headers_are_stored_and_replayed() {
    alone(&[], |_| {
        let (_folder, fixture) = place();
        let rules = |mock: LlmMockBuilder| {
            mock.keep_headers("x-codex-*").keep_headers("mistral-correlation-id")
        };
        let run = |mock: &MockSession, is_replay: bool| {
            let turn = if is_replay { "2" } else { "1" };
            let headers = [
                ("x-codex-turn", turn),
                ("x-codex-api-key", "k"),
                ("x-codex-note", "sk-proj-Zq8s7Df6gH5jK4lM3nB2vC1xX0yYwWvV"),
            ];
            let reply = request(mock, MESSAGES, &headers, BODY);
            assert_eq!(reply.status, 200, "they are kept, not compared");
            assert_eq!(reply.header("x-codex-primary-used-percent"), Some("12"));
            assert_eq!(reply.header("mistral-correlation-id"), Some("m-1"));
        };
        records_and_replays(&upstream(), &fixture, rules, run).unwrap();
        let text = read(&fixture);
        assert!(
            text.contains("\"llmock\": 2,") && text.contains("\"x-codex-turn\": \"1\""),
            "{text}"
        );
        assert!(text.contains("\"x-codex-note\": \"[REDACTED:"), "{text}");
        assert!(!text.contains("x-codex-api-key") && !text.contains("sk-proj-"), "{text}");
        assert!(!text.contains("x-codex-session-token"), "{text}");
        let stored = Fixture::load(&fixture).unwrap();
        let interaction = stored.interactions().first().unwrap();
        assert_eq!(interaction.request().header("x-codex-turn"), Some("1"));
    });
}

#[test]
fn headers_with_keys_cannot_be_compared() {
    let (_folder, fixture) = place();
    for (mock, message) in [
        (replay(&fixture, TEST).match_headers("x-api-key"), "it holds a key or names an account"),
        (replay(&fixture, TEST).keep_headers("content-length"), "it belongs to the connection"),
        (replay(&fixture, TEST).require_header("x-*"), "expected letters, digits and `-`"),
    ] {
        let error = mock.start().unwrap_err().to_string();
        assert!(error.contains(message), "{error}");
    }
}
