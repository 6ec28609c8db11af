//! What a replay accepts, and what it refuses.

use llmock_testkit::recorded::place;
use tokio_tungstenite::tungstenite::{Error, Message};

use super::{next, open, open_with, replayer, text};

/// A fixture with one socket.
fn socket(rest: &str) -> String {
    format!(
        r#"{{"llmock":2,"interactions":[{{"provider":"openai","test":"{}","request":{{
        "method":"WEBSOCKET","path":"/v1/realtime?model=gpt-realtime"}},"socket":{{{rest}}}}}]}}"#,
        super::TEST
    )
}

#[test]
fn reports_a_message_that_was_not_recorded() {
    let (_folder, fixture) = place();
    let messages = r#""messages":[{"from":"client","json":{"type":"a","text":"hello"}}]"#;
    std::fs::write(&fixture, socket(messages)).unwrap();
    let mock = replayer(&fixture).start().unwrap();
    let mut client = open(&mock);
    client.send(Message::text(r#"{"type":"a","text":"goodbye"}"#)).unwrap();
    let error = text(&mut client);
    assert!(error.contains(r#""type":"error""#) && error.contains("llmock"), "{error}");
    let Message::Close(Some(frame)) = next(&mut client) else { panic!("not closed") };
    assert_eq!(u16::from(frame.code), 1008);
    assert!(frame.reason.starts_with("llmock: "), "{}", frame.reason);
    let report = mock.finish().unwrap_err().to_string();
    assert!(report.contains("message 1 of the client is not the recorded one"), "{report}");
    assert!(report.contains("hello") && report.contains("goodbye"), "{report}");
}

#[test]
fn messages_that_were_not_sent_are_unused() {
    let (_folder, fixture) = place();
    let messages = r#""messages":[{"from":"client","json":{"type":"a"}},{"from":"client","json":{"type":"b"}}]"#;
    std::fs::write(&fixture, socket(messages)).unwrap();
    let mock = replayer(&fixture).fail_on_unused().start().unwrap();
    let mut client = open(&mock);
    client.send(Message::text(r#"{"type":"a"}"#)).unwrap();
    let report = mock.finish().unwrap_err().to_string();
    assert!(report.contains("message not sent"), "{report}");
    assert!(report.contains(r#"{\"type\":\"b\"}"#), "{report}");
}

#[test]
fn refuses_a_path_without_a_socket_and_another_subprotocol() {
    let (_folder, fixture) = place();
    std::fs::write(&fixture, socket(r#""handshake":{"protocol":"realtime"},"messages":[]"#))
        .unwrap();
    let refused = |path: &str, protocols: &str| {
        let mock = replayer(&fixture).start().unwrap();
        let error = open_with(&mock, path, protocols).unwrap_err();
        let Error::Http(response) = error else { panic!("{error}") };
        assert_eq!(response.status(), 418);
        mock.finish().unwrap_err().to_string()
    };
    let report = refused("/v1/nothing", "realtime");
    assert!(report.contains("WEBSOCKET /v1/nothing"), "{report}");
    let report = refused(super::REALTIME, "chat, superchat");
    assert!(report.contains("the recording has the subprotocol `realtime`"), "{report}");
}
