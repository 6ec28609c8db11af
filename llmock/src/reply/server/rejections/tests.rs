//! Rejections of every provider, and what is not rejected.

use super::*;
use crate::reply::RequestShape;

fn message(id: &str, path: &str, body: &str, strict: bool) -> Option<String> {
    let provider = Provider::from_id(id);
    let shape = RequestShape::post(path, body);
    let reading = shape.read(provider);
    let rejected = rejection(&reading, strict)?;
    let rendered = reading.render(&rejected);
    assert_eq!(rendered.status, 400);
    Some(rendered.text())
}

const CHAT: &str = "/v1/chat/completions";
const CALL: &str = r#"{"role":"assistant","tool_calls":[{"id":"a","type":"function","function":{"name":"f"}},
    {"id":"b","type":"function","function":{"name":"f"}}]}"#;

#[test]
fn calls_and_results_belong_together() {
    let result = |id: &str| format!(r#"{{"role":"tool","tool_call_id":"{id}","content":"1"}}"#);
    let user = r#"{"role":"user","content":"x"}"#.to_owned();
    let both = [result("a"), result("b")].join(",");
    for (id, messages, words) in [
        ("openai", vec![user.clone(), CALL.into(), both.clone()], None),
        ("openai", vec![user.clone(), CALL.into(), both.clone(), user.clone()], None),
        (
            "openai",
            vec![user.clone(), CALL.into(), result("a")],
            Some("did not have response messages: b\""),
        ),
        (
            "groq",
            vec![CALL.into(), result("a"), user.clone()],
            Some("did not have response messages: b\""),
        ),
        ("openai", vec![CALL.into()], Some("did not have response messages: a, b\"")),
        (
            "openai",
            vec![user.clone(), result("a")],
            Some("must be a response to a preceeding message with 'tool_calls'."),
        ),
        (
            "openai",
            vec![CALL.into(), both.clone(), result("c")],
            Some("'tool_call_id' of 'c' not found in 'tool_calls'"),
        ),
        ("openai", vec![], Some("Expected an array with minimum length 1")),
        ("mistral", vec![user.clone(), CALL.into(), both.clone()], None),
        (
            "mistral",
            vec![CALL.into(), result("a")],
            Some("Not the same number of function calls and responses"),
        ),
        (
            "mistral",
            vec![user.clone(), result("a"), user.clone()],
            Some("Not the same number of function calls"),
        ),
    ] {
        let body = format!(r#"{{"model":"m","messages":[{}]}}"#, messages.join(","));
        let found = message(id, CHAT, &body, false);
        assert_eq!(found.is_some(), words.is_some(), "{body} {found:?}");
        assert!(found.unwrap_or_default().contains(words.unwrap_or_default()), "{body}");
    }
}

#[test]
fn other_apis_have_their_own_words() {
    let (messages, gemini, converse) =
        ("/v1/messages", "/v1beta/models/m:generateContent", "/model/m/converse");
    let used =
        r#"{"role":"assistant","content":[{"type":"tool_use","id":"t","name":"f","input":{}}]}"#;
    let result =
        r#"{"role":"user","content":[{"type":"tool_result","tool_use_id":"t","content":"1"}]}"#;
    let anthropic = |all: &str| format!(r#"{{"model":"m","max_tokens":9,"messages":[{all}]}}"#);
    let contents = |all: &str| format!(r#"{{"contents":[{all}]}}"#);
    let (call, response) =
        (r#"{"functionCall":{"name":"f"}}"#, r#"{"functionResponse":{"name":"f"}}"#);
    let (bedrock_use, bedrock_result) =
        (r#"{"toolUse":{"toolUseId":"t"}}"#, r#"{"toolResult":{"toolUseId":"t"}}"#);
    let of = |all: &str| format!(r#"{{"messages":[{all}]}}"#);
    for (id, path, body, words) in [
        ("anthropic", messages, r#"{"model":"m","messages":[{"role":"user","content":"a"}]}"#.to_owned(), Some("max_tokens: Field required")),
        ("anthropic", messages, anthropic(""), Some("messages: at least one message is required")),
        ("anthropic", messages, anthropic(&format!("{used},{result}")), None),
        ("anthropic", messages, anthropic(result), Some("messages.0.content.0: unexpected `tool_use_id` found in `tool_result` blocks: t.")),
        ("anthropic", messages, anthropic(used), Some("messages.0: `tool_use` ids were found without `tool_result` blocks immediately after: t.")),
        ("anthropic", messages, anthropic(&format!(r#"{used},{{"role":"user","content":"x"}}"#)), Some("messages.0: `tool_use` ids")),
        ("anthropic", messages, anthropic(result).replacen('{', "{\"thread\":{\"previous_message_id\":\"m\"},", 1), None),
        ("anthropic", "/v1/messages/count_tokens", r#"{"model":"m","messages":[]}"#.to_owned(), None),
        ("gemini", gemini, contents(""), Some("contents is not specified")),
        ("gemini", gemini, contents(&format!(r#"{{"parts":[{call},{call}]}},{{"parts":[{response},{response}]}}"#)), None),
        ("gemini", gemini, contents(&format!(r#"{{"parts":[{call},{call}]}},{{"parts":[{response}]}}"#)), Some("number of function response parts is equal")),
        ("gemini", gemini, contents(&format!(r#"{{"parts":[{response}]}}"#)), Some("comes immediately after a function call turn")),
        ("bedrock", converse, of(&format!(r#"{{"content":[{bedrock_use}]}},{{"content":[{bedrock_result}]}}"#)), None),
        ("bedrock", converse, of(&format!(r#"{{"content":[{bedrock_result}]}}"#)), Some("toolResult blocks at messages.0.content exceeds")),
        ("bedrock", converse, of(&format!(r#"{{"content":[{bedrock_use}]}},{{"content":[{{"text":"x"}}]}}"#)), Some("Expected toolResult blocks at messages.1.content for the following Ids: t")),
        ("openai", "/v1/responses", r#"{"model":"m","input":[{"type":"function_call","call_id":"c","name":"f"}]}"#.to_owned(), Some("No tool output found for function call c.")),
        ("openai", "/v1/responses", r#"{"model":"m","input":[{"type":"function_call_output","call_id":"c"}]}"#.to_owned(), Some("No tool call found for function call output with call_id c.")),
        ("openai", "/v1/responses", r#"{"model":"m","previous_response_id":"r","input":[{"type":"function_call_output","call_id":"c"}]}"#.to_owned(), None),
    ] {
        let found = message(id, path, &body, false);
        assert_eq!(found.is_some(), words.is_some(), "{path} {body} {found:?}");
        assert!(found.unwrap_or_default().contains(words.unwrap_or_default()), "{path} {body}");
    }
}

#[test]
fn strict_servers_reject_more() {
    let open = r#"{"type":"object","properties":{"a":{"type":"object","properties":{}}},"required":["a"],"additionalProperties":false}"#;
    let loose = r#"{"type":"object","properties":{"a":{}},"additionalProperties":false}"#;
    let format = |schema: &str| {
        format!(
            r#"{{"model":"m","messages":[{{"role":"user"}}],"response_format":{{"type":"json_schema",
        "json_schema":{{"name":"x","strict":true,"schema":{schema}}}}}}}"#
        )
    };
    for (id, path, body, words) in [
        (
            "anthropic",
            "/v1/messages",
            r#"{"max_tokens":9,"messages":[{"role":"system","content":"s"}]}"#.to_owned(),
            "The Messages API accepts a top-level `system` parameter",
        ),
        (
            "openai",
            CHAT,
            r#"{"messages":[{"role":"user"}],"tools":[{"type":"function"}]}"#.to_owned(),
            "Missing required parameter: 'tools[0].function'.",
        ),
        (
            "openai",
            CHAT,
            format(open),
            "In context=('properties', 'a'), 'additionalProperties' is required to be supplied and to be false.",
        ),
        ("openai", CHAT, format(loose), "Missing 'a'."),
        (
            "openai",
            "/v1/responses",
            format!(
                r#"{{"input":"x","tools":[{{"type":"function","name":"f","strict":true,"parameters":{loose}}}]}}"#
            ),
            "Invalid schema for function 'f': In context=()",
        ),
    ] {
        assert_eq!(message(id, path, &body, false), None, "{body}");
        let found = message(id, path, &body, true).unwrap_or_else(|| panic!("{body}"));
        assert!(found.replace("\\\"", "\"").contains(words), "{found}");
    }
}
