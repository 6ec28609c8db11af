//! Conversations that keep the provider's prompt cache, and those that break it.

use std::path::{Path, PathBuf};

use llmock::{LlmMock, Mode, Provider};
use llmock_testkit::client::send;
use llmock_testkit::process::alone;
use llmock_testkit::recorded::place;
use llmock_testkit::upstream::{Response, Upstream, replay};
use serde_json::json;

const TEST: &str = "audit::test";

/// The turns of a conversation; the second begins with another system prompt if it is to break.
fn turns(breaks: bool) -> [String; 2] {
    let first = r#"{"role":"user","content":"hi"}"#;
    let more = r#"{"role":"assistant","content":"hello"},{"role":"user","content":"and now?"}"#;
    let body = |day: &str, messages: &str| {
        format!(
            r#"{{"model":"m","max_tokens":5,"system":"Today is {day}.","messages":[{messages}]}}"#
        )
    };
    let day = if breaks { "2026-12-01" } else { "2026-11-30" };
    [body("2026-11-30", first), body(day, &format!("{first},{more}"))]
}

fn upstream() -> Upstream {
    let body = json!({ "type": "message", "usage": { "input_tokens": 4000, "output_tokens": 20 } });
    Upstream::scripted(move |_, _| Response::json(body.to_string()))
}

fn record(fixture: &Path, breaks: bool) {
    let upstream = upstream();
    let mock =
        replay(fixture, TEST).mode(Mode::Record).upstream(Provider::Anthropic, upstream.url());
    let mock = mock.start().unwrap();
    run(&mock, breaks);
    mock.finish().unwrap();
}

fn run(mock: &LlmMock, breaks: bool) {
    let url = format!("{}/v1/messages", mock.base_url(Provider::Anthropic));
    for body in turns(breaks) {
        let response = send("POST", &url, &[("content-type", "application/json")], body.as_bytes());
        assert_eq!(response.collect().status, 200);
    }
}

#[test]
fn a_broken_prefix_is_a_note_and_fails_on_demand() {
    alone(&[], |process| {
        if process.part() == "replays" {
            let fixture = PathBuf::from(std::env::var_os("FIXTURE").unwrap());
            let mock = replay(&fixture, TEST).start().unwrap();
            run(&mock, true);
            let report = mock.cache_report();
            assert_eq!((report.turns, report.kept, report.breaks.len()), (1, 0, 1));
            let found = &report.breaks[0];
            assert_eq!((found.request, found.previous, found.path.as_str()), (2, 1, "$.system"));
            assert!(found.lost > 0 && found.lost < 4000, "{found}");
            return mock.finish().unwrap();
        }
        let (_folder, fixture) = place();
        record(&fixture, true);
        let ran = process.again("replays").env("FIXTURE", &fixture).output().unwrap();
        let stderr = String::from_utf8(ran.stderr).unwrap();
        assert!(ran.status.success(), "{stderr}");
        let told = "request 2 continues request 1, but differs at $.system: the system prompt changed: a date or a time in it";
        assert!(stderr.contains(told), "{stderr}");
        assert!(stderr.contains("of 4000 tokens are not read from the cache"), "{stderr}");

        let mock = replay(&fixture, TEST).cache("stable").start().unwrap();
        run(&mock, true);
        let error = mock.finish().unwrap_err().to_string();
        assert!(error.contains(told) && error.contains(r#"cache = "stable""#), "{error}");
        let mock = replay(&fixture, TEST).cache("stable").allow("cache_prefix").start().unwrap();
        run(&mock, true);
        mock.finish().unwrap();
    });
}

#[test]
fn a_conversation_that_grows_is_stable() {
    alone(&[], |_| {
        let (_folder, fixture) = place();
        record(&fixture, false);
        let mock = replay(&fixture, TEST).cache("stable").start().unwrap();
        run(&mock, false);
        let report = mock.cache_report();
        assert!(report.is_stable(), "{report}");
        assert_eq!(report.to_string(), "1 of 1 turns keep their prefix");
        mock.finish().unwrap();
    });
}

#[test]
fn a_recording_tells_what_it_used() {
    alone(&[], |process| {
        let (_folder, fixture) = place();
        if process.part() == "records" {
            record(&fixture, false);
            let upstream = Upstream::scripted(|_, _| {
                let usage = json!({ "prompt_tokens": 1000, "completion_tokens": 500 });
                Response::json(json!({ "usage": usage }).to_string())
            });
            let other = fixture.with_file_name("priced.json");
            let mock = upstream.record(&other, TEST).start().unwrap();
            let url = format!("{}/chat/completions", mock.base_url(Provider::OpenAI));
            let body = r#"{"model":"gpt-5-mini","messages":[{"role":"user","content":"hi"}]}"#;
            let response =
                send("POST", &url, &[("content-type", "application/json")], body.as_bytes());
            assert_eq!(response.collect().status, 200);
            return mock.finish().unwrap();
        }
        let ran = process.again("records").output().unwrap();
        let stderr = String::from_utf8(ran.stderr).unwrap();
        assert!(ran.status.success(), "{stderr}");
        assert!(stderr.contains(": 2 requests, 8000 tokens in and 40 out"), "{stderr}");
        // 1,000 at 0.25 and 500 at 2.00 dollars a million.
        let told = ": 1 request, 1000 tokens in and 500 out, about $0.0013 by the prices of 2026-";
        assert!(stderr.contains(told), "{stderr}");
    });
}
