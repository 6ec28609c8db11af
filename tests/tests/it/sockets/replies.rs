//! Replies of the test on sockets of APIs that llmock speaks.

use llmock::LlmMock;
use llmock::reply::{Reply, request};
use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::Message;

use super::{Client, REALTIME, TEST, open_with, text};

#[test]
fn replies_respond_to_messages_of_responses() {
    let mock = LlmMock::builder().scripted(true).test(TEST).start().unwrap();
    mock.reply(Reply::text("hello"));
    let mut client = open_with(&mock, "/v1/responses", "").unwrap();
    client
        .send(Message::text(r#"{"type":"response.create","model":"gpt-5","input":"hi"}"#))
        .unwrap();
    let mut events = Vec::new();
    while !events.last().is_some_and(|event: &String| event.contains("response.completed")) {
        events.push(text(&mut client));
    }
    assert!(events[0].contains(r#""type":"response.created""#), "{}", events[0]);
    assert!(events.iter().any(|event| event.contains("output_text.delta")), "{events:?}");
    // A second message has no reply: an error event.
    client
        .send(Message::text(r#"{"type":"response.create","model":"gpt-5","input":"hi"}"#))
        .unwrap();
    let error = text(&mut client);
    assert!(error.starts_with(r#"{"type":"error","status":418"#), "{error}");
    drop(client);
    mock.finish().unwrap_err();
}

fn json_of(client: &mut Client) -> Value {
    serde_json::from_str(&text(client)).unwrap()
}

fn until(client: &mut Client, kind: &str) -> Vec<Value> {
    let mut all = vec![json_of(client)];
    while all[all.len() - 1]["type"] != kind {
        all.push(json_of(client));
    }
    all
}

fn send(client: &mut Client, message: &Value) {
    client.send(Message::text(message.to_string())).unwrap();
}

#[test]
fn replies_respond_to_demands_of_realtime() {
    let mock = LlmMock::builder().scripted(true).test(TEST).start().unwrap();
    mock.when(request().last_user("weather")).reply(Reply::new().tool_call("weather", "{}"));
    mock.when(request().last_user("hello")).reply(Reply::text("good morning"));
    let mut client = open_with(&mock, REALTIME, "realtime, openai-insecure-api-key.x").unwrap();
    until(&mut client, "session.created");
    send(
        &mut client,
        &json!({"type": "session.update", "session": {"output_modalities": ["text"],
            "tools": [{"type": "function", "name": "weather", "parameters": {"type": "object"}}]}}),
    );
    until(&mut client, "session.updated");
    let mut ask = |words: &str| {
        let content = json!([{"type": "input_text", "text": words}]);
        let item = json!({"type": "message", "role": "user", "content": content});
        send(&mut client, &json!({"type": "conversation.item.create", "item": item}));
        send(&mut client, &json!({"type": "response.create"}));
        until(&mut client, "response.done")
    };
    let events = ask("hello");
    let deltas = events.iter().filter(|it| it["type"] == "response.output_text.delta");
    let said: String = deltas.filter_map(|it| it["delta"].as_str()).collect();
    assert_eq!(said, "good morning");
    let events = ask("the weather");
    let done = &events[events.len() - 1]["response"];
    assert_eq!(done["output"][0]["name"], "weather", "{done}");
    drop(client);
    // Each demand is a request.
    let paths: Vec<_> = mock.exchanges().iter().map(|it| it.request().path().to_owned()).collect();
    assert_eq!(paths[1..], ["/v1/responses", "/v1/responses"], "{paths:?}");
    mock.finish().unwrap();
}

#[test]
fn the_api_before_its_general_availability_has_other_names() {
    let mock = LlmMock::builder().scripted(true).test(TEST).start().unwrap();
    mock.reply(Reply::text("hi"));
    let mut client = open_with(&mock, REALTIME, "realtime, openai-beta.realtime-v1").unwrap();
    let created = json_of(&mut client);
    assert_eq!(created["session"]["modalities"], json!(["text", "audio"]));
    send(
        &mut client,
        &json!({"type": "response.create", "response": {"modalities": ["text"],
        "input": [{"type": "message", "role": "user", "content": [{"type": "input_text", "text": "hi"}]}]}}),
    );
    let events = until(&mut client, "response.done");
    assert!(events.iter().any(|it| it["type"] == "response.text.delta"), "{events:?}");
    drop(client);
    mock.finish().unwrap();
}
