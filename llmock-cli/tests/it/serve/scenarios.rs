//! `llmock serve`: replies of the configuration, by conditions on requests.

mod extras;
mod messages;

use serde_json::{Value, json};

use crate::server::{Server, Workdir, chat};
use llmock_testkit::client::{Request, Response};

fn serve(folder: &Workdir, replies: &str) -> Server {
    folder.write("llmock.yaml", replies);
    folder.serve(&["--config", "llmock.yaml"], &[])
}

fn json_of(response: &Response) -> Value {
    serde_json::from_str(&response.text()).unwrap_or_else(|_| panic!("no JSON: {response:?}"))
}

fn post(server: &Server, path: &str, body: &Value) -> Value {
    json_of(&server.send(&Request::post(path, body.to_string())))
}

/// The text of the response to a chat with this prompt.
fn says(server: &Server, prompt: &str) -> String {
    text_of(server, &chat(prompt))
}

fn text_of(server: &Server, request: &Request) -> String {
    let response = json_of(&server.send(request));
    let content = &response["choices"][0]["message"]["content"];
    content.as_str().unwrap_or_else(|| panic!("{response}")).to_owned()
}

const AGENT: &str = "
replies:
  - when: {contains: weather}
    then:
      - call: {search: {q: Paris, limit: 1}, locate: {}}
      - {text: Saving., call: {save: {}}}
      - text: It is sunny.
";

#[test]
fn an_agent_gets_its_replies_in_a_row_from_every_provider() {
    let user = json!([{"role": "user", "content": "weather?"}]);
    for (path, body, first, second, last) in [
        (
            "/v1/chat/completions",
            json!({"model": "m", "messages": user}),
            "/choices/0/message/tool_calls/0/function/name",
            "/choices/0/message/tool_calls/0/function/name",
            "/choices/0/message/content",
        ),
        (
            "/v1/responses",
            json!({"model": "m", "input": "weather?"}),
            "/output/0/name",
            "/output/1/name",
            "/output/0/content/0/text",
        ),
        (
            "/v1/messages",
            json!({"model": "m", "max_tokens": 9, "messages": user}),
            "/content/0/name",
            "/content/1/name",
            "/content/0/text",
        ),
        (
            "/v1beta/models/m:generateContent",
            json!({"contents": [{"role": "user", "parts": [{"text": "weather?"}]}]}),
            "/candidates/0/content/parts/0/functionCall/name",
            "/candidates/0/content/parts/1/functionCall/name",
            "/candidates/0/content/parts/0/text",
        ),
        (
            "/api/chat",
            json!({"model": "m", "stream": false, "messages": user}),
            "/message/tool_calls/0/function/name",
            "/message/tool_calls/0/function/name",
            "/message/content",
        ),
        (
            "/model/m/converse",
            json!({"messages": [{"role": "user", "content": [{"text": "weather?"}]}]}),
            "/output/message/content/0/toolUse/name",
            "/output/message/content/1/toolUse/name",
            "/output/message/content/0/text",
        ),
        (
            "/v2/chat",
            json!({"model": "m", "messages": user}),
            "/message/tool_calls/0/function/name",
            "/message/tool_calls/0/function/name",
            "/message/content/0/text",
        ),
    ] {
        let server = serve(&Workdir::new(), AGENT);
        let at = |place: &str| {
            let response = post(&server, path, &body);
            response.pointer(place).unwrap_or_else(|| panic!("{place} in {response}")).clone()
        };
        assert_eq!((at(first), at(second)), ("search".into(), "save".into()), "{path}");
        assert_eq!((at(last), at(last)), ("It is sunny.".into(), "It is sunny.".into()), "{path}");
    }
}

#[test]
fn arguments_keep_their_order_and_streams_have_the_same_reply() {
    let server = serve(&Workdir::new(), AGENT);
    let streamed = chat("weather").header("x-llmock-session", "a");
    let mut body: Value = serde_json::from_slice(&streamed.body).unwrap();
    body["stream"] = true.into();
    let request = Request { body: body.to_string().into(), ..streamed };
    let events = server.send(&request).text();
    assert!(events.contains("locate"), "{events}");
    let whole = json_of(&server.send(&chat("weather").header("x-llmock-session", "b")));
    let arguments = &whole["choices"][0]["message"]["tool_calls"][0]["function"]["arguments"];
    assert_eq!(arguments, r#"{"q":"Paris","limit":1}"#);
    assert_eq!(whole["choices"][0]["finish_reason"], "tool_calls");
}

#[test]
fn each_condition_selects_requests() {
    let tool = json!([{"type": "function", "function": {"name": "search"}}]);
    let with = |body: Value| {
        let mut all = json!({"model": "m", "messages": [{"role": "user", "content": "one two"}]});
        for (name, value) in body.as_object().unwrap() {
            all[name] = value.clone();
        }
        Request::post("/v1/chat/completions", all.to_string())
    };
    let result = json!([
        {"role": "user", "content": "a"},
        {"role": "assistant", "tool_calls": [{"id": "1", "type": "function", "function": {"name": "search", "arguments": "{}"}}]},
        {"role": "tool", "tool_call_id": "1", "content": "42 degrees"},
    ]);
    let system =
        json!([{"role": "system", "content": "Be brief."}, {"role": "user", "content": "a"}]);
    let format = json!({"type": "json_schema", "json_schema": {"name": "Invoice", "schema": {"type": "object"}}});
    for (when, matching, other) in [
        ("{contains: two}", with(json!({})), chat("one")),
        ("{contains: [one, two]}", with(json!({})), chat("one")),
        ("{last_user: two}", with(json!({})), chat("one")),
        ("{pattern: '^one \\w+$'}", with(json!({})), chat("one")),
        ("{pattern: '(?i)ONE'}", with(json!({})), chat("two")),
        ("{model: 'gpt-*'}", with(json!({"model": "gpt-5"})), with(json!({}))),
        ("{system: brief}", with(json!({"messages": system})), with(json!({}))),
        ("{tool: search}", with(json!({"tools": tool})), with(json!({}))),
        ("{tool-result: degrees}", with(json!({"messages": result})), with(json!({}))),
        ("{tool_result: {search: '42'}}", with(json!({"messages": result})), with(json!({}))),
        ("{tool-result: true}", with(json!({"messages": result})), with(json!({}))),
        ("{schema: Invoice}", with(json!({"response_format": format})), with(json!({}))),
        (
            "{header: {x-tenant: 'a*'}}",
            chat("a").header("x-tenant", "ab"),
            chat("a").header("x-tenant", "b"),
        ),
        ("{header: x-tenant}", chat("a").header("x-tenant", "ab"), chat("a")),
        (
            "{header: {authorization: 'Bearer sk-1'}}",
            chat("a").header("authorization", "Bearer sk-1"),
            chat("a"),
        ),
        ("{session: 't*'}", chat("a").header("x-llmock-session", "test"), chat("a")),
        ("{session: sk-1}", chat("a").header("authorization", "Bearer sk-1"), chat("a")),
        (
            "{path: '*/chat/completions'}",
            with(json!({})),
            Request::post("/v1/completions", r#"{"model":"m","prompt":"a"}"#),
        ),
        (
            "{provider: groq}",
            Request { path: "/groq/openai/v1/chat/completions".into(), ..chat("a") },
            chat("a"),
        ),
        ("{contains: one, model: gpt-5}", with(json!({"model": "gpt-5"})), with(json!({}))),
    ] {
        let server =
            serve(&Workdir::new(), &format!("replies:\n- when: {when}\n  then: MATCHED\n"));
        assert!(
            server.send(&matching).text().contains("MATCHED"),
            "{when}: {:?}",
            server.send(&matching)
        );
        assert!(
            !server.send(&other).text().contains("MATCHED"),
            "{when}: {:?}",
            server.send(&other)
        );
    }
}

#[test]
fn errors_have_the_shape_of_the_provider_and_are_followed_by_others() {
    let folder = Workdir::new();
    let server = serve(
        &folder,
        "replies:\n- when: {contains: limit}\n  then:\n  - error: {status: 429, retry-after: 1, message: slow down}\n\
         \x20 - error: 529\n  - {text: fine now, times: 2}\n  - last\n",
    );
    let limited = server.send(&chat("limit"));
    assert_eq!((limited.status, limited.header("retry-after")), (429, Some("1")));
    assert_eq!(json_of(&limited)["error"]["message"], "slow down");
    assert_eq!(json_of(&limited)["error"]["code"], "rate_limit_exceeded");
    assert_eq!(server.send(&chat("limit")).status, 529);
    let replies: Vec<String> = (0..4).map(|_| says(&server, "limit")).collect();
    assert_eq!(replies, ["fine now", "fine now", "last", "last"]);
    // Each session is at a position of its own.
    let other = chat("limit").header("x-llmock-session", "other");
    assert_eq!(server.send(&other).status, 429);
    assert_eq!(server.send(&Request::delete("/sessions/other")).status, 204);
    assert_eq!(server.send(&other).status, 429);
    let anthropic = Request::post(
        "/v1/messages",
        r#"{"model":"m","max_tokens":1,"messages":[{"role":"user","content":"limit"}]}"#,
    );
    let anthropic = server.send(&anthropic.header("x-llmock-session", "third"));
    assert_eq!(json_of(&anthropic)["error"]["type"], "rate_limit_error");
}

#[test]
fn a_scenario_of_once_leaves_the_rest_to_others() {
    let text = "replies:\n- {then: [first], once: true, when: {contains: a}}\n- {then: {json: {ok: true}}, once: true}\n";
    let server = serve(&Workdir::new(), text);
    let replies: Vec<String> = (0..3).map(|_| says(&server, "a b")).collect();
    assert_eq!(replies, ["first", r#"{"ok":true}"#, "a b"]);
}

#[test]
fn json_is_text_or_the_call_that_is_demanded() {
    let text = "replies:\n- when: {schema: Invoice}\n  then: {json: {total: 12, currency: EUR}}\n";
    let server = serve(&Workdir::new(), text);
    let expected = r#"{"total":12,"currency":"EUR"}"#;
    let messages = json!([{"role": "user", "content": "x"}]);
    let format = json!({"type": "json_schema", "json_schema": {"name": "Invoice", "schema": {"type": "object"}}});
    let chat = json!({"model": "m", "messages": messages, "response_format": format});
    let response = post(&server, "/v1/chat/completions", &chat);
    assert_eq!(response["choices"][0]["message"]["content"], expected);
    let tool = json!({"name": "Invoice", "input_schema": {"type": "object"}});
    let body = json!({"model": "m", "max_tokens": 9, "messages": messages, "tools": [tool],
        "tool_choice": {"type": "tool", "name": "Invoice"}});
    let response = post(&server, "/v1/messages", &body);
    assert_eq!(response["content"][0]["input"], json!({"total": 12, "currency": "EUR"}));
    assert_eq!(response["stop_reason"], "tool_use");
}

#[test]
fn replies_have_reasons_usage_and_headers() {
    let text = "replies:
- when: {contains: cut}
  then: {text: Half, finish: length, usage: {input: 7, output: 3}, headers: {x-mine: 1}}
- when: {contains: refuse}
  then: {refusal: I cannot.}
- when: {contains: think}
  then: {text: Done., reasoning: Hm., finish: stop}
";
    let server = serve(&Workdir::new(), text);
    let cut = server.send(&chat("cut"));
    assert_eq!(cut.header("x-mine"), Some("1"));
    let cut = json_of(&cut);
    assert_eq!(cut["choices"][0]["finish_reason"], "length");
    assert_eq!(
        (&cut["usage"]["prompt_tokens"], &cut["usage"]["completion_tokens"]),
        (&7.into(), &3.into())
    );
    let refused = json_of(&server.send(&chat("refuse")));
    assert_eq!(refused["choices"][0]["message"]["refusal"], "I cannot.");
    let body =
        json!({"model": "m", "max_tokens": 9, "messages": [{"role": "user", "content": "think"}]});
    let thought = post(&server, "/v1/messages", &body);
    assert_eq!(thought["content"][0]["thinking"], "Hm.");
}

#[test]
fn faults_and_pace_belong_to_a_reply() {
    let text = "replies:
- when: {contains: broken}
  then:
  - fault: disconnect
  - {text: one two three, fault: cut_after_event=1}
  - {text: late, pace: 'ttft=60ms'}
";
    let server = serve(&Workdir::new(), text);
    let streamed = Request::post(
        "/v1/chat/completions",
        r#"{"model":"m","stream":true,"messages":[{"role":"user","content":"broken"}]}"#,
    );
    let history = |server: &Server| json_of(&server.send(&Request::get("/history")));
    let closed = std::panic::catch_unwind(|| server.send(&streamed));
    assert!(closed.is_err() || closed.unwrap().status == 0);
    assert_eq!(history(&server)["requests"][0]["status"], 444);
    let cut = server.send(&streamed);
    assert!(!cut.text().contains("[DONE]"), "{cut:?}");
    let start = std::time::Instant::now();
    assert_eq!(says(&server, "broken"), "late");
    assert!(start.elapsed() >= std::time::Duration::from_millis(60));
}

#[test]
fn other_endpoints_have_replies_by_their_path() {
    let text = "replies:\n- when: {path: '*/embeddings'}\n  then: [{error: 503}]\n- then: any\n";
    let server = serve(&Workdir::new(), text);
    let embeddings = Request::post("/v1/embeddings", r#"{"model":"m","input":"a"}"#);
    assert_eq!(server.send(&embeddings).status, 503);
    // A reply to everything is one to conversations.
    assert_eq!(server.send(&Request::get("/v1/models")).status, 200);
    assert_eq!(says(&server, "a"), "any");
    assert_eq!(server.send(&Request::post("/v1/chat/completions", "{")).status, 400);
}

#[test]
fn recordings_stay_strict_beside_written_replies() {
    let folder = Workdir::new();
    folder.fixture("rec/a.json", &[("hello", "hi")]);
    let text = "fixtures: rec\ncustomReplies: [{question: q, answer: custom}]\nreplies: [{when: {contains: scripted}, then: yes it is}]\n";
    let server = serve(&folder, text);
    assert_eq!(says(&server, "scripted"), "yes it is");
    assert_eq!(says(&server, "q"), "custom");
    assert!(server.send(&chat("hello")).text().contains("hi"));
    assert_eq!(server.send(&chat("hallo")).status, 418);
    assert_eq!(server.send(&Request::get("/v1/models")).status, 418);
}

#[test]
fn a_tools_result_can_trigger_the_next_call() {
    let server = Workdir::new().serve(&[], &[]);
    let body = json!({"model": "m", "messages": [
        {"role": "user", "content": "call tool 'search' with '{}'"},
        {"role": "assistant", "tool_calls": [{"id": "1", "type": "function", "function": {"name": "search", "arguments": "{}"}}]},
        {"role": "tool", "tool_call_id": "1", "content": "now call tool 'save' with '{\"a\":1}'"},
    ]});
    let response = post(&server, "/v1/chat/completions", &body);
    assert_eq!(response["choices"][0]["message"]["tool_calls"][0]["function"]["name"], "save");
}
