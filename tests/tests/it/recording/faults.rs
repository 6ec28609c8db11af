//! Network faults, requests that broke off, and responses that no client waited for.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::path::PathBuf;
use std::time::Duration;

use llmock::{MockSession, Mode, Provider};
use llmock_testkit::client::{self, JSON, chat, connect, prompt, send, start};
use llmock_testkit::process::alone;
use llmock_testkit::recorded::{interactions, place};
use llmock_testkit::upstream::{Gate, Response, Upstream, replay};

const TEST: &str = "faults::test";

fn url(mock: &MockSession) -> String {
    format!("{}/chat/completions", mock.base_url(Provider::OpenAI))
}

/// The status of a response that is read to its end, or `None` if the connection closes without one.
fn try_chat(mock: &MockSession, text: &str) -> Option<u16> {
    let reply = start("POST", &url(mock), &JSON, prompt(text).as_bytes())?;
    let status = reply.status;
    reply.rest();
    Some(status)
}

#[test]
fn network_faults_reach_the_client_and_a_retry_clears_them() {
    alone(&[], |process| {
        if process.part() == "records" {
            let fixture = PathBuf::from(std::env::var_os("FIXTURE").unwrap());
            let mode =
                if std::env::var("RUN").unwrap() == "auto" { Mode::Auto } else { Mode::Record };
            let upstream = Upstream::start([Response::hang_up(), Response::json("{\"n\":1}")]);
            let mock = upstream.session(mode, &fixture, TEST).calls(1).start().unwrap();
            assert_eq!(try_chat(&mock, "x"), None);
            assert_eq!(try_chat(&mock, "x"), Some(200));
            mock.finish().unwrap();
            // A replay sends one request.
            let mock = replay(&fixture, TEST).calls(1).fail_on_unused().start().unwrap();
            assert_eq!(try_chat(&mock, "x"), Some(200));
            mock.finish().unwrap();
            assert_eq!(upstream.requests().len(), 2);
            return;
        }
        for mode in ["record", "auto"] {
            let (_folder, fixture) = place();
            let mut command = process.again("records");
            let output = command.env("FIXTURE", &fixture).env("RUN", mode).output().unwrap();
            let stderr = String::from_utf8(output.stderr).unwrap();
            assert!(output.status.success(), "{stderr}");
            assert!(
                stderr.contains("1 request met a network fault and was not recorded"),
                "{stderr}"
            );
            assert_eq!(interactions(&fixture).len(), 1);
        }
    });
}

#[test]
fn network_faults_without_a_later_success_fail_the_session() {
    alone(&[], |_| {
        let (_folder, fixture) = place();
        let upstream = Upstream::start([Response::json("{}"), Response::hang_up()]);
        let mock = upstream.record(&fixture, TEST).start().unwrap();
        assert_eq!(try_chat(&mock, "x"), Some(200));
        assert_eq!(try_chat(&mock, "x"), None);
        assert_eq!(try_chat(&mock, "y"), None);
        let report = mock.finish().unwrap_err().to_string();
        assert!(report.contains("2 requests could not be recorded"), "{report}");
        assert!(report.contains("could not be reached"), "{report}");
        assert!(!fixture.exists());
    });
}

#[test]
fn responses_that_a_client_gave_up_on_are_not_replayed_first() {
    alone(&[], |process| {
        if process.part() == "records" {
            let fixture = PathBuf::from(std::env::var_os("FIXTURE").unwrap());
            let gate = Gate::default();
            let slow = |response: Response| {
                if std::env::var("RUN").unwrap() == "head" {
                    response.after(&gate)
                } else {
                    response
                }
            };
            let first = slow(Response::status(200).header("content-type", "application/json"));
            let first = first.chunk("{\"n\":").wait(&gate).chunk("1}");
            let upstream = Upstream::start([first, Response::json("{\"n\":2}")]);
            let mock = upstream.record(&fixture, TEST).start().unwrap();
            let given_up = connect("POST", &url(&mock), &JSON, prompt("x").as_bytes());
            upstream.wait_for(1);
            drop(given_up);
            // llmock sees that the client has left.
            std::thread::sleep(Duration::from_millis(100));
            assert_eq!(chat(&mock, &prompt("x")).text(), "{\"n\":2}");
            gate.open();
            return mock.finish().unwrap();
        }
        for run in ["head", "body"] {
            let (_folder, fixture) = place();
            let mut command = process.again("records");
            let output = command.env("FIXTURE", &fixture).env("RUN", run).output().unwrap();
            let stderr = String::from_utf8(output.stderr).unwrap();
            assert!(output.status.success(), "{stderr}");
            assert!(stderr.contains("a retry succeeded"), "{stderr}");
            assert_eq!(interactions(&fixture).len(), 1);
            let mock = replay(&fixture, TEST).fail_on_unused().start().unwrap();
            assert_eq!(chat(&mock, &prompt("x")).text(), "{\"n\":2}");
            mock.finish().unwrap();
        }
    });
}

#[test]
fn requests_that_break_off_are_noted_and_nothing_else() {
    /// Sends the head of a request and part of its body, and returns what the server sends back.
    fn send_part(mock: &MockSession, head: &str, body: &[u8]) -> Vec<u8> {
        let url = url(mock);
        let rest = url.strip_prefix("http://").unwrap();
        let (host, path) = rest.split_at(rest.find('/').unwrap());
        let mut socket = TcpStream::connect(host).unwrap();
        let head = format!("POST {path} HTTP/1.1\r\nhost: {host}\r\n{head}\r\n\r\n");
        socket.write_all(&[head.as_bytes(), body].concat()).unwrap();
        socket.shutdown(std::net::Shutdown::Write).unwrap();
        let mut received = Vec::new();
        let _ = socket.read_to_end(&mut received);
        received
    }

    alone(&[], |process| {
        if process.part() == "runs" {
            let fixture = PathBuf::from(std::env::var_os("FIXTURE").unwrap());
            let upstream = Upstream::start([Response::json("{}")]);
            let mode = if fixture.exists() { Mode::Replay } else { Mode::Record };
            let mock = upstream.session(mode, &fixture, TEST).start().unwrap();
            let chunked = "transfer-encoding: chunked";
            assert_eq!(send_part(&mock, "content-length: 84", b"{\"model\":\"m\""), b"");
            assert_eq!(send_part(&mock, chunked, b"c\r\n{\"model\":\"m\"\r\n"), b"");
            send_part(&mock, chunked, b"nonsense\r\n{\"model\":\"m\"\r\n");
            assert_eq!(try_chat(&mock, "whole"), Some(200));
            assert_eq!(mock.requests().len(), 1);
            return mock.finish().unwrap();
        }
        let (_folder, fixture) = place();
        for _ in ["record", "replay"] {
            let output = process.again("runs").env("FIXTURE", &fixture).output().unwrap();
            let stderr = String::from_utf8(output.stderr).unwrap();
            assert!(output.status.success(), "{stderr}");
            let note = "the client disconnected before it had sent the whole body of POST";
            assert!(stderr.contains(note), "{stderr}");
            assert_eq!(interactions(&fixture).len(), 1);
        }
    });
}

#[test]
fn lengths_of_one_connection_do_not_frame_another() {
    alone(&[], |_| {
        let (_folder, fixture) = place();
        let chunks = ["data: {\"choices\":[]}\n\n", "data: [DONE]\n\n"];
        let upstream = Upstream::start([Response::sse(chunks).header("content-length", "10")]);
        for reply in [
            {
                let mock = upstream.record(&fixture, TEST).start().unwrap();
                let reply = chat(&mock, &prompt("x"));
                let length = reply.header("content-length").map(str::to_owned);
                let text = reply.text();
                mock.finish().unwrap();
                (length, text)
            },
            {
                let mock = replay(&fixture, TEST).start().unwrap();
                let reply = chat(&mock, &prompt("x"));
                let length = reply.header("content-length").map(str::to_owned);
                let text = reply.text();
                mock.finish().unwrap();
                (length, text)
            },
        ] {
            assert_eq!(reply, (None, chunks.concat()));
        }
        let answer = Response::status(200).header("content-type", "text/csv").body("12345");
        let upstream = Upstream::start([answer]);
        let (_folder, fixture) = place();
        let mock = upstream.record(&fixture, TEST).start().unwrap();
        let reply =
            send("HEAD", &format!("{}/files/f1", mock.base_url(Provider::OpenAI)), &[], b"");
        assert_eq!(reply.header("content-length"), Some("5"), "a HEAD has no body to frame");
        assert_eq!(reply.rest(), (vec![], client::End::Complete));
        mock.finish().unwrap();
    });
}

/// Sends a request, closes the sending side, and returns the body of the response.
fn half_closed(url: &str, body: &str) -> String {
    let mut socket = connect("POST", url, &JSON, body.as_bytes());
    socket.shutdown(std::net::Shutdown::Write).unwrap();
    let mut received = String::new();
    socket.read_to_string(&mut received).unwrap();
    received.split_once("\r\n\r\n").expect("a head").1.to_owned()
}

#[test]
fn clients_that_close_their_sending_side_have_not_given_up() {
    alone(&[], |_| {
        let (_folder, fixture) = place();
        let upstream = Upstream::scripted(|at, _| Response::json(format!("{{\"n\":{at}}}")));
        let mock = upstream.record(&fixture, TEST).start().unwrap();
        for number in 0..3 {
            let received = half_closed(&url(&mock), &prompt("x"));
            assert_eq!(received, format!("{{\"n\":{number}}}"));
        }
        mock.finish().unwrap();
        assert_eq!(interactions(&fixture).len(), 3);
        let mock = replay(&fixture, TEST).fail_on_unused().start().unwrap();
        for number in 0..3 {
            assert_eq!(chat(&mock, &prompt("x")).text(), format!("{{\"n\":{number}}}"));
        }
        mock.finish().unwrap();
    });
}

/// A provider that keeps its connections, and closes each after one response.
fn closing_between_requests() -> String {
    let listener = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let origin = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for mut socket in listener.incoming().map_while(Result::ok) {
            let mut received = Vec::new();
            let mut buffer = [0; 4096];
            // The whole request: a head, and a body that ends with the model.
            while !received.ends_with(b"\"m\"}") {
                match socket.read(&mut buffer) {
                    Ok(0) | Err(_) => break,
                    Ok(length) => received.extend_from_slice(&buffer[..length]),
                }
            }
            let response = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n\
                            connection: keep-alive\r\ncontent-length: 2\r\n\r\n{}";
            let _ = socket.write_all(response.as_bytes());
        }
    });
    origin
}

#[test]
fn connections_that_close_between_requests_cost_nothing() {
    alone(&[], |_| {
        let (_folder, fixture) = place();
        let base = format!("{}/v1", closing_between_requests());
        let mock = llmock::LlmMock::builder().fixture(&fixture).mode(Mode::Record).test(TEST);
        let mock = mock.upstream(Provider::OpenAI, base).start().unwrap();
        for number in 0..30 {
            assert_eq!(try_chat(&mock, &format!("{number}")), Some(200), "{number}");
        }
        mock.finish().unwrap();
        assert_eq!(interactions(&fixture).len(), 30);
    });
}
