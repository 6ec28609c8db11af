//! Responses in one piece, compared with the shapes in the references of the APIs.

use super::super::{Finish, Reply};
use super::rendering::{at, post};
use crate::provider::Provider;

const ASKED: &str = r#"{"model":"m","messages":[{"role":"user","content":"12345678"}]}"#;

fn calling() -> Reply {
    Reply::text("Look.")
        .id("id-1")
        .created(1_700_000_000)
        .usage(10, 5)
        .cached_tokens(4)
        .reasoning("Hm.")
        .signature("sig")
        .tool_call_with_id("c1", "weather", r#"{"city":"Paris"}"#)
        .tool_call_with_id("c2", "time", "not json")
}

#[test]
fn chat_completions_have_all_calls_in_one_message() {
    assert_eq!(
        post(&calling(), Provider::DeepSeek, "/chat/completions", ASKED),
        concat!(
            r#"{"id":"id-1","object":"chat.completion","created":1700000000,"model":"m","#,
            r#""system_fingerprint":"fp_llmock","choices":[{"index":0,"message":{"role":"assistant","#,
            r#""content":"Look.","refusal":null,"annotations":[],"reasoning_content":"Hm.","#,
            r#""tool_calls":[{"id":"c1","type":"function","function":{"name":"weather","#,
            r#""arguments":"{\"city\":\"Paris\"}"}},{"id":"c2","type":"function","#,
            r#""function":{"name":"time","arguments":"not json"}}]},"logprobs":null,"#,
            r#""finish_reason":"tool_calls"}],"usage":{"prompt_tokens":10,"completion_tokens":5,"#,
            r#""total_tokens":15,"prompt_tokens_details":{"cached_tokens":4,"audio_tokens":0},"#,
            r#""completion_tokens_details":{"reasoning_tokens":1,"audio_tokens":0,"#,
            r#""accepted_prediction_tokens":0,"rejected_prediction_tokens":0}}}"#,
        )
    );
}

#[test]
fn responses_have_an_item_for_each_part() {
    let body = r#"{"model":"m","input":"Hi","temperature":0.20,"tools":[{"type":"function","name":"weather"}]}"#;
    let text = post(&calling(), Provider::OpenAI, "/v1/responses", body);
    let output = concat!(
        r#""output":[{"id":"RS","type":"reasoning","summary":[{"type":"summary_text","text":"Hm."}]},"#,
        r#"{"id":"MSG","type":"message","status":"completed","role":"assistant","content":["#,
        r#"{"type":"output_text","text":"Look.","annotations":[],"logprobs":[]}]},"#,
        r#"{"id":"FC0","type":"function_call","status":"completed","call_id":"c1","#,
        r#""name":"weather","arguments":"{\"city\":\"Paris\"}"},"#,
        r#"{"id":"FC1","type":"function_call","status":"completed","call_id":"c2","#,
        r#""name":"time","arguments":"not json"}]"#,
    );
    let output =
        [("RS", "0", "rs_"), ("MSG", "1", "msg_"), ("FC0", "2", "fc_"), ("FC1", "3", "fc_")]
            .iter()
            .fold(output.to_owned(), |output, (mark, place, prefix)| {
                let id = at(&text, &["output", place, "id"]).unwrap();
                assert!(id.starts_with(prefix), "{id}");
                output.replace(&format!("\"{mark}\""), &format!("\"{id}\""))
            });
    assert!(text.contains(&output), "{text}");
    for part in [
        r#"{"id":"id-1","object":"response","created_at":1700000000,"status":"completed","#,
        r#""error":null,"incomplete_details":null,"model":"m","#,
        // what was asked is repeated, token for token
        r#""temperature":0.20,"#,
        r#""tools":[{"type":"function","name":"weather"}],"#,
        r#""tool_choice":"auto","#,
        r#""usage":{"input_tokens":10,"input_tokens_details":{"cached_tokens":4,"cache_write_tokens":0},"output_tokens":5,"output_tokens_details":{"reasoning_tokens":1},"total_tokens":15}}"#,
    ] {
        assert!(text.contains(part), "{part} is not in {text}");
    }
}

#[test]
fn anthropic_messages_have_a_block_for_each_part() {
    assert_eq!(
        post(&calling(), Provider::Anthropic, "/v1/messages", ASKED),
        concat!(
            r#"{"id":"id-1","type":"message","role":"assistant","model":"m","content":["#,
            r#"{"type":"thinking","thinking":"Hm.","signature":"sig"},{"type":"text","text":"Look."},"#,
            r#"{"type":"tool_use","id":"c1","name":"weather","input":{"city":"Paris"}},"#,
            r#"{"type":"tool_use","id":"c2","name":"time","input":"not json"}],"#,
            r#""stop_reason":"tool_use","stop_sequence":null,"usage":{"input_tokens":6,"#,
            r#""cache_creation_input_tokens":0,"cache_read_input_tokens":4,"output_tokens":5,"#,
            r#""service_tier":"standard"}}"#,
        )
    );
}

#[test]
fn gemini_contents_have_a_part_for_each_part() {
    assert_eq!(
        post(&calling(), Provider::Gemini, "/v1beta/models/m:generateContent", ASKED),
        concat!(
            r#"{"candidates":[{"content":{"parts":[{"text":"Hm.","thought":true},{"text":"Look."},"#,
            r#"{"functionCall":{"id":"c1","name":"weather","args":{"city":"Paris"}},"thoughtSignature":"sig"},"#,
            r#"{"functionCall":{"id":"c2","name":"time","args":"not json"},"thoughtSignature":"sig"}],"#,
            r#""role":"model"},"finishReason":"STOP","index":0}],"usageMetadata":{"promptTokenCount":10,"#,
            r#""candidatesTokenCount":4,"totalTokenCount":15,"thoughtsTokenCount":1,"#,
            r#""cachedContentTokenCount":4},"modelVersion":"m","responseId":"id-1"}"#,
        )
    );
}

#[test]
fn ollama_responses_are_one_final_line() {
    let body = r#"{"model":"m","stream":false}"#;
    assert_eq!(
        post(&calling(), Provider::Ollama, "/api/chat", body),
        concat!(
            r#"{"model":"m","created_at":"2023-11-14T22:13:20Z","message":{"role":"assistant","#,
            r#""content":"Look.","thinking":"Hm.","tool_calls":[{"id":"c1","function":{"index":0,"#,
            r#""name":"weather","arguments":{"city":"Paris"}}},{"id":"c2","function":{"index":1,"#,
            r#""name":"time","arguments":"not json"}}]},"done_reason":"stop","done":true,"#,
            r#""total_duration":16000000,"load_duration":1000000,"prompt_eval_count":10,"#,
            r#""prompt_eval_duration":10000000,"eval_count":5,"eval_duration":5000000}"#,
        )
    );
}

#[test]
fn cohere_has_text_before_calls_as_tool_plan() {
    assert_eq!(
        post(&calling(), Provider::Cohere, "/v2/chat", ASKED),
        concat!(
            r#"{"id":"id-1","finish_reason":"TOOL_CALL","message":{"role":"assistant","#,
            r#""content":[{"type":"thinking","thinking":"Hm."}],"tool_plan":"Look.","tool_calls":["#,
            r#"{"id":"c1","type":"function","function":{"name":"weather","arguments":"{\"city\":\"Paris\"}"}},"#,
            r#"{"id":"c2","type":"function","function":{"name":"time","arguments":"not json"}}]},"#,
            r#""usage":{"billed_units":{"input_tokens":10,"output_tokens":5},"#,
            r#""tokens":{"input_tokens":10,"output_tokens":5},"cached_tokens":4}}"#,
        )
    );
}

/// "A list of previous messages between the user and the model": Cohere's reference of its first API.
#[test]
fn cohere_v1_repeats_the_conversation() {
    let before = r#"{"role":"USER","message":"Hi"},{"role":"CHATBOT","message":"Hello"}"#;
    let called = r#"[{"name":"weather","parameters":{"city":"Paris"}},{"name":"time","parameters":"not json"}]"#;
    let results = r#"[{"call":{"name":"weather","parameters":{}},"outputs":[{"is":"sunny"}]}]"#;
    for (body, reply, history) in [
        (r#"{"message":"Hi"}"#.to_owned(), Reply::text("Hello"), before.to_owned()),
        (
            format!(r#"{{"chat_history":[{before}],"message":"And?"}}"#),
            calling(),
            format!(
                r#"{before},{{"role":"USER","message":"And?"}},{{"role":"CHATBOT","message":"Look.","tool_calls":{called}}}"#
            ),
        ),
        (
            format!(r#"{{"message":"","chat_history":[],"tool_results":{results}}}"#),
            Reply::text("Sunny."),
            format!(
                r#"{{"role":"TOOL","tool_results":{results}}},{{"role":"CHATBOT","message":"Sunny."}}"#
            ),
        ),
    ] {
        let history = format!(r#""chat_history":[{history}],"meta""#);
        let whole = post(&reply, Provider::Cohere, "/v1/chat", &body);
        assert!(whole.contains(&history), "{whole}");
        let streamed = body.replacen('{', r#"{"stream":true,"#, 1);
        let streamed = post(&reply, Provider::Cohere, "/v1/chat", &streamed);
        assert!(streamed.lines().last().unwrap().contains(&history), "{streamed}");
    }
}

#[test]
fn converse_has_a_block_for_each_part() {
    assert_eq!(
        post(&calling(), Provider::Bedrock, "/model/m/converse", ASKED),
        concat!(
            r#"{"output":{"message":{"role":"assistant","content":[{"reasoningContent":{"reasoningText":"#,
            r#"{"text":"Hm.","signature":"sig"}}},{"text":"Look."},{"toolUse":{"toolUseId":"c1","#,
            r#""name":"weather","input":{"city":"Paris"}}},{"toolUse":{"toolUseId":"c2","name":"time","#,
            r#""input":"not json"}}]}},"stopReason":"tool_use","usage":{"inputTokens":6,"#,
            r#""outputTokens":5,"totalTokens":15,"cacheReadInputTokens":4,"cacheWriteInputTokens":0},"#,
            r#""metrics":{"latencyMs":5}}"#,
        )
    );
}

#[test]
fn writes_the_finish_reason_of_each_provider() {
    let chat = (Provider::OpenAI, "/v1/chat/completions", &["choices", "0", "finish_reason"][..]);
    let claude = (Provider::Anthropic, "/v1/messages", &["stop_reason"][..]);
    let gemini = (
        Provider::Gemini,
        "/v1beta/models/m:generateContent",
        &["candidates", "0", "finishReason"][..],
    );
    let cohere = (Provider::Cohere, "/v2/chat", &["finish_reason"][..]);
    let bedrock = (Provider::Bedrock, "/model/m/converse", &["stopReason"][..]);
    for (reply, words) in [
        (Reply::text("x"), ["stop", "end_turn", "STOP", "COMPLETE", "end_turn"]),
        (
            Reply::text("x").finish(Finish::Length),
            ["length", "max_tokens", "MAX_TOKENS", "MAX_TOKENS", "max_tokens"],
        ),
        (
            Reply::new().tool_call("f", ""),
            ["tool_calls", "tool_use", "STOP", "TOOL_CALL", "tool_use"],
        ),
        (Reply::refusal("no"), ["stop", "refusal", "SAFETY", "COMPLETE", "content_filtered"]),
        (
            Reply::text("x").finish(Finish::ContentFilter),
            ["content_filter", "refusal", "SAFETY", "ERROR", "content_filtered"],
        ),
    ] {
        for ((provider, path, place), word) in
            [chat, claude, gemini, cohere, bedrock].into_iter().zip(words)
        {
            let answer = post(&reply, provider, path, ASKED);
            assert_eq!(at(&answer, place).as_deref(), Some(word), "{provider} {answer}");
        }
    }
}

#[test]
fn refusals_have_no_chat_content() {
    let chat = post(&Reply::refusal("No."), Provider::OpenAI, "/v1/chat/completions", ASKED);
    assert!(chat.contains(r#""content":null,"refusal":"No.""#), "{chat}");
    let response = post(&Reply::refusal("No."), Provider::OpenAI, "/v1/responses", ASKED);
    assert!(response.contains(r#""content":[{"type":"refusal","refusal":"No."}]"#), "{response}");
}

#[test]
fn incomplete_responses_have_a_reason() {
    for (finish, reason) in
        [(Finish::Length, "max_output_tokens"), (Finish::ContentFilter, "content_filter")]
    {
        let text = post(&Reply::text("x").finish(finish), Provider::OpenAI, "/v1/responses", ASKED);
        assert_eq!(at(&text, &["status"]).as_deref(), Some("incomplete"));
        assert_eq!(at(&text, &["incomplete_details", "reason"]).as_deref(), Some(reason));
    }
}

#[test]
fn repeats_the_reply_for_each_choice() {
    for (path, body) in [
        ("/v1/chat/completions", r#"{"n":3}"#),
        ("/v1/completions", r#"{"n":3}"#),
        ("/v1/completions", r#"{"prompt":["a","b","c"]}"#),
    ] {
        let answer = post(&Reply::text("x"), Provider::OpenAI, path, body);
        assert_eq!(answer.matches(r#""finish_reason":"stop""#).count(), 3, "{answer}");
        assert!(answer.contains(r#"{"index":2,"#), "{answer}");
    }
    let echoed = r#"{"prompt":"Say ","echo":true}"#;
    let answer = post(&Reply::text("x"), Provider::OpenAI, "/v1/completions", echoed);
    assert_eq!(at(&answer, &["choices", "0", "text"]).as_deref(), Some("Say x"));
}

#[test]
fn estimates_tokens_without_usage() {
    let answer = post(&Reply::text("1234567890123"), Provider::OpenAI, "/chat/completions", ASKED);
    let counted = r#""prompt_tokens":2,"completion_tokens":3,"total_tokens":5,"#;
    assert!(answer.contains(counted), "{answer}");
}
