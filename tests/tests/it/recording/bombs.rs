//! Small bodies that become large: compressed ones, and those that are deeply nested.

use llmock::{LlmMock, Mode, Provider};
use llmock_testkit::bombs;
use llmock_testkit::client::{JSON, prompt, send};
use llmock_testkit::process::alone;
use llmock_testkit::recorded::place;
use llmock_testkit::upstream::{Response, Upstream, replay};

const TEST: &str = "bombs::test";

/// Sends a chat completion with this encoding; returns status and body.
fn post(mock: &LlmMock, coding: &str, body: &[u8]) -> (u16, Vec<u8>) {
    let url = format!("{}/chat/completions", mock.base_url(Provider::OpenAI));
    let mut headers = vec![JSON[0]];
    headers.extend((!coding.is_empty()).then_some(("content-encoding", coding)));
    let response = send("POST", &url, &headers, body);
    (response.status, response.bytes())
}

fn has_bounded_memory(mebibytes: usize) {
    #[cfg(target_os = "linux")]
    {
        let peak = bombs::peak_memory(std::process::id());
        assert!(peak < mebibytes, "{peak} MiB");
    }
    let _ = mebibytes;
}

#[test]
fn compressed_requests_that_become_too_large_are_refused() {
    alone(&[], |_| {
        for (coding, bomb) in bombs::all() {
            for mode in [Mode::Record, Mode::Replay] {
                let (_folder, fixture) = place();
                std::fs::write(&fixture, "{\"llmock\": 1, \"interactions\": []}\n").unwrap();
                let upstream = Upstream::start([Response::json("{}")]);
                let mock = upstream.session(mode, &fixture, TEST).start().unwrap();
                let (status, body) = post(&mock, coding, &bomb);
                let body = String::from_utf8_lossy(&body).into_owned();
                assert!(status == 413 || status == 418, "{coding}: {status} {body}");
                let sentence = "is longer than 16777216 bytes when decoded";
                assert!(body.contains(sentence), "{coding}: {body}");
                let report = mock.finish().unwrap_err().to_string();
                assert_eq!(report.matches(sentence).count(), 1, "{coding}: {report}");
                assert_eq!(upstream.requests().len(), 0, "{coding}");
            }
        }
        has_bounded_memory(400);
    });
}

#[test]
fn compressed_responses_that_become_too_large_replay_as_they_came() {
    alone(&[], |_| {
        for (coding, bomb) in bombs::all() {
            let (_folder, fixture) = place();
            let response = Response::json(bomb.clone()).header("content-encoding", coding);
            let upstream = Upstream::start([response]);
            let body = prompt("x");
            let mock = upstream.record(&fixture, TEST).start().unwrap();
            let live = post(&mock, "", body.as_bytes());
            assert!(live == (200, bomb), "{coding}: {}", live.0);
            mock.finish().unwrap_or_else(|error| panic!("{coding}: {error}"));
            let mock = replay(&fixture, TEST).start().unwrap();
            assert!(post(&mock, "", body.as_bytes()) == live, "{coding}");
            mock.finish().unwrap();
        }
        has_bounded_memory(600);
    });
}

#[test]
fn deeply_nested_bodies_record_and_replay() {
    alone(&[], |_| {
        const DEPTH: usize = 200_000;
        let nested = |open: &str, close: &str| open.repeat(DEPTH) + &close.repeat(DEPTH);
        for (open, close) in [("[", "]"), ("{\"a\":", "}")] {
            let inner = if open == "[" { "" } else { "1" };
            let body = open.repeat(DEPTH) + inner + &close.repeat(DEPTH);
            for body in [body, nested("[", ""), format!("{{\"a\":\"{}\"}}", nested("[", "]"))] {
                let (_folder, fixture) = place();
                let upstream = Upstream::start([Response::json(body.clone())]);
                let mock = upstream.record(&fixture, TEST).start().unwrap();
                assert!(post(&mock, "", body.as_bytes()) == (200, body.clone().into_bytes()));
                mock.finish().unwrap();
                assert_eq!(interactions_of(&fixture), 1);
                let mock = replay(&fixture, TEST).fail_on_unused().start().unwrap();
                assert!(post(&mock, "", body.as_bytes()) == (200, body.into_bytes()));
                mock.finish().unwrap();
            }
        }
    });
}

/// Counted by llmock: other readers of JSON refuse this depth.
fn interactions_of(fixture: &std::path::Path) -> usize {
    llmock::Fixture::load(fixture).unwrap().interactions().len()
}
