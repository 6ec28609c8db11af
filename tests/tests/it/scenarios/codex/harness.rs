//! One test for each facility of the harness: events, sequences, gates, and readers of requests.

use llmock::reply::{Reply, request};
use llmock::{LlmMock, Provider, llm_replay};
use llmock_testkit::client::{JSON, send};
use serde_json::{Value, json};

use crate::scenarios::{events, item, respond};

fn user(text: &str) -> Value {
    json!([{"type": "message", "role": "user", "content": [{"type": "input_text", "text": text}]}])
}

/// `mount_sse_sequence` (318 uses), `ev_function_call`, `ev_assistant_message`, `ev_completed_with_tokens`, and the readers
/// of `ResponseMock`: `requests`, `function_call_output`, `message_input_texts`, `instructions_text`, `tool_by_name`.
#[llm_replay(scripted = true)]
#[test]
fn a_turn_with_a_tool_is_two_replies(mock: &LlmMock) {
    let turn = mock.reply([
        Reply::new().tool_call_with_id("call_1", "shell", r#"{"command":["ls"]}"#).id("resp_1"),
        Reply::text("done").id("resp_2").usage(10, 5),
    ]);
    let call = item(&events(respond(mock, &user("list files"))), "function_call");
    assert_eq!((&call["call_id"], &call["name"]), (&json!("call_1"), &json!("shell")));
    let mut input = user("list files");
    input.as_array_mut().unwrap().extend([
        json!({"type": "function_call", "call_id": "call_1", "name": "shell", "arguments": call["arguments"]}),
        json!({"type": "function_call_output", "call_id": "call_1", "output": "src"}),
    ]);
    let last = events(respond(mock, &input));
    let completed = last.last().unwrap();
    assert_eq!(completed["type"], "response.completed");
    assert_eq!(completed["response"]["id"], "resp_2");
    assert_eq!(completed["response"]["usage"]["total_tokens"], 15);

    let [first, second] = &turn.requests()[..] else { panic!("two requests") };
    assert_eq!(first.last_user_text().as_deref(), Some("list files"));
    assert_eq!(first.system().as_deref(), Some("You are codex."));
    assert!(first.tool("shell").is_some() && first.tool_results().is_empty());
    let result = &second.tool_results()[0];
    assert_eq!((result.call_id.as_deref(), result.text.as_str()), (Some("call_1"), "src"));
}

/// `ev_custom_tool_call`, `ev_function_call_with_namespace`, `ev_web_search_call`, `ev_reasoning_item`, and raw events.
#[llm_replay(scripted = true)]
#[test]
fn items_of_every_kind_are_said(mock: &LlmMock) {
    let patch = "*** Begin Patch\n*** End Patch";
    mock.reply([
        Reply::new().custom_tool_call_with_id("call_1", "apply_patch", patch),
        Reply::new().tool_call("list", "{}").namespace("mcp__files"),
        Reply::text("found").web_search("llmock").reasoning("Hm."),
        Reply::text("hi").event(json!({"type": "response.metadata", "verified": true})),
    ]);
    let custom = item(&events(respond(mock, &user("a"))), "custom_tool_call");
    assert_eq!((&custom["input"], &custom["call_id"]), (&json!(patch), &json!("call_1")));
    let call = item(&events(respond(mock, &user("b"))), "function_call");
    assert_eq!(call["namespace"], "mcp__files");
    let found = events(respond(mock, &user("c")));
    assert_eq!(item(&found, "web_search_call")["action"]["query"], "llmock");
    assert_eq!(item(&found, "reasoning")["summary"][0]["text"], "Hm.");
    let raw = events(respond(mock, &user("d")));
    assert!(raw.iter().any(|event| event["verified"] == true), "{raw:?}");
}

/// `sse_failed`, a rate limit with its header, and headers that the client reads (`x-codex-primary-used-percent`).
#[llm_replay(scripted = true)]
#[test]
fn failures_and_headers_are_said(mock: &LlmMock) {
    mock.reply([
        Reply::error(429, "slow down").header("retry-after", "0"),
        Reply::new().failing("the context window is full").code("context_length_exceeded"),
        Reply::text("fine").header("x-codex-primary-used-percent", "12.5"),
    ]);
    let limited = respond(mock, &user("a"));
    assert_eq!((limited.status, limited.header("retry-after")), (429, Some("0")));
    limited.text();
    let failed = events(respond(mock, &user("a")));
    let error = &failed.last().unwrap()["response"]["error"];
    assert_eq!(error["code"], "context_length_exceeded");
    let fine = respond(mock, &user("a"));
    assert_eq!(fine.header("x-codex-primary-used-percent"), Some("12.5"));
    fine.text();
}

/// `start_streaming_sse_server` with gates between chunks, and `wait_for_request`.
#[llm_replay(scripted = true)]
#[test]
fn a_stream_waits_for_the_test(mock: &LlmMock) {
    mock.reply(Reply::pieces(["one ", "two"]));
    let gate = mock.hold_stream().at_event(1).start();
    let mut response = respond(mock, &user("a"));
    let first = String::from_utf8(response.chunk().unwrap()).unwrap();
    assert!(first.contains("response.created"), "{first}");
    gate.reached_blocking();
    assert_eq!(mock.requests().len(), 1);
    gate.release_all();
    assert!(response.text().contains("response.completed"));
    mock.settled_blocking();
}

/// `mount_sse_once_match` with a matcher, and the check that every output has its call.
#[llm_replay(scripted = true)]
#[test]
fn a_rule_checks_what_is_sent(mock: &LlmMock) {
    let has_calls = |request: &llmock::SentRequest| {
        let body: Value = request.json().unwrap();
        let items = body["input"].as_array().cloned().unwrap_or_default();
        let calls: Vec<_> = items
            .iter()
            .filter(|item| item["type"] == "function_call")
            .map(|item| &item["call_id"])
            .collect();
        let mut outputs = items.iter().filter(|item| item["type"] == "function_call_output");
        outputs.all(|output| calls.contains(&&output["call_id"]))
    };
    let whole = mock.when(request().matching(has_calls)).reply(Reply::text("fine").repeat());
    assert_eq!(respond(mock, &user("a")).status, 200);
    let orphan = json!([{"type": "function_call_output", "call_id": "call_9", "output": "x"}]);
    mock.when(request().body_contains("call_9")).reply(Reply::error(400, "no call"));
    let refused = respond(mock, &orphan);
    assert_eq!(refused.status, 400);
    refused.text();
    assert_eq!(whole.exchanges().len(), 1);
}

/// `mount_models_once_with_etag`: the list that codex loads in the background.
#[llm_replay(scripted = true)]
#[test]
fn the_list_of_models_has_an_etag(mock: &LlmMock) {
    let models = Reply::new().models(["gpt-5"]).header("etag", "\"1\"");
    mock.when(request().method("GET").path("*/models")).reply(models);
    let url = format!("{}/models", mock.base_url(Provider::OpenAI));
    let list = send("GET", &url, &JSON, b"");
    assert_eq!(list.header("etag"), Some("\"1\""));
    assert!(list.text().contains("gpt-5"));
}
