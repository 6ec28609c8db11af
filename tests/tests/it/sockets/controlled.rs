//! Gates, faults, and replies of the test on sockets.

use std::time::Duration;

use llmock::MockSession;
use llmock::control::Fault;
use llmock_testkit::process::alone;
use llmock_testkit::recorded::{place, read};
use llmock_testkit::sockets::{SocketServer, Step};
use tokio_tungstenite::tungstenite::stream::MaybeTlsStream;
use tokio_tungstenite::tungstenite::{Error, Message};

use super::{Client, TEST, next, open, open_with, recorder, replayer, step, text};

/// A fixture with a socket on which the server sends three messages after one of the client.
fn fixture(path: &std::path::Path) {
    let messages = ["1", "2", "3"].map(|n| format!(r#",{{"from":"server","json":{{"n":{n}}}}}"#));
    let text = format!(
        r#"{{"llmock":2,"interactions":[{{"provider":"openai","test":"{TEST}","request":{{
        "method":"WEBSOCKET","path":"/v1/realtime?model=gpt-realtime"}},"socket":{{"messages":[
        {{"from":"client","json":{{"type":"go"}}}}{}]}}}}]}}"#,
        messages.concat()
    );
    std::fs::write(path, text).unwrap();
}

/// Opens the socket of [`fixture`], and sends its message.
fn begun(mock: &MockSession) -> Client {
    let mut client = open(mock);
    client.send(Message::text(r#"{"type":"go"}"#)).unwrap();
    client
}

/// No fault is left for the next socket.
fn is_whole(mock: &MockSession) {
    let mut client = begun(mock);
    for n in 1..=3 {
        assert_eq!(text(&mut client), format!(r#"{{"n":{n}}}"#));
    }
}

#[test]
fn gates_hold_messages() {
    let (_folder, path) = place();
    fixture(&path);
    let mock = replayer(&path).start().unwrap();
    let gate = mock.hold_stream().at_event(1).start();
    let mut client = begun(&mock);
    assert_eq!(text(&mut client), r#"{"n":1}"#);
    gate.reached_blocking();
    assert_eq!(mock.exchanges()[0].socket_messages().len(), 2);
    gate.release_all();
    assert_eq!(text(&mut client), r#"{"n":2}"#);
    assert_eq!(text(&mut client), r#"{"n":3}"#);
    drop(client);
    mock.finish().unwrap();
}

#[test]
fn faults_cut_and_damage_messages() {
    let (_folder, path) = place();
    fixture(&path);
    let mock = replayer(&path).start().unwrap();
    mock.fault(Fault::cut_after_event(1));
    let mut client = begun(&mock);
    assert_eq!(text(&mut client), r#"{"n":1}"#);
    client.read().expect_err("the connection is cut");
    // The next socket is whole.
    is_whole(&mock);
    mock.finish().unwrap();
}

#[test]
fn faults_close_a_socket_and_send_a_message_that_is_too_large() {
    let (_folder, path) = place();
    fixture(&path);
    let mock = replayer(&path).start().unwrap();
    mock.fault(Fault::close_after_event(2).close_code(1013));
    let mut client = begun(&mock);
    for n in 1..=2 {
        assert_eq!(text(&mut client), format!(r#"{{"n":{n}}}"#));
    }
    let Message::Close(Some(frame)) = next(&mut client) else { panic!("not closed") };
    assert_eq!(u16::from(frame.code), 1013);
    mock.fault(Fault::oversized_event(1));
    let mut client = begun(&mock);
    let error = client.read().expect_err("it has more than the client takes");
    assert!(matches!(error, Error::Capacity(_)), "{error}");
    drop(client);
    mock.fault(Fault::stall_after_event(1));
    let mut client = begun(&mock);
    assert_eq!(text(&mut client), r#"{"n":1}"#);
    let MaybeTlsStream::Plain(stream) = client.get_ref() else { panic!("it is plain") };
    stream.set_read_timeout(Some(Duration::from_millis(200))).unwrap();
    assert!(matches!(client.read(), Err(Error::Io(_))), "nothing follows");
    drop(client);
    // The faults were for one socket each.
    is_whole(&mock);
    mock.finish().unwrap();
}

#[test]
fn any_audio_is_accepted_where_none_counts() {
    let (_folder, path) = place();
    let append = r#"{"from":"client","json":{"type":"input_audio_buffer.append","audio":"AQID"}}"#;
    let messages = format!(
        r#"{append},{{"from":"client","json":{{"type":"commit"}}}},{{"from":"server","json":{{"n":1}}}}"#
    );
    let text_of = format!(
        r#"{{"llmock":2,"interactions":[{{"provider":"openai","test":"{TEST}","request":{{
        "method":"WEBSOCKET","path":"/v1/realtime?model=gpt-realtime"}},"socket":{{"messages":[{messages}]}}}}]}}"#
    );
    std::fs::write(&path, text_of).unwrap();
    for audio in [&[][..], &["BBBB"], &["AQID", "AQID", "BBBB"]] {
        let mock = replayer(&path).audio("any").fail_on_unused().start().unwrap();
        let mut client = open(&mock);
        for audio in audio {
            let append = format!(r#"{{"type":"input_audio_buffer.append","audio":"{audio}"}}"#);
            client.send(Message::text(append)).unwrap();
        }
        client.send(Message::text(r#"{"type":"commit"}"#)).unwrap();
        assert_eq!(text(&mut client), r#"{"n":1}"#, "{audio:?}");
        drop(client);
        mock.finish().unwrap();
    }
    let error = replayer(&path).audio("some").start().unwrap_err().to_string();
    assert!(error.contains("invalid value `some`"), "{error}");
}

#[test]
fn redacts_credentials_in_subprotocols() {
    alone(&[], |_| {
        let (_folder, path) = place();
        let key = "sk-proj-Zq8s7Df6gH5jK4lM3nB2vC1xX0yYwWvV";
        let offer = format!("realtime, openai-insecure-api-key.{key}");
        let sent = format!(r#"{{"type":"hello","text":"my key is {key}"}}"#);
        let server =
            SocketServer::start(Some("realtime"), vec![Step::Receive, step(r#"{"type":"hello"}"#)]);
        let mock = recorder(&server, &path).start().unwrap();
        let mut client = open_with(&mock, super::REALTIME, &offer).unwrap();
        client.send(Message::text(sent.clone())).unwrap();
        assert_eq!(text(&mut client), r#"{"type":"hello"}"#);
        client.close(None).unwrap();
        while client.read().is_ok() {}
        let seen = format!("{:?}", mock.exchanges());
        mock.finish().unwrap();
        let (_, headers) = &server.handshakes()[0];
        assert!(headers.iter().any(|(_, value)| value.contains(key)), "the provider gets the key");
        assert_eq!(server.received(), [sent.as_bytes()]);
        let written = read(&path);
        assert!(!written.contains(key) && !seen.contains(key), "{written}");
        let mock = replayer(&path).start().unwrap();
        let mut client = open_with(&mock, super::REALTIME, &offer).unwrap();
        client.send(Message::text(sent)).unwrap();
        assert_eq!(text(&mut client), r#"{"type":"hello"}"#);
        drop(client);
        mock.finish().unwrap();
    });
}

#[test]
fn a_message_that_is_too_large_fails_the_test() {
    let (_folder, path) = place();
    fixture(&path);
    let mock = replayer(&path).start().unwrap();
    let mut client = open(&mock);
    let _ = client.send(Message::binary(vec![0; 64 << 20]));
    let closed = loop {
        match client.read() {
            Ok(Message::Close(frame)) => break frame.map(|frame| u16::from(frame.code)),
            Ok(_) => {}
            Err(_) => break None,
        }
    };
    assert!(closed.is_none_or(|code| code == 1009), "{closed:?}");
    let report = mock.finish().unwrap_err().to_string();
    assert!(report.contains("64 MiB") && report.contains("LLMOCK_MAX_BODY"), "{report}");
}

#[test]
fn audio_compares_however_it_is_divided() {
    alone(&[], |_| {
        let (_folder, path) = place();
        let server = SocketServer::start(
            None,
            vec![
                Step::Receive,
                Step::Receive,
                step(r#"{"type":"received"}"#),
                Step::Pause(Duration::ZERO),
            ],
        );
        let append = |audio: &str| {
            Message::text(format!(r#"{{"type":"input_audio_buffer.append","audio":"{audio}"}}"#))
        };
        let mock = recorder(&server, &path).start().unwrap();
        let mut client = open(&mock);
        client.send(append("AQID")).unwrap();
        client.send(append("BAUG")).unwrap();
        assert_eq!(text(&mut client), r#"{"type":"received"}"#);
        client.close(None).unwrap();
        while client.read().is_ok() {}
        mock.finish().unwrap();
        let mock = replayer(&path).fail_on_unused().start().unwrap();
        let mut client = open(&mock);
        client.send(append("AQIDBAUG")).unwrap();
        assert_eq!(text(&mut client), r#"{"type":"received"}"#);
        drop(client);
        mock.finish().unwrap();
        let mock = replayer(&path).start().unwrap();
        let mut client = open(&mock);
        client.send(append("AQIDBAUH")).unwrap();
        assert!(text(&mut client).contains("error"));
        assert!(matches!(next(&mut client), Message::Close(_)));
        let report = mock.finish().unwrap_err().to_string();
        assert!(report.contains("other audio than the recorded one, from byte 5 on"), "{report}");
    });
}
