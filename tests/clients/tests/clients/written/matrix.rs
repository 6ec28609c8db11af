//! Streams of five more clients for the matrix of `docs/sweep.md`, each as its crate has them. An error is a text.

use std::fmt::Debug;

use cohere_rust::Cohere;
use cohere_rust::api::chat::{ChatRequest as CohereRequest, ChatStreamResponse};
use futures::StreamExt as _;
use gemini_rust::{Gemini, Model};
use genai::adapter::AdapterKind;
use genai::chat::{ChatMessage, ChatRequest, ChatStreamEvent};
use genai::resolver::{AuthData, Endpoint};
use genai::{ModelIden, ServiceTarget};
use llmock::{LlmMock, Provider};
use ollama_rs::Ollama;
use ollama_rs::generation::chat::request::ChatMessageRequest;
use ollama_rs::generation::chat::{ChatMessage as OllamaMessage, ChatMessageResponse};
use openai_api_rs::v1::api::OpenAIClient;
use openai_api_rs::v1::chat_completion::chat_completion_stream::{
    ChatCompletionStreamRequest, ChatCompletionStreamResponse,
};
use openai_api_rs::v1::chat_completion::{ChatCompletionMessage, Content, MessageRole};

pub(super) const CLIENTS: [&str; 5] =
    ["genai, chat", "ollama-rs", "gemini-rust", "openai-api-rs, chat", "cohere-rust"];

fn told(error: impl Debug) -> String {
    format!("{error:?}")
}

/// The text that a client reads from the stream of one request.
pub(super) async fn ask(mock: &LlmMock, client: &str) -> Result<String, String> {
    match client {
        "genai, chat" => genai(mock).await,
        "ollama-rs" => ollama(mock).await,
        "gemini-rust" => gemini(mock).await,
        "openai-api-rs, chat" => openai_api(mock).await,
        "cohere-rust" => cohere(mock).await,
        other => panic!("no client `{other}`"),
    }
}

async fn genai(mock: &LlmMock) -> Result<String, String> {
    let base = mock.base_url_with_slash(Provider::OpenAI);
    let resolver = move |mut target: ServiceTarget| -> Result<_, genai::resolver::Error> {
        target.endpoint = Endpoint::from_owned(base.clone());
        target.auth = AuthData::from_single("not needed");
        Ok(target)
    };
    let client = genai::Client::builder().with_service_target_resolver_fn(resolver).build();
    let model = ModelIden::new(AdapterKind::OpenAI, "gpt-5");
    let request = ChatRequest::new(vec![ChatMessage::user("What?")]);
    let response = client.map_err(told)?.exec_chat_stream(model, request, None).await;
    let mut stream = response.map_err(told)?.stream;
    let mut text = String::new();
    while let Some(event) = stream.next().await {
        if let ChatStreamEvent::Chunk(chunk) = event.map_err(told)? {
            text.push_str(&chunk.content);
        }
    }
    Ok(text)
}

async fn ollama(mock: &LlmMock) -> Result<String, String> {
    let client = Ollama::try_new(mock.base_url_with_slash(Provider::Ollama)).map_err(told)?;
    let messages = vec![OllamaMessage::user("What?".to_owned())];
    let request = ChatMessageRequest::new("llama".to_owned(), messages);
    let mut stream = client.send_chat_messages_stream(request).await.map_err(told)?;
    let mut text = String::new();
    while let Some(response) = stream.next().await {
        let response: ChatMessageResponse = response.map_err(told)?;
        text.push_str(&response.message.content);
    }
    Ok(text)
}

#[allow(deprecated, reason = "its newer calls are of another API")]
async fn gemini(mock: &LlmMock) -> Result<String, String> {
    let base = format!("{}/v1beta/", mock.base_url(Provider::Gemini)).parse().unwrap();
    let model = Model::Custom("models/gemini".to_owned());
    let client = Gemini::with_model_and_base_url("not needed", model, base).map_err(told)?;
    let request = client.generate_content().with_user_message("What?");
    let mut stream = request.execute_stream().await.map_err(told)?;
    let mut text = String::new();
    while let Some(response) = stream.next().await {
        text.push_str(&response.map_err(told)?.text());
    }
    Ok(text)
}

async fn openai_api(mock: &LlmMock) -> Result<String, String> {
    let builder = OpenAIClient::builder().with_api_key("not needed");
    let client = builder.with_endpoint(mock.base_url(Provider::OpenAI)).build().unwrap();
    let message = ChatCompletionMessage {
        role: MessageRole::user,
        content: Content::Text("What?".to_owned()),
        name: None,
        tool_calls: None,
        tool_call_id: None,
    };
    let request = ChatCompletionStreamRequest::new("gpt-5".to_owned(), vec![message]);
    let mut stream = client.chat_completion_stream(request).await.map_err(told)?;
    let mut text = String::new();
    while let Some(event) = stream.next().await {
        if let ChatCompletionStreamResponse::Content(piece) = event {
            text.push_str(&piece);
        }
    }
    Ok(text)
}

async fn cohere(mock: &LlmMock) -> Result<String, String> {
    let client = Cohere::new(format!("{}/v1", mock.base_url(Provider::Cohere)), "not needed");
    let request = CohereRequest { message: "What?", ..CohereRequest::default() };
    let mut events = client.chat(&request).await.map_err(told)?;
    let mut text = String::new();
    while let Some(event) = events.recv().await {
        if let ChatStreamResponse::ChatTextGeneration { text: piece, .. } = event.map_err(told)? {
            text.push_str(&piece);
        }
    }
    Ok(text)
}
