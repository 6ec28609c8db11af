//! The wiremock server of a session beside its fixture: who answers, who is told, what is recorded.

use std::path::{Path, PathBuf};

use futures::executor::block_on;
use llmock::wiremock::matchers::{any, body_string_contains, method, path};
use llmock::wiremock::{Mock, ResponseTemplate};
use llmock::{Fixture, LlmMock, LlmMockBuilder, MockSession, Mode, Provider, RespondedBy};
use llmock_testkit::client::{self, JSON, chat, prompt};
use llmock_testkit::process::alone;
use llmock_testkit::upstream::{Request, Response, Upstream};
use serde_json::json;
use tempfile::TempDir;

/// A fixture with an answer to each of these prompts: `recorded PROMPT`.
fn fixture(prompts: &[&str]) -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("answers.json");
    let answer = |text: &&str| {
        let body: serde_json::Value = serde_json::from_str(&prompt(text)).unwrap();
        json!({
            "provider": "openai",
            "request": { "path": "/v1/chat/completions", "body": body },
            "response": { "headers": { "content-type": "text/plain" }, "text": format!("recorded {text}") },
        })
    };
    let interactions: Vec<_> = prompts.iter().map(answer).collect();
    std::fs::write(&file, json!({ "llmock": 1, "interactions": interactions }).to_string())
        .unwrap();
    (folder, file)
}

fn replay(file: &Path) -> LlmMockBuilder {
    LlmMock::builder().fixture(file)
}

fn mount(session: &MockSession, mock: Mock) {
    block_on(mock.mount(session.wiremock()));
}

fn asks(text: &str) -> llmock::wiremock::MockBuilder {
    Mock::given(body_string_contains(format!("\"{text}\"")))
}

fn says(text: &str) -> ResponseTemplate {
    ResponseTemplate::new(200).set_body_string(text)
}

fn answered(mock: &LlmMock) -> Vec<RespondedBy> {
    mock.requests().iter().map(llmock::SentRequest::responded_by).collect()
}

#[test]
fn mocks_come_before_the_fixture() {
    let (_folder, file) = fixture(&["a", "b"]);
    let mock = replay(&file).start().unwrap();
    assert_eq!(chat(&mock, &prompt("a")).text(), "recorded a");
    mount(&mock, asks("a").respond_with(says("mocked")).expect(1));
    assert_eq!(chat(&mock, &prompt("a")).text(), "mocked");
    assert_eq!(chat(&mock, &prompt("b")).text(), "recorded b");
    block_on(mock.wiremock().reset());
    assert_eq!(chat(&mock, &prompt("a")).text(), "recorded a");
    let (fixture, by_mock) = (RespondedBy::Fixture, RespondedBy::Mock);
    assert_eq!(answered(&mock), [fixture, by_mock, fixture, fixture]);
    mock.finish().unwrap();
}

#[test]
fn mocks_use_no_interactions() {
    let (_folder, file) = fixture(&["a"]);
    let mock = replay(&file).fail_on_unused().start().unwrap();
    mount(&mock, asks("a").respond_with(says("mocked")));
    assert_eq!(chat(&mock, &prompt("a")).text(), "mocked");
    let report = mock.finish().unwrap_err().to_string();
    assert!(report.contains("1 interaction of this test was not used"), "{report}");
}

#[test]
fn mocks_alone_can_answer_a_test() {
    let (_folder, file) = fixture(&[]);
    let mock = replay(&file).start().unwrap();
    mount(&mock, Mock::given(any()).respond_with(says("mocked")));
    assert_eq!(chat(&mock, &prompt("never recorded")).text(), "mocked");
    mock.finish().unwrap();
}

#[test]
fn mocks_see_the_providers_own_paths() {
    let (_folder, file) = fixture(&[]);
    let mock = replay(&file).start().unwrap();
    let at = |place: &str| Mock::given(method("POST")).and(path(place.to_owned()));
    for place in ["/v1/chat/completions", "/v1/messages", "/v1beta/models/g:generateContent"] {
        mount(&mock, at(place).respond_with(says(place)));
    }
    for (provider, rest, place) in [
        (Provider::OpenAI, "/chat/completions", "/v1/chat/completions"),
        (Provider::Anthropic, "/v1/messages", "/v1/messages"),
        (Provider::Gemini, "/v1beta/models/g:generateContent", "/v1beta/models/g:generateContent"),
    ] {
        let url = format!("{}{rest}", mock.base_url(provider));
        assert_eq!(client::send("POST", &url, &JSON, b"{}").text(), place);
    }
    mock.finish().unwrap();
}

#[test]
fn unmet_mock_expectations_fail_the_test() {
    let (_folder, file) = fixture(&["a"]);
    let mock = replay(&file).start().unwrap();
    mount(&mock, asks("z").respond_with(says("z")).expect(2).named("the second opinion"));
    assert_eq!(chat(&mock, &prompt("a")).text(), "recorded a");
    assert_eq!(chat(&mock, &prompt("z")).text(), "z");
    let report = mock.finish().unwrap_err().to_string();
    assert!(report.contains("unmet `Mock` expectations"), "{report}");
    assert!(report.contains("the second opinion"), "{report}");
    assert!(report.contains("Expected range of matching incoming requests: == 2"), "{report}");
    assert!(report.contains("Number of matched incoming requests: 1"), "{report}");
}

#[test]
fn satisfied_mocks_do_not_fail_the_test() {
    let (_folder, file) = fixture(&["a"]);
    let mock = replay(&file).start().unwrap();
    mount(&mock, asks("z").respond_with(says("z")).expect(1));
    mount(&mock, asks("never").respond_with(says("never")).expect(0));
    mount(&mock, asks("perhaps").respond_with(says("perhaps")));
    assert_eq!(chat(&mock, &prompt("z")).text(), "z");
    mock.finish().unwrap();
}

#[test]
fn empty_404_responses_count_as_unmatched() {
    let (_folder, file) = fixture(&["a"]);
    let mock = replay(&file).start().unwrap();
    mount(&mock, Mock::given(any()).respond_with(ResponseTemplate::new(404)));
    assert_eq!(chat(&mock, &prompt("a")).text(), "recorded a");
    block_on(mock.wiremock().reset());
    let error = json!({ "error": { "message": "no such model" } });
    mount(&mock, Mock::given(any()).respond_with(ResponseTemplate::new(404).set_body_json(&error)));
    let reply = chat(&mock, &prompt("a"));
    assert_eq!((reply.status, reply.text()), (404, error.to_string()));
    mock.finish().unwrap();
}

#[test]
fn every_session_has_its_own_server() {
    let (_folder, file) = fixture(&["a"]);
    let (one, other) = (replay(&file).start().unwrap(), replay(&file).start().unwrap());
    assert_eq!(one.wiremock().address(), one.clone().wiremock().address());
    assert_ne!(one.wiremock().address(), other.wiremock().address());
    mount(&one, Mock::given(any()).respond_with(says("mocked")));
    assert_eq!(chat(&one, &prompt("a")).text(), "mocked");
    assert_eq!(chat(&other, &prompt("a")).text(), "recorded a");
    one.finish().unwrap();
    other.finish().unwrap();
}

#[test]
fn dropped_sessions_do_not_verify_mocks() {
    let (_folder, file) = fixture(&["a"]);
    let unmet = || Mock::given(any()).respond_with(says("x")).expect(5);
    let dropped = replay(&file).start().unwrap();
    mount(&dropped, unmet());
    let handle = dropped.clone();
    drop(dropped);
    drop(handle);

    let failed = replay(&file).start().unwrap();
    mount(&failed, unmet());
    let report = failed.fail().expect("the Mocks are not satisfied").to_string();
    assert!(report.contains("unmet `Mock` expectations"), "{report}");
}

#[test]
fn mode_off_disables_mocks() {
    alone(&[("LLMOCK_MODE", "off")], |_| {
        let (_folder, file) = fixture(&["a"]);
        let mock = replay(&file).start().unwrap();
        mount(&mock, Mock::given(any()).respond_with(says("x")).expect(1));
        mock.finish().unwrap();
    });
}

#[test]
fn mocked_responses_are_neither_forwarded_nor_recorded() {
    alone(&[], |_| {
        let (_folder, file) = fixture(&[]);
        let upstream =
            Upstream::start([Response::json("{\"real\":1}"), Response::json("{\"real\":2}")]);
        let mock = upstream.record(&file, "test").start().unwrap();
        mount(&mock, asks("a").respond_with(says("mocked")).expect(2));
        assert_eq!(chat(&mock, &prompt("a")).text(), "mocked");
        assert_eq!(chat(&mock, &prompt("b")).text(), "{\"real\":1}");
        assert_eq!(chat(&mock, &prompt("a")).text(), "mocked");
        assert_eq!(chat(&mock, &prompt("c")).text(), "{\"real\":2}");
        let (real, by_mock) = (RespondedBy::Upstream, RespondedBy::Mock);
        assert_eq!(answered(&mock), [by_mock, real, by_mock, real]);
        mock.finish().unwrap();

        let asked: Vec<String> = upstream.requests().iter().map(Request::text).collect();
        assert_eq!(asked, [prompt("b"), prompt("c")]);
        let written = Fixture::load(&file).unwrap();
        let prompts: Vec<_> =
            written.interactions().iter().map(|it| it.prompt().unwrap()).collect();
        assert_eq!(prompts, ["b", "c"]);
    });
}

#[test]
fn unmet_expectations_prevent_recording() {
    alone(&[], |_| {
        let (_folder, file) = fixture(&["kept"]);
        let before = std::fs::read_to_string(&file).unwrap();
        let upstream = Upstream::start([Response::json("{\"real\":1}")]);
        let mock = upstream.record(&file, "test").start().unwrap();
        mount(&mock, asks("z").respond_with(says("z")).expect(1));
        chat(&mock, &prompt("b")).text();
        let report = mock.finish().unwrap_err().to_string();
        assert!(report.contains("unmet `Mock` expectations"), "{report}");
        assert_eq!(std::fs::read_to_string(&file).unwrap(), before);
        let attempt = Fixture::load(file.with_extension("json.failed")).unwrap();
        assert_eq!(attempt.interactions().len(), 1);
    });
}

#[test]
fn mode_auto_tries_mocks_fixture_then_provider() {
    alone(&[], |_| {
        let (_folder, file) = fixture(&["a"]);
        let upstream = Upstream::start([Response::json("{\"real\":1}")]);
        let mock = upstream.session(Mode::Auto, &file, "test").start().unwrap();
        mount(&mock, asks("z").respond_with(says("mocked")));
        let answers = ["a", "z", "new"].map(|text| chat(&mock, &prompt(text)).text());
        assert_eq!(answers, ["recorded a", "mocked", "{\"real\":1}"]);
        let by = [RespondedBy::Fixture, RespondedBy::Mock, RespondedBy::Upstream];
        assert_eq!(answered(&mock), by);
        mock.finish().unwrap();
    });
}
