//! Sweeps of tests with a socket: its handshake is refused, and it is cut, closed, stalled, and damaged between messages.

use std::process::Command;
use std::time::Duration;

use llmock::{LlmMock, llm_replay};
use llmock_testkit::process::KEPT;
use serde_json::Value;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::stream::MaybeTlsStream;

use super::{REALTIME, open_with};

/// The whole text that a socket has, or why it has none.
fn converse(mock: &LlmMock) -> Result<String, String> {
    let mut client = open_with(mock, REALTIME, "").map_err(|error| error.to_string())?;
    let MaybeTlsStream::Plain(stream) = client.get_ref() else { panic!("it is plain") };
    stream.set_read_timeout(Some(Duration::from_secs(2))).unwrap();
    client.send(Message::text(r#"{"type":"go"}"#)).map_err(|error| error.to_string())?;
    let mut all = String::new();
    loop {
        let message = client.read().map_err(|error| error.to_string())?;
        let text = match message {
            Message::Text(text) => text,
            Message::Close(frame) => return Err(format!("closed: {frame:?}")),
            _ => continue,
        };
        let event: Value = serde_json::from_str(&text).map_err(|error| error.to_string())?;
        match event["type"].as_str() {
            Some("delta") => all.push_str(event["delta"].as_str().unwrap_or_default()),
            Some("done") => return Ok(all),
            other => return Err(format!("unexpected {other:?}")),
        }
    }
}

#[llm_replay(fixture = "swept", sweep = "faults")]
#[test]
fn a_program_that_waits_for_the_end_passes(mock: &LlmMock) -> Result<(), String> {
    assert_eq!(converse(mock)?, "Good morning");
    Ok(())
}

#[llm_replay(fixture = "swept", sweep = "cuts")]
#[test]
#[ignore = "it has to fail: the test below runs it"]
fn takes_whatever_arrives(mock: &LlmMock) {
    let _ = converse(mock);
}

#[test]
fn a_program_that_takes_whatever_arrives_is_found() {
    let kept = KEPT.iter().filter_map(|name| Some((*name, std::env::var_os(name)?)));
    let ran = Command::new(std::env::current_exe().unwrap())
        .args(["sockets::swept::takes_whatever_arrives", "--exact", "--include-ignored"])
        .env_clear()
        .envs(kept)
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&ran.stdout) + String::from_utf8_lossy(&ran.stderr);
    assert!(!ran.status.success(), "{text}");
    for found in [
        "sweep_accepted_truncated",
        "cut_after_event = 0",
        "cut_after_event = 2",
        "close_after_event = 1",
        "WEBSOCKET /v1/realtime",
    ] {
        assert!(text.contains(found), "{found}: {text}");
    }
}
