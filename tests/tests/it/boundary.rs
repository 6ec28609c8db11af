//! The front refuses what a page in a browser can make its reader send, and paths that leave the provider's.

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;

use llmock::{FinishError, LlmMock, Provider};
use llmock_testkit::client::{JSON, ResponseStream, chat, prompt, send};
use llmock_testkit::process::alone;
use llmock_testkit::recorded::place;
use llmock_testkit::upstream::{Response, Upstream, replay};

const TEST: &str = "boundary::test";

/// A fixture with the response to one prompt.
fn recorded(fixture: &std::path::Path) {
    let upstream = Upstream::start([Response::json(r#"{"id":"1"}"#)]);
    let mock = upstream.record(fixture, TEST).start().unwrap();
    assert_eq!(chat(&mock, &prompt("Hi")).status, 200);
    mock.finish().unwrap();
}

fn chat_with(mock: &LlmMock, name: &str, value: &str) -> ResponseStream {
    let url = format!("{}/chat/completions", mock.base_url(Provider::OpenAI));
    send("POST", &url, &[JSON[0], (name, value)], prompt("Hi").as_bytes())
}

#[test]
fn foreign_hosts_and_pages_are_refused_and_fail_the_test() {
    alone(&[], |_| {
        let (_folder, fixture) = place();
        recorded(&fixture);
        for (name, value) in [
            ("host", "evil.example.com"),
            ("host", "localhost.evil.example:80"),
            ("origin", "http://evil.example.com"),
            ("origin", "null"),
        ] {
            let mock = replay(&fixture, TEST).start().unwrap();
            let refused = chat_with(&mock, name, value);
            assert_eq!(refused.status, 403, "{name}: {value}");
            let refused = refused.text();
            assert!(refused.contains(value) && refused.contains("are refused"), "{refused}");
            assert_eq!(chat(&mock, &prompt("Hi")).status, 200, "nothing was used up");
            let error = mock.finish().unwrap_err();
            assert!(matches!(error, FinishError::Missed { requests: 1, .. }), "{error:?}");
            assert!(error.to_string().contains(value), "{error}");
        }
        let mock = replay(&fixture, TEST).start().unwrap();
        let address = mock.base_url(Provider::OpenAI);
        let host = address.strip_prefix("http://").unwrap().split('/').next().unwrap();
        assert_eq!(chat_with(&mock, "origin", &format!("http://{host}")).status, 200);
        mock.finish().unwrap();
    });
}

#[test]
fn pages_cannot_use_the_address_of_the_variables() {
    alone(&[], |_| {
        let (_folder, fixture) = place();
        recorded(&fixture);
        let mock = replay(&fixture, TEST).start().unwrap();
        let address = mock.base_url(Provider::OpenAI);
        let origin = address.split("/s/").next().unwrap();
        let get = |headers: &[(&str, &str)]| {
            send("GET", &format!("{origin}/env/openai/v1/models"), headers, b"").status
        };
        assert_eq!(get(&[]), 418, "no test uses the variables");
        assert_eq!(get(&[("host", "evil.example.com")]), 403);
        assert_eq!(get(&[("origin", "http://evil.example.com")]), 403);
        chat(&mock, &prompt("Hi")).bytes();
        mock.finish().expect("no page makes a test fail");
    });
}

#[test]
fn clients_without_a_host_are_served() {
    alone(&[], |_| {
        let (_folder, fixture) = place();
        recorded(&fixture);
        let mock = replay(&fixture, TEST).start().unwrap();
        let address = mock.base_url(Provider::OpenAI);
        let (host, path) = address.strip_prefix("http://").unwrap().split_once('/').unwrap();
        let body = prompt("Hi");
        let mut socket = TcpStream::connect(host).unwrap();
        write!(
            socket,
            "POST /{path}/chat/completions HTTP/1.0\r\ncontent-type: application/json\r\n\
             content-length: {}\r\n\r\n{body}",
            body.len()
        )
        .unwrap();
        let mut response = String::new();
        socket.read_to_string(&mut response).unwrap();
        assert!(response.contains(" 200 OK"), "{response}");
        mock.finish().unwrap();
    });
}

#[test]
fn dot_segments_are_neither_replayed_nor_forwarded() {
    alone(&[("OPENAI_API_KEY", "sk-0123456789abcdef0123456789abcdef")], |_| {
        for path in ["/../../tenant-b/v1/models", "/%2e%2e/%2E%2E/x", "/..\\..\\x", "/..%2f..%2fx"]
        {
            let (_folder, fixture) = place();
            let upstream = Upstream::scripted(|_, _| panic!("another tenant was reached"));
            let mock = upstream.record(&fixture, TEST).start().unwrap();
            let url = format!("{}{path}", mock.base_url(Provider::OpenAI));
            let refused = send("GET", &url, &[], b"");
            assert_eq!(refused.status, 400, "{path}");
            assert!(refused.text().contains("segment `.` or `..`"), "{path}");
            let error = mock.finish().unwrap_err();
            assert!(error.to_string().contains("segment `.` or `..`"), "{error}");
            assert!(!fs::exists(&fixture).unwrap());
        }
    });
}
