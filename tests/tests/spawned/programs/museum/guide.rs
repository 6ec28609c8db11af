//! The guide: chats and embeddings through `async-openai`.

use async_openai::Client;
use async_openai::config::OpenAIConfig;
use async_openai::error::OpenAIError;
use async_openai::types::chat::CreateChatCompletionResponse;
use async_openai::types::embeddings::CreateEmbeddingResponse;
use futures::StreamExt as _;
use serde_json::{Value, json};

/// The voice that every answer has.
pub const VOICE: &str = "You guide visitors through a museum. Answer in one sentence.";

/// A chat with one user message.
pub fn question(prompt: &str) -> Value {
    json!({
        "model": "guide-1",
        "messages": [
            { "role": "system", "content": VOICE },
            { "role": "user", "content": prompt },
        ],
        "temperature": 0.2,
        "max_completion_tokens": 60,
    })
}

/// Answers visitors.
#[derive(Clone)]
pub struct Guide {
    client: Client<OpenAIConfig>,
}

impl Guide {
    /// With the address and the key of the environment.
    pub fn from_env() -> Self {
        Self { client: Client::with_config(OpenAIConfig::default()) }
    }

    /// With an address.
    pub fn at(base_url: &str) -> Self {
        let config = OpenAIConfig::default().with_api_base(base_url).with_api_key("of the guide");
        Self { client: Client::with_config(config) }
    }

    /// One question, one answer.
    pub async fn ask(&self, prompt: &str) -> Result<String, OpenAIError> {
        self.send(question(prompt)).await
    }

    /// A whole request.
    pub async fn send(&self, body: Value) -> Result<String, OpenAIError> {
        Ok(self.exchange(body).await?["content"].as_str().unwrap_or_default().to_owned())
    }

    /// The message that a request is answered with.
    pub async fn exchange(&self, body: Value) -> Result<Value, OpenAIError> {
        if body["stream"] == true {
            return self.stream(body).await;
        }
        let response: CreateChatCompletionResponse = self.client.chat().create_byot(body).await?;
        Ok(serde_json::to_value(&response.choices[0].message).expect("a message is JSON"))
    }

    async fn stream(&self, body: Value) -> Result<Value, OpenAIError> {
        let mut chunks = self.client.chat().create_stream_byot::<_, Value>(body).await?;
        let mut text = String::new();
        while let Some(chunk) = chunks.next().await {
            text += chunk?["choices"][0]["delta"]["content"].as_str().unwrap_or_default();
        }
        Ok(json!({ "content": text }))
    }

    /// The first coordinate of an embedding.
    pub async fn place(&self, body: Value) -> Result<f32, OpenAIError> {
        let response: CreateEmbeddingResponse = self.client.embeddings().create_byot(body).await?;
        Ok(response.data[0].embedding[0])
    }
}
