//! The limits of a recording count what sockets report, and end those that reach them.

use std::fs;

use llmock_testkit::process::alone;
use llmock_testkit::recorded::{place, read};
use llmock_testkit::sockets::{SocketServer, Step};
use tokio_tungstenite::tungstenite::{Error, Message};

use super::{REALTIME, next, open_with, recorder, step, text};

const DONE: &str =
    r#"{"type":"response.completed","response":{"usage":{"input_tokens":10,"output_tokens":5}}}"#;

fn create(model: &str) -> Message {
    Message::text(format!(r#"{{"type":"response.create","model":"{model}","input":"go"}}"#))
}

/// Two responses on one socket, of which the first reaches the limit.
fn stops_after_the_first_response(limit: &str) {
    let (_folder, path) = place();
    let steps = vec![Step::Receive, step(DONE), Step::Receive, step(DONE)];
    let server = SocketServer::start(None, steps);
    let mock = recorder(&server, &path).start().unwrap();
    let mut client = open_with(&mock, "/v1/responses", "").unwrap();
    client.send(create("m")).unwrap();
    assert_eq!(text(&mut client), DONE);
    client.send(create("m")).unwrap();
    let error = text(&mut client);
    assert!(error.contains(r#""type":"error""#) && error.contains(limit), "{error}");
    let Message::Close(Some(close)) = next(&mut client) else { panic!("not closed") };
    assert_eq!(u16::from(close.code), 1008, "{close}");
    let report = mock.finish().unwrap_err().to_string();
    assert!(report.contains(limit), "{report}");
    assert_eq!(server.received().len(), 1, "the second message is not sent");
    let kept = read(&path.with_extension("json.failed"));
    assert_eq!(kept.matches("\"from\"").count(), 2, "{kept}");
}

#[test]
fn tokens_of_an_open_socket_count() {
    alone(&[("LLMOCK_MAX_TOKENS", "15")], |_| {
        stops_after_the_first_response("LLMOCK_MAX_TOKENS=15 is reached");
    });
}

#[test]
fn dollars_of_an_open_socket_count() {
    let folder = tempfile::tempdir().unwrap();
    let prices = folder.path().join("prices.toml");
    let row = "[[price]]\nprovider = \"openai\"\nmodel = \"m\"\ninput = 10\noutput = 10\n";
    fs::write(&prices, format!("date = \"2026-11-30\"\n{row}")).unwrap();
    let prices = prices.display().to_string();
    alone(&[("LLMOCK_MAX_USD", "0.0001"), ("LLMOCK_PRICES", &prices)], |_| {
        stops_after_the_first_response("LLMOCK_MAX_USD=0.0001 is reached");
    });
}

#[test]
fn a_model_without_a_price_is_named_by_the_handshake_or_a_message() {
    alone(&[("LLMOCK_MAX_USD", "1")], |_| {
        let (_folder, path) = place();
        let server = SocketServer::start(None, vec![Step::Receive, step(DONE)]);
        let mock = recorder(&server, &path).start().unwrap();
        let refused = open_with(&mock, REALTIME, "").map(drop);
        assert!(matches!(refused, Err(Error::Http(_))), "{refused:?}");
        let mut client = open_with(&mock, "/v1/responses", "").unwrap();
        client.send(create("my-model")).unwrap();
        let error = text(&mut client);
        assert!(error.contains("no price is known for my-model"), "{error}");
        let report = mock.finish().unwrap_err().to_string();
        assert!(report.contains("no price is known for gpt-realtime"), "{report}");
        assert!(server.received().is_empty());
    });
}
