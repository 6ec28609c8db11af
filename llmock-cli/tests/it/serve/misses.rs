//! `llmock serve --fixtures`: requests without a recording, and the strategies before and after the fixtures.

use super::fixtures::{ALONE, response_text};
use crate::server::{Workdir, chat};
use llmock_testkit::client::Request;
use llmock_testkit::upstream::{self, Upstream};
use serde_json::Value;

#[test]
fn misses_stay_misses_without_other_strategies() {
    let workdir = Workdir::new();
    workdir.fixture("all.json", &[("q", "1")]);
    let server = workdir.serve(&["--fixtures", "all.json"], &[]);
    assert_eq!(response_text(&server, &chat("q")), "{\"said\":\"1\"}");
    for request in [chat("other"), embedding("other"), Request::get("/v1/models")] {
        let missed = server.send(&request);
        assert_eq!(
            (missed.status, missed.header("x-llmock")),
            (418, Some("unmatched")),
            "{request:?}"
        );
        let body: Value = serde_json::from_str(&missed.text()).unwrap();
        let message = body["error"]["message"].as_str().unwrap();
        assert!(message.contains(" in all.json: "), "{message}");
    }
    let list = ["--fixtures", "all.json", "--strategies", "FixtureStrategy,MirrorStrategy"];
    let server = workdir.serve(&list, &[]);
    assert_eq!(response_text(&server, &chat("q")), "{\"said\":\"1\"}");
    let mirrored: Value = serde_json::from_str(&response_text(&server, &chat("other"))).unwrap();
    assert_eq!(mirrored["choices"][0]["message"]["content"], "other");
}

fn embedding(of: &str) -> Request {
    Request::post("/v1/embeddings", format!(r#"{{"model":"m","input":"{of}"}}"#))
}

/// Recordings of other endpoints beside one conversation.
const OTHER_THINGS: &str = r#"{"llmock":1,"interactions":[
  {"provider":"openai","request":{"method":"POST","path":"/v1/embeddings","body":{"model":"m","input":"known"}},
   "response":{"status":200,"body":{"said":"e"}}},
  {"provider":"openai","request":{"method":"POST","path":"/v1/audio/speech","body":{"input":"known"}},
   "response":{"status":200,"text":"spoken"}},
  {"provider":"openai","request":{"method":"POST","path":"/v1/chat/completions",
   "body":{"model":"m","messages":[{"role":"user","content":"raise error {x}"}]}},
   "response":{"status":200,"body":{"said":"c"}}}]}"#;

#[test]
fn fixture_strategy_alone_answers_only_recorded_requests() {
    let workdir = Workdir::new();
    workdir.write("all.json", OTHER_THINGS);
    let server = workdir.serve(&["--fixtures", "all.json", "--set", "models=gpt-5"], &[ALONE]);
    assert_eq!(response_text(&server, &embedding("known")), "{\"said\":\"e\"}");
    for (request, because) in [
        (
            embedding("unknown"),
            "POST /v1/embeddings in all.json: no recorded request matches this body; the closest is #1 in the file",
        ),
        (Request::post("/v1/audio/speech", r#"{"input":"unknown"}"#), "it differs at $.input"),
        (Request::post("/v1/moderations", r#"{"input":"x"}"#), "POST /v1/moderations"),
        (
            Request::post("/v2/rerank", r#"{"model":"m","query":"q","documents":["d"]}"#),
            "POST /v2/rerank",
        ),
        (Request::post("/v1/messages/count_tokens", ANTHROPIC), "POST /v1/messages/count_tokens"),
        (Request::get("/v1/models"), "GET /v1/models"),
        (Request::get("/v1/chat/completions"), "GET /v1/chat/completions"),
        (Request::post("/v1/chat/completions", "not json"), "POST /v1/chat/completions"),
    ] {
        let missed = server.send(&request);
        assert_eq!(
            (missed.status, missed.header("x-llmock")),
            (418, Some("unmatched")),
            "{request:?}"
        );
        assert!(missed.text().contains(because), "{because} {}", missed.text());
    }
    server
        .wait_for_stderr("`models` has no effect with only `FixtureStrategy` and `ProxyStrategy`");
}

#[test]
fn fixtures_come_before_generated_responses() {
    let workdir = Workdir::new();
    workdir.write("all.json", OTHER_THINGS);
    let speech = Request::post("/v1/audio/speech", r#"{"input":"known"}"#);
    let not_json = Request::post("/v1/chat/completions", "not json");
    let fixtures = ["--fixtures", "all.json", "--strategies"];
    for (strategies, chat_status) in [
        ("ErrorStrategy,FixtureStrategy,MirrorStrategy", 200),
        ("ErrorStrategy,ToolCallStrategy,FixtureStrategy", 418),
        ("FixtureStrategy,ErrorStrategy", 418),
    ] {
        let server = workdir.serve(&[&fixtures[..], &[strategies]].concat(), &[]);
        assert_eq!(response_text(&server, &embedding("known")), "{\"said\":\"e\"}", "{strategies}");
        assert_eq!(response_text(&server, &speech), "spoken", "{strategies}");
        assert!(
            response_text(&server, &embedding("unknown")).contains("\"embedding\""),
            "{strategies}"
        );
        for (request, status) in [
            (Request::post("/v1/audio/speech", "{}"), 400),
            (Request::get("/v1/chat/completions"), 405),
            (not_json.clone(), 400),
            (chat("Hi"), chat_status),
        ] {
            assert_eq!(server.send(&request).status, status, "{strategies} {request:?}");
        }
        let got = server.send(&chat("raise error {x}"));
        let skipped = "line 1: the text after `raise error` is not JSON";
        let expected = strategies.starts_with("Error").then_some(skipped);
        assert_eq!(got.text(), "{\"said\":\"c\"}", "{strategies}");
        assert_eq!(got.header("x-llmock-skipped"), expected, "{strategies}");
    }
    let first = "MirrorStrategy,FixtureStrategy";
    let server = workdir.serve(&[&fixtures[..], &[first]].concat(), &[]);
    assert!(response_text(&server, &embedding("known")).contains("\"embedding\""));
}

#[test]
fn forwards_other_requests_behind_a_strategy() {
    let upstream = Upstream::scripted(|_, request| {
        let body = format!("{{\"got\":\"{}\"}}", request.target);
        upstream::Response::json(body)
    });
    let workdir = Workdir::new();
    let strategies = "ErrorStrategy,FixtureStrategy,ProxyStrategy";
    let arguments = ["--fixtures", "all", "--record", "--strategies", strategies];
    let base = upstream.openai_url();
    let server = workdir.serve(&arguments, &[("OPENAI_BASE_URL", &base)]);
    for request in [
        embedding("x"),
        Request::get("/v1/files"),
        Request::post("/v1/chat/completions", "not json"),
    ] {
        assert_eq!(response_text(&server, &request), format!("{{\"got\":\"{}\"}}", request.path));
    }
    let got = server.send(&chat("raise error {x}"));
    assert!(got.status == 200 && got.header("x-llmock-skipped").is_some(), "{got:?}");
    let raised = chat(r#"raise error {\"code\": 429, \"message\": \"m\"}"#);
    assert_eq!(server.send(&raised).status, 429);
    assert_eq!(upstream.requests().len(), 4);
    assert_eq!(workdir.recorded("all/recorded.json", 4).len(), 4);
}

const ANTHROPIC: &str =
    r#"{"model":"m","max_tokens":9,"messages":[{"role":"user","content":"no"}]}"#;

#[test]
fn misses_show_the_closest_recording_and_differences() {
    let workdir = Workdir::new();
    workdir.fixture("all/a.json", &[("a cat", "1")]);
    workdir.fixture("all/b.json", &[("nothing like it", "2"), ("the dog sat on the mat", "3")]);
    let server = workdir.serve(&["--fixtures", "all"], &[ALONE]);
    let missed = server.send(&chat("the dog lay on the mat"));
    assert_eq!(missed.status, 418);
    assert_eq!(missed.header("x-should-retry"), Some("false"));
    let body: Value = serde_json::from_str(&missed.text()).unwrap();
    let message = body["error"]["message"].as_str().unwrap();
    for part in ["b.json", "#2 in the file", "$.messages[0].content", "--record"] {
        assert!(message.contains(part), "{part} is not in {message}");
    }
    let anthropic = server.send(&Request::post("/anthropic/v1/messages", ANTHROPIC));
    let body: Value = serde_json::from_str(&anthropic.text()).unwrap();
    assert_eq!((anthropic.status, &body["type"]), (418, &serde_json::json!("error")), "{body}");
}

#[test]
fn misses_name_all_differences_and_what_accepts_them() {
    let workdir = Workdir::new();
    let body = |id: &str, run: &str| {
        format!(
            r#"{{"model":"m","client_metadata":{{"run":"{run}"}},"input":[{{"id":"{id}1","role":"user","content":"a"}},
            {{"id":"{id}2","role":"user","content":"b"}}],"seed":1}}"#
        )
    };
    let recorded = body("x", "1");
    workdir.write(
        "all.json",
        &format!(
            r#"{{"llmock":1,"interactions":[{{"provider":"openai","request":{{"method":"POST","path":"/v1/responses",
            "body":{recorded}}},"response":{{"status":200,"body":{{"said":"1"}}}}}}]}}"#
        ),
    );
    let server = workdir.serve(&["--fixtures", "all.json"], &[]);
    let other_run = Request::post("/v1/responses", body("x", "2"));
    assert_eq!(response_text(&server, &other_run), "{\"said\":\"1\"}");
    let request = Request::post(
        "/v1/responses",
        body("y", "2").replace("\"seed\":1}", "\"seed\":2,\"top_p\":1}"),
    );
    let missed = server.send(&request);
    let ignore = r#"matching.ignore=["$.seed","$.top_p"]"#;
    for _ in 0..2 {
        let text: Value = serde_json::from_str(&missed.text()).unwrap();
        let message = text["error"]["message"].as_str().unwrap().to_owned();
        for part in ["it differs at $.seed, $.top_p", ignore] {
            assert!(message.contains(part), "{part} is not in {message}");
        }
        server.wait_for_stderr(message.strip_prefix("llmock: ").unwrap());
    }
    let server = workdir.serve(&["--fixtures", "all.json", "--set", ignore], &[]);
    assert_eq!(response_text(&server, &request), "{\"said\":\"1\"}");
}

#[cfg(unix)]
#[test]
fn exit_code_tells_of_misses_if_it_should() {
    for (arguments, prompt, code) in
        [(&["--fail-on-miss"][..], "other", 1), (&["--fail-on-miss"], "q", 0), (&[], "other", 0)]
    {
        let workdir = Workdir::new();
        workdir.fixture("all.json", &[("q", "1")]);
        let server = workdir.serve(&[&["--fixtures", "all.json"][..], arguments].concat(), &[]);
        server.send(&chat(prompt));
        let lines = server.stderr_after_exit(code);
        let missed = lines.lines().filter(|line| line.contains("no response for POST")).count();
        assert_eq!(missed, usize::from(prompt == "other"), "{lines}");
        assert_eq!(lines.contains("no strategy answered 1 of the requests"), code == 1, "{lines}");
    }
}
