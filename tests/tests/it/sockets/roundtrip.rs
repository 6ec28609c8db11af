//! What a provider sends is sent again, frame by frame.

use std::fs;

use llmock_testkit::process::alone;
use llmock_testkit::recorded::{place, read};
use llmock_testkit::sockets::{SocketServer, Step};
use tokio_tungstenite::tungstenite::Message;

use super::{next, open, recorder, replayer, step, text};
use crate::encryption::{IDENTITY, RECIPIENT, names, nothing_is_readable};

#[test]
fn replays_a_conversation_message_by_message() {
    alone(&[], |_| {
        let (_folder, fixture) = place();
        let server = SocketServer::start(
            None,
            vec![
                step(r#"{"type":"session.created","session":{"id":"sess_1"}}"#),
                Step::Receive,
                step(r#"{"type":"response.created"}"#),
                step(r#"{ "type": "response.done", "n": 1.0 }"#),
                Step::close(1000, "bye"),
            ],
        );
        let talk = |client: &mut super::Client| {
            let mut received = vec![text(client)];
            client.send(Message::text(r#"{"type":"response.create","event_id":"evt_1"}"#)).unwrap();
            received.extend([text(client), text(client)]);
            let Message::Close(Some(frame)) = next(client) else { panic!("not closed") };
            received.push(format!("{} {}", u16::from(frame.code), frame.reason));
            received
        };
        let mock = recorder(&server, &fixture).start().unwrap();
        let live = talk(&mut open(&mock));
        mock.finish().unwrap();
        let written = read(&fixture);
        assert!(written.contains(r#""method": "WEBSOCKET""#), "{written}");
        assert!(written.contains(r#"{ "from": "client", "ms": "#), "{written}");
        assert!(written.contains(r#""code": 1000, "reason": "bye""#), "{written}");

        let mock = replayer(&fixture).fail_on_unused().start().unwrap();
        assert_eq!(talk(&mut open(&mock)), live);
        let exchanges = mock.exchanges();
        let messages = exchanges[0].socket_messages();
        assert_eq!(messages.len(), 4);
        assert!(messages[1].is_from_client());
        assert_eq!(messages[3].text().unwrap(), live[2]);
        assert_eq!(exchanges[0].socket_close(), Some((Some(1000), "bye")));
        mock.finish().unwrap();
        assert_eq!(read(&fixture), written);
    });
}

#[test]
fn replays_fragments_binary_data_and_pings() {
    alone(&[], |_| {
        let (folder, fixture) = place();
        let audio: Vec<u8> = (0..=255).cycle().take(5000).collect();
        let server = SocketServer::start(
            None,
            vec![
                Step::Receive,
                Step::Frame(0x01, b"{\"a\":".to_vec()),
                Step::Frame(0x89, b"ping".to_vec()),
                Step::Frame(0x80, b"1}".to_vec()),
                Step::binary(audio.clone()),
                step("no JSON"),
                Step::Frame(0x82, br#"{"serverContent":{}}"#.to_vec()),
                Step::Drop,
            ],
        );
        let talk = |client: &mut super::Client| {
            client.send(Message::binary(vec![9; 300])).unwrap();
            let received: Vec<Message> = (0..4).map(|_| next(client)).collect();
            client.read().expect_err("the connection ends without a close frame");
            received
        };
        let mock = recorder(&server, &fixture).start().unwrap();
        let live = talk(&mut open(&mock));
        mock.finish().unwrap();
        assert_eq!(live[1].clone().into_data(), audio);
        let written = read(&fixture);
        assert!(written.contains(r#""json": {"a":1}, "fragments": [5, 2]"#), "{written}");
        assert!(written.contains(r#""binary": true, "json": {"serverContent":{}}"#), "{written}");
        assert!(written.contains(r#""cut": true"#), "{written}");
        let assets = fixture.with_extension("assets");
        assert_eq!(fs::read_dir(&assets).unwrap().count(), 2, "{}", folder.path().display());

        let mock = replayer(&fixture).fail_on_unused().start().unwrap();
        assert_eq!(talk(&mut open(&mock)), live);
        mock.finish().unwrap();
    });
}

#[test]
fn the_data_of_an_encrypted_socket_is_encrypted() {
    alone(&[("LLMOCK_AGE_IDENTITY", IDENTITY)], |_| {
        let (folder, fixture) = place();
        let server = SocketServer::start(
            None,
            vec![
                Step::Receive,
                step(r#"{"text":"the heron flies"}"#),
                Step::binary(b"heron ".repeat(200)),
                Step::close(1000, "bye"),
            ],
        );
        let talk = |client: &mut super::Client| {
            client.send(Message::binary(b"marigold".repeat(90))).unwrap();
            [next(client), next(client)]
        };
        let mock = recorder(&server, &fixture).recipients([RECIPIENT]).start().unwrap();
        let live = talk(&mut open(&mock));
        nothing_is_readable(folder.path());
        mock.finish().unwrap();
        nothing_is_readable(folder.path());
        let names = names(folder.path());
        assert_eq!(names.len(), 3, "{names:?}");
        assert!(names.iter().all(|name| name.rsplit('.').next() == Some("age")), "{names:?}");
        let mock = replayer(&fixture).start().unwrap();
        assert_eq!(talk(&mut open(&mock)), live);
        mock.finish().unwrap();
        // An attempt that failed keeps its data too.
        let mock = recorder(&server, &fixture).recipients([RECIPIENT]).start().unwrap();
        talk(&mut open(&mock));
        assert!(mock.fail().is_none());
        nothing_is_readable(folder.path());
    });
}
