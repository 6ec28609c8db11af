//! Sockets that end badly have one clear message each.

use std::time::Duration;

use llmock_testkit::socket_client::{SocketClient, explanation_of};
use llmock_testkit::sockets::{SocketServer, Step};
use serde_json::{Value, json};

use crate::server::{Server, Workdir};

const REALTIME: &str = "/v1/realtime?model=gpt-realtime";

/// A recorded socket on which the client sends two messages.
fn recorded(workdir: &Workdir, close: &Value) {
    let socket = json!({"messages": [
        {"from": "client", "json": {"type": "first"}},
        {"from": "server", "json": {"n": 1}},
        {"from": "client", "json": {"type": "second"}},
    ], "close": close});
    let request = json!({"method": "WEBSOCKET", "path": REALTIME});
    let interaction = json!({"provider": "openai", "request": request, "socket": socket});
    let fixture = json!({"llmock": 2, "interactions": [interaction]});
    workdir.write("voice.json", &fixture.to_string());
}

#[test]
fn a_client_that_leaves_early_is_named() {
    let workdir = Workdir::new();
    recorded(&workdir, &json!({"from": "server", "code": 1000}));
    let server = workdir.serve(&["--fixtures", "voice.json"], &[]);
    let mut client = SocketClient::open(&server.origin, REALTIME, &[]).unwrap();
    client.send(r#"{"type":"first"}"#);
    assert_eq!(client.text(), r#"{"n":1}"#);
    client.close();
    server.wait_for_stderr(r#"the client left before it sent {"type":"second"}"#);
}

#[test]
fn frames_that_break_the_protocol_are_named() {
    let workdir = Workdir::new();
    recorded(&workdir, &json!({"from": "server", "code": 1000}));
    let replaying = workdir.serve(&["--fixtures", "voice.json"], &[]);
    let talking = workdir.serve(&[], &[]);
    let upstream = SocketServer::start(None, vec![Step::Receive]);
    let base = format!("{}/v1", upstream.url());
    let recording =
        workdir.serve(&["--fixtures", "all", "--record"], &[("OPENAI_BASE_URL", &*base)]);
    for (frame, why) in [
        (&[0x81, 0x02, b'h', b'i'][..], "a frame without a mask"),
        (&[0xc1, 0x82, 0, 0, 0, 0, b'h', b'i'], "a frame uses an extension"),
        (&[0x81, 0x82, 0, 0, 0, 0, 0xff, 0xfe], "is not valid UTF-8"),
        // Only its head: nothing is waited for.
        (&[0x81, 0xff, 0, 0, 0, 0, 4, 0, 0, 0, 1, 2, 3, 4], "a message has 64 MiB"),
    ] {
        for server in [&replaying, &talking, &recording] {
            let explained = explanation_of(&server.origin, REALTIME, frame);
            assert!(explained.contains(why), "{why}: {explained}");
            server.wait_for_stderr(why);
        }
    }
}

#[test]
fn a_server_that_breaks_off_is_recorded_and_replayed_so() {
    let steps = vec![Step::text("begun"), Step::Receive, Step::Drop];
    let upstream = SocketServer::start(None, steps);
    let base = format!("{}/v1", upstream.url());
    let workdir = Workdir::new();
    let talk = |server: &Server| {
        let mut client = SocketClient::open(&server.origin, REALTIME, &[]).unwrap();
        assert_eq!(client.text(), "begun");
        client.send("go");
        client.read().expect_err("the connection ends without a close frame");
    };
    let server = workdir.serve(&["--fixtures", "all", "--record"], &[("OPENAI_BASE_URL", &*base)]);
    talk(&server);
    server.wait_for_recordings(1);
    drop(server);
    assert!(workdir.read("all/recorded.json").contains(r#""cut": true"#));
    talk(&workdir.serve(&["--fixtures", "all"], &[]));
}

#[cfg(unix)]
#[test]
fn an_endless_stream_does_not_keep_a_server_from_stopping() {
    let mut steps = vec![Step::text("more")];
    for _ in 0..3000 {
        steps.extend([Step::Pause(Duration::from_millis(20)), Step::text("more")]);
    }
    let upstream = SocketServer::start(None, steps);
    let base = format!("{}/v1", upstream.url());
    let workdir = Workdir::new();
    let server = workdir.serve(&["--fixtures", "all", "--record"], &[("OPENAI_BASE_URL", &*base)]);
    let mut client = SocketClient::open(&server.origin, REALTIME, &[]).unwrap();
    assert_eq!(client.text(), "more");
    let stopping = std::thread::spawn(move || server.stderr_after_exit(0));
    let (code, reason) = client.closed();
    assert!(code == 1001 && reason.starts_with("llmock: "), "{code} {reason}");
    drop(client);
    let printed = stopping.join().unwrap();
    println!("{printed}");
}
