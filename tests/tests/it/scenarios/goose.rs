//! goose: a queue of responses, each for a part of the body, and a session id in the headers.

use llmock::reply::{Reply, request};
use llmock::{LlmMock, MockSession, Provider, llm_replay};
use llmock_testkit::client::prompt;
use llmock_testkit::process::alone;

use super::client;

/// As goose's own code sends its requests, with reqwest:
/// <https://github.com/block/goose/blob/1834fc686f87bd71e9d8b1dfa8fd1156cdf441cb/crates/goose/src/providers/api_client.rs>.
fn ask(mock: &LlmMock, text: &str) -> (u16, String) {
    let url = format!("{}/chat/completions", mock.base_url(Provider::OpenAI));
    let request = client().post(url).header("session-id", "s1").bearer_auth("key");
    let request = request.header("content-type", "application/json").body(prompt(text));
    let response = request.send().unwrap();
    (response.status().as_u16(), response.text().unwrap())
}

/// `OpenAiFixture::new(vec![(substring, file)])`: the exchanges come in order, and each has to hold its substring.
fn expect(mock: &LlmMock) {
    for (part, reply) in [("weather", "sunny"), ("time", "noon")] {
        mock.when(request().body_contains(part).header("session-id", "s1"))
            .reply(Reply::text(reply));
    }
}

#[llm_replay(scripted = true)]
#[test]
fn a_queue_of_parts_and_responses(mock: &LlmMock) {
    expect(mock);
    assert!(ask(mock, "the weather?").1.contains("sunny"));
    assert!(ask(mock, "the time?").1.contains("noon"));
    assert!(mock.requests().iter().all(|request| request.header_was("session-id", "s1")));
}

/// A request that none of the parts fits, and one that never comes, fail the test with both texts.
#[test]
fn another_request_fails_the_test() {
    alone(&[], |_| {
        let mock: MockSession = LlmMock::builder().scripted(true).start().unwrap();
        expect(&mock);
        assert_eq!(ask(&mock, "the news?").0, 418);
        let report = mock.finish().unwrap_err().to_string();
        assert!(
            report.contains("the news?") && report.contains("body_contains(\"weather\")"),
            "{report}"
        );
    });
}

/// `contains`, for a recording: only whether the prompt has the word counts.
#[test]
fn a_recording_is_found_by_a_part_of_the_prompt() {
    alone(&[], |_| {
        let (_folder, fixture) = llmock_testkit::recorded::place();
        let upstream = llmock_testkit::upstream::Upstream::chat("sunny");
        let mock = upstream.record(&fixture, "goose").start().unwrap();
        assert_eq!(ask(&mock, "the weather on Monday?").0, 200);
        mock.finish().unwrap();
        let replay = llmock_testkit::upstream::replay(&fixture, "goose");
        let mock = replay.contains("$.messages[*].content", "weather").start().unwrap();
        assert!(ask(&mock, "what will the weather be?").1.contains("sunny"));
        mock.finish().unwrap();
    });
}

/// `reset()`: the same exchanges again are a new session.
#[test]
fn the_same_exchanges_run_again() {
    alone(&[], |_| {
        for _ in 0..2 {
            let mock = LlmMock::builder().scripted(true).start().unwrap();
            expect(&mock);
            assert_eq!([ask(&mock, "weather").0, ask(&mock, "time").0], [200, 200]);
            mock.finish().unwrap();
        }
    });
}
