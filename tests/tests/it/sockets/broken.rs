//! Sockets that end badly have one clear message each.

use std::time::Duration;

use llmock::Provider;
use llmock_testkit::process::alone;
use llmock_testkit::recorded::{place, read};
use llmock_testkit::socket_client::explanation_of;
use llmock_testkit::sockets::{SocketServer, Step};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;

use super::{REALTIME, TEST, next, open, recorder, replayer, step, text};

/// A fixture with a socket that expects one message.
fn fixture(path: &std::path::Path) {
    let text = format!(
        r#"{{"llmock":2,"interactions":[{{"provider":"openai","test":"{TEST}","request":{{
        "method":"WEBSOCKET","path":"{REALTIME}"}},"socket":{{"messages":[
        {{"from":"client","json":{{"type":"go"}}}}]}}}}]}}"#
    );
    std::fs::write(path, text).unwrap();
}

#[test]
fn frames_that_break_the_protocol_are_named() {
    alone(&[], |_| {
        let (_folder, path) = place();
        fixture(&path);
        let provider = SocketServer::start(None, vec![Step::Receive]);
        for (frame, why) in [
            (&[0x81, 0x02, b'h', b'i'][..], "a frame without a mask"),
            (&[0xc1, 0x82, 0, 0, 0, 0, b'h', b'i'], "a frame uses an extension"),
            (&[0x81, 0x82, 0, 0, 0, 0, 0xff, 0xfe], "is not valid UTF-8"),
            // Only its head: nothing is waited for.
            (&[0x81, 0xff, 0, 0, 0, 0, 4, 0, 0, 0, 1, 2, 3, 4], "a message has 64 MiB"),
        ] {
            for builder in [replayer(&path), recorder(&provider, &path.with_file_name("new.json"))]
            {
                let mock = builder.start().unwrap();
                let url = mock.base_url(Provider::OpenAI);
                let base = url.find("/s/").unwrap();
                let target = format!("{}/realtime?model=gpt-realtime", &url[base..]);
                let explained = explanation_of(&url[..base], &target, frame);
                assert!(explained.contains(why), "{why}: {explained}");
                let report = mock.finish().unwrap_err().to_string();
                assert!(report.contains(why), "{why}: {report}");
            }
        }
    });
}

#[test]
fn a_client_that_requires_an_extension_is_told_that_there_is_none() {
    let (_folder, path) = place();
    fixture(&path);
    let mock = replayer(&path).start().unwrap();
    let mut client = open(&mock);
    let close = CloseFrame { code: 1010.into(), reason: "permessage-deflate".into() };
    client.close(Some(close)).unwrap();
    while client.read().is_ok() {}
    let report = mock.finish().unwrap_err().to_string();
    assert!(report.contains("the client requires an extension"), "{report}");
}

#[test]
fn a_server_that_breaks_off_is_replayed_so() {
    alone(&[], |_| {
        let (_folder, path) = place();
        let server = SocketServer::start(None, vec![Step::Receive, step("begun"), Step::Drop]);
        let talk = |client: &mut super::Client| {
            client.send(Message::text("go")).unwrap();
            assert_eq!(text(client), "begun");
            client.read().expect_err("the connection ends without a close frame");
        };
        let mock = recorder(&server, &path).start().unwrap();
        talk(&mut open(&mock));
        mock.finish().unwrap();
        assert!(read(&path).contains(r#""from": "server", "ms": "#), "{}", read(&path));
        let mock = replayer(&path).start().unwrap();
        talk(&mut open(&mock));
        let exchanges = mock.exchanges();
        assert_eq!(exchanges[0].socket_close(), None);
        mock.finish().unwrap();
    });
}

#[test]
fn an_endless_stream_fails_the_recording_with_its_limit() {
    alone(&[("LLMOCK_DRAIN_TIMEOUT", "1s")], |_| {
        let (_folder, path) = place();
        let mut steps = vec![Step::Receive];
        for _ in 0..600 {
            steps.extend([step("more"), Step::Pause(Duration::from_millis(20))]);
        }
        let server = SocketServer::start(None, steps);
        let mock = recorder(&server, &path).start().unwrap();
        let mut client = open(&mock);
        client.send(Message::text("go")).unwrap();
        assert_eq!(text(&mut client), "more");
        let report = mock.finish().unwrap_err().to_string();
        assert!(report.contains("LLMOCK_DRAIN_TIMEOUT"), "{report}");
        assert!(!path.exists(), "it is no recording");
    });
}

#[test]
fn a_replay_that_goes_on_is_closed_when_its_test_ends() {
    let (_folder, path) = place();
    fixture(&path);
    let mock = replayer(&path).start().unwrap();
    let mut client = open(&mock);
    client.send(Message::text(r#"{"type":"go"}"#)).unwrap();
    mock.finish().unwrap();
    let Message::Close(Some(frame)) = next(&mut client) else { panic!("not closed") };
    let reason = frame.reason.as_str();
    assert_eq!((u16::from(frame.code), reason), (1001, "llmock: the test has ended"));
}
