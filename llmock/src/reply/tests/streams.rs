//! Streams, event by event, compared with the sequences in the references of the APIs.

use super::super::{Chunks, Finish, Rendered, Reply, RequestShape};
use super::rendering::{at, data, read};
use crate::provider::Provider;
use crate::stream::{Framing, Item};

const STREAMED: &str = r#"{"model":"m","stream":true}"#;

fn render(reply: &Reply, provider: Provider, path: &str, body: &str) -> Rendered {
    reply.render(provider, &RequestShape::post(path, body))
}

fn calling() -> Reply {
    Reply::pieces(["Loo", "k."]).id("id-1").usage(10, 5).tool_call_with_id(
        "c1",
        "weather",
        r#"{"city":"Paris"}"#,
    )
}

/// The names of the events.
fn names(rendered: &Rendered) -> Vec<String> {
    let items = read(rendered).events.into_iter().map(|event| event.item);
    let names = items.map(|item| match item {
        Item::Sse { event, data, .. } => event.unwrap_or(data),
        Item::Frame { headers, .. } => headers[0].1.clone(),
        other => panic!("{other:?} has no name"),
    });
    names.collect()
}

#[test]
fn streams_chats_as_deltas() {
    let body = r#"{"model":"m","stream":true,"stream_options":{"include_usage":true}}"#;
    let rendered = render(&calling(), Provider::OpenAI, "/v1/chat/completions", body);
    let head = concat!(
        r#"{"id":"id-1","object":"chat.completion.chunk","created":1735689600,"model":"m","#,
        r#""system_fingerprint":"fp_llmock","choices":["#,
    );
    let delta = |delta: &str, finish: &str| {
        format!(
            r#"{head}{{"index":0,"delta":{delta},"logprobs":null,"finish_reason":{finish}}}],"usage":null}}"#
        )
    };
    let expected = [
        delta(r#"{"role":"assistant","content":"","refusal":null}"#, "null"),
        delta(r#"{"content":"Loo"}"#, "null"),
        delta(r#"{"content":"k."}"#, "null"),
        delta(
            r#"{"tool_calls":[{"index":0,"id":"c1","type":"function","function":{"name":"weather","arguments":""}}]}"#,
            "null",
        ),
        delta(r#"{"tool_calls":[{"index":0,"function":{"arguments":"{\"city\":\"Par"}}]}"#, "null"),
        delta(r#"{"tool_calls":[{"index":0,"function":{"arguments":"is\"}"}}]}"#, "null"),
        delta("{}", r#""tool_calls""#),
    ];
    let events = data(&rendered);
    assert_eq!(events[..7], expected);
    assert!(events[7].starts_with(&format!(r#"{head}],"usage":{{"prompt_tokens":10,"#)));
    assert_eq!(events.len(), 8);
    assert!(rendered.text().ends_with("\n\ndata: [DONE]\n\n"));

    let plain = render(&calling(), Provider::OpenAI, "/v1/chat/completions", STREAMED);
    assert!(!plain.text().contains("usage"), "nobody asked for it");
}

#[test]
fn some_vendors_always_stream_the_usage() {
    let path = "/v1/chat/completions";
    let counts = r#"{"prompt_tokens":10,"completion_tokens":5,"total_tokens":15,"#;
    for (provider, last, holds) in [
        // Mistral's reference of `CompletionChunk`: beside the reason for the end
        (Provider::Mistral, 1, format!(r#""finish_reason":"tool_calls"}}],"usage":{counts}"#)),
        // Groq's: the same, among its own members
        (Provider::Groq, 1, r#""finish_reason":"tool_calls"}],"x_groq":{"id":"req_"#.to_owned()),
        // OpenRouter's "Usage Accounting": in the last event of every stream
        (Provider::OpenRouter, 1, format!(r#""choices":[],"usage":{counts}"#)),
    ] {
        let events = data(&render(&calling(), provider, path, STREAMED));
        let end = &events[events.len() - last];
        assert!(end.contains(&holds) && end.contains(counts), "{provider:?} {end}");
        let with_counts = events.iter().filter(|event| event.contains(counts)).count();
        assert_eq!(with_counts, 1, "{provider:?} {events:?}");
    }
    // who asks Mistral for it gets it once too, and Groq's clients get both
    let body = r#"{"stream":true,"stream_options":{"include_usage":true}}"#;
    for (provider, times) in [(Provider::Mistral, 1), (Provider::Groq, 2)] {
        let text = render(&calling(), provider, path, body).text();
        assert_eq!(text.matches(counts).count(), times, "{provider:?} {text}");
    }
}

#[test]
fn streams_choices_in_parallel() {
    let body = r#"{"stream":true,"n":2}"#;
    let rendered = render(&Reply::text("a b"), Provider::OpenAI, "/v1/chat/completions", body);
    let of = |index: &str| data(&rendered).iter().filter(|event| event.contains(index)).count();
    assert_eq!((of(r#"[{"index":0"#), of(r#"[{"index":1"#)), (4, 4));
}

#[test]
fn streams_responses_item_by_item() {
    let reply = calling().reasoning("Hm.").chunks(Chunks::Whole);
    let rendered = render(&reply, Provider::OpenAI, "/v1/responses", STREAMED);
    let expected = [
        "response.created",
        "response.in_progress",
        "response.output_item.added",
        "response.reasoning_summary_part.added",
        "response.reasoning_summary_text.delta",
        "response.reasoning_summary_text.done",
        "response.reasoning_summary_part.done",
        "response.output_item.done",
        "response.output_item.added",
        "response.content_part.added",
        "response.output_text.delta",
        "response.output_text.delta",
        "response.output_text.done",
        "response.content_part.done",
        "response.output_item.done",
        "response.output_item.added",
        "response.function_call_arguments.delta",
        "response.function_call_arguments.done",
        "response.output_item.done",
        "response.completed",
    ];
    assert_eq!(names(&rendered), expected);
    let events = data(&rendered);
    for (number, (event, name)) in events.iter().zip(expected).enumerate() {
        let start = format!(r#"{{"type":"{name}","sequence_number":{number},"#);
        assert!(event.starts_with(&start), "{event}");
    }
    let whole = reply.render(
        Provider::OpenAI,
        &RequestShape::post("/v1/responses", r#"{"model":"m","stream":false}"#),
    );
    // ids follow from the reply's id, so that the last event has the very response
    let last = events.last().unwrap();
    assert!(last.ends_with(&format!(r#""response":{}}}"#, whole.text())), "{last}");
    let added = &events[15];
    assert!(
        added.contains(r#""status":"in_progress","call_id":"c1","name":"weather","arguments":"""#)
    );
    assert_eq!(at(added, &["item", "id"]), at(&events[16], &["item_id"]));
}

#[test]
fn last_event_of_responses_names_the_outcome() {
    for (reply, last) in [
        (Reply::text("x").finish(Finish::Length), "response.incomplete"),
        (Reply::text("x").failing("broken"), "response.failed"),
        (Reply::refusal("no"), "response.completed"),
    ] {
        let rendered = render(&reply, Provider::OpenAI, "/v1/responses", STREAMED);
        assert_eq!(names(&rendered).last().unwrap(), last);
    }
    let refusal = render(&Reply::refusal("no"), Provider::OpenAI, "/v1/responses", STREAMED);
    assert_eq!(
        names(&refusal)[3..7],
        [
            "response.content_part.added",
            "response.refusal.delta",
            "response.refusal.done",
            "response.content_part.done"
        ]
    );
}

#[test]
fn streams_anthropic_messages_block_by_block() {
    let reply = calling().reasoning("Hm.").signature("sig");
    let rendered = render(&reply, Provider::Anthropic, "/v1/messages", STREAMED);
    assert_eq!(
        data(&rendered),
        [
            concat!(
                r#"{"type":"message_start","message":{"id":"id-1","type":"message","role":"assistant","#,
                r#""model":"m","content":[],"stop_reason":null,"stop_sequence":null,"usage":{"#,
                r#""input_tokens":10,"cache_creation_input_tokens":0,"cache_read_input_tokens":0,"#,
                r#""output_tokens":1,"service_tier":"standard"}}}"#,
            ),
            r#"{"type":"content_block_start","index":0,"content_block":{"type":"thinking","thinking":"","signature":""}}"#,
            r#"{"type":"ping"}"#,
            r#"{"type":"content_block_delta","index":0,"delta":{"type":"thinking_delta","thinking":"Hm."}}"#,
            r#"{"type":"content_block_delta","index":0,"delta":{"type":"signature_delta","signature":"sig"}}"#,
            r#"{"type":"content_block_stop","index":0}"#,
            r#"{"type":"content_block_start","index":1,"content_block":{"type":"text","text":""}}"#,
            r#"{"type":"content_block_delta","index":1,"delta":{"type":"text_delta","text":"Loo"}}"#,
            r#"{"type":"content_block_delta","index":1,"delta":{"type":"text_delta","text":"k."}}"#,
            r#"{"type":"content_block_stop","index":1}"#,
            r#"{"type":"content_block_start","index":2,"content_block":{"type":"tool_use","id":"c1","name":"weather","input":{}}}"#,
            r#"{"type":"content_block_delta","index":2,"delta":{"type":"input_json_delta","partial_json":""}}"#,
            r#"{"type":"content_block_delta","index":2,"delta":{"type":"input_json_delta","partial_json":"{\"city\":\"Par"}}"#,
            r#"{"type":"content_block_delta","index":2,"delta":{"type":"input_json_delta","partial_json":"is\"}"}}"#,
            r#"{"type":"content_block_stop","index":2}"#,
            concat!(
                r#"{"type":"message_delta","delta":{"stop_reason":"tool_use","stop_sequence":null},"#,
                r#""usage":{"input_tokens":10,"cache_creation_input_tokens":0,"#,
                r#""cache_read_input_tokens":0,"output_tokens":5,"service_tier":"standard"}}"#,
            ),
            r#"{"type":"message_stop"}"#,
        ]
    );
    // every event is named by its type
    for (name, event) in names(&rendered).iter().zip(data(&rendered)) {
        assert_eq!(at(&event, &["type"]).as_ref(), Some(name));
    }
}

#[test]
fn last_gemini_chunk_has_reason_and_usage() {
    let path = "/v1beta/models/m:streamGenerateContent?alt=sse";
    let events = data(&render(&calling(), Provider::Gemini, path, "{}"));
    let chunk = |part: &str, rest: &str, written: u64, total: u64| {
        format!(
            concat!(
                r#"{{"candidates":[{{"content":{{"parts":[{}],"role":"model"}},{}"index":0}}],"#,
                r#""usageMetadata":{{"promptTokenCount":10,"candidatesTokenCount":{},"totalTokenCount":{}}},"#,
                r#""modelVersion":"m","responseId":"id-1"}}"#,
            ),
            part, rest, written, total
        )
    };
    let call = r#"{"functionCall":{"id":"c1","name":"weather","args":{"city":"Paris"}}}"#;
    assert_eq!(
        events,
        [
            chunk(r#"{"text":"Loo"}"#, "", 0, 10),
            chunk(r#"{"text":"k."}"#, "", 0, 10),
            chunk(call, r#""finishReason":"STOP","#, 5, 15),
        ]
    );
    let array =
        render(&calling(), Provider::Gemini, "/v1beta/models/m:streamGenerateContent", "{}");
    assert_eq!(read(&array).framing, Framing::JsonArray);
    assert_eq!(data(&array), events);
    assert_eq!(
        crate::json::parse(&array.text()).unwrap().as_array().map(<[_]>::len),
        Some(3),
        "the whole is one JSON array"
    );
}

#[test]
fn last_ollama_line_is_done() {
    let rendered = render(&calling(), Provider::Ollama, "/api/chat", r#"{"model":"m"}"#);
    assert_eq!(rendered.header("content-type"), Some("application/x-ndjson"));
    let line = |message: &str| {
        format!(
            r#"{{"model":"m","created_at":"2025-01-01T00:00:00Z","message":{message},"done":false}}"#
        )
    };
    let call = r#"{"role":"assistant","content":"","tool_calls":[{"id":"c1","function":{"index":0,"name":"weather","arguments":{"city":"Paris"}}}]}"#;
    let lines = data(&rendered);
    assert_eq!(
        lines[..3],
        [
            line(r#"{"role":"assistant","content":"Loo"}"#),
            line(r#"{"role":"assistant","content":"k."}"#),
            line(call)
        ]
    );
    assert!(
        lines[3].contains(r#""content":""},"done_reason":"stop","done":true,"total_duration""#)
    );
    assert_eq!(lines.len(), 4);
}

#[test]
fn streams_cohere_block_by_block() {
    let reply = Reply::text("Hi.").id("id-1").reasoning("Hm.");
    let rendered = render(&reply, Provider::Cohere, "/v2/chat", STREAMED);
    assert_eq!(
        data(&rendered)[1..7],
        [
            r#"{"type":"content-start","index":0,"delta":{"message":{"content":{"type":"thinking","thinking":""}}}}"#,
            r#"{"type":"content-delta","index":0,"delta":{"message":{"content":{"thinking":"Hm."}}}}"#,
            r#"{"type":"content-end","index":0}"#,
            r#"{"type":"content-start","index":1,"delta":{"message":{"content":{"type":"text","text":""}}}}"#,
            r#"{"type":"content-delta","index":1,"delta":{"message":{"content":{"text":"Hi."}}}}"#,
            r#"{"type":"content-end","index":1}"#,
        ]
    );
    let rendered = render(&calling(), Provider::Cohere, "/v2/chat", STREAMED);
    assert_eq!(
        names(&rendered),
        [
            "message-start",
            "tool-plan-delta",
            "tool-plan-delta",
            "tool-call-start",
            "tool-call-delta",
            "tool-call-delta",
            "tool-call-end",
            "message-end",
            "[DONE]"
        ]
    );
    assert_eq!(
        data(&rendered)[3..5],
        [
            r#"{"type":"tool-call-start","index":0,"delta":{"message":{"tool_calls":{"id":"c1","type":"function","function":{"name":"weather","arguments":""}}}}}"#,
            r#"{"type":"tool-call-delta","index":0,"delta":{"message":{"tool_calls":{"function":{"arguments":"{\"city\":\"Par"}}}}}"#,
        ]
    );
    let v1 = data(&render(&calling(), Provider::Cohere, "/v1/chat", STREAMED));
    assert_eq!(v1[1], r#"{"is_finished":false,"event_type":"text-generation","text":"Loo"}"#);
    assert_eq!(
        v1[3],
        r#"{"is_finished":false,"event_type":"tool-calls-generation","tool_calls":[{"name":"weather","parameters":{"city":"Paris"}}]}"#
    );
    assert!(v1[4].starts_with(
        r#"{"is_finished":true,"event_type":"stream-end","finish_reason":"COMPLETE","#
    ));
}

#[test]
fn names_bedrock_frames_in_a_header() {
    let reply = calling().reasoning("Hm.").signature("sig");
    let rendered = render(&reply, Provider::Bedrock, "/model/m/converse-stream", "{}");
    let expected = [
        ("messageStart", r#"{"role":"assistant"}"#),
        (
            "contentBlockDelta",
            r#"{"contentBlockIndex":0,"delta":{"reasoningContent":{"text":"Hm."}}}"#,
        ),
        (
            "contentBlockDelta",
            r#"{"contentBlockIndex":0,"delta":{"reasoningContent":{"signature":"sig"}}}"#,
        ),
        ("contentBlockStop", r#"{"contentBlockIndex":0}"#),
        ("contentBlockDelta", r#"{"contentBlockIndex":1,"delta":{"text":"Loo"}}"#),
        ("contentBlockDelta", r#"{"contentBlockIndex":1,"delta":{"text":"k."}}"#),
        ("contentBlockStop", r#"{"contentBlockIndex":1}"#),
        (
            "contentBlockStart",
            r#"{"contentBlockIndex":2,"start":{"toolUse":{"toolUseId":"c1","name":"weather"}}}"#,
        ),
        (
            "contentBlockDelta",
            r#"{"contentBlockIndex":2,"delta":{"toolUse":{"input":"{\"city\":\"Par"}}}"#,
        ),
        ("contentBlockDelta", r#"{"contentBlockIndex":2,"delta":{"toolUse":{"input":"is\"}"}}}"#),
        ("contentBlockStop", r#"{"contentBlockIndex":2}"#),
        ("messageStop", r#"{"stopReason":"tool_use"}"#),
    ];
    let (names, payloads) = (names(&rendered), data(&rendered));
    for (at, (name, payload)) in expected.into_iter().enumerate() {
        assert_eq!((names[at].as_str(), payloads[at].as_str()), (name, payload));
    }
    assert_eq!(names[12..], ["metadata"]);
}
