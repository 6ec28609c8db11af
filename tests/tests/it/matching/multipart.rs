//! Bodies with random boundaries, and forms.

use llmock::Provider;
use llmock_testkit::process::alone;
use llmock_testkit::recorded::{place, read};
use llmock_testkit::upstream::{Response, Upstream};

use super::{records_and_replays, request};

const POST: (Provider, &str, &str) =
    (Provider::Gemini, "POST", "/upload/v1beta/files?uploadType=multipart");

fn related(boundary: &str) -> String {
    format!(
        "--{boundary}\r\nContent-Type: application/json; charset=utf-8\r\n\r\n{{\"file\":{{\"display_name\":\"a\"}}}}\r\n\
         --{boundary}\r\nContent-Type: text/plain\r\n\r\nhello\r\n--{boundary}--\r\n"
    )
}

fn form(boundary: &str) -> String {
    format!(
        "--{boundary}\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\none\r\n--{boundary}--\r\n"
    )
}

fn nested(boundary: &str) -> String {
    format!(
        "--{boundary}\r\nContent-Type: multipart/mixed; boundary=in-{boundary}\r\n\r\n\
         --in-{boundary}\r\nContent-Type: application/http\r\nContent-ID: <{boundary}>\r\n\r\nGET /a HTTP/1.1\r\n\
         --in-{boundary}--\r\n--{boundary}--\r\n"
    )
}

/// Whether what was recorded with one boundary replays with another.
fn replays(kind: &str, recorded: &str, sent: &str) -> bool {
    let (_folder, fixture) = place();
    let upstream = Upstream::start([Response::json("{}")]);
    let result = records_and_replays(
        &upstream,
        &fixture,
        |builder| builder,
        |mock, replays| {
            let (boundary, body) = if replays { ("b2", sent) } else { ("b1", recorded) };
            let kind = format!("{kind}; boundary={boundary}");
            request(mock, POST, &[("content-type", &kind)], body.as_bytes()).bytes();
        },
    );
    assert_eq!(upstream.requests()[0].text(), recorded, "forwarded as it was sent");
    assert!(!read(&fixture).contains("b1"), "{}", read(&fixture));
    result.is_ok()
}

#[test]
fn multipart_bodies_match_with_any_boundary() {
    alone(&[], |_| {
        let lf = |body: String| body.replace("\r\n", "\n");
        for (kind, recorded, sent) in [
            ("multipart/related", related("b1"), related("b2")),
            ("multipart/mixed", related("b1"), related("b2")),
            ("multipart/form-data", lf(form("b1")), lf(form("b2"))),
            ("multipart/related", lf(related("b1")), lf(related("b2"))),
            ("multipart/mixed", nested("b1"), nested("b2")),
            // Not divided as its type says.
            ("multipart/mixed", "--b1\r\nno end".to_owned(), "--b2\r\nno end".to_owned()),
        ] {
            assert!(replays(kind, &recorded, &sent), "{kind} {recorded}");
        }
        let other = related("b2").replace("hello", "bye");
        assert!(!replays("multipart/related", &related("b1"), &other));
    });
}

#[test]
fn the_fields_of_a_form_are_compared_one_by_one() {
    alone(&[], |_| {
        let kind = [("content-type", "application/x-www-form-urlencoded")];
        for (recorded, sent, ignored, same) in [
            ("a=1&b=two+words", "b=two%20words&a=%31", None, true),
            ("a=1&b=2", "a=1&b=3", None, false),
            ("a=1&a=2", "a=2&a=1", None, false),
            ("grant=x&nonce=eyJhbGciOi.one", "grant=x&nonce=eyJhbGciOi.two", Some("$.nonce"), true),
            ("grant=x&nonce=one", "grant=y&nonce=two", Some("$.nonce"), false),
        ] {
            let (_folder, fixture) = place();
            let upstream = Upstream::start([Response::json("{}")]);
            let rules = |builder: llmock::LlmMockBuilder| match ignored {
                Some(path) => builder.ignore(path),
                None => builder,
            };
            let result = records_and_replays(&upstream, &fixture, rules, |mock, replays| {
                let body = if replays { sent } else { recorded };
                let post = (Provider::OpenAI, "POST", "/v1/token");
                request(mock, post, &kind, body.as_bytes()).bytes();
            });
            assert_eq!(result.is_ok(), same, "{recorded} {sent} {result:?}");
        }
    });
}
