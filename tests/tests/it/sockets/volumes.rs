//! Many recorded sockets, and large messages.

use std::time::Duration;

use llmock_testkit::process::alone;
use llmock_testkit::recorded::place;
use llmock_testkit::sockets::{SocketServer, Step};
use tokio_tungstenite::tungstenite::Message;

use super::{Client, next, open, recorder, replayer, step};

/// How many sockets are recorded. `LLMOCK_TEST_SOCKETS` sets another number.
const SOCKETS: usize = 200;

fn sockets() -> usize {
    std::env::var("LLMOCK_TEST_SOCKETS").map_or(SOCKETS, |count| count.parse().unwrap())
}

/// The socket of this number has a message of 10 MB.
const LARGE: usize = 7;

/// Everything that a provider may do on a socket.
fn steps() -> Vec<Step> {
    vec![
        step(r#"{"type":"session.created", "n": 1.0}"#),
        Step::Receive,
        Step::Receive,
        Step::Frame(0x89, b"ping".to_vec()),
        Step::Answer(|sent| {
            let is_large = sent.windows(5).any(|five| five == b"large");
            let more = vec![b' '; if is_large { 10_000_000 } else { 0 }];
            [b"{\"echo\": ", sent, &more, b"}"].concat()
        }),
        Step::Frame(0x01, b"{\"frag".to_vec()),
        Step::Frame(0x00, b"ment\":".to_vec()),
        Step::Frame(0x80, "\"\u{e9}\"}".as_bytes().to_vec()),
        Step::binary((0..=255).cycle().take(700).collect::<Vec<u8>>()),
        Step::Pause(Duration::ZERO),
        step("no JSON"),
        Step::close(4001, "enough"),
    ]
}

/// What the client of the socket with this number receives. `is_turned`: it sends its messages in the other order.
fn talk(client: &mut Client, number: usize, is_turned: bool) -> Vec<Message> {
    let kind = if number == LARGE { "large" } else { "second" };
    let mut messages = [
        format!(r#"{{"type":"first","n":{number}}}"#),
        format!(r#"{{"type":"{kind}","n":{number}}}"#),
    ];
    let mut received = vec![next(client)];
    if is_turned {
        messages.reverse();
    }
    for message in messages {
        client.send(Message::text(message)).unwrap();
    }
    while !matches!(received.last(), Some(Message::Close(_))) {
        received.push(next(client));
    }
    received
}

#[test]
fn many_sockets_replay_byte_by_byte() {
    let kept = std::env::var("LLMOCK_TEST_SOCKETS").ok();
    let variables: Vec<_> = kept.iter().map(|count| ("LLMOCK_TEST_SOCKETS", &**count)).collect();
    alone(&variables, |_| {
        let (_folder, path) = place();
        let server = SocketServer::start(None, steps());
        let mock = recorder(&server, &path).start().unwrap();
        let live: Vec<_> =
            (0..sockets()).map(|number| talk(&mut open(&mock), number, false)).collect();
        mock.finish().unwrap();
        assert_eq!(live[0].len(), 6, "{:?}", live[0]);
        assert_ne!(live[0], live[1]);
        for is_turned in [false, true] {
            let mock = replayer(&path).fail_on_unused().start().unwrap();
            for (number, live) in live.iter().enumerate() {
                assert_eq!(talk(&mut open(&mock), number, is_turned), *live, "{number}");
            }
            mock.finish().unwrap();
        }
    });
}

#[test]
fn messages_of_ten_megabytes_replay_byte_by_byte() {
    alone(&[], |_| {
        let (_folder, path) = place();
        let large = format!("{{\"text\":\"{}\"}}", "x".repeat(10_000_000));
        let bytes: Vec<u8> = (0..=255).cycle().take(10_000_000).collect();
        let steps = vec![Step::Receive, Step::text(large.clone()), Step::binary(bytes.clone())];
        let server = SocketServer::start(None, steps);
        for is_recording in [true, false] {
            let builder = if is_recording { recorder(&server, &path) } else { replayer(&path) };
            let mock = builder.start().unwrap();
            let mut client = open(&mock);
            client.send(Message::text(large.clone())).unwrap();
            assert!(next(&mut client).into_data() == large.as_bytes(), "{is_recording}");
            assert!(next(&mut client).into_data() == bytes, "{is_recording}");
            client.close(None).unwrap();
            while client.read().is_ok() {}
            mock.finish().unwrap();
        }
    });
}

#[test]
fn sockets_that_are_opened_together_find_their_own_recordings() {
    alone(&[], |_| {
        let (_folder, path) = place();
        let server = SocketServer::start(None, steps());
        let mock = recorder(&server, &path).start().unwrap();
        let live: Vec<_> = (0..4).map(|number| talk(&mut open(&mock), number, false)).collect();
        mock.finish().unwrap();
        let mock = replayer(&path).fail_on_unused().start().unwrap();
        // All are open before the first message, and begin in another order.
        let mut clients: Vec<Client> = (0..4).map(|_| open(&mock)).collect();
        for (client, number) in clients.iter_mut().zip([2, 0, 3, 1]) {
            assert_eq!(talk(client, number, false), live[number], "{number}");
        }
        mock.finish().unwrap();
    });
}
