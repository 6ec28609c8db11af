//! Parts of replies that not every format can express, whole and streamed.

use super::super::{RenderedBody, Reply, RequestShape};
use super::rendering::data;
use crate::json;
use crate::provider::Provider;

const WHOLE: &str = r#"{"model":"m","max_tokens":9,"messages":[],"input":"a"}"#;
const STREAM: &str = r#"{"model":"m","max_tokens":9,"stream":true,"messages":[],"input":"a"}"#;
const CHAT: &str = "/v1/chat/completions";
const RESPONSES: &str = "/v1/responses";
const MESSAGES: &str = "/v1/messages";

fn whole(reply: &Reply, provider: Provider, path: &str) -> String {
    reply.render(provider, &RequestShape::post(path, WHOLE)).text()
}

/// The data of all events.
fn streamed(reply: &Reply, provider: Provider, path: &str) -> Vec<String> {
    data(&reply.render(provider, &RequestShape::post(path, STREAM)))
}

/// The string at a path of a body.
fn text(body: &str, path: &str) -> Option<String> {
    json::parse(body).unwrap().text(path).map(std::borrow::Cow::into_owned)
}

#[test]
fn custom_calls_have_an_input_and_a_namespace() {
    let reply = Reply::new()
        .custom_tool_call_with_id("c1", "apply_patch", "*** Begin Patch")
        .tool_call_with_id("c2", "search", "{}")
        .namespace("web");
    let body = whole(&reply, Provider::OpenAI, RESPONSES);
    for (path, expected) in [
        ("output/0/type", "custom_tool_call"),
        ("output/0/call_id", "c1"),
        ("output/0/input", "*** Begin Patch"),
        ("output/1/type", "function_call"),
        ("output/1/namespace", "web"),
    ] {
        assert_eq!(text(&body, path).as_deref(), Some(expected), "{path}: {body}");
    }
    let events = streamed(&reply, Provider::OpenAI, RESPONSES);
    let of_kind = |kind: &str| {
        let mut all = events.iter().filter(|event| text(event, "type").as_deref() == Some(kind));
        all.next().unwrap_or_else(|| panic!("{kind}: {events:?}")).clone()
    };
    let done = of_kind("response.custom_tool_call_input.done");
    assert_eq!(text(&done, "input").as_deref(), Some("*** Begin Patch"));
    let reply = Reply::new().custom_tool_call("t", "in");
    let body = whole(&reply, Provider::OpenAI, CHAT);
    assert_eq!(text(&body, "choices/0/message/tool_calls/0/custom/input").as_deref(), Some("in"));
}

/// Items of Responses, and the events that a stream has between their beginning and their end.
const ITEMS: [(&str, &str); 14] = [
    (
        r#"{"type":"file_search_call"}"#,
        "file_search_call.in_progress file_search_call.searching file_search_call.completed",
    ),
    (
        r#"{"type":"web_search_call"}"#,
        "web_search_call.in_progress web_search_call.searching web_search_call.completed",
    ),
    (
        r#"{"type":"image_generation_call"}"#,
        "image_generation_call.in_progress image_generation_call.generating image_generation_call.completed",
    ),
    (
        r#"{"type":"code_interpreter_call","code":"1"}"#,
        "code_interpreter_call.in_progress code_interpreter_call_code.delta code_interpreter_call_code.done code_interpreter_call.interpreting code_interpreter_call.completed",
    ),
    (
        r#"{"type":"mcp_call","arguments":"{}"}"#,
        "mcp_call.in_progress mcp_call_arguments.delta mcp_call_arguments.done mcp_call.completed",
    ),
    (
        r#"{"type":"mcp_call","arguments":"","error":"no"}"#,
        "mcp_call.in_progress mcp_call_arguments.done mcp_call.failed",
    ),
    (
        r#"{"type":"mcp_list_tools","error":null}"#,
        "mcp_list_tools.in_progress mcp_list_tools.completed",
    ),
    (
        r#"{"type":"shell_call","action":{"commands":["ls","pwd"]}}"#,
        "shell_call_command.added shell_call_command.delta shell_call_command.done shell_call_command.added shell_call_command.delta shell_call_command.done",
    ),
    (
        r#"{"type":"shell_call_output","output":[{"stdout":"a","stderr":""}]}"#,
        "shell_call_output_content.delta shell_call_output_content.done",
    ),
    (
        r#"{"type":"apply_patch_call","operation":{"diff":"+a"}}"#,
        "apply_patch_call_operation_diff.delta apply_patch_call_operation_diff.done",
    ),
    (
        r#"{"type":"custom_tool_call","input":"a"}"#,
        "custom_tool_call_input.delta custom_tool_call_input.done",
    ),
    (
        r#"{"type":"reasoning","summary":[],"content":[{"type":"reasoning_text","text":"a"}]}"#,
        "reasoning_text.delta reasoning_text.done",
    ),
    (r#"{"type":"compaction"}"#, "compaction.compacting"),
    (r#"{"type":"computer_call"}"#, ""),
];

#[test]
fn streams_tell_how_an_item_of_the_provider_comes_about() {
    for (item, expected) in ITEMS {
        let reply = Reply::new().item(item.replacen('{', r#"{"id":"one_1","#, 1));
        let events = streamed(&reply, Provider::OpenAI, RESPONSES);
        let kinds: Vec<_> = events.iter().map(|event| text(event, "type").unwrap()).collect();
        let begin = kinds.iter().position(|kind| kind == "response.output_item.added").unwrap();
        let end = kinds.iter().position(|kind| kind == "response.output_item.done").unwrap();
        let between: Vec<_> =
            expected.split_whitespace().map(|kind| format!("response.{kind}")).collect();
        assert_eq!(kinds[begin + 1..end], between, "{item}");
        for (number, event) in events.iter().enumerate() {
            let event = json::parse(event).unwrap();
            assert_eq!(
                event.get("sequence_number").and_then(json::Json::as_u64),
                u64::try_from(number).ok()
            );
        }
        let names_it = |event: &&String| text(event, "item_id").is_none_or(|id| id == "one_1");
        assert!(events[begin + 1..end].iter().all(|event| names_it(&event)), "{events:?}");
    }
}

#[test]
fn blocks_of_the_provider_are_filled_piece_by_piece() {
    let reply = Reply::new()
        .item(
            r#"{"type":"server_tool_use","id":"s_1","name":"code_execution","input":{"code":"1"}}"#,
        )
        .item(r#"{"type":"compaction","content":"short","encrypted_content":"e"}"#);
    let events = streamed(&reply, Provider::Anthropic, MESSAGES);
    let has =
        |part: &str| assert!(events.iter().any(|event| event.contains(part)), "{part}: {events:?}");
    has(
        r#""content_block":{"type":"server_tool_use","id":"s_1","name":"code_execution","input":{}}"#,
    );
    has(r#""delta":{"type":"input_json_delta","partial_json":"{\"code\":\"1\"}"}"#);
    has(r#""content_block":{"type":"compaction","content":null,"encrypted_content":"e"}"#);
    has(r#""delta":{"type":"compaction_delta","content":"short","encrypted_content":"e"}"#);
}

#[test]
fn items_and_events_are_sent_as_they_are() {
    let item = r#"{"type":"local_shell_call","id":"lsh_1","x":1.0}"#;
    let event = r#"{"type":"response.rate_limits","x":1.0}"#;
    let reply = Reply::text("Hi").item(item).event(event).item_ids(["msg_mine"]);
    let body = whole(&reply, Provider::OpenAI, RESPONSES);
    assert_eq!(text(&body, "output/0/id").as_deref(), Some("msg_mine"));
    assert!(body.contains(item), "{body}");
    let events = streamed(&reply, Provider::OpenAI, RESPONSES);
    let at = |wanted: &str| events.iter().position(|event| event == wanted);
    assert_eq!(at(event), Some(events.len() - 2), "before the end: {events:?}");
    let kinds = ["response.output_item.added", "response.output_item.done"];
    let with_item = events.iter().filter(|event| event.contains(item));
    let with_item = with_item.filter_map(|event| text(event, "type"));
    let with_item: Vec<_> = with_item.filter(|kind| kinds.contains(&&**kind)).collect();
    assert_eq!(with_item, kinds);
    let block = r#"{"type":"container_upload","file_id":"f"}"#;
    let reply = Reply::new().item(block).event(r#"{"type":"ping"}"#);
    assert!(whole(&reply, Provider::Anthropic, MESSAGES).contains(block));
    assert!(
        streamed(&reply, Provider::Anthropic, MESSAGES).iter().any(|event| event.contains(block))
    );
}

#[test]
fn searches_and_citations_have_the_shape_of_each_format() {
    let reply = Reply::text("Sunny").web_search("weather").citation("https://a.example/", "A");
    let body = whole(&reply, Provider::OpenAI, RESPONSES);
    assert_eq!(text(&body, "output/0/action/query").as_deref(), Some("weather"), "{body}");
    let annotation = "output/1/content/0/annotations/0/url";
    assert_eq!(text(&body, annotation).as_deref(), Some("https://a.example/"), "{body}");
    let body = whole(&reply, Provider::Anthropic, MESSAGES);
    for (path, expected) in [
        ("content/0/type", "server_tool_use"),
        ("content/0/input/query", "weather"),
        ("content/1/type", "web_search_tool_result"),
        ("content/1/content/0/url", "https://a.example/"),
        ("content/2/citations/0/cited_text", "Sunny"),
    ] {
        assert_eq!(text(&body, path).as_deref(), Some(expected), "{path}: {body}");
    }
    let events = streamed(&reply, Provider::Anthropic, MESSAGES);
    assert!(events.iter().any(|event| event.contains("citations_delta")), "{events:?}");
    let gemini = "/v1beta/models/m:generateContent";
    let body = whole(&reply, Provider::Gemini, gemini);
    let source = "candidates/0/groundingMetadata/groundingChunks/0/web/uri";
    assert_eq!(text(&body, source).as_deref(), Some("https://a.example/"), "{body}");
    let reply = Reply::text("Sunny").citation("https://a.example/", "A");
    let body = whole(&reply, Provider::OpenAI, CHAT);
    let source = "choices/0/message/annotations/0/url_citation/url";
    assert_eq!(text(&body, source).as_deref(), Some("https://a.example/"), "{body}");
}

#[test]
fn choices_and_tokens_differ() {
    let reply = Reply::new().choices(["one", "two"]);
    let body = whole(&reply, Provider::OpenAI, CHAT);
    assert_eq!(text(&body, "choices/1/message/content").as_deref(), Some("two"), "{body}");
    let events = streamed(&reply, Provider::OpenAI, CHAT).concat();
    assert!(events.contains(r#"{"index":1,"delta":{"content":"two"}"#), "{events}");
    assert!(!events.contains(r#"{"index":0,"delta":{"content":"two"}"#), "{events}");
    let reply = Reply::new().logprobs([("Hel", -0.5), ("lo", -0.25)]);
    let body = whole(&reply, Provider::OpenAI, CHAT);
    assert_eq!(text(&body, "choices/0/message/content").as_deref(), Some("Hello"), "{body}");
    assert!(
        body.contains(r#"{"token":"lo","logprob":-0.25,"bytes":[108,111],"top_logprobs":[]}"#),
        "{body}"
    );
    let events = streamed(&reply, Provider::OpenAI, CHAT);
    let lo = events.iter().find(|event| event.contains(r#""content":"lo""#)).unwrap();
    assert!(lo.contains(r#""token":"lo""#) && !lo.contains(r#""token":"Hel""#), "{lo}");
}

#[test]
fn redacted_reasoning_is_opaque() {
    let reply = Reply::text("Hi").redacted_reasoning("b3BhcXVl");
    let body = whole(&reply, Provider::Anthropic, MESSAGES);
    assert_eq!(text(&body, "content/0/data").as_deref(), Some("b3BhcXVl"), "{body}");
    let body = whole(&reply, Provider::OpenAI, RESPONSES);
    assert_eq!(text(&body, "output/0/encrypted_content").as_deref(), Some("b3BhcXVl"), "{body}");
    assert_eq!(text(&body, "output/1/type").as_deref(), Some("message"), "{body}");
}

/// The same event in each framing: behind the first of its stream, and written as that is.
#[test]
fn events_stand_between_others_in_every_framing() {
    let event = r#"{"type":"x","n":1}"#;
    let chat = r#"{"model":"m","stream":true,"messages":[{"role":"user","content":"a"}]}"#;
    let gemini = r#"{"contents":[{"role":"user","parts":[{"text":"a"}]}]}"#;
    let messages =
        r#"{"model":"m","max_tokens":9,"stream":true,"messages":[{"role":"user","content":"a"}]}"#;
    let stream = "/v1beta/models/m:streamGenerateContent";
    let sse = format!("{stream}?alt=sse");
    for (provider, path, body, framed) in [
        (Provider::OpenAI, "/v1/chat/completions", chat, format!("data: {event}\n\n")),
        (Provider::Anthropic, "/v1/messages", messages, format!("event: x\ndata: {event}\n\n")),
        (Provider::Gemini, &sse, gemini, format!("data: {event}\r\n\r\n")),
        (Provider::Ollama, "/api/chat", chat, format!("{event}\n")),
    ] {
        let request = RequestShape::post(path, body);
        let RenderedBody::Stream(without) = Reply::text("a b").render(provider, &request).body
        else {
            panic!("{path} is no stream")
        };
        for after in [0, 1, without.len()] {
            let reply = Reply::text("a b").event_after(after, event);
            let RenderedBody::Stream(events) = reply.render(provider, &request).body else {
                panic!("{path} is no stream")
            };
            assert_eq!(events[after], framed, "{path}");
            assert_eq!(events.len(), without.len() + 1, "{path}");
        }
    }
    let reply = Reply::text("a").event_after(1, event);
    let request = RequestShape::post(stream, gemini);
    let why = request.read(Provider::Gemini).inexpressible(&reply).unwrap();
    assert!(why.contains("this stream is a JSON array"), "{why}");
}
