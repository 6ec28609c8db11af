//! Requests with an order of their own, and a comparison of the test's own.

use llmock::{LlmMockBuilder, MockSession, Provider};
use llmock_testkit::client::{chat, prompt};
use llmock_testkit::process::alone;
use llmock_testkit::recorded::place;
use llmock_testkit::upstream::{Response, Upstream, replay};

use super::{TEST, request};

fn embed(mock: &MockSession, text: &str) -> u16 {
    let body = format!(r#"{{"model":"e","input":"{text}"}}"#);
    let json = [("content-type", "application/json")];
    let at = (Provider::OpenAI, "POST", "/v1/embeddings");
    request(mock, at, &json, body.as_bytes()).status
}

fn ask(mock: &MockSession, text: &str) -> u16 {
    chat(mock, &prompt(text)).status
}

fn with_lane(mock: LlmMockBuilder) -> LlmMockBuilder {
    mock.lane("embeddings", "POST /v1/embeddings").lane("embeddings", "POST /v1/rerank")
}

/// A recording of: ask one, embed a, ask two, embed b.
fn recorded() -> (tempfile::TempDir, std::path::PathBuf) {
    let (folder, fixture) = place();
    let upstream = Upstream::start([Response::json(r#"{"choices":[],"data":[]}"#)]);
    let mock = upstream.record(&fixture, TEST).start().unwrap();
    assert_eq!(
        [ask(&mock, "one"), embed(&mock, "a"), ask(&mock, "two"), embed(&mock, "b")],
        [200; 4]
    );
    mock.finish().unwrap();
    (folder, fixture)
}

#[test]
fn a_lane_has_an_order_of_its_own() {
    alone(&[], |_| {
        let (_folder, fixture) = recorded();
        let mock = with_lane(replay(&fixture, TEST).strict_order().fail_on_unused());
        let mock = mock.start().unwrap();
        assert_eq!(
            [embed(&mock, "a"), embed(&mock, "b"), ask(&mock, "one"), ask(&mock, "two")],
            [200; 4]
        );
        mock.finish().unwrap();

        let mock = replay(&fixture, TEST).strict_order().start().unwrap();
        assert_eq!(embed(&mock, "a"), 418, "without a lane it waits for the first question");
        assert!(mock.finish().is_err());

        let mock = with_lane(replay(&fixture, TEST).strict_order()).start().unwrap();
        assert_eq!(embed(&mock, "b"), 418, "inside the lane");
        let report = mock.finish().unwrap_err().to_string();
        assert!(report.contains("it matches #4 in the file, but #2"), "{report}");
        assert!(report.contains("lane(\"embeddings\", \"POST /v1/embeddings\")"), "{report}");
    });
}

#[test]
fn unused_interactions_name_their_lane() {
    alone(&[], |_| {
        let (_folder, fixture) = recorded();
        let mock = with_lane(replay(&fixture, TEST).fail_on_unused()).start().unwrap();
        assert_eq!([ask(&mock, "one"), embed(&mock, "a")], [200; 2]);
        let report = mock.finish().unwrap_err().to_string();
        assert!(report.contains("#4 POST /v1/embeddings  \"b\"  lane \"embeddings\""), "{report}");
        let chat = report.lines().find(|line| line.contains("#3 POST")).unwrap();
        assert!(!chat.contains("lane"), "{report}");
    });
}

#[test]
fn a_closure_decides_which_recording_responds() {
    alone(&[], |_| {
        let (_folder, fixture) = recorded();
        let mock = replay(&fixture, TEST).start().unwrap();
        mock.matching(|request, interaction| {
            let last = |text: Option<String>| text.unwrap_or_default().to_lowercase();
            let sent = last(request.last_user_text());
            sent.contains(&last(interaction.request().last_user_text()))
                && request.path() == interaction.request().path()
        });
        assert_eq!([ask(&mock, "is it TWO?"), ask(&mock, "one, please")], [200; 2]);
        let used: Vec<_> = mock.exchanges().iter().map(llmock::Exchange::interaction).collect();
        assert_eq!(used, [Some(3), Some(1)]);
        assert_eq!(ask(&mock, "three"), 418);
        mock.match_by_rules();
        assert_eq!(ask(&mock, "one, please"), 418, "the rules compare whole texts");
        assert!(mock.finish().is_err());
    });
}

#[test]
fn a_closure_keeps_the_order_and_its_panic_fails_the_test() {
    alone(&[], |_| {
        let (_folder, fixture) = recorded();
        let mock = replay(&fixture, TEST).strict_order().fail_on_unused().start().unwrap();
        mock.matching(|request, interaction| request.path() == interaction.request().path());
        assert_eq!(
            [ask(&mock, "x"), embed(&mock, "y"), ask(&mock, "x"), embed(&mock, "z")],
            [200; 4]
        );
        mock.finish().unwrap();

        let mock = replay(&fixture, TEST).start().unwrap();
        mock.matching(|_, _| panic!("the matcher is wrong"));
        assert_eq!(ask(&mock, "one"), 418);
        let report = mock.finish().unwrap_err().to_string();
        assert!(report.contains("the matcher is wrong"), "{report}");
    });
}
