//! The commands that read fixtures know recorded WebSockets.

use serde_json::{Value, json};

use crate::command::Desk;

const REALTIME: &str = "/v1/realtime?model=gpt-realtime";

/// A fixture with a socket on which the server says this in two pieces.
fn fixture(pieces: [&str; 2], question: &str) -> String {
    let content = json!([{"type": "input_text", "text": question}]);
    let item = json!({"type": "message", "role": "user", "content": content});
    let delta = |text: &str| json!({"from": "server", "json": {"type": "response.output_text.delta", "delta": text}});
    let usage = json!({"input_tokens": 10, "output_tokens": 5, "total_tokens": 15});
    let messages = json!([
        {"from": "server", "json": {"type": "session.created", "event_id": "e1"}},
        {"from": "client", "json": {"type": "conversation.item.create", "item": item}},
        {"from": "client", "json": {"type": "response.create"}},
        delta(pieces[0]),
        delta(pieces[1]),
        {"from": "server", "json": {"type": "response.done", "response": {"usage": usage}}},
    ]);
    let close = json!({"from": "server", "code": 1000, "reason": "done"});
    let socket =
        json!({"handshake": {"protocol": "realtime"}, "messages": messages, "close": close});
    let request = json!({"method": "WEBSOCKET", "path": REALTIME});
    let interaction = json!({"provider": "openai", "test": "voice::greets", "request": request,
        "socket": socket});
    json!({"llmock": 2, "interactions": [interaction]}).to_string()
}

#[test]
fn sockets_are_listed_shown_counted_and_found() {
    let desk = Desk::with(&[]);
    desk.write("voice.json", &fixture(["Good ", "morning"], "Hello!"));
    desk.prints(&["fmt", "voice"]);
    let listed = desk.json(&["list", "--json", "voice"]);
    let one = &listed[0];
    for (name, value) in [
        ("model", json!("gpt-realtime")),
        ("prompt", json!("Hello!")),
        ("response", json!("Good morning")),
    ] {
        assert_eq!(one[name], value, "{name}: {listed}");
    }
    let shown = desk.prints(&["show", "voice"]);
    assert!(shown.contains("response.done") && shown.contains("Hello!"), "{shown}");
    let events = desk.json(&["show", "voice", "--json", "--events"]);
    assert_eq!(events[0]["events"].as_array().map(Vec::len), Some(6), "{events}");
    let found = desk.prints(&["grep", "Hello!", "voice"]);
    assert!(found.contains("voice.json"), "{found}");
    let stats = desk.prints(&["stats", "voice"]);
    assert!(stats.contains("15") || (stats.contains("10") && stats.contains('5')), "{stats}");
    desk.prints(&["check", "voice"]);
}

#[test]
fn sockets_differ_by_their_texts_and_not_by_their_pieces() {
    let desk = Desk::with(&[]);
    desk.write("old.json", &fixture(["Good ", "morning"], "Hello!"));
    desk.write("same.json", &fixture(["Good mor", "ning"], "Hello!"));
    desk.write("new.json", &fixture(["Good ", "evening"], "Hello there!"));
    let changes = |new: &str| -> Vec<Value> {
        let found = desk.json(&["diff", "--json", "old.json", new]);
        let all = found.as_array().unwrap().iter();
        all.flat_map(|one| one["changes"].as_array().cloned().unwrap_or_default()).collect()
    };
    assert!(changes("same.json").is_empty(), "{:?}", changes("same.json"));
    let paths: Vec<_> = changes("new.json").iter().map(|one| one["path"].clone()).collect();
    assert_eq!(
        paths,
        ["client message 1: $.item.content[0].text", "server message 2: $.delta"],
        "{paths:?}"
    );
}

#[test]
fn secrets_on_sockets_are_found_also_in_pieces() {
    let desk = Desk::with(&[]);
    let key = "sk-proj-Zq8s7Df6gH5jK4lM3nB2vC1xX0yYwWvV";
    let (one, two) = key.split_at(20);
    for (pieces, question) in [([one, two], "Hello!"), (["a", "b"], key)] {
        desk.write("voice.json", &fixture(pieces, question));
        desk.run(&["fmt", "voice"]);
        let found = desk.run(&["check", "voice"]);
        let text = found.out + &found.err;
        assert!(found.code != 0 && text.contains("secret"), "{text}");
        assert!(!text.contains(key) && !text.contains(two), "{text}");
    }
}

#[test]
fn sockets_are_exported_as_har_and_skipped_elsewhere() {
    let desk = Desk::with(&[]);
    desk.write("voice.json", &fixture(["Good ", "morning"], "Hello!"));
    let ran = desk.run(&["export", "voice", "--to", "har", "--out", "voice.har"]);
    assert!(ran.code == 0 && (ran.out + &ran.err).contains("how the WebSocket was closed"));
    desk.run(&["import", "voice.har", "--out", "back"]);
    let back = desk.read("back/voice.json");
    for part in [REALTIME, r#""protocol": "realtime""#, "response.done", "\"from\": \"client\""] {
        assert!(back.contains(part), "{part}: {back}");
    }
    let changes = desk.json(&["diff", "--json", "voice.json", "back/voice.json"]);
    let text = changes.to_string();
    assert!(text.contains("close") && !text.contains("message"), "{text}");
    for target in ["vcr", "wiremock", "aimock"] {
        let ran = desk.run(&["export", "voice", "--to", target]);
        let text = ran.out + &ran.err;
        assert!(text.contains("interaction 1: skipped: it is a WebSocket"), "{target}: {text}");
    }
}
