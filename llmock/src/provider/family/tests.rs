//! Requests and streams of every wire format, in their smallest form.

use super::*;
use crate::stream::{Chunk, End, Framing};

#[test]
fn the_path_tells_the_wire_format() {
    use Family as F;
    for (id, method, path, expected) in [
        ("openai", "POST", "/v1/chat/completions", F::OpenAiChat),
        ("openai", "POST", "/v1/completions", F::OpenAiCompletions),
        ("openai", "POST", "/v1/responses", F::OpenAiResponses),
        ("openai", "GET", "/v1/responses/resp_1?stream=true", F::OpenAiResponses),
        ("openai", "POST", "/v1/embeddings", F::OpenAiEmbeddings),
        ("openai", "GET", "/v1/models", F::Models),
        ("openai", "GET", "/v1/models/gpt-4o", F::Models),
        ("openai", "POST", "/v1/threads/t/messages", F::Plain),
        ("openai", "POST", "/v1/files", F::Plain),
        ("azure", "POST", "/openai/deployments/d/chat/completions?api-version=1", F::OpenAiChat),
        ("anthropic", "POST", "/v1/messages?beta=true", F::Anthropic),
        ("anthropic", "POST", "/v1/messages/count_tokens", F::AnthropicCount),
        ("anthropic", "POST", "/v1/messages/batches", F::Plain),
        ("minimax", "POST", "/anthropic/v1/messages", F::Anthropic),
        ("gemini", "POST", "/v1beta/models/m:generateContent", F::Gemini),
        ("gemini", "POST", "/v1beta/models/m:streamGenerateContent?alt=sse", F::Gemini),
        ("gemini", "POST", "/v1beta/openai/chat/completions", F::OpenAiChat),
        ("gemini", "GET", "/v1beta/models", F::Models),
        (
            "vertex",
            "POST",
            "/v1/projects/p/publishers/anthropic/models/m:streamRawPredict",
            F::Anthropic,
        ),
        ("vertex", "POST", "/v1/projects/p/publishers/google/models/m:generateContent", F::Gemini),
        ("ollama", "POST", "/api/chat", F::Ollama),
        ("ollama", "GET", "/api/tags", F::Models),
        ("ollama", "POST", "/v1/chat/completions", F::OpenAiChat),
        ("ollama", "POST", "/v1/messages", F::Anthropic),
        ("cohere", "POST", "/v2/chat", F::Cohere),
        ("cohere", "POST", "/v1/embed", F::Cohere),
        ("cohere", "POST", "/compatibility/v1/chat/completions", F::OpenAiChat),
        ("bedrock", "POST", "/model/a.b-v1:0/converse-stream", F::Bedrock),
        ("bedrock", "POST", "/model/a.b-v1:0/invoke", F::Bedrock),
        ("somebody", "POST", "/v1/chat/completions", F::OpenAiChat),
    ] {
        assert_eq!(family(Provider::from_id(id), method, path), expected, "{id} {path}");
    }
}

#[test]
fn a_stream_is_asked_for_in_the_body_or_in_the_path() {
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
        let family = family(Provider::from_id(id), "POST", path);
        let body = json::parse(body).unwrap();
        assert_eq!(wants_stream(family, path, Some(&body)), wanted, "{id} {path} {body:?}");
    }
}

#[test]
fn model_and_prompt_are_found_where_each_format_has_them() {
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
        let family = family(provider, "POST", path);
        let body = json::parse(body).unwrap();
        assert_eq!(
            model(provider, family, path, Some(&body)).as_deref(),
            Some(model_name),
            "{id} {path}"
        );
        assert_eq!(prompt(family, &body).as_deref(), Some(text), "{id} {path}");
    }
}

fn said(family: Family, framing: Framing, wire: &str) -> Option<String> {
    let chunk = Chunk { ms: 1, bytes: wire.as_bytes().to_vec() };
    preview(family, &Stream::from_chunks(framing, &[chunk], End::Complete))
}

#[test]
fn a_preview_of_events_says_what_the_model_said() {
    let cases: &[(Family, &[&str], &str)] = &[
        (
            Family::OpenAiChat,
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
            Family::OpenAiChat,
            &[
                r#"{"choices":[{"delta":{"tool_calls":[{"index":0,"id":"c","function":{"name":"f"}}]}}]}"#,
                r#"{"choices":[{"delta":{"tool_calls":[{"index":0,"function":{"arguments":"{}"}}]}}]}"#,
            ],
            "call f({})",
        ),
        (Family::OpenAiChat, &[r#"{"error":{"message":"too long"}}"#], "error: too long"),
        (Family::OpenAiCompletions, &[r#"{"choices":[{"text":"Hi"}]}"#], "Hi"),
        (
            Family::OpenAiResponses,
            &[
                r#"{"type":"response.output_text.delta","delta":"Hi"}"#,
                r#"{"type":"response.output_item.added","output_index":1,"item":{"name":"f","arguments":""}}"#,
                r#"{"type":"response.function_call_arguments.delta","output_index":1,"delta":"{}"}"#,
                r#"{"type":"response.failed","response":{"error":{"message":"broke"}}}"#,
            ],
            "Hi call f({}) error: broke",
        ),
        (
            Family::Anthropic,
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
            Family::Gemini,
            &[
                r#"{"candidates":[{"content":{"parts":[{"text":"hm","thought":true},{"text":"Hi"}]}}]}"#,
                r#"{"candidates":[{"content":{"parts":[{"functionCall":{"name":"f","args":{"a": 1.0}}}]}}]}"#,
            ],
            r#"Hi call f({"a":1.0})"#,
        ),
        (
            Family::Cohere,
            &[
                r#"{"type":"tool-plan-delta","delta":{"message":{"tool_plan":"I will"}}}"#,
                r#"{"type":"tool-plan-delta","delta":{"message":{"tool_plan":" look."}}}"#,
            ],
            "I will look.",
        ),
        (
            Family::Cohere,
            &[
                r#"{"type":"content-delta","delta":{"message":{"content":{"text":"Hi"}}}}"#,
                r#"{"type":"tool-call-start","delta":{"message":{"tool_calls":{"function":{"name":"f"}}}}}"#,
                r#"{"type":"tool-call-delta","delta":{"message":{"tool_calls":{"function":{"arguments":"{}"}}}}}"#,
            ],
            "Hi call f({})",
        ),
    ];
    for (family, events, expected) in cases {
        let wire = format!("data: {}\n\n", events.join("\n\ndata: "));
        assert_eq!(said(*family, Framing::Sse, &wire).as_deref(), Some(*expected), "{family:?}");
    }
}

#[test]
fn a_preview_of_lines_and_elements_says_what_the_model_said() {
    let chat = concat!(
        r#"{"message":{"content":"H"}}"#,
        "\n",
        r#"{"message":{"content":"i","tool_calls":[{"function":{"name":"f","arguments":{}}}]}}"#,
        "\n",
    );
    assert_eq!(said(Family::Ollama, Framing::Ndjson, chat).as_deref(), Some("Hi call f({})"));
    let generated = "{\"response\":\"H\"}\n{\"response\":\"i\",\"done\":true}\n";
    assert_eq!(said(Family::Ollama, Framing::Ndjson, generated).as_deref(), Some("Hi"));
    let called = r#"{"response":"","tool_calls":[{"function":{"name":"f","arguments":{"a":1}}}]}"#;
    let heard = said(Family::Ollama, Framing::Ndjson, &format!("{called}\n"));
    assert_eq!(heard.as_deref(), Some(r#"call f({"a":1})"#));
    let v1 = "{\"event_type\":\"text-generation\",\"text\":\"Hi\"}\n";
    assert_eq!(said(Family::Cohere, Framing::Ndjson, v1).as_deref(), Some("Hi"));
    let piece = |text: &str| {
        format!(r#"{{"candidates":[{{"content":{{"parts":[{{"text":"{text}"}}]}}}}]}}"#)
    };
    let array = format!("[{}\n,\r\n{}\n]", piece("H"), piece("i"));
    assert_eq!(said(Family::Gemini, Framing::JsonArray, &array).as_deref(), Some("Hi"));
}

#[test]
fn frames_of_bedrock_are_heard_in_both_of_its_apis() {
    let hear = |kind: &str, payload: &str| {
        let mut said = Said::default();
        bedrock::hear(&mut said, &[(":event-type".to_owned(), kind.to_owned())], payload);
        said.preview()
    };
    let text = r#"{"contentBlockIndex":0,"delta":{"text":"Hi"}}"#;
    assert_eq!(hear("contentBlockDelta", text).as_deref(), Some("Hi"));
    // base64 of {"type":"content_block_delta","index":0,"delta":{"text":"Hi"}}
    let wrapped = r#"{"bytes":"eyJ0eXBlIjoiY29udGVudF9ibG9ja19kZWx0YSIsImluZGV4IjowLCJkZWx0YSI6eyJ0ZXh0IjoiSGkifX0="}"#;
    assert_eq!(hear("chunk", wrapped).as_deref(), Some("Hi"));
    // base64 of {"contentBlockDelta":{"delta":{"text":"Hi"}}}
    let wrapped = r#"{"bytes":"eyJjb250ZW50QmxvY2tEZWx0YSI6eyJkZWx0YSI6eyJ0ZXh0IjoiSGkifX19"}"#;
    assert_eq!(hear("chunk", wrapped).as_deref(), Some("Hi"));
}
