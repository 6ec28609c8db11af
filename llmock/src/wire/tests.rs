//! Requests and streams of every wire format, in their smallest form.

use super::transcript::Transcript;
use super::*;
use crate::stream::{Chunk, End, Framing};

#[test]
fn finds_the_format_by_the_path() {
    for (id, method, path, expected) in [
        ("openai", "POST", "/v1/chat/completions", &openai_chat::FORMAT),
        ("openai", "POST", "/v1/completions", &openai_completions::FORMAT),
        ("openai", "POST", "/v1/responses", &openai_responses::FORMAT),
        ("openai", "GET", "/v1/responses/resp_1?stream=true", &openai_responses::FORMAT),
        ("openai", "POST", "/v1/embeddings", &openai_embeddings::FORMAT),
        ("openai", "GET", "/v1/models", &models::FORMAT),
        ("openai", "GET", "/v1/models/gpt-4o", &models::FORMAT),
        ("openai", "POST", "/v1/threads/t/messages", &plain::FORMAT),
        ("openai", "POST", "/v1/files", &plain::FORMAT),
        (
            "azure",
            "POST",
            "/openai/deployments/d/chat/completions?api-version=1",
            &openai_chat::FORMAT,
        ),
        ("anthropic", "POST", "/v1/messages?beta=true", &anthropic::FORMAT),
        ("anthropic", "POST", "/v1/messages/count_tokens", &anthropic::FORMAT),
        ("anthropic", "POST", "/v1/messages/batches", &plain::FORMAT),
        ("minimax", "POST", "/anthropic/v1/messages", &anthropic::FORMAT),
        ("gemini", "POST", "/v1beta/models/m:generateContent", &gemini::FORMAT),
        ("gemini", "POST", "/v1beta/models/m:streamGenerateContent?alt=sse", &gemini::FORMAT),
        ("gemini", "POST", "/v1beta/openai/chat/completions", &openai_chat::FORMAT),
        ("gemini", "GET", "/v1beta/models", &models::FORMAT),
        (
            "vertex",
            "POST",
            "/v1/projects/p/publishers/anthropic/models/m:streamRawPredict",
            &anthropic::FORMAT,
        ),
        (
            "vertex",
            "POST",
            "/v1/projects/p/publishers/google/models/m:generateContent",
            &gemini::FORMAT,
        ),
        ("ollama", "POST", "/api/chat", &ollama::FORMAT),
        ("ollama", "GET", "/api/tags", &models::FORMAT),
        ("ollama", "POST", "/v1/chat/completions", &openai_chat::FORMAT),
        ("ollama", "POST", "/v1/messages", &anthropic::FORMAT),
        ("cohere", "POST", "/v2/chat", &cohere::FORMAT),
        ("cohere", "POST", "/v1/embed", &cohere::FORMAT),
        ("cohere", "POST", "/compatibility/v1/chat/completions", &openai_chat::FORMAT),
        ("bedrock", "POST", "/model/a.b-v1:0/converse-stream", &bedrock::FORMAT),
        ("bedrock", "POST", "/model/a.b-v1:0/invoke", &bedrock::FORMAT),
        ("somebody", "POST", "/v1/chat/completions", &openai_chat::FORMAT),
    ] {
        assert_eq!(format(Provider::from_id(id), method, path), expected, "{id} {path}");
    }
}

#[test]
fn finds_stream_requests_in_body_and_path() {
    for (id, path, body, wanted) in [
        ("openai", "/v1/chat/completions", r#"{"stream":true}"#, true),
        ("openai", "/v1/chat/completions", r#"{"stream":false}"#, false),
        ("openai", "/v1/chat/completions", r#"{"stream":null}"#, false),
        ("openai", "/v1/chat/completions", "{}", false),
        ("openai", "/v1/responses/resp_1?stream=true", "{}", true),
        ("ollama", "/api/chat", "{}", true),
        ("ollama", "/api/chat", r#"{"stream":false}"#, false),
        ("ollama", "/api/embed", "{}", false),
        ("ollama", "/v1/chat/completions", "{}", false),
        ("gemini", "/v1beta/models/m:streamGenerateContent?alt=sse", "{}", true),
        ("gemini", "/v1beta/models/m:generateContent", "{}", false),
        ("vertex", "/v1/x/models/m:streamRawPredict", "{}", true),
        ("bedrock", "/model/m:0/converse-stream", "{}", true),
        ("bedrock", "/model/m:0/invoke-with-response-stream", "{}", true),
        ("bedrock", "/model/m:0/converse", "{}", false),
    ] {
        let format = format(Provider::from_id(id), "POST", path);
        let body = json::parse(body).unwrap();
        assert_eq!(format.wants_stream(path, Some(&body)), wanted, "{id} {path} {body:?}");
    }
}

#[test]
fn finds_model_and_prompt_in_each_format() {
    for (id, path, body, model_name, text) in [
        (
            "openai",
            "/v1/chat/completions",
            r#"{"model":"gpt","messages":[{"role":"system","content":"s"},{"role":"user","content":"hi"}]}"#,
            "gpt",
            "hi",
        ),
        (
            "openai",
            "/v1/chat/completions",
            r#"{"model":"gpt","messages":[{"role":"user","content":[{"type":"text","text":"a"},{"type":"image_url"},{"type":"text","text":"b"}]},{"role":"assistant","content":"no"}]}"#,
            "gpt",
            "a\nb",
        ),
        ("openai", "/v1/responses", r#"{"model":"gpt","input":"hi"}"#, "gpt", "hi"),
        (
            "openai",
            "/v1/responses",
            r#"{"model":"gpt","input":[{"role":"user","content":[{"type":"input_text","text":"hi"}]},{"type":"function_call_output","call_id":"c","output":"42"}]}"#,
            "gpt",
            "42",
        ),
        ("openai", "/v1/embeddings", r#"{"model":"e","input":["a","b"]}"#, "e", "a\nb"),
        (
            "anthropic",
            "/v1/messages",
            r#"{"model":"claude","messages":[{"role":"user","content":[{"type":"tool_result","tool_use_id":"t","content":[{"type":"text","text":"sunny"}]}]}]}"#,
            "claude",
            "sunny",
        ),
        (
            "gemini",
            "/v1beta/models/g-2:generateContent",
            r#"{"contents":[{"role":"user","parts":[{"text":"hi"}]},{"role":"model","parts":[{"text":"no"}]}]}"#,
            "g-2",
            "hi",
        ),
        ("ollama", "/api/generate", r#"{"model":"l","prompt":"hi"}"#, "l", "hi"),
        ("ollama", "/api/show", r#"{"name":"l","prompt":"hi"}"#, "l", "hi"),
        ("cohere", "/v1/chat", r#"{"model":"c","message":"hi"}"#, "c", "hi"),
        (
            "bedrock",
            "/model/a.b-v1:0/converse",
            r#"{"messages":[{"role":"user","content":[{"text":"hi"}]}]}"#,
            "a.b-v1:0",
            "hi",
        ),
        ("azure", "/openai/deployments/d/embeddings?api-version=1", r#"{"input":"hi"}"#, "d", "hi"),
        (
            "bedrock",
            "/model/arn:aws:x%2Fp.m/converse",
            r#"{"messages":[{"role":"user","content":[{"text":"hi"}]}]}"#,
            "arn:aws:x/p.m",
            "hi",
        ),
    ] {
        let provider = Provider::from_id(id);
        let format = format(provider, "POST", path);
        let body = json::parse(body).unwrap();
        assert_eq!(
            (format.model)(provider, path, Some(&body)).as_deref(),
            Some(model_name),
            "{id} {path}"
        );
        assert_eq!(format.prompt(&body).as_deref(), Some(text), "{id} {path}");
    }
}

fn preview_of(format: &Format, framing: Framing, wire: &str) -> Option<String> {
    let chunk = Chunk { ms: 1, bytes: wire.as_bytes().to_vec() };
    format.preview(&Stream::from_chunks(framing, &[chunk], End::Complete))
}

#[test]
fn previews_event_streams() {
    let cases: &[(&Format, &[&str], &str)] = &[
        (
            &openai_chat::FORMAT,
            &[
                r#"{"choices":[{"index":0,"delta":{"content":"Hel"}}]}"#,
                r#"{"choices":[{"index":0,"delta":{"content":"lo"}}]}"#,
                r#"{"choices":[{"index":1,"delta":{"content":"no"}}]}"#,
                r#"{"choices":[]}"#,
                "[DONE]",
            ],
            "Hello",
        ),
        (
            &openai_chat::FORMAT,
            &[
                r#"{"choices":[{"delta":{"tool_calls":[{"index":0,"id":"c","function":{"name":"f"}}]}}]}"#,
                r#"{"choices":[{"delta":{"tool_calls":[{"index":0,"function":{"arguments":"{}"}}]}}]}"#,
            ],
            "call f({})",
        ),
        (&openai_chat::FORMAT, &[r#"{"error":{"message":"too long"}}"#], "error: too long"),
        (&openai_completions::FORMAT, &[r#"{"choices":[{"text":"Hi"}]}"#], "Hi"),
        (
            &openai_responses::FORMAT,
            &[
                r#"{"type":"response.output_text.delta","delta":"Hi"}"#,
                r#"{"type":"response.output_item.added","output_index":1,"item":{"name":"f","arguments":""}}"#,
                r#"{"type":"response.function_call_arguments.delta","output_index":1,"delta":"{}"}"#,
                r#"{"type":"response.failed","response":{"error":{"message":"broke"}}}"#,
            ],
            "Hi call f({}) error: broke",
        ),
        (
            &anthropic::FORMAT,
            &[
                r#"{"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}"#,
                r#"{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"Hi"}}"#,
                r#"{"type":"content_block_start","index":1,"content_block":{"name":"f","input":{}}}"#,
                r#"{"type":"content_block_delta","index":1,"delta":{"partial_json":"{}"}}"#,
                r#"{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}"#,
            ],
            "Hi call f({}) error: Overloaded",
        ),
        (
            &gemini::FORMAT,
            &[
                r#"{"candidates":[{"content":{"parts":[{"text":"hm","thought":true},{"text":"Hi"}]}}]}"#,
                r#"{"candidates":[{"content":{"parts":[{"functionCall":{"name":"f","args":{"a": 1.0}}}]}}]}"#,
            ],
            r#"Hi call f({"a":1.0})"#,
        ),
        (
            &cohere::FORMAT,
            &[
                r#"{"type":"tool-plan-delta","delta":{"message":{"tool_plan":"I will"}}}"#,
                r#"{"type":"tool-plan-delta","delta":{"message":{"tool_plan":" look."}}}"#,
            ],
            "I will look.",
        ),
        (
            &cohere::FORMAT,
            &[
                r#"{"type":"content-delta","delta":{"message":{"content":{"text":"Hi"}}}}"#,
                r#"{"type":"tool-call-start","delta":{"message":{"tool_calls":{"function":{"name":"f"}}}}}"#,
                r#"{"type":"tool-call-delta","delta":{"message":{"tool_calls":{"function":{"arguments":"{}"}}}}}"#,
            ],
            "Hi call f({})",
        ),
    ];
    for (format, events, expected) in cases {
        let wire = format!("data: {}\n\n", events.join("\n\ndata: "));
        assert_eq!(
            preview_of(format, Framing::Sse, &wire).as_deref(),
            Some(*expected),
            "{format:?}"
        );
    }
}

#[test]
fn previews_lines_and_array_elements() {
    let chat = concat!(
        r#"{"message":{"content":"H"}}"#,
        "\n",
        r#"{"message":{"content":"i","tool_calls":[{"function":{"name":"f","arguments":{}}}]}}"#,
        "\n",
    );
    assert_eq!(
        preview_of(&ollama::FORMAT, Framing::Ndjson, chat).as_deref(),
        Some("Hi call f({})")
    );
    let generated = "{\"response\":\"H\"}\n{\"response\":\"i\",\"done\":true}\n";
    assert_eq!(preview_of(&ollama::FORMAT, Framing::Ndjson, generated).as_deref(), Some("Hi"));
    let called = r#"{"response":"","tool_calls":[{"function":{"name":"f","arguments":{"a":1}}}]}"#;
    let called = preview_of(&ollama::FORMAT, Framing::Ndjson, &format!("{called}\n"));
    assert_eq!(called.as_deref(), Some(r#"call f({"a":1})"#));
    let v1 = "{\"event_type\":\"text-generation\",\"text\":\"Hi\"}\n";
    assert_eq!(preview_of(&cohere::FORMAT, Framing::Ndjson, v1).as_deref(), Some("Hi"));
    let piece = |text: &str| {
        format!(r#"{{"candidates":[{{"content":{{"parts":[{{"text":"{text}"}}]}}}}]}}"#)
    };
    let array = format!("[{}\n,\r\n{}\n]", piece("H"), piece("i"));
    assert_eq!(preview_of(&gemini::FORMAT, Framing::JsonArray, &array).as_deref(), Some("Hi"));
}

#[test]
fn previews_frames_of_both_bedrock_apis() {
    let read = |kind: &str, payload: &str| {
        let mut transcript = Transcript::default();
        bedrock::read_frame(
            &mut transcript,
            &[(":event-type".to_owned(), kind.to_owned())],
            payload,
        );
        transcript.preview()
    };
    let text = r#"{"contentBlockIndex":0,"delta":{"text":"Hi"}}"#;
    assert_eq!(read("contentBlockDelta", text).as_deref(), Some("Hi"));
    // base64 of {"type":"content_block_delta","index":0,"delta":{"text":"Hi"}}
    let wrapped = r#"{"bytes":"eyJ0eXBlIjoiY29udGVudF9ibG9ja19kZWx0YSIsImluZGV4IjowLCJkZWx0YSI6eyJ0ZXh0IjoiSGkifX0="}"#;
    assert_eq!(read("chunk", wrapped).as_deref(), Some("Hi"));
    // base64 of {"contentBlockDelta":{"delta":{"text":"Hi"}}}
    let wrapped = r#"{"bytes":"eyJjb250ZW50QmxvY2tEZWx0YSI6eyJkZWx0YSI6eyJ0ZXh0IjoiSGkifX19"}"#;
    assert_eq!(read("chunk", wrapped).as_deref(), Some("Hi"));
}

#[test]
fn writes_errors_in_the_shape_of_the_endpoint() {
    for (id, path, body) in [
        (
            "openai",
            "/v1/chat/completions",
            r#"{"error":{"message":"say \"no\"","type":"llmock_unmatched","param":null,"code":"llmock_unmatched"}}"#,
        ),
        (
            "anthropic",
            "/v1/messages",
            r#"{"type":"error","error":{"type":"llmock_unmatched","message":"say \"no\""}}"#,
        ),
        (
            "anthropic",
            "/v1/files",
            r#"{"type":"error","error":{"type":"llmock_unmatched","message":"say \"no\""}}"#,
        ),
        (
            "minimax",
            "/anthropic/v1/messages",
            r#"{"type":"error","error":{"type":"llmock_unmatched","message":"say \"no\""}}"#,
        ),
        (
            "gemini",
            "/v1beta/models/m:generateContent",
            r#"{"error":{"code":418,"message":"say \"no\"","status":"LLMOCK_UNMATCHED"}}"#,
        ),
        ("ollama", "/api/chat", r#"{"error":"say \"no\""}"#),
        ("cohere", "/v2/chat", r#"{"message":"say \"no\""}"#),
        ("bedrock", "/model/m/converse", r#"{"message":"say \"no\""}"#),
    ] {
        let provider = Provider::from_id(id);
        let format = format(provider, "POST", path);
        let (text, kind) = format.error_body(provider, 418, "llmock_unmatched", "say \"no\"");
        assert_eq!(text, body, "{id} {path}");
        let read = (format.error_message)(&json::parse(&text).unwrap());
        assert_eq!(read.as_deref(), Some("say \"no\""), "{id} {path}");
        assert_eq!(kind.is_some(), id == "bedrock");
    }
}

#[test]
fn has_empty_responses_for_background_requests() {
    for (id, path, answer) in [
        ("openai", "/v1/models", Some(r#"{"object":"list","data":[]}"#)),
        ("openai", "/v1/models?limit=1", Some(r#"{"object":"list","data":[]}"#)),
        ("gemini", "/v1beta/models", Some(r#"{"models":[]}"#)),
        ("ollama", "/api/tags", Some(r#"{"models":[]}"#)),
        ("anthropic", "/v1/messages/count_tokens", Some(r#"{"input_tokens":0}"#)),
        ("openai", "/v1/chat/completions", None),
    ] {
        let provider = Provider::from_id(id);
        assert_eq!(empty_response(provider, path), answer, "{id} {path}");
    }
}
