//! Kinds of drift, and what is none.

use super::quoting;
use super::{Change, compare};
use crate::fixture::interaction::{Body, Content, Response};
use crate::json;
use crate::stream::{Chunk, End, Framing, Stream};

fn body(text: &str) -> Response {
    let content = Content::Body(Body::Json(text.to_owned()));
    let headers = vec![("content-type".to_owned(), "application/json".to_owned())];
    Response { status: 200, headers, ms: None, content }
}

fn events(framing: Framing, events: &[&str]) -> Response {
    let end = match framing {
        Framing::Sse => "\n\n",
        _ => "\n",
    };
    let bytes = events.iter().map(|event| format!("{event}{end}")).collect::<String>();
    let stream =
        Stream::from_chunks(framing, &[Chunk { ms: 1, bytes: bytes.into() }], End::Complete);
    Response { status: 200, headers: Vec::new(), ms: None, content: Content::Stream(stream) }
}

fn told(was: &Response, is: &Response) -> Vec<String> {
    let told = |change: Change| format!("{} {}", change.code, change.shown());
    compare(was, is).into_iter().map(told).collect()
}

const CHAT: &str = r#"{"id":"chatcmpl-1","object":"chat.completion","created":1,"model":"gpt-5-2026-01-01","choices":[{"index":0,"message":{"role":"assistant","content":"Hi","refusal":null,"tool_calls":[{"id":"call_1","type":"function","function":{"name":"f","arguments":"{}"}}]},"finish_reason":"tool_calls"}],"usage":{"prompt_tokens":3,"total_tokens":5},"system_fingerprint":"fp_1"}"#;

#[test]
fn finds_each_kind_of_change_in_a_body() {
    let was = body(CHAT);
    let changed = |from: &str, to: &str| {
        assert!(CHAT.contains(from), "{from}");
        told(&was, &body(&CHAT.replacen(from, to, 1)))
    };
    for (from, to, expected) in [
        (r#","total_tokens":5"#, "", "drift_removed $.usage.total_tokens: removed"),
        (
            r#""created":1"#,
            r#""created":"1""#,
            "drift_type $.created: was a number, and is a string",
        ),
        (
            r#""created":1"#,
            r#""created":1.5"#,
            "drift_type $.created: was an integer, and is a fraction",
        ),
        (r#""created":1"#, r#""created":null"#, "drift_type $.created: was a number, and is null"),
        (r#""created":1"#, r#""created":1,"tier":"x""#, "drift_added $.tier: added"),
        (
            "tool_calls\"}",
            "stop\"}",
            "drift_finish $.choices[].finish_reason: was \"tool_calls\", and is \"stop\"",
        ),
        (
            "2026-01-01",
            "2026-09-09",
            "drift_model $.model: was \"gpt-5-2026-01-01\", and is \"gpt-5-2026-09-09\"",
        ),
        ("fp_1", "fp_2", "drift_fingerprint $.system_fingerprint: was \"fp_1\", and is \"fp_2\""),
        (
            "chat.completion\"",
            "chat.result\"",
            "drift_value $.object: was \"chat.completion\", and is \"chat.result\"",
        ),
        (
            r#""type":"function""#,
            r#""type":"custom""#,
            "drift_value $.choices[].message.tool_calls: `type` was \"function\", and is \"custom\"",
        ),
        (
            r#""refusal":null"#,
            r#""refusal":"no""#,
            "drift_added $.choices[].message.refusal: was null, and is a string",
        ),
        (r#","usage":{"prompt_tokens":3,"total_tokens":5}"#, "", "drift_removed $.usage: removed"),
    ] {
        assert_eq!(changed(from, to), [expected], "{from} → {to}");
    }
    let (mut error, mut page) = (body(r#"{"error":{"message":"gone"}}"#), was.clone());
    error.status = 404;
    assert_eq!(told(&was, &error), ["drift_status the status was 200, and is 404: \"gone\""]);
    page.headers[0].1 = "text/html; charset=utf-8".to_owned();
    page.content = Content::Body(Body::Text("<html>".to_owned()));
    let expected = [
        "drift_type `content-type` was application/json, and is text/html",
        "drift_type the body was JSON, and is text that is no JSON",
    ];
    assert_eq!(told(&was, &page), expected);
    let inside = body(r#"{"error":{"message":"overloaded","type":"server_error"}}"#);
    assert!(told(&was, &inside)[..].iter().any(|one| one.contains("inside the response: \"over")));
}

#[test]
fn texts_ids_counts_and_the_order_of_members_are_no_drift() {
    let was = body(CHAT);
    let other = r#"{"created":99,"id":"chatcmpl-other","object":"chat.completion","model":"gpt-5-2026-01-01","system_fingerprint":"fp_1","usage":{"total_tokens":55,"prompt_tokens":33},"choices":[{"finish_reason":"tool_calls","index":0,"message":{"tool_calls":[{"id":"call_9","type":"function","function":{"arguments":"{\"a\":1}","name":"g"}},{"id":"call_10","type":"function","function":{"arguments":"{}","name":"f"}}],"role":"assistant","content":"Something else entirely","refusal":null}}]}"#;
    assert_eq!(told(&was, &body(other)), [] as [&str; 0]);
    // The arguments of a call are the model's.
    let call = |input: &str| {
        body(&format!(r#"{{"content":[{{"type":"tool_use","id":"x","input":{input}}}]}}"#))
    };
    assert_eq!(told(&call(r#"{"a":1}"#), &call(r#"{"b":["c"]}"#)), [] as [&str; 0]);
    let thinking = body(
        r#"{"content":[{"type":"thinking","thinking":"hm"},{"type":"tool_use","id":"x","input":{}}]}"#,
    );
    let expected = ["drift_optional $.content[type=thinking]: removed"];
    assert_eq!(told(&thinking, &call("{}")), expected);
}

#[test]
fn finds_changes_in_streams() {
    let start = r#"event: message_start
data: {"type":"message_start","message":{"type":"message","model":"claude-a","usage":{"input_tokens":1}}}"#;
    let ping = "event: ping\ndata: {\"type\":\"ping\"}";
    let delta = |text: &str| {
        format!(
            "event: content_block_delta\ndata: {{\"type\":\"content_block_delta\",\"index\":0,\"delta\":{{\"type\":\"text_delta\",\"text\":\"{text}\"}}}}"
        )
    };
    let end = |reason: &str| {
        format!(
            "event: message_delta\ndata: {{\"type\":\"message_delta\",\"delta\":{{\"stop_reason\":\"{reason}\"}}}}"
        )
    };
    let stop = "event: message_stop\ndata: {\"type\":\"message_stop\"}";
    let (a, b, c) = (delta("a"), delta("b"), delta("c"));
    let (turn, length) = (end("end_turn"), end("max_tokens"));
    let was = events(Framing::Sse, &[start, ping, &a, &turn, stop]);
    let is = |parts: &[&str]| told(&was, &events(Framing::Sse, parts));
    assert_eq!(is(&[start, &b, &c, &a, &turn, stop]), ["drift_optional no event `ping` any more"]);
    assert_eq!(is(&[start, ping, &a, &turn]), ["drift_events no event `message_stop` any more"]);
    let finish =
        "drift_finish message_delta: $.delta.stop_reason: was \"end_turn\", and is \"max_tokens\"";
    assert_eq!(is(&[start, ping, &a, &length, stop]), [finish]);
    let model = "drift_model message_start: $.message[type=message].model: was \"claude-a\", and is \"claude-b\"";
    assert_eq!(is(&[&start.replace("claude-a", "claude-b"), ping, &a, &turn, stop]), [model]);
    let other = a.replace("text_delta", "words_delta");
    let value = "drift_value content_block_delta: $.delta: `type` was \"text_delta\", and is \"words_delta\"";
    assert_eq!(is(&[start, ping, &other, &turn, stop]), [value]);
    let news = "event: message_note\ndata: {\"type\":\"message_note\"}";
    let added = "drift_added a new kind of event, `message_note`";
    assert_eq!(is(&[start, ping, news, &a, &turn, stop]), [added]);
    let lines = events(Framing::Ndjson, &[r#"{"done":false}"#, r#"{"done":true}"#]);
    assert!(
        told(&was, &lines)[0]
            .contains("the stream was one of server-sent events, and is one of lines")
    );
    let done = r#"data: {"choices":[]}"#;
    let (was, is) = (events(Framing::Sse, &[done, "data: [DONE]"]), events(Framing::Sse, &[done]));
    assert_eq!(told(&was, &is), ["drift_events no event `[DONE]` any more"]);
}

#[test]
fn recognises_requests_that_quote_what_is_stored() {
    for (method, path, body, quotes) in [
        ("POST", "/v1/responses", r#"{"input":"hi"}"#, false),
        ("POST", "/v1/responses", r#"{"previous_response_id":"resp_1"}"#, true),
        ("POST", "/v1/responses", r#"{"previous_response_id":null}"#, false),
        ("POST", "/v1/responses", r#"{"conversation":{"id":"conv_1"}}"#, true),
        ("POST", "/v1/responses", r#"{"input":[{"type":"item_reference","id":"x"}]}"#, true),
        (
            "POST",
            "/v1/responses",
            r#"{"input":[{"type":"reasoning","id":"rs_1","summary":[]}]}"#,
            true,
        ),
        (
            "POST",
            "/v1/responses",
            r#"{"input":[{"type":"reasoning","id":"rs_1","encrypted_content":"x"}]}"#,
            false,
        ),
        (
            "POST",
            "/v1/responses",
            r#"{"tools":[{"type":"function","parameters":{"properties":{"file_id":"x"}}}]}"#,
            false,
        ),
        (
            "POST",
            "/v1/responses",
            r#"{"tools":[{"type":"code_interpreter","container":{"type":"auto"}}]}"#,
            false,
        ),
        ("POST", "/v1/responses/compact", r#"{"input":"hi"}"#, false),
        ("GET", "/v1/responses/resp_1", "", true),
        ("POST", "/v1/files", "", true),
        ("DELETE", "/v1/files/x", "", true),
        ("GET", "/v1/models", "", false),
        (
            "POST",
            "/v1/chat/completions",
            r#"{"messages":[{"role":"tool","tool_call_id":"call_1"}]}"#,
            false,
        ),
        (
            "POST",
            "/v1/messages",
            r#"{"messages":[{"content":[{"source":{"type":"file","file_id":"f"}}]}]}"#,
            true,
        ),
        ("POST", "/v1/messages/batches", r#"{"requests":[]}"#, true),
        (
            "POST",
            "/v1beta/models/g:generateContent",
            r#"{"cachedContent":"cachedContents/1"}"#,
            true,
        ),
        (
            "POST",
            "/v1beta/models/g:generateContent",
            r#"{"contents":[{"parts":[{"fileData":{"fileUri":"https://x"}}]}]}"#,
            true,
        ),
        ("POST", "/v1beta/models/g:generateContent", r#"{"contents":[]}"#, false),
        ("POST", "/v1beta/models/g:batchGenerateContent", "{}", true),
        ("POST", "/model/amazon.nova/converse", r#"{"messages":[]}"#, false),
        ("POST", "/api/chat", r#"{"messages":[]}"#, false),
    ] {
        let reason = quoting::reason(method, path, json::parse(body).ok().as_ref());
        assert_eq!(reason.is_some(), quotes, "{method} {path} {body}: {reason:?}");
    }
}
