//! Parts of replies that not every API has.

use serde_json::{Value, json};

use super::{json_of, post, serve};
use crate::server::{Server, Workdir};
use llmock_testkit::client::Request;

const REPLIES: &str = "
replies:
  - when: {contains: search, provider: openai}
    then:
      text: Found.
      web-search: llama news
      citations: [{url: 'https://a.example/', title: A}]
      items:
        - {type: mcp_call, id: mcp_1, server_label: docs, name: find, arguments: '{}', output: ok, error: null, approval_request_id: null}
      events: [{type: response.rate_limits, remaining: 3}]
  - when: {contains: search}
    then: {text: Found., citations: [{url: 'https://a.example/', title: A}]}
  - when: {contains: patch}
    then: {call: {apply: '*** Begin'}}
";

fn responses(server: &Server, more: &Value) -> (Value, Option<String>) {
    let mut body = json!({"model": "m", "input": "search"});
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    let response = server.send(&Request::post("/v1/responses", body.to_string()));
    let skipped = response.header("x-llmock-skipped").map(str::to_owned);
    (json_of(&response), skipped)
}

#[test]
fn replies_have_items_of_the_provider_searches_and_sources() {
    let server = serve(&Workdir::new(), REPLIES);
    let (response, skipped) = responses(&server, &json!({}));
    let kinds: Vec<&str> = response["output"]
        .as_array()
        .unwrap()
        .iter()
        .map(|item| item["type"].as_str().unwrap())
        .collect();
    assert_eq!(kinds, ["web_search_call", "message", "mcp_call"], "{response}");
    let annotation = &response["output"][1]["content"][0]["annotations"][0];
    assert_eq!(annotation["url"], "https://a.example/");
    // A response in one piece has no events.
    assert!(skipped.is_some_and(|why| why.contains("`events`")));
    let body = json!({"model": "m", "input": "search", "stream": true});
    let streamed = server.send(&Request::post("/v1/responses", body.to_string()));
    assert!(streamed.text().contains("response.rate_limits"), "{}", streamed.text());
    assert!(streamed.text().contains("mcp_call"), "{}", streamed.text());
    let user = json!([{"role": "user", "content": "search"}]);
    let anthropic = json!({"model": "m", "max_tokens": 99, "messages": user});
    let response = post(&server, "/v1/messages", &anthropic);
    assert!(response["content"][0]["citations"][0]["url"] == "https://a.example/", "{response}");
}

#[test]
fn what_an_api_cannot_express_is_left_out_and_named() {
    let server = serve(&Workdir::new(), REPLIES);
    let body =
        json!({"model": "m", "stream": false, "messages": [{"role": "user", "content": "search"}]});
    let response = server.send(&Request::post("/api/chat", body.to_string()));
    assert_eq!(json_of(&response)["message"]["content"], "Found.");
    let skipped = response.header("x-llmock-skipped").unwrap_or_default();
    assert!(skipped.contains("has nothing for `citations`"), "{skipped}");
}

#[test]
fn a_call_takes_the_form_of_the_tool_that_is_offered() {
    let server = serve(&Workdir::new(), REPLIES);
    let body =
        json!({"model": "m", "input": "patch", "tools": [{"type": "custom", "name": "apply"}]});
    let response = post(&server, "/v1/responses", &body);
    assert_eq!(response["output"][0]["type"], "custom_tool_call", "{response}");
    assert_eq!(response["output"][0]["input"], "*** Begin");
    let body = json!({"model": "m", "input": "patch"});
    let response = post(&server, "/v1/responses", &body);
    assert_eq!(response["output"][0]["type"], "function_call", "{response}");
}
