//! `network = "block"`: the hosts of providers are refused to clients that read `HTTPS_PROXY`, and no others.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::thread;

use llmock::{LlmMock, MockSession};
use llmock_testkit::client::{chat, prompt};
use llmock_testkit::process::alone;
use llmock_testkit::recorded::place;
use llmock_testkit::upstream::{Upstream, replay};

const TEST: &str = "network::test";

fn blocked() -> MockSession {
    LlmMock::builder().scripted(true).network("block").start().unwrap()
}

fn variable(mock: &LlmMock, name: &str) -> Option<String> {
    mock.envs().into_iter().find(|(known, _)| known == name).map(|(_, value)| value)
}

/// Opens a tunnel through the proxy of this session; returns the connection, and the head and body of the response.
fn tunnel(mock: &LlmMock, host: &str) -> (TcpStream, String) {
    let proxy = variable(mock, "HTTPS_PROXY").expect("a proxy");
    let (credentials, address) =
        proxy.strip_prefix("http://").and_then(|rest| rest.split_once('@')).expect("credentials");
    let mut stream = TcpStream::connect(address).expect("the front");
    let credentials = base64::Engine::encode(&base64::prelude::BASE64_STANDARD, credentials);
    let head = format!(
        "CONNECT {host} HTTP/1.1\r\nhost: {host}\r\nproxy-authorization: Basic {credentials}\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).unwrap();
    let mut answer = Vec::new();
    while !answer.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        stream.read_exact(&mut byte).expect("a head");
        answer.push(byte[0]);
    }
    let head = String::from_utf8(answer).unwrap();
    if head.starts_with("HTTP/1.1 200 ") {
        return (stream, head);
    }
    let mut body = String::new();
    stream.read_to_string(&mut body).unwrap();
    (stream, head + &body)
}

/// A server that accepts one connection, reads until `end`, responds with `answer`, and returns what it has read.
fn server(end: &'static str, answer: &'static str) -> (u16, thread::JoinHandle<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let serving = thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut read = Vec::new();
        while !read.ends_with(end.as_bytes()) {
            let mut byte = [0];
            stream.read_exact(&mut byte).unwrap();
            read.push(byte[0]);
        }
        stream.write_all(answer.as_bytes()).unwrap();
        String::from_utf8(read).unwrap()
    });
    (port, serving)
}

#[test]
fn hosts_of_providers_are_refused_by_name() {
    alone(&[], |_| {
        let mock = blocked();
        for host in [
            "api.openai.com:443",
            "API.Anthropic.com:443",
            "generativelanguage.googleapis.com:443",
            "bedrock-runtime.eu-west-1.amazonaws.com:443",
            "my-team.openai.azure.com:443",
        ] {
            let (_, answer) = tunnel(&mock, host);
            assert!(answer.starts_with("HTTP/1.1 403 "), "{answer}");
            let told = format!("connections to `{host}` are refused");
            assert!(answer.contains(&told) && answer.contains("network = "), "{answer}");
        }
        let report = mock.finish().unwrap_err().to_string();
        assert!(report.contains("connections to `api.openai.com:443` are refused"), "{report}");
    });
}

#[test]
fn declared_hosts_are_refused_too() {
    alone(&[], |_| {
        let builder = LlmMock::builder().scripted(true).network("block");
        let mock = builder.provider_at("acme", "https://llm.acme.dev/v1").start().unwrap();
        let (_, answer) = tunnel(&mock, "llm.acme.dev:443");
        assert!(answer.starts_with("HTTP/1.1 403 "), "{answer}");
        mock.fail();
    });
}

#[test]
fn other_hosts_are_reached_unread() {
    alone(&[], |_| {
        let mock = blocked();
        let (port, serving) = server("ping", "pong");
        let (mut stream, _) = tunnel(&mock, &format!("127.0.0.1:{port}"));
        stream.write_all(b"ping").unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        assert_eq!((answer.as_str(), serving.join().unwrap().as_str()), ("pong", "ping"));
        // No one listens there any more.
        let (_, answer) = tunnel(&mock, &format!("127.0.0.1:{port}"));
        assert!(answer.starts_with("HTTP/1.1 502 "), "{answer}");
        assert!(answer.contains(&format!("no connection to `127.0.0.1:{port}`")), "{answer}");
        mock.fail();
    });
}

#[test]
fn other_hosts_are_reached_through_the_former_proxy() {
    alone(&[], |process| {
        if process.part() == "client" {
            let mock = blocked();
            let (mut stream, _) = tunnel(&mock, "files.example.org:443");
            let mut answer = String::new();
            stream.read_to_string(&mut answer).unwrap();
            assert_eq!(answer, "pong");
            mock.fail();
            return;
        }
        let (port, serving) = server("\r\n\r\n", "HTTP/1.1 200 OK\r\n\r\npong");
        let proxy = format!("http://us%40er:w%C3%B6rd%2F@127.0.0.1:{port}");
        let ran = process.again("client").env("HTTPS_PROXY", proxy).output().unwrap();
        assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stdout));
        let head = serving.join().unwrap();
        assert!(head.starts_with("CONNECT files.example.org:443 HTTP/1.1\r\n"), "{head}");
        assert!(head.contains("proxy-authorization: Basic dXNAZXI6d8O2cmQv\r\n"), "{head}");
    });
}

#[test]
fn recording_and_replay_work_behind_the_guard() {
    alone(&[], |_| {
        let (_folder, fixture) = place();
        let upstream = Upstream::chat("Hi");
        let mock = upstream.record(&fixture, TEST).network("block").start().unwrap();
        assert!(chat(&mock, &prompt("a")).text().contains("Hi"));
        mock.finish().unwrap();
        let mock = replay(&fixture, TEST).network("block").start().unwrap();
        assert!(chat(&mock, &prompt("a")).text().contains("Hi"));
        mock.finish().unwrap();
    });
}

#[test]
fn without_the_setting_no_proxy_is_set() {
    alone(&[], |_| {
        for rule in ["allow", ""] {
            let builder = LlmMock::builder().scripted(true);
            let builder = if rule.is_empty() { builder } else { builder.network(rule) };
            let mock = builder.start().unwrap();
            assert_eq!(variable(&mock, "HTTPS_PROXY"), None);
            mock.fail();
        }
        let error = LlmMock::builder().scripted(true).network("blok").start().unwrap_err();
        assert!(error.to_string().contains("did you mean `block`?"), "{error}");
    });
}
