//! Every feature of a reply in every API, whole and streamed: its client reads it, or the reply is refused.

use std::fmt::Debug;

use llmock::reply::Reply;
use llmock::{FinishError, LlmMock};
use rig_core::completion::CompletionRequest;

use super::kinds::models;

const ITEM: &str = r#"{"type":"text","text":"an item"}"#;

/// A feature, the APIs that can express it, and the raw item or event in the format of the API.
pub(super) struct Feature {
    pub(super) name: &'static str,
    pub(super) reply: fn(api: &str) -> Reply,
    pub(super) apis: &'static [&'static str],
    /// Streams, bodies in one piece.
    streams: (bool, bool),
}

pub(super) const ALL: &[&str] = &["chat", "responses", "anthropic", "gemini", "ollama", "cohere"];

/// Those, and Bedrock, which rig does not speak.
const EVERYWHERE: &[&str] =
    &["chat", "responses", "anthropic", "gemini", "ollama", "cohere", "bedrock"];

#[rustfmt::skip]
pub(super) const FEATURES: &[Feature] = &[
    Feature { name: "text", reply: |_| Reply::text("Hi"), apis: EVERYWHERE, streams: (true, true) },
    Feature { name: "tool_call", reply: |_| Reply::new().tool_call("t", "{}"), apis: EVERYWHERE, streams: (true, true) },
    Feature { name: "reasoning", reply: |_| Reply::text("Hi").reasoning("Hm").signature("c2ln"), apis: EVERYWHERE, streams: (true, true) },
    Feature { name: "content_type", reply: |_| Reply::text("Hi").header("x-mark", "1"), apis: EVERYWHERE, streams: (true, true) },
    Feature { name: "custom_tool_call", reply: |_| Reply::text("Hi").custom_tool_call("t", "in"), apis: &["chat", "responses"], streams: (true, true) },
    Feature { name: "namespace", reply: |_| Reply::text("Hi").tool_call("t", "{}").namespace("n"), apis: &["responses"], streams: (true, true) },
    Feature { name: "item_ids", reply: |_| Reply::text("Hi").item_ids(["msg_mine"]), apis: &["responses"], streams: (true, true) },
    Feature { name: "item", reply: |api| Reply::text("Hi").item(item(api)), apis: &["responses", "anthropic", "gemini"], streams: (true, true) },
    Feature { name: "event", reply: |api| Reply::text("Hi").event(event(api)), apis: &["chat", "responses", "anthropic", "gemini", "ollama"], streams: (true, false) },
    Feature { name: "web_search", reply: |_| Reply::text("Hi").web_search("q").citation("https://a.example/", "A"), apis: &["responses", "anthropic", "gemini"], streams: (true, true) },
    Feature { name: "citation", reply: |_| Reply::text("Hi").citation("https://a.example/", "A"), apis: &["chat", "responses", "anthropic", "gemini"], streams: (true, true) },
    Feature { name: "redacted_reasoning", reply: |_| Reply::text("Hi").redacted_reasoning("b3BhcXVl"), apis: &["responses", "anthropic"], streams: (true, true) },
    Feature { name: "choices", reply: |_| Reply::new().choices(["Hi", "Ho"]), apis: &["chat", "gemini"], streams: (true, true) },
    Feature { name: "logprobs", reply: |_| Reply::new().logprobs([("H", -0.5), ("i", -0.25)]), apis: &["chat", "responses", "gemini"], streams: (true, true) },
];

fn item(api: &str) -> &'static str {
    match api {
        "responses" => {
            r#"{"type":"message","id":"msg_2","status":"completed","role":"assistant","content":[]}"#
        }
        "gemini" => r#"{"text":""}"#,
        _ => ITEM,
    }
}

fn event(api: &str) -> &'static str {
    match api {
        "chat" => {
            r#"{"id":"c","object":"chat.completion.chunk","created":1,"model":"m","choices":[]}"#
        }
        "responses" => r#"{"type":"keepalive","sequence_number":0}"#,
        "gemini" => r#"{"candidates":[],"modelVersion":"m"}"#,
        "ollama" => {
            r#"{"model":"m","created_at":"2025-01-01T00:00:00Z","message":{"role":"assistant","content":""},"done":false}"#
        }
        _ => r#"{"type":"ping"}"#,
    }
}

#[tokio::test]
async fn every_feature_is_read_by_the_client_or_refused() {
    let mut mistakes = Vec::new();
    for feature in FEATURES {
        for (at, api) in ALL.iter().enumerate() {
            for streamed in [true, false] {
                let mock = LlmMock::builder().scripted(true).start().unwrap();
                mock.reply((feature.reply)(api).repeat());
                let (_, _, model) = models(&mock).swap_remove(at);
                let question = CompletionRequest::new("What?").max_tokens(64);
                let answer = if streamed {
                    match model.stream(question) {
                        Ok(stream) => stream.finish().await,
                        Err(error) => Err(error),
                    }
                } else {
                    model.call(question).await
                };
                let place = format!("{} in {api}, streamed: {streamed}", feature.name);
                let only_whole = *api == "gemini" && matches!(feature.name, "choices" | "logprobs");
                let fits =
                    if streamed { feature.streams.0 && !only_whole } else { feature.streams.1 };
                let is_expressed = feature.apis.contains(api) && fits;
                let ended = mock.finish();
                let is_read = answer.as_ref().is_ok_and(|answer| {
                    feature.name == "tool_call" || answer.text().contains("Hi")
                });
                let mistake = judge(is_expressed, answer, is_read, ended, "features.rs:");
                mistakes.extend(mistake.map(|mistake| format!("{place}: {mistake}")));
            }
        }
    }
    assert!(mistakes.is_empty(), "{}", mistakes.join("\n\n"));
}

/// What is wrong with the answer that a client has read or not, and with the end of its session; a refusal names the reply at
/// `line`.
pub(super) fn judge<A: Debug, E: Debug>(
    is_expressed: bool,
    answer: Result<A, E>,
    is_read: bool,
    ended: Result<(), FinishError>,
    line: &str,
) -> Option<String> {
    match (answer, ended) {
        (Ok(answer), Ok(())) if is_expressed => (!is_read).then(|| format!("it read {answer:?}")),
        (Err(_), Err(error)) if !is_expressed => {
            let (is_miss, text) = (matches!(error, FinishError::Missed { .. }), error.to_string());
            let is_clear =
                is_miss && ["cannot be sent", line].iter().all(|part| text.contains(part));
            (!is_clear).then_some(text)
        }
        other => Some(format!("expressed: {is_expressed}, got {other:?}")),
    }
}
