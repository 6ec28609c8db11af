//! `mock.socket(..)`: sockets that a test writes.

use llmock::{LlmMock, MockSession};
use serde_json::json;
use tokio_tungstenite::tungstenite::Message;

use super::{TEST, next, open, open_with, text};

fn scripted() -> MockSession {
    LlmMock::builder().scripted(true).test(TEST).start().unwrap()
}

#[test]
fn scripts_send_and_expect_messages() {
    let mock = scripted();
    mock.socket(|script| {
        script
            .path("/v1/listen")
            .protocol("token")
            .send(json!({"type": "ready"}))
            .expect(json!({"type": "start"}))
            .expect(&[1_u8, 2][..])
            .send(vec![3_u8, 4])
            .expect_any()
            .expect_where(|message| message.text().is_some_and(|text| text.len() > 3))
            .expect("plain")
            .send("bye")
            .close(4000, "done")
    });
    mock.socket(|script| script.times(2).send("any path").cut());
    let mut client = open_with(&mock, "/v1/listen?model=m", "other, token").unwrap();
    assert_eq!(text(&mut client), r#"{"type":"ready"}"#);
    // Between two messages of the server in any order.
    client.send(Message::binary(vec![1, 2])).unwrap();
    client.send(Message::text(r#"{"type":"start","id":7}"#)).unwrap();
    assert_eq!(next(&mut client).into_data(), vec![3, 4]);
    for message in ["x", "long enough", "plain"] {
        client.send(Message::text(message)).unwrap();
    }
    assert_eq!(text(&mut client), "bye");
    let Message::Close(Some(frame)) = next(&mut client) else { panic!("not closed") };
    assert_eq!((u16::from(frame.code), frame.reason.as_str()), (4000, "done"));
    for _ in 0..2 {
        let mut client = open(&mock);
        assert_eq!(text(&mut client), "any path");
        client.read().expect_err("it is cut");
    }
    let exchanges = mock.exchanges();
    assert_eq!(exchanges[0].socket_messages().len(), 8);
    assert_eq!(exchanges[0].socket_close(), Some((Some(4000), "done")));
    mock.finish().unwrap();
}

#[test]
fn a_message_that_is_not_expected_fails_the_test() {
    let mock = scripted();
    mock.socket(|script| script.expect(json!({"type": "start", "n": [1]})));
    let mut client = open(&mock);
    client.send(Message::text(r#"{"type":"start","n":[2]}"#)).unwrap();
    assert!(text(&mut client).contains("\"type\":\"error\""));
    let Message::Close(Some(frame)) = next(&mut client) else { panic!("not closed") };
    assert_eq!(u16::from(frame.code), 1008);
    let report = mock.finish().unwrap_err().to_string();
    assert!(report.contains("message 1 of the client is not what the script expects"), "{report}");
    assert!(report.contains("`$.n[0]` is 2, not 1"), "{report}");
}

#[test]
fn scripts_that_are_not_used_fail_the_test() {
    let mock = scripted();
    mock.socket(|script| script.path("/v1/nothing"));
    mock.socket(|script| script.path("*/realtime").expect("one").expect("two").send("never"));
    let mut client = open(&mock);
    client.send(Message::text("one")).unwrap();
    let report = mock.finish().unwrap_err().to_string();
    assert!(report.contains("scripts.rs:"), "{report}");
    assert!(report.contains("0 of 1 socket used, by `socket(..)`"), "{report}");
    assert!(report.contains("1 of 2 messages used, by `expect("), "{report}");
    // A path that no script has is a miss.
    let mock = scripted();
    mock.socket(|script| script.path("/v1/other").times(1));
    open_with(&mock, "/v1/listen", "").unwrap_err();
    let report = mock.finish().unwrap_err().to_string();
    assert!(report.contains("WEBSOCKET /v1/listen"), "{report}");
}
