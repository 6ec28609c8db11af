//! `SchemaStrategy`: JSON and tool calls that requests demand, in every API.

mod requests;
mod validated;

use self::requests::{city, demands, forced};
use super::strategies::{events, json_of, post, user};
use crate::server::{Server, Workdir};
use llmock_testkit::client::Response;
use serde_json::{Value, json};

fn server() -> Server {
    Workdir::new().serve(&[], &[])
}

fn text_at(response: &Response, place: &str) -> String {
    let body = json_of(response);
    body.pointer(place)
        .and_then(Value::as_str)
        .unwrap_or_else(|| panic!("{place} {body}"))
        .to_owned()
}

#[test]
fn every_api_gets_an_instance_of_its_schema() {
    let server = server();
    for (path, body, place) in demands(&city(), "one two") {
        let response = post(&server, path, &body);
        assert_eq!(response.status, 200, "{path} {body} {}", response.text());
        assert_eq!(text_at(&response, place), r#"{"city":"city","days":2}"#, "{path} {body}");
        assert_eq!(response.header("x-llmock-skipped"), None, "{path}");
    }
}

#[test]
fn prompts_that_fit_are_returned_as_they_are() {
    let server = server();
    let prompt = r#"{"days": 3, "city": "Oslo"}"#;
    for (path, body, place) in demands(&city(), prompt) {
        assert_eq!(text_at(&post(&server, path, &body), place), prompt, "{path}");
    }
}

#[test]
fn streams_have_the_same_instance() {
    let server = server();
    let body = json!({"model": "m", "stream": true, "messages": [user("one two")], "response_format":
        {"type": "json_schema", "json_schema": {"name": "x", "schema": city()}}});
    let all = events(&post(&server, "/v1/chat/completions", &body).text());
    let text: String =
        all.iter().filter_map(|event| event["choices"][0]["delta"]["content"].as_str()).collect();
    assert_eq!(text, r#"{"city":"city","days":2}"#);
    let body = json!({"model": "m", "max_tokens": 64, "stream": true, "messages": [user("one two")],
        "tool_choice": {"type": "any"}, "tools": [{"name": "look", "input_schema": city()}]});
    let all = events(&post(&server, "/v1/messages", &body).text());
    let arguments: String =
        all.iter().filter_map(|event| event["delta"]["partial_json"].as_str()).collect();
    assert_eq!(arguments, r#"{"city":"city","days":2}"#);
    let reasons: Vec<&str> =
        all.iter().filter_map(|event| event["delta"]["stop_reason"].as_str()).collect();
    assert_eq!(reasons, ["tool_use"]);
}

#[test]
fn every_api_calls_the_tool_that_it_must() {
    let server = server();
    for (at, (path, body, name, arguments)) in forced(&city()).into_iter().enumerate() {
        let response = json_of(&post(&server, path, &body));
        let expected = if at < 8 { "b" } else { "a" };
        assert_eq!(response.pointer(name), Some(&json!(expected)), "{body} {response}");
        let arguments = response.pointer(arguments).unwrap();
        let arguments = match arguments.as_str() {
            Some(text) => serde_json::from_str(text).unwrap(),
            None => arguments.clone(),
        };
        assert_eq!(arguments, json!({"city": "city", "days": 2}), "{body}");
    }
}

fn tool(name: &str) -> Value {
    json!({"type": "function", "function": {"name": name, "parameters": {"type": "object", "properties": {}}}})
}

fn called(name: &str) -> Value {
    json!({"role": "assistant", "content": null, "tool_calls": [{"id": name, "type": "function",
        "function": {"name": name, "arguments": "{}"}}]})
}

fn result(name: &str) -> Value {
    json!({"role": "tool", "tool_call_id": name, "content": "12°"})
}

/// The name of the tool that is called, or the text.
fn outcome(response: &Response) -> String {
    let body = json_of(response);
    let message = &body["choices"][0]["message"];
    let name = message["tool_calls"][0]["function"]["name"].as_str();
    name.or(message["content"].as_str()).unwrap_or_else(|| panic!("{body}")).to_owned()
}

#[test]
fn loops_of_forced_tools_call_each_tool_once() {
    let server = server();
    let tools = json!([tool("weather"), tool("final_result")]);
    let format = json!({"type": "json_schema", "json_schema": {"name": "x", "schema": city()}});
    let start = [user("Hi")];
    let one = [user("Hi"), called("weather"), result("weather")];
    let both = [&one[..], &[called("final_result"), result("final_result")]].concat();
    let instance = r#"{"city":"city","days":2}"#;
    for (messages, format, choice, expected) in [
        (&start[..], None, "required", "weather"),
        (&one[..], None, "required", "final_result"),
        (&both[..], None, "required", "final_result"),
        (&start[..], Some(&format), "required", "weather"),
        (&both[..], Some(&format), "required", instance),
        (&start[..], Some(&format), "auto", instance),
        (&one[..], Some(&format), "auto", instance),
        (&one[..], None, "auto", "last tool call result is 12°"),
        (&start[..], None, "auto", "Hi"),
    ] {
        let mut body =
            json!({"model": "m", "messages": messages, "tools": tools, "tool_choice": choice});
        if let Some(format) = format {
            body["response_format"] = format.clone();
        }
        let response = post(&server, "/v1/chat/completions", &body);
        assert_eq!(outcome(&response), expected, "{body}");
    }
}

#[test]
fn nothing_is_called_that_may_not_be() {
    let server = server();
    let trigger = "call tool 'f' with '{}'";
    let choice_of = |name: &str| json!({"type": "function", "function": {"name": name}});
    for (tools, choice, prompt, expected, skipped) in [
        (
            json!([tool("f")]),
            json!("none"),
            trigger,
            trigger,
            Some("the request forbids tool calls"),
        ),
        (
            json!([tool("f")]),
            choice_of("g"),
            "Hi",
            "Hi",
            Some("the tool `g`, which it does not offer"),
        ),
        (json!([]), json!("required"), "Hi", "Hi", Some("a tool, and offers none")),
        // the trigger is the user's own decision
        (json!([tool("g")]), json!("auto"), trigger, "f", None),
        (json!([tool("g")]), json!("required"), trigger, "f", None),
    ] {
        let body = json!({"model": "m", "messages": [user(prompt)], "tools": tools, "tool_choice": choice});
        let response = post(&server, "/v1/chat/completions", &body);
        assert_eq!(outcome(&response), expected, "{body}");
        let header = response.header("x-llmock-skipped");
        assert_eq!(header.is_some(), skipped.is_some(), "{header:?}");
        assert!(header.unwrap_or_default().contains(skipped.unwrap_or_default()), "{header:?}");
    }
}

#[test]
fn a_setting_decides_about_tools_that_are_not_forced() {
    let trigger = "call tool 'b' with '{}'";
    for (setting, calls, after, triggered) in [
        ("auto", "Hi", "last tool call result is 12°", "b"),
        ("first", "a", "last tool call result is 12°", "b"),
        ("never", "Hi", "last tool call result is 12°", trigger),
    ] {
        let server = Workdir::new().serve(&["--tools", setting], &[]);
        for (messages, expected) in [
            (json!([user("Hi")]), calls),
            (json!([user("Hi"), called("a"), result("a")]), after),
            (json!([user(trigger)]), triggered),
        ] {
            let body = json!({"model": "m", "messages": messages, "tools": [tool("a"), tool("b")]});
            let response = post(&server, "/v1/chat/completions", &body);
            assert_eq!(outcome(&response), expected, "{setting} {body}");
        }
        let body = json!({"model": "m", "messages": [user("Hi")], "tools": [tool("a")], "tool_choice": "required"});
        assert_eq!(outcome(&post(&server, "/v1/chat/completions", &body)), "a", "{setting}");
    }
    let stderr = Workdir::new().fails_to_start(&["--tools", "often"], &[]);
    assert!(stderr.contains("--tools") && stderr.contains("`auto`, `first`"), "{stderr}");
}

#[test]
fn impossible_schemas_are_reported_and_come_close() {
    let server = server();
    let object =
        |one: Value| json!({"type": "object", "properties": {"n": one}, "required": ["n"]});
    for (schema, why, instance) in [
        (
            object(json!({"type": "integer", "minimum": 5, "maximum": 4})),
            "no number is between its bounds at `$.n`",
            json!({"n": 0}),
        ),
        (object(json!(false)), "nothing is allowed at `$.n`", json!({"n": null})),
        (
            object(json!({"$ref": "#"})),
            "it has no end, because every instance contains another one at `$.n.n.n`",
            Value::Null,
        ),
        (
            object(json!({"$ref": "#/$defs/No"})),
            "`#/$defs/No` is not defined at `$.n`",
            json!({"n": null}),
        ),
        (
            object(json!({"type": "string", "pattern": "^a$", "minLength": 3})),
            "no text is known for the pattern `^a$`",
            json!({"n": "n"}),
        ),
        (
            object(json!({"type": "string", "pattern": "("})),
            "the pattern `(` cannot be read",
            json!({"n": "n"}),
        ),
        (object(json!({"type": "float"})), "`float` is not a type", json!({"n": null})),
        (
            object(json!({"allOf": [{"type": "string"}, {"type": "integer"}]})),
            "its types exclude each other",
            json!({"n": null}),
        ),
        (
            object(json!({"type": "array", "minItems": 100_000})),
            "more than 1000 elements",
            json!({"n": []}),
        ),
    ] {
        let body = json!({"model": "m", "messages": [user("one two")], "response_format":
            {"type": "json_schema", "json_schema": {"name": "x", "schema": schema}}});
        let response = post(&server, "/v1/chat/completions", &body);
        assert_eq!(response.status, 200);
        let skipped = response.header("x-llmock-skipped").unwrap_or_else(|| panic!("{schema}"));
        assert!(skipped.contains(why), "{skipped}");
        let made: Value = serde_json::from_str(&outcome(&response)).unwrap();
        assert!(instance.is_null() || made == instance, "{made}");
        server.wait_for_stderr(why);
    }
    assert_eq!(
        outcome(&post(
            &server,
            "/v1/chat/completions",
            &json!({"model": "m", "messages": [user("Hi")]})
        )),
        "Hi"
    );
}
