//! Recordings of sockets become fixtures that replay message by message.

use llmock_testkit::socket_client::SocketClient;
use serde_json::{Value, json};

use crate::command::Desk;
use crate::server::Workdir;

fn entry(direction: &str, ms: u64, event: &Value) -> Value {
    json!({"direction": direction, "atMs": ms, "event": event})
}

/// A recording of GPT-Live as aimock makes it: the client appends audio, thinks aloud, and closes the session.
fn recording() -> Value {
    let audio =
        |data: &str| json!({"type": "session.input_audio.append", "audio": data, "event_id": "a"});
    let entries = [
        entry(
            "client",
            0,
            &json!({"type": "session.start", "event_id": "one", "session": {"model": "gpt-live-1"}}),
        ),
        entry(
            "server",
            10,
            &json!({"type": "session.started", "event_id": "s1", "client_event_id": "one"}),
        ),
        entry("client", 20, &audio("AQID")),
        entry("client", 25, &audio("BAUG")),
        entry(
            "server",
            30,
            &json!({"type": "session.delegation.created", "delegation": {"id": "d1"}}),
        ),
        entry(
            "client",
            40,
            &json!({"type": "session.thinking.append", "event_id": "two", "delegation_id": "d1", "content": "key sk-proj-Zq8s7Df6gH5jK4lM3nB2vC1xX0yYwWvV"}),
        ),
        entry(
            "server",
            50,
            &json!({"type": "session.thinking.appended", "client_event_id": "two"}),
        ),
        entry("client", 60, &json!({"type": "session.close", "event_id": "three"})),
        entry("server", 70, &json!({"type": "session.closed", "client_event_id": "three"})),
    ];
    let capture = json!({"source": "provider", "complete": true, "terminalEntry": 8});
    let live = json!({"version": 1, "model": "gpt-live-1", "mode": "client", "entries": entries,
        "bindings": [], "capture": capture});
    json!({"match": {"endpoint": "openai-live", "model": "gpt-live-1"}, "response": {"live": live}})
}

#[test]
fn recordings_of_gpt_live_that_aimock_made_are_replayed() {
    let desk = Desk::with(&[]);
    let chat =
        json!({"match": {"userMessage": "hello", "model": "gpt-5"}, "response": {"content": "Hi"}});
    let fixtures = json!({"fixtures": [recording(), chat]});
    desk.write("in/live.json", &fixtures.to_string());
    let ran = desk.run(&["import", "in/live.json", "--out", "out"]);
    assert!(ran.code == 0 && (ran.out + &ran.err).contains("their JSON as trees"));
    let written = desk.read("out/live.json");
    assert!(written.contains(r#""path": "/v1/live/sessions""#), "{written}");
    assert!(written.contains(r#""text": "Hi""#) && !written.contains("sk-proj"), "{written}");
    let out = desk.path("out").display().to_string();
    let server = Workdir::new().serve(&["--fixtures", &out], &[]);
    let mut client = SocketClient::open(&server.origin, "/v1/live/sessions", &[]).unwrap();
    client.send(r#"{"type":"session.start","event_id":"x","session":{"model":"gpt-live-1"}}"#);
    // A message of the server quotes the id of this run.
    assert_eq!(client.json()["client_event_id"], "x");
    client.send(r#"{"type":"session.input_audio.append","audio":"AQIDBAUG"}"#);
    assert_eq!(client.json()["delegation"]["id"], "d1");
    client.send(
        r#"{"type":"session.thinking.append","event_id":"y","delegation_id":"d1","content":"key sk-proj-Zq8s7Df6gH5jK4lM3nB2vC1xX0yYwWvV"}"#,
    );
    assert_eq!(client.json()["client_event_id"], "y");
    client.send(r#"{"type":"session.close"}"#);
    assert_eq!(client.json()["type"], "session.closed");
    client.close();
}

#[test]
fn broken_recordings_of_gpt_live_are_skipped_by_name() {
    for (live, why) in [
        (json!({"version": 1}), "its `live` has no `entries`"),
        (json!({"entries": [{"direction": "up", "event": {}}]}), "has the direction `up`"),
        (json!({"entries": [{"direction": "client", "atMs": 1}]}), "has no `event`"),
    ] {
        let desk = Desk::with(&[]);
        let fixture = json!({"match": {}, "response": {"live": live}});
        desk.write("live.json", &json!({"fixtures": [fixture]}).to_string());
        let why_not = desk.fails_partly(&["import", "live.json", "--out", "out"]);
        assert!(why_not.contains(why), "{why}: {why_not}");
    }
}
