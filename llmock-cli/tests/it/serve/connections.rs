//! Connections that cannot work, and those that only look as if.

use std::io::{Read as _, Write as _};
use std::net::{Shutdown, TcpStream};

use crate::server::{Server, Workdir, chat};
use llmock_testkit::client::{JSON, connect};
use llmock_testkit::upstream::{Gate, Response, Upstream};

/// Sends these bytes, and returns what the server sends back.
fn send(server: &Server, bytes: &[u8]) -> String {
    let mut socket = TcpStream::connect(server.origin.trim_start_matches("http://")).unwrap();
    socket.write_all(bytes).unwrap();
    let mut received = Vec::new();
    let _ = socket.read_to_end(&mut received);
    String::from_utf8_lossy(&received).into_owned()
}

#[test]
fn names_tls_and_too_many_headers_once() {
    let workdir = Workdir::new();
    for arguments in [&[][..], &["--fixtures", "all", "--record"]] {
        let server = workdir.serve(arguments, &[]);
        let hello = [b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", &[7; 600][..]].concat();
        let headers = "x-a: b\r\n".repeat(101);
        let many = format!("GET /v1/models HTTP/1.1\r\nhost: localhost\r\n{headers}\r\n");
        for _ in 0..3 {
            send(&server, &hello);
            let refused = send(&server, many.as_bytes());
            assert!(refused.starts_with("HTTP/1.1 431 "), "{refused}");
        }
        for words in ["a client began TLS on this port", "a request with more than 100 headers"] {
            server.wait_for_stderr(words);
            assert_eq!(server.stderr().matches(words).count(), 1, "{}", server.stderr());
        }
    }
}

#[test]
fn other_bytes_than_http_are_not_called_tls() {
    let server = Workdir::new().serve(&[], &[]);
    let refused = send(&server, b"\x00\x01\x02\x03 nonsense\r\n\r\n");
    assert!(refused.starts_with("HTTP/1.1 400 "), "{refused}");
    assert_eq!(server.send(&chat("Hi")).status, 200);
    assert!(!server.stderr().contains("TLS"), "{}", server.stderr());
}

#[test]
fn clients_that_close_their_sending_side_have_not_given_up() {
    let gate = Gate::default();
    let second = gate.clone();
    let upstream = Upstream::scripted(move |at, _| {
        let response = Response::json(format!("{{\"n\":{at}}}"));
        if at == 0 { response.after(&second) } else { response }
    });
    let workdir = Workdir::new();
    let base = upstream.openai_url();
    let server = workdir.serve(&["--fixtures", "all", "--record"], &[("OPENAI_BASE_URL", &base)]);
    let url = format!("{}/v1/chat/completions", server.origin);
    let mut socket = connect("POST", &url, &JSON, &chat("x").body);
    socket.shutdown(Shutdown::Write).unwrap();
    upstream.wait_for(1);
    // The same request on another connection is answered first.
    assert_eq!(server.send(&chat("x")).text(), "{\"n\":1}");
    gate.open();
    let mut received = String::new();
    socket.read_to_string(&mut received).unwrap();
    assert!(received.ends_with("{\"n\":0}"), "{received}");
    server.wait_for_recordings(2);
    assert_eq!(workdir.interactions("all/recorded.json").len(), 2);
}
