//! Answers that a person writes, read by the clients that read the real ones.

#[cfg(feature = "provider-clients")]
mod bedrock;
mod faults;
mod features;
mod items;
mod kinds;
#[cfg(feature = "sweep-clients")]
mod matrix;

use async_openai::Client;
use async_openai::config::OpenAIConfig;
use futures::StreamExt as _;
use llmock::reply::Reply;
use llmock::wiremock::matchers::path;
use llmock::wiremock::{Mock, Respond};
use llmock::{LlmMock, Provider, RespondedBy, llm_replay};
use serde_json::{Value, json};

async fn mount(mock: &LlmMock, at: &str, reply: impl Respond + 'static) {
    Mock::given(path(at)).respond_with(reply).expect(1).mount(mock.wiremock()).await;
}

fn openai(mock: &LlmMock) -> Client<OpenAIConfig> {
    Client::with_config(OpenAIConfig::new().with_api_base(mock.base_url(Provider::OpenAI)))
}

fn question(stream: bool) -> async_openai::types::chat::CreateChatCompletionRequest {
    let question = json!({
        "model": "gpt-5",
        "stream": stream,
        "messages": [{ "role": "user", "content": "What is the weather in Paris?" }],
    });
    serde_json::from_value(question).unwrap()
}

#[llm_replay(calls = 1)]
#[tokio::test]
async fn openai_client_reads_tool_calls(mock: &LlmMock) {
    let reply = Reply::text("Let me look.").tool_call("get_weather", r#"{"city":"Paris"}"#);
    mount(mock, "/v1/chat/completions", reply.on(Provider::OpenAI)).await;

    let answer = openai(mock).chat().create(question(false)).await.unwrap();

    let answer = serde_json::to_value(&answer.choices[0]).unwrap();
    assert_eq!(answer["finish_reason"], "tool_calls");
    assert_eq!(answer["message"]["content"], "Let me look.");
    let call = &answer["message"]["tool_calls"][0]["function"];
    assert_eq!(*call, json!({ "name": "get_weather", "arguments": "{\"city\":\"Paris\"}" }));
    assert_eq!(mock.requests()[0].responded_by(), RespondedBy::Mock);
}

#[llm_replay(calls = 1)]
#[tokio::test]
async fn openai_client_reads_streams_chunk_by_chunk(mock: &LlmMock) {
    let reply = Reply::pieces(["Sun", "ny, ", "21 °C"]);
    mount(mock, "/v1/chat/completions", reply.on(Provider::OpenAI)).await;

    let mut stream = openai(mock).chat().create_stream(question(true)).await.unwrap();
    let mut pieces = Vec::new();
    while let Some(chunk) = stream.next().await {
        pieces.extend(chunk.unwrap().choices.into_iter().filter_map(|choice| choice.delta.content));
    }

    pieces.retain(|piece| !piece.is_empty());
    assert_eq!(pieces, ["Sun", "ny, ", "21 °C"]);
}

#[llm_replay(calls = 1)]
#[tokio::test]
async fn errors_have_the_providers_format(mock: &LlmMock) {
    let reply = Reply::error(400, "max_tokens is too large");
    mount(mock, "/v1/messages", reply.on(Provider::Anthropic)).await;

    let answer = reqwest::Client::new()
        .post(format!("{}/v1/messages", mock.base_url(Provider::Anthropic)))
        .json(&json!({ "model": "claude-opus-4-5", "max_tokens": 1, "messages": [] }))
        .send()
        .await
        .unwrap();

    assert_eq!(answer.status(), 400);
    let body: Value = answer.json().await.unwrap();
    assert_eq!(body["type"], "error");
    assert_eq!(body["error"]["message"], "max_tokens is too large");
}
