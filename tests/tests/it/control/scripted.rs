//! Replies that a test writes instead of recording them.

use llmock::reply::{Reply, request};
use llmock::{FinishError, LlmMock, MockSession, Provider, RespondedBy, llm_replay};
use llmock_testkit::client::{JSON, chat, prompt, send};
use llmock_testkit::process::alone;
use llmock_testkit::recorded::place;
use llmock_testkit::upstream::{Upstream, replay};
use serde_json::{Value, json};

const TEST: &str = "scripted::test";

/// Status and text of the answer to a chat.
fn ask(mock: &LlmMock, text: &str) -> (u16, String) {
    let response = chat(mock, &prompt(text));
    let status = response.status;
    let body: Value = serde_json::from_str(&response.text()).unwrap();
    let shown = body.pointer("/choices/0/message/content").or(body.pointer("/error/message"));
    (status, shown.and_then(Value::as_str).unwrap_or_default().to_owned())
}

fn said(mock: &LlmMock, text: &str) -> String {
    ask(mock, text).1
}

fn scripted() -> MockSession {
    LlmMock::builder().scripted(true).test(TEST).start().unwrap()
}

fn report(mock: MockSession) -> String {
    mock.finish().unwrap_err().to_string()
}

#[llm_replay(scripted = true)]
#[test]
fn each_request_gets_the_next_reply(mock: &LlmMock) {
    let rule = mock
        .reply([Reply::error(429, "slow down").header("retry-after", "1"), Reply::text("fine")]);
    let refused = chat(mock, &prompt("a"));
    assert_eq!((refused.status, refused.header("retry-after")), (429, Some("1")));
    refused.text();
    assert_eq!(said(mock, "a"), "fine");
    assert_eq!(rule.exchanges().len(), 2);
    assert_eq!(rule.requests()[1].last_user_text().as_deref(), Some("a"));
    let exchanges = mock.exchanges();
    assert!(exchanges.iter().all(|exchange| exchange.responded_by() == RespondedBy::Reply));
}

#[llm_replay(scripted = true)]
#[test]
fn replies_without_a_handle_reach_clients_of_variables() {
    llmock::current().reply(Reply::text("Hello"));
    let url = std::env::var("OPENAI_BASE_URL").unwrap() + "/chat/completions";
    assert!(send("POST", &url, &JSON, prompt("a").as_bytes()).text().contains("Hello"));
}

#[test]
fn a_request_more_is_a_miss() {
    alone(&[], |_| {
        let mock = scripted();
        mock.reply(Reply::text("one"));
        assert_eq!(said(&mock, "a"), "one");
        let (status, message) = ask(&mock, "b");
        assert_eq!(status, 418);
        assert!(message.contains("the only reply of "), "{message}");
        assert!(message.contains("scripted.rs:"), "it names the line: {message}");
        let error = mock.finish().unwrap_err();
        assert!(matches!(error, FinishError::Missed { requests: 1, .. }), "{error:?}");
        assert!(error.to_string().contains("1 request got no reply of this test"), "{error}");
    });
}

#[test]
fn a_reply_that_no_request_got_fails_the_test() {
    alone(&[], |_| {
        let mock = scripted();
        mock.reply([Reply::text("one"), Reply::text("two"), Reply::text("three")]);
        assert_eq!(said(&mock, "a"), "one");
        let report = report(mock);
        assert!(report.contains("2 replies of this test were not requested"), "{report}");
        assert!(report.contains("1 of 3 replies given"), "{report}");
        let mock = scripted();
        mock.reply(Reply::text("one").times(2));
        said(&mock, "a");
        assert!(self::report(mock).contains("1 reply of this test was not requested"));
    });
}

#[test]
fn a_repeated_reply_answers_all_requests() {
    alone(&[], |_| {
        let mock = scripted();
        mock.reply(Reply::error(503, "busy").times(2).then(Reply::text("fine").repeat()));
        let statuses: Vec<u16> = (0..5).map(|_| ask(&mock, "a").0).collect();
        assert_eq!(statuses, [503, 503, 200, 200, 200]);
        mock.finish().unwrap();
    });
}

#[test]
fn conditions_are_the_same_for_every_provider() {
    alone(&[], |_| {
        let mock = scripted();
        let tools = mock
            .when(request().model("gpt-*").last_user("weather").offers_tool("search"))
            .reply(Reply::new().tool_call("search", r#"{"q":"weather"}"#).repeat());
        let others = mock.reply(Reply::text("other").repeat());
        for (provider, path, body) in [
            (
                Provider::OpenAI,
                "/chat/completions",
                json!({ "model": "gpt-5", "messages": [{ "role": "user", "content": "the weather?" }],
                    "tools": [{ "type": "function", "function": { "name": "search" } }] }),
            ),
            (
                Provider::OpenAI,
                "/responses",
                json!({ "model": "gpt-5", "input": "the weather?",
                    "tools": [{ "type": "function", "name": "search" }] }),
            ),
            (
                Provider::Anthropic,
                "/v1/messages",
                json!({ "model": "gpt-5", "max_tokens": 9, "messages": [{ "role": "user", "content": "the weather?" }],
                    "tools": [{ "name": "search", "input_schema": {} }] }),
            ),
        ] {
            let url = format!("{}{path}", mock.base_url(provider));
            let answer = send("POST", &url, &JSON, body.to_string().as_bytes()).text();
            assert!(answer.contains("search") && !answer.contains("other"), "{answer}");
        }
        assert_eq!(said(&mock, "the weather?"), "other");
        assert_eq!(tools.exchanges().len(), 3);
        assert_eq!(others.exchanges().len(), 1);
        assert_eq!(others.exchanges()[0].request().tools(), []);
        mock.finish().unwrap();
    });
}

#[test]
fn a_miss_says_which_part_of_the_condition_does_not_hold() {
    alone(&[], |_| {
        let mock = scripted();
        mock.when(request().model("m*").last_user("weather")).reply(Reply::text("sunny").repeat());
        let message = said(&mock, "the time?");
        assert!(message.contains(r#"`last_user("weather")`"#), "{message}");
        mock.when(request().body_contains("x-y-z")).reply(Reply::text("z").repeat());
        let message = said(&mock, "the time?");
        assert!(message.contains("it matches none of 2 reply rules"), "{message}");
        let report = report(mock);
        assert!(report.contains(r#"`body_contains("x-y-z")` does not hold"#), "{report}");
    });
}

#[test]
fn two_rules_for_one_request_fail_the_test() {
    alone(&[], |_| {
        let mock = scripted();
        mock.when(request().last_user("weather")).reply(Reply::text("first"));
        mock.when(request().body_contains("weather")).reply(Reply::text("second"));
        assert_eq!(said(&mock, "weather?"), "first");
        assert_eq!(said(&mock, "weather?"), "second");
        let report = report(mock);
        assert!(report.contains("a request matches two rules of this test"), "{report}");
        assert!(report.contains(r#"when(request().last_user("weather"))"#), "{report}");
    });
}

#[test]
fn panics_of_closures_fail_the_test_with_their_message() {
    alone(&[], |_| {
        let mock = scripted();
        mock.when(request().matching(|_| panic!("the moon is full")))
            .reply(Reply::text("x").repeat());
        let (status, message) = ask(&mock, "a");
        assert_eq!(status, 418);
        assert!(message.contains("the moon is full"), "{message}");
        let text = report(mock);
        assert!(text.contains("the moon is full") && text.contains("scripted.rs:"), "{text}");

        let mock = scripted();
        mock.reply_with(|request| {
            assert_eq!(request.last_user_text().as_deref(), Some("b"));
            Reply::text("computed")
        });
        assert_eq!(said(&mock, "b"), "computed");
        assert_eq!(ask(&mock, "a").0, 418);
        let text = report(mock);
        assert!(text.contains("assertion"), "{text}");
    });
}

#[test]
fn scripted_tests_without_a_reply_fail() {
    alone(&[], |_| {
        let mock = scripted();
        assert_eq!(ask(&mock, "a").0, 418);
        let text = report(mock);
        assert!(text.contains("the test has no reply for it"), "{text}");
        let text = report(scripted());
        assert!(text.contains("`scripted = true`, but the test set no reply"), "{text}");
    });
}

#[test]
fn replies_come_before_the_fixture_or_after_it() {
    alone(&[], |_| {
        let (_folder, fixture) = place();
        let upstream = Upstream::chat("recorded");
        let mock = upstream.record(&fixture, TEST).start().unwrap();
        assert_eq!(said(&mock, "a"), "recorded");
        mock.reply(Reply::text("written"));
        assert_eq!(said(&mock, "b"), "written");
        mock.finish().unwrap();
        assert_eq!(upstream.requests().len(), 1, "a reply is not forwarded");

        let mock = replay(&fixture, TEST).fail_on_unused().start().unwrap();
        mock.reply(Reply::error(429, "slow down"));
        mock.when(request()).after_fixture().reply(Reply::text("else").repeat());
        assert_eq!(ask(&mock, "a").0, 429);
        assert_eq!(
            said(&mock, "a"),
            "recorded",
            "the fixture replies when the replies are used up"
        );
        assert_eq!(said(&mock, "b"), "else");
        mock.finish().unwrap();
    });
}

#[test]
fn scripted_tests_ignore_the_mode() {
    alone(&[("LLMOCK_MODE", "record")], |_| {
        let mock = scripted();
        mock.reply(Reply::text("written"));
        assert_eq!(said(&mock, "a"), "written");
        assert_eq!(ask(&mock, "b").0, 418, "nothing is forwarded");
        mock.finish().unwrap_err();
        let mock = scripted();
        mock.reply(Reply::text("written"));
        said(&mock, "a");
        mock.finish().unwrap();
    });
}

#[test]
fn replies_follow_the_schema_of_the_request() {
    alone(&[], |_| {
        let mock = scripted();
        mock.reply_by_schema();
        let body = |format: Value| json!({ "model": "gpt-5", "messages": [{ "role": "user", "content": "a" }], "response_format": format });
        let schema =
            json!({ "type": "object", "properties": { "city": { "enum": ["Oslo", "Rome"] } } });
        let asked = body(
            json!({ "type": "json_schema", "json_schema": { "name": "x", "schema": schema } }),
        );
        let answer: Value = serde_json::from_str(&chat(&mock, &asked.to_string()).text()).unwrap();
        assert_eq!(answer["choices"][0]["message"]["content"], r#"{"city":"Oslo"}"#);
        assert_eq!(chat(&mock, &body(Value::Null).to_string()).status, 418);
        let text = report(mock);
        assert!(text.contains("cannot be sent: the request has neither a JSON schema"), "{text}");
    });
}

#[test]
fn recordings_reply_with_one_aspect_changed() {
    use llmock::Fixture;
    use llmock::reply::Finish;
    use llmock_testkit::upstream::Response;
    alone(&[], |_| {
        let (_folder, fixture) = place();
        let whole = r#"{"id":"1","x":1.0,"choices":[{"message":{"content":"Hello"},"finish_reason":"stop"}],"usage":{"prompt_tokens":1}}"#;
        let events = [
            "data: {\"choices\":[{\"delta\":{\"content\":\"Hel\"}}]}\n\n",
            "data: {\"choices\":[{\"delta\":{\"content\":\"lo\"},\"finish_reason\":\"stop\"}]}\n\n",
            "data: [DONE]\n\n",
        ];
        let upstream = Upstream::start([Response::json(whole), Response::sse(events)]);
        let mock = upstream.record(&fixture, TEST).start().unwrap();
        let streamed = r#"{"model":"m","stream":true,"messages":[]}"#;
        chat(&mock, &prompt("a")).text();
        chat(&mock, streamed).text();
        mock.finish().unwrap();
        let stored = Fixture::load(&fixture).unwrap();
        let [first, second] = stored.interactions() else { panic!("two interactions") };

        let mock = scripted();
        mock.reply([
            Reply::from_recording(first),
            Reply::from_recording(first).with_text("Bye").without_usage(),
            Reply::from_recording(first).with_finish(Finish::Length),
            Reply::from_recording(second).with_text("Bye"),
        ]);
        assert_eq!(chat(&mock, &prompt("b")).text(), whole);
        let changed = r#"{"id":"1","x":1.0,"choices":[{"message":{"content":"Bye"},"finish_reason":"stop"}]}"#;
        assert_eq!(chat(&mock, &prompt("b")).text(), changed);
        assert_eq!(chat(&mock, &prompt("b")).text(), whole.replace("stop", "length"));
        let changed = events.concat().replace("Hel", "Bye").replace("\"lo\"", "\"\"");
        assert_eq!(chat(&mock, streamed).text(), changed);
        mock.finish().unwrap();

        let mock = scripted();
        mock.reply(Reply::from_recording(second).repeat());
        assert_eq!(ask(&mock, "a").0, 418);
        let text = report(mock);
        assert!(text.contains("it was recorded as a stream"), "{text}");
    });
}

#[test]
fn fixtures_may_hold_written_replies() {
    alone(&[], |_| {
        let (_folder, fixture) = place();
        let body: Value = serde_json::from_str(&prompt("a")).unwrap();
        let written = json!({ "llmock": 1, "interactions": [{
            "provider": "openai",
            "request": { "path": "/v1/chat/completions", "body": body },
            "reply": { "text": "written by hand" },
        }] });
        std::fs::write(&fixture, written.to_string()).unwrap();
        let mock = replay(&fixture, TEST).start().unwrap();
        assert_eq!(said(&mock, "a"), "written by hand");
        assert_eq!(mock.exchanges()[0].responded_by(), RespondedBy::Fixture);
        mock.finish().unwrap();
    });
}

#[test]
fn replies_that_a_format_cannot_express_are_refused() {
    alone(&[], |_| {
        let mock = scripted();
        mock.reply([
            Reply::text("a").item(r#"{"type":"x"}"#),
            Reply::text("a").event("{}"),
            Reply::text("a").event("no json"),
            Reply::text("a").namespace("n").tool_call("t", "{}").namespace("n"),
            Reply::text("a").event_after(1, "{}"),
        ]);
        for why in [
            "the format of OpenAI chat (/v1/chat/completions) has nothing for `.item(..)`",
            "`.event(..)` needs a streamed response",
            "`.event(..)` takes a JSON object, not `no json`",
            "has nothing for `.namespace(..)`",
            "`.event_after(..)` needs a streamed response",
        ] {
            let (status, message) = ask(&mock, "a");
            assert_eq!(status, 418);
            assert!(message.contains(why), "{message}");
        }
        mock.reply(Reply::text("a").event_after(99, "{}"));
        let streamed = r#"{"model":"m","stream":true,"messages":[]}"#;
        let message = chat(&mock, streamed).text();
        let why = "`.event_after(99, ..)` is behind the end: the stream has ";
        assert!(message.contains(why), "{message}");
        mock.finish().unwrap_err();
    });
}

#[test]
fn allowed_findings_are_not_shown() {
    alone(&[], |process| {
        if process.part() != "main" {
            let mock = LlmMock::builder().scripted(true).test(TEST);
            let mock = if process.part() == "allowed" { mock.allow("reply_unused") } else { mock };
            let mock = mock.start().unwrap();
            mock.reply(Reply::text("a"));
            mock.when(request().model("other")).reply(Reply::text("b").repeat());
            said(&mock, "a");
            return mock.finish().unwrap();
        }
        let note = "no request got the reply at ";
        for (part, is_shown) in [("shown", true), ("allowed", false)] {
            let output = process.again(part).output().unwrap();
            let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
            assert!(output.status.success(), "{stderr}");
            assert_eq!(stderr.contains(note), is_shown, "{stderr}");
        }
        let error = LlmMock::builder().scripted(true).allow("repeatet").start().unwrap_err();
        assert!(error.to_string().contains("did you mean `repeated`?"), "{error}");
    });
}
