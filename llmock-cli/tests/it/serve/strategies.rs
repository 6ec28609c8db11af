//! `llmock serve`: the responses of each strategy, in every API.

mod apis;
use crate::server::{Server, Workdir};
use llmock_testkit::client::{Request, Response};
use serde_json::{Value, json};

fn server() -> Server {
    Workdir::new().serve(&[], &[])
}

pub(super) fn post(server: &Server, path: &str, body: &Value) -> Response {
    server.send(&Request::post(path, body.to_string()))
}

pub(super) fn json_of(response: &Response) -> Value {
    serde_json::from_str(&response.text()).unwrap_or_else(|_| panic!("no JSON: {response:?}"))
}

pub(super) fn user(content: impl Into<Value>) -> Value {
    json!({"role": "user", "content": content.into()})
}

/// The response of the chat API to these messages.
fn chat(server: &Server, messages: &Value) -> Response {
    post(server, "/v1/chat/completions", &json!({"model": "gpt-5", "messages": messages}))
}

fn chat_text(server: &Server, messages: &Value) -> String {
    let response = json_of(&chat(server, messages));
    let choices = response["choices"].as_array().unwrap();
    assert_eq!(choices.len(), 1, "{response}");
    choices[0]["message"]["content"].as_str().unwrap_or_else(|| panic!("{response}")).to_owned()
}

/// Names and arguments of the tool calls of a chat completion.
fn chat_calls(server: &Server, messages: &Value) -> Vec<(String, String)> {
    calls_of(&json_of(&chat(server, messages)))
}

fn calls_of(response: &Value) -> Vec<(String, String)> {
    assert_eq!(response["choices"].as_array().unwrap().len(), 1, "{response}");
    assert_eq!(response["choices"][0]["finish_reason"], "tool_calls", "{response}");
    let calls = response["choices"][0]["message"]["tool_calls"].as_array().unwrap();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let call =
        |call: &Value| (text(&call["function"]["name"]), text(&call["function"]["arguments"]));
    calls.iter().map(call).collect()
}

#[test]
fn mirror_repeats_the_last_user_message() {
    let server = server();
    let image = json!([{"type": "image_url", "image_url": {"url": "data:,"}}]);
    let parts = json!([{"type": "text", "text": "a"}, {"type": "image_url", "image_url": {"url": "data:,"}},
        {"type": "text", "text": "b"}]);
    for (messages, expected) in [
        (json!([user("Hello!")]), "Hello!"),
        (json!([user("one"), {"role": "assistant", "content": "x"}, user("two")]), "two"),
        (
            json!([{"role": "developer", "content": "d"}, user("it's \"é\" \u{1f600}\n")]),
            "it's \"é\" \u{1f600}\n",
        ),
        (json!([user(parts)]), "a\nb"),
        (json!([user("text"), user(image.clone())]), "text"),
        (json!([user("one"), {"role": "assistant", "content": "prefill"}]), "one"),
        (json!([user("one"), {"role": "system", "content": "late"}]), "one"),
        (json!([user(image)]), "No user message provided."),
        (json!([{"role": "system", "content": "s"}]), "No user message provided."),
    ] {
        assert_eq!(chat_text(&server, &messages), expected, "{messages}");
    }
}

#[test]
fn mirror_reads_every_input_form_of_responses() {
    let server = server();
    let call = json!({"type": "function_call", "call_id": "c", "name": "f", "arguments": "{}"});
    let output = json!({"type": "function_call_output", "call_id": "c", "output": ""});
    for (input, expected) in [
        (json!("it's"), "it's"),
        (json!(""), ""),
        (json!([user("a")]), "a"),
        (
            json!([user(
                json!([{"type": "input_text", "text": "a"}, {"type": "text", "text": "b"}])
            )]),
            "a\nb",
        ),
        (json!([user("a"), {"type": "reasoning", "id": "r", "summary": []}, call, output]), "a"),
        (json!([{"role": "developer", "content": "d"}]), "No user input provided."),
        (json!([]), "No user input provided."),
        (
            json!([{"role": "user", "content": [{"type": "input_image", "image_url": "data:,"}]}]),
            "No user input provided.",
        ),
    ] {
        let response =
            json_of(&post(&server, "/v1/responses", &json!({"model": "gpt-5", "input": input})));
        let message = response["output"].as_array().unwrap().last().unwrap();
        assert_eq!(message["content"][0]["text"], expected, "{input} {response}");
    }
}

#[test]
fn each_tool_line_requests_one_tool_call() {
    let server = server();
    let pair = |name: &str, arguments: &str| (name.to_owned(), arguments.to_owned());
    for (text, calls) in [
        ("call tool 'f' with '{\"city\": \"Paris\"}'", vec![pair("f", "{\"city\": \"Paris\"}")]),
        ("call tool 'f' with '{\"t\":\"it's\"}'", vec![pair("f", "{\"t\":\"it's\"}")]),
        (
            "call tool 'a' with '{}' and call tool 'b' with '[1]'",
            vec![pair("a", "{}"), pair("b", "[1]")],
        ),
        (
            "call tool 'a' with '{}'\nthen\ncall tool 'b' with '{}'",
            vec![pair("a", "{}"), pair("b", "{}")],
        ),
        ("call tool 'f' with 'not json'", vec![pair("f", "not json")]),
        ("call tool 'f' with ''", vec![pair("f", "{}")]),
    ] {
        assert_eq!(chat_calls(&server, &json!([user(text)])), calls, "{text}");
        // which tools there are makes no difference
        for name in ["f", "another"] {
            let tool = json!({"type": "function", "function": {"name": name, "parameters": {}}});
            let body = json!({"model": "m", "messages": [user(text)], "tools": [tool]});
            let response = json_of(&post(&server, "/v1/chat/completions", &body));
            assert_eq!(calls_of(&response), calls, "{text} with the tool {name}");
        }
    }
}

#[test]
fn streamed_tool_calls_are_equal_and_indexed() {
    let server = server();
    let text = "call tool 'a' with '{\"x\":1}' call tool 'b' with '{}'";
    let response = post(
        &server,
        "/v1/chat/completions",
        &json!({"model": "m", "stream": true, "messages": [user(text)]}),
    );
    let mut calls: Vec<(String, String)> = Vec::new();
    for event in events(&response.text()) {
        for call in event["choices"][0]["delta"]["tool_calls"].as_array().into_iter().flatten() {
            let at = usize::try_from(call["index"].as_u64().unwrap()).unwrap();
            calls.resize(calls.len().max(at + 1), <(String, String)>::default());
            calls[at].0 += call["function"]["name"].as_str().unwrap_or_default();
            calls[at].1 += call["function"]["arguments"].as_str().unwrap_or_default();
        }
    }
    assert_eq!(calls, [("a".into(), "{\"x\":1}".into()), ("b".into(), "{}".into())]);
    assert!(response.text().ends_with("data: [DONE]\n\n"));
}

/// The data of server-sent events, as far as it is JSON.
pub(super) fn events(text: &str) -> Vec<Value> {
    let data = text.lines().filter_map(|line| line.strip_prefix("data: "));
    data.filter_map(|data| serde_json::from_str(data).ok()).collect()
}

#[test]
fn responses_contain_calls_as_items_and_numbered_events() {
    let server = server();
    let input = "call tool 'a' with '{}' call tool 'b' with '{}'";
    let body = json!({"model": "m", "input": input, "stream": true});
    let all = events(&post(&server, "/responses", &body).text());
    let numbers: Vec<u64> =
        all.iter().map(|event| event["sequence_number"].as_u64().unwrap()).collect();
    assert_eq!(numbers, (0..all.len() as u64).collect::<Vec<_>>());
    let output = &all.last().unwrap()["response"]["output"];
    let names: Vec<&str> =
        output.as_array().unwrap().iter().map(|item| item["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["a", "b"]);
    let kinds: Vec<&str> = all.iter().map(|event| event["type"].as_str().unwrap()).collect();
    for kind in [
        "response.created",
        "response.in_progress",
        "response.output_item.added",
        "response.function_call_arguments.delta",
        "response.function_call_arguments.done",
        "response.output_item.done",
        "response.completed",
    ] {
        assert!(kinds.contains(&kind), "{kind} in {kinds:?}");
    }
}

#[test]
fn only_a_final_user_message_triggers_strategies() {
    let server = server();
    let trigger = "call tool 'f' with '{}'";
    let error = r#"raise error {"code": 429, "message": "m"}"#;
    for earlier in [trigger, error] {
        let messages = json!([user(earlier), {"role": "assistant", "content": "ok"}, user("Hi")]);
        assert_eq!(chat_text(&server, &messages), "Hi");
        let messages = json!([user(earlier), {"role": "assistant", "content": "ok"}]);
        assert_eq!(chat_text(&server, &messages), earlier);
        let messages = json!([{"role": "system", "content": earlier}, user("Hi")]);
        assert_eq!(chat_text(&server, &messages), "Hi");
    }
    let messages = json!([user(trigger), {"role": "system", "content": "s"}]);
    assert_eq!(chat_calls(&server, &messages).len(), 1);
}

#[test]
fn tool_results_end_the_loop_with_text() {
    let server = server();
    let call =
        json!({"id": "c1", "type": "function", "function": {"name": "f", "arguments": "{}"}});
    let trigger = "call tool 'f' with '{}'";
    let error = r#"raise error {"code": 429, "message": "m"}"#;
    let tool = |result| json!({"role": "tool", "tool_call_id": "c1", "content": result});
    let function = json!({"role": "function", "name": "f", "content": "12°"});
    for (prompt, result, expected) in [
        (trigger, tool("12°"), "last tool call result is 12°"),
        (trigger, function, "last tool call result is 12°"),
        (error, tool("12°"), "last tool call result is 12°"),
        // nothing to report: the mirror responds
        (trigger, tool(""), trigger),
    ] {
        let mut called = json!({"role": "assistant", "content": null, "tool_calls": [&call]});
        if result["role"] == "function" {
            called =
                json!({"role": "assistant", "content": null, "function_call": call["function"]});
        }
        let messages = json!([user(prompt), called, result]);
        assert_eq!(chat_text(&server, &messages), expected, "{messages}");
    }
    for (output, expected) in [("12°", "last tool call result is 12°"), ("", trigger)] {
        let input = json!([user(trigger),
            {"type": "reasoning", "id": "r", "summary": []},
            {"type": "function_call", "call_id": "c", "name": "f", "arguments": "{}"},
            {"type": "function_call_output", "call_id": "c", "output": output}]);
        let body = json!({"model": "m", "input": input});
        let response = json_of(&post(&server, "/v1/responses", &body));
        assert_eq!(response["output"][0]["content"][0]["text"], expected, "{input}");
    }
}

#[test]
fn errors_use_the_providers_format_streamed_or_not() {
    let server = server();
    let text = r#"please raise error {"code": 429, "message": "slow } down", "type": "t", "error_code": "c"} now }"#;
    let openai =
        json!({"error": {"message": "slow } down", "type": "t", "param": null, "code": "c"}});
    for stream in [false, true] {
        let body = json!({"model": "m", "stream": stream, "messages": [user(text)]});
        let response = post(&server, "/v1/chat/completions", &body);
        assert_eq!((response.status, json_of(&response)), (429, openai.clone()));
    }
    let response = chat(&server, &json!([user(r#"raise error {"code": 503, "message": "m"}"#)]));
    assert_eq!(
        (response.status, json_of(&response)),
        (
            503,
            json!({"error": {"message": "m", "type": "api_error", "param": null, "code": "error"}})
        )
    );
    let body = json!({"model": "m", "max_tokens": 9, "messages": [user(r#"raise error {"code": 529, "message": "m"}"#)]});
    let response = post(&server, "/v1/messages", &body);
    let error = &json_of(&response)["error"];
    assert_eq!(
        (response.status, error),
        (529, &json!({"type": "overloaded_error", "message": "m"}))
    );
}

#[test]
fn invalid_error_requests_are_skipped_with_a_header() {
    let server = server();
    for (line, why) in [
        ("raise error {no json}", "line 1: the text after `raise error` is not JSON"),
        (r#"raise error {"message": "m"}"#, "line 1: `code` is missing"),
        (r#"raise error {"code": 429}"#, "line 1: `message` is missing"),
        (
            r#"raise error {"code": true, "message": "m"}"#,
            "line 1: `code` is true, not an integer from 400 to 599",
        ),
        (
            r#"raise error {"code": 42, "message": "m"}"#,
            "line 1: `code` is 42, not an integer from 400 to 599",
        ),
        (
            r#"raise error {"code": 999, "message": "m"}"#,
            "line 1: `code` is 999, not an integer from 400 to 599",
        ),
        (
            r#"raise error {"code": 0, "message": "m"}"#,
            "line 1: `code` is 0, not an integer from 400 to 599",
        ),
        (
            r#"raise error {"code": 200, "message": "m"}"#,
            "line 1: `code` is 200, not an integer from 400 to 599",
        ),
        (r#"raise error {"code": 429, "message": 1}"#, "line 1: `message` is 1, not a string"),
    ] {
        let response = chat(&server, &json!([user(line)]));
        assert_eq!(
            (response.status, response.header("x-llmock-skipped")),
            (200, Some(why)),
            "{line}"
        );
        assert_eq!(json_of(&response)["choices"][0]["message"]["content"], line);
    }
    let lines = "raise error {x}\nraise error {\"code\": 418, \"message\": \"m\"}";
    let response = chat(&server, &json!([user(lines)]));
    assert_eq!(response.status, 418);
    assert!(response.header("x-llmock-skipped").unwrap().starts_with("line 1: "));
    let response = chat(&server, &json!([user("raise error {x}\ncall tool 'f' with '{}'")]));
    assert_eq!(json_of(&response)["choices"][0]["finish_reason"], "tool_calls");
    assert_eq!(chat(&server, &json!([user("Hi")])).header("x-llmock-skipped"), None);
}

#[test]
fn configured_questions_get_their_answers() {
    let workdir = Workdir::new();
    workdir.write(
        "config.yaml",
        "strategies: [CustomAnswersStrategy, MirrorStrategy]\ncustomReplies:\n\
         - question: What is it?\n  answer: 'It is a mock: fine.'\n- {question: Two?, answer: 2}\n",
    );
    let server = workdir.serve(&["--config", "config.yaml"], &[]);
    for (question, expected) in [
        ("What is it?", "It is a mock: fine."),
        ("  What is it?\n", "It is a mock: fine."),
        ("Two?", "2"),
        ("what is it?", "what is it?"),
        ("What is it? Really?", "What is it? Really?"),
    ] {
        assert_eq!(chat_text(&server, &json!([user(question)])), expected);
    }
}

#[test]
fn first_strategy_with_an_answer_wins() {
    let workdir = Workdir::new();
    let server = workdir.serve(&["--strategies", "MirrorStrategy,ErrorStrategy"], &[]);
    let trigger = r#"raise error {"code": 429, "message": "m"}"#;
    assert_eq!(chat_text(&server, &json!([user(trigger)])), trigger);
}

#[test]
fn unanswered_requests_get_the_providers_error_format() {
    let server = Workdir::new().serve(&["--strategies", "ErrorStrategy"], &[]);
    let response = chat(&server, &json!([user("raise error {x}")]));
    assert_eq!((response.status, response.header("x-should-retry")), (418, Some("false")));
    let message = json_of(&response)["error"]["message"].as_str().unwrap().to_owned();
    assert_eq!(message, "llmock: line 1: the text after `raise error` is not JSON");
    let response = chat(&server, &json!([user("Hi")]));
    assert_eq!(json_of(&response)["error"]["message"], "llmock: no strategy answers this request");
}

#[test]
fn empty_or_unknown_strategies_prevent_startup() {
    let workdir = Workdir::new();
    workdir.write("empty.yaml", "strategies: []\n");
    workdir.write("unknown.yaml", "strategies: [MirorStrategy]\n");
    let stderr = workdir.fails_to_start(&["--config", "empty.yaml"], &[]);
    assert!(stderr.contains("empty.yaml:1") && stderr.contains("empty list"), "{stderr}");
    let stderr = workdir.fails_to_start(&["--config", "unknown.yaml"], &[]);
    assert!(stderr.contains("MirorStrategy") && stderr.contains("`MirrorStrategy`"), "{stderr}");
}
