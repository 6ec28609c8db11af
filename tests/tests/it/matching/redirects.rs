//! Redirects back to the provider lead to llmock in replay too.

use std::path::Path;

use llmock::{LlmMock, MockSession, Provider};
use llmock_testkit::client::{JSON, ResponseStream, send};
use llmock_testkit::process::alone;
use llmock_testkit::recorded::place;
use llmock_testkit::upstream::{Response, Upstream};

use super::TEST;

const BODY: &str = r#"{"model":"m","messages":[{"role":"user","content":"hi"}]}"#;

fn post(mock: &LlmMock, path: &str) -> ResponseStream {
    let url = format!("{}{path}", mock.base_url(Provider::OpenAI));
    send("POST", &url, &JSON, BODY.as_bytes())
}

/// Replays on a machine that does not know where the recording comes from.
fn elsewhere(fixture: &Path) -> MockSession {
    LlmMock::builder().fixture(fixture).test(TEST).start().unwrap()
}

/// Follows one redirect, which has to lead to llmock.
fn followed(mock: &MockSession, path: &str) -> (u16, String) {
    let first = post(mock, path);
    assert!((300..400).contains(&first.status));
    let location = first.header("location").unwrap().to_owned();
    assert!(location.starts_with(mock.url().unwrap()), "{location} leads past llmock");
    let second = send("POST", &location, &JSON, BODY.as_bytes());
    (second.status, second.text())
}

#[test]
fn redirects_to_the_same_path_stay_at_llmock() {
    alone(&[], |_| {
        for (status, from, to) in [
            (307, "/chat/completions/", "/v1/chat/completions"),
            (308, "/chat/completions", "/v1/chat/completions/"),
            (307, "/chat/completions", "/v1/responses?a=1"),
        ] {
            let (_folder, fixture) = place();
            let upstream = Upstream::scripted(move |at, request| {
                let location = format!("http://{}{to}", request.header("host").unwrap());
                match at {
                    0 => Response::status(status).header("location", &location),
                    _ => Response::json(r#"{"id":"c1"}"#),
                }
            });
            let mock = upstream.record(&fixture, TEST).start().unwrap();
            let live = followed(&mock, from);
            assert_eq!(live, (200, r#"{"id":"c1"}"#.to_owned()));
            mock.finish().unwrap();
            let received = upstream.requests().len();
            upstream.clone().stop();

            let mock = elsewhere(&fixture);
            assert_eq!(followed(&mock, from), live, "{from} {to}");
            mock.finish().unwrap();
            assert_eq!(upstream.requests().len(), received);
        }
    });
}

#[test]
fn redirects_that_were_not_followed_lead_to_llmock() {
    alone(&[], |_| {
        let (_folder, fixture) = place();
        let upstream = Upstream::scripted(|_, request| {
            let location = format!("http://{}/v1/elsewhere/x", request.header("host").unwrap());
            Response::status(302).header("location", &location)
        });
        let mock = upstream.record(&fixture, TEST).start().unwrap();
        post(&mock, "/files").bytes();
        mock.finish().unwrap();
        let mock = elsewhere(&fixture);
        let reply = post(&mock, "/files");
        let location = reply.header("location").unwrap();
        assert!(location.starts_with(mock.url().unwrap()), "{location}");
        assert!(location.ends_with("/openai/v1/elsewhere/x"), "{location}");
        mock.finish().unwrap();
    });
}

#[test]
fn redirects_to_other_hosts_stay_and_are_noted() {
    alone(&[], |process| {
        let location = "https://cdn.example.com/v1/files";
        if process.part() == "replays" {
            let mock = elsewhere(Path::new(&std::env::var_os("FIXTURE").unwrap()));
            assert_eq!(post(&mock, "/files").header("location"), Some(location));
            return mock.finish().unwrap();
        }
        let (_folder, fixture) = place();
        let upstream = Upstream::start([Response::status(302).header("location", location)]);
        let mock = upstream.record(&fixture, TEST).start().unwrap();
        assert_eq!(post(&mock, "/files").header("location"), Some(location));
        mock.finish().unwrap();
        let output = process.again("replays").env("FIXTURE", &fixture).output().unwrap();
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert!(output.status.success(), "{stderr}");
        let note = "sends the client to https://cdn.example.com, past llmock";
        assert!(stderr.contains(note), "{stderr}");
    });
}
