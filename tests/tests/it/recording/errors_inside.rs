//! Errors that a provider reports inside a response whose status is a success.

use std::path::PathBuf;

use llmock::{Fixture, MockSession, Provider};
use llmock_testkit::client::{JSON, ResponseStream, chat, prompt, send};
use llmock_testkit::process::alone;
use llmock_testkit::recorded::{failed, place};
use llmock_testkit::upstream::{Response, Upstream};

const TEST: &str = "errors_inside::test";

fn post(mock: &MockSession, provider: Provider, path: &str, body: &str) -> ResponseStream {
    send("POST", &format!("{}{path}", mock.base_url(provider)), &JSON, body.as_bytes())
}

fn lines(lines: &[&str]) -> Response {
    Response::status(200)
        .header("content-type", "application/x-ndjson")
        .chunks(lines.iter().map(|line| format!("{line}\n")))
}

fn streamed(prompt: &str) -> String {
    format!(r#"{{"model":"m","stream":true,"messages":[{{"role":"user","content":"{prompt}"}}]}}"#)
}

/// A provider, the path and the response, the status of the error inside, and its message.
type Case = (Provider, &'static str, Response, u16, &'static str);

fn outages() -> Vec<Case> {
    let event = |text: &str| text.to_owned();
    vec![
        (
            Provider::Anthropic,
            "/v1/messages",
            Response::sse([
                event(
                    "event: message_start\ndata: {\"type\":\"message_start\",\"message\":{\"id\":\"m\"}}\n\n",
                ),
                event(
                    "event: error\ndata: {\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\",\"message\":\"Overloaded\"}}\n\n",
                ),
            ]),
            529,
            "Overloaded",
        ),
        (
            Provider::OpenAI,
            "/chat/completions",
            Response::sse([
                event(
                    "data: {\"error\":{\"code\":502,\"message\":\"Provider gone\"},\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"error\"}]}\n\n",
                ),
                event("data: [DONE]\n\n"),
            ]),
            502,
            "Provider gone",
        ),
        (
            Provider::OpenAI,
            "/chat/completions",
            Response::sse([
                "event: error\ndata: {\"error\":{\"message\":\"Rate limit reached\",\"code\":429}}\n\n",
            ]),
            429,
            "Rate limit reached",
        ),
        (
            Provider::OpenAI,
            "/responses",
            Response::sse([
                "event: response.failed\ndata: {\"type\":\"response.failed\",\"response\":{\"status\":\"failed\",\"error\":{\"code\":\"server_error\",\"message\":\"The model failed\"}}}\n\n",
            ]),
            500,
            "The model failed",
        ),
        (
            Provider::Gemini,
            "/v1beta/models/g:streamGenerateContent",
            Response::json(
                "[{\"error\":{\"code\":503,\"message\":\"Busy\",\"status\":\"UNAVAILABLE\"}}]",
            ),
            503,
            "Busy",
        ),
        (
            Provider::Ollama,
            "/api/chat",
            lines(&[r#"{"message":{"content":"a"}}"#, r#"{"error":"runner has stopped"}"#]),
            500,
            "runner has stopped",
        ),
        (
            Provider::Anthropic,
            "/v1/messages",
            Response::json(
                r#"{"type":"error","error":{"type":"rate_limit_error","message":"Slow"}}"#,
            ),
            429,
            "Slow",
        ),
    ]
}

#[test]
fn errors_inside_a_success_fail_the_session() {
    alone(&[], |_| {
        for (provider, path, response, status, message) in outages() {
            let (_folder, fixture) = place();
            let upstream = Upstream::start([response.clone()]);
            let mock = upstream.record(&fixture, TEST).start().unwrap();
            let live = post(&mock, provider, path, &streamed("x"));
            assert_eq!(live.status, 200);
            live.bytes();
            let report = mock.finish().unwrap_err().to_string();
            let headline = format!("reported error {status} inside a successful response");
            for part in [&headline, message, &format!("allow_errors({status})")] {
                assert!(report.contains(part), "`{part}` is not in:\n{report}");
            }
            assert!(
                !fixture.exists() && !failed(&fixture).exists(),
                "an error is not worth keeping"
            );

            let mock = upstream.record(&fixture, TEST).allow_errors([status]).start().unwrap();
            post(&mock, provider, path, &streamed("x")).bytes();
            mock.finish().unwrap();
            assert_eq!(Fixture::load(&fixture).unwrap().interactions()[0].status(), 200);
        }
    });
}

#[test]
fn later_successes_clear_errors_inside_a_success() {
    alone(&[], |process| {
        if process.part() == "records" {
            let fixture = PathBuf::from(std::env::var_os("FIXTURE").unwrap());
            let upstream = Upstream::start([
                Response::json(r#"{"error":{"message":"busy","code":503}}"#),
                Response::json(r#"{"choices":[]}"#),
            ]);
            let mock = upstream.record(&fixture, TEST).start().unwrap();
            chat(&mock, &prompt("x")).bytes();
            chat(&mock, &prompt("x")).bytes();
            return mock.finish().unwrap();
        }
        let (_folder, fixture) = place();
        let output = process.again("records").env("FIXTURE", &fixture).output().unwrap();
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert!(output.status.success(), "{stderr}");
        assert!(stderr.contains("1 response with error 503 was not recorded"), "{stderr}");
        assert_eq!(Fixture::load(&fixture).unwrap().interactions().len(), 1);
    });
}

#[test]
fn client_errors_inside_a_success_are_recorded_and_noted() {
    alone(&[], |process| {
        if process.part() == "records" {
            let fixture = PathBuf::from(std::env::var_os("FIXTURE").unwrap());
            let body = r#"{"error":{"message":"No endpoints found","code":404},"user_id":"u"}"#;
            let upstream = Upstream::start([Response::json(body)]);
            let mock = upstream.record(&fixture, TEST).start().unwrap();
            assert_eq!(chat(&mock, &prompt("x")).text(), body);
            return mock.finish().unwrap();
        }
        let (_folder, fixture) = place();
        let output = process.again("records").env("FIXTURE", &fixture).output().unwrap();
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert!(output.status.success(), "{stderr}");
        let note = "the successful response to the 1st request reports error 404";
        assert!(stderr.contains(note) && stderr.contains("No endpoints found"), "{stderr}");
        assert_eq!(Fixture::load(&fixture).unwrap().interactions().len(), 1);
    });
}

#[test]
fn good_responses_that_mention_errors_are_recorded() {
    alone(&[], |_| {
        for body in [
            r#"{"id":"r","object":"response","error":null,"status":"completed"}"#,
            r#"{"id":"j","error":{"code":null,"message":null}}"#,
            r#"{"choices":[{"message":{"content":"{\"error\":{\"code\":500}}"}}]}"#,
            r#"{"jsonrpc":"2.0","id":1,"error":{"code":-32000,"message":"overloaded"}}"#,
        ] {
            let (_folder, fixture) = place();
            let mock =
                Upstream::start([Response::json(body)]).record(&fixture, TEST).start().unwrap();
            chat(&mock, &prompt("x")).bytes();
            mock.finish().unwrap();
        }
        // A file of results names the requests that failed.
        let (_folder, fixture) = place();
        let results = lines(&[
            r#"{"custom_id":"a","id":"1","response":{"status_code":200},"error":null}"#,
            r#"{"custom_id":"b","id":"2","response":null,"error":{"code":"batch_expired","message":"late"}}"#,
        ]);
        let mock = Upstream::start([results]).record(&fixture, TEST).start().unwrap();
        let url = format!("{}/files/f/content", mock.base_url(Provider::OpenAI));
        send("GET", &url, &[], b"").bytes();
        mock.finish().unwrap();
    });
}
