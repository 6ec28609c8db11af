//! The clients that Rust programs use, against `llmock serve`: plain responses, streams, an agent with a tool, errors.
//!
//! rig speaks the APIs of five providers, async-openai one; each is pointed at the server and otherwise left alone.

use std::convert::Infallible;
use std::sync::{Arc, Mutex};

use crate::server::{Server, Workdir};
use async_openai::Client;
use async_openai::config::OpenAIConfig as Config;
use async_openai::types::chat::{
    ChatCompletionRequestUserMessage, CreateChatCompletionRequest, CreateChatCompletionRequestArgs,
};
use async_openai::types::embeddings::CreateEmbeddingRequestArgs;
use futures::StreamExt as _;
use rig_agent::agent::AgentBuilder;
use rig_core::completion::CompletionRequest;
use rig_core::driver::{DynModel, Model};
use rig_core::operation::Completion;
use rig_core::providers::anthropic::AnthropicConfig;
use rig_core::providers::cohere::{ChatRoute, CohereConfig};
use rig_core::providers::gemini::GeminiConfig;
use rig_core::providers::ollama::OllamaConfig;
use rig_core::providers::openai::OpenAIConfig;
use rig_core::streaming::{Item, StreamEvent};
use rig_core::tool::PortableTool;
use serde_json::{Value, json};

const CALL: &str = r#"call tool 'weather' with '{"city": "Paris", "note": "it's warm"}'"#;

type ChatModel = DynModel<Completion>;

/// Every API that rig speaks, each by the address that its own configuration takes.
fn models(server: &Server) -> Vec<(&'static str, ChatModel)> {
    let origin = &server.origin;
    let v1 = format!("{origin}/v1");
    let openai = OpenAIConfig::new("any").with_base_url(&v1).client();
    let cohere = CohereConfig::new("any").with_base_url(origin).client();
    let Model { wire, transport, .. } = cohere.completion("command-a-03-2025");
    vec![
        ("OpenAI chat", openai.chat("gpt-4o").erase()),
        ("OpenAI Responses", openai.responses("gpt-4o").erase()),
        (
            "Anthropic",
            AnthropicConfig::new("any").with_base_url(origin).client().completion("claude").erase(),
        ),
        (
            "Gemini",
            GeminiConfig::new("any").with_base_url(origin).client().completion("gemini").erase(),
        ),
        (
            "Ollama",
            OllamaConfig::new().with_base_url(origin).client().native_completion("llama").erase(),
        ),
        ("Cohere", Model::new(wire.with_route(ChatRoute::Native), transport).erase()),
    ]
}

#[tokio::test]
async fn rig_reads_text_of_every_api() {
    let server = Workdir::new().serve(&[], &[]);
    for (api, model) in models(&server) {
        let request = CompletionRequest::new("Hello, world!").max_tokens(100);
        let response = model.call(request).await.unwrap_or_else(|error| panic!("{api}: {error}"));
        assert_eq!(response.text(), "Hello, world!", "{api}");
    }
}

#[tokio::test]
async fn rig_reads_streams_of_every_api() {
    let server = Workdir::new().serve(&[], &[]);
    for (api, model) in models(&server) {
        let request = CompletionRequest::new("one two three").max_tokens(100);
        let mut stream = model.stream(request).unwrap();
        let mut pieces = Vec::new();
        while let Some(item) = stream.next().await {
            let item = item.unwrap_or_else(|error| panic!("{api}: {error}"));
            if let Item::Event(StreamEvent::Text { text, .. }) = item {
                pieces.push(text);
            }
        }
        assert_eq!(pieces.concat(), "one two three", "{api}");
        assert!(pieces.len() >= 3, "{api}: {pieces:?}");
    }
}

/// Notes what it was called with.
struct Weather(Arc<Mutex<Vec<Value>>>);

impl PortableTool for Weather {
    const NAME: &'static str = "weather";
    type Args = Value;
    type Output = String;
    type Error = Infallible;

    fn description(&self) -> String {
        "says what the weather is".to_owned()
    }

    fn parameters(&self) -> Value {
        json!({"type": "object", "properties": {"city": {"type": "string"}, "note": {"type": "string"}}})
    }

    async fn call(&self, arguments: Value) -> Result<String, Infallible> {
        self.0.lock().unwrap().push(arguments);
        Ok("sunny".to_owned())
    }
}

#[tokio::test]
async fn rig_agents_call_their_tool_once() {
    let server = Workdir::new().serve(&[], &[]);
    for (api, model) in models(&server) {
        let called = Arc::<Mutex<Vec<Value>>>::default();
        let agent = AgentBuilder::new(model)
            .max_tokens(100)
            .default_max_turns(3)
            .tool(Weather(Arc::clone(&called)))
            .build();
        let response = agent.prompt(CALL).await.unwrap_or_else(|error| panic!("{api}: {error}"));
        assert!(response.output().contains("sunny"), "{api}: {}", response.output());
        let called = called.lock().unwrap();
        assert_eq!(*called, [json!({"city": "Paris", "note": "it's warm"})], "{api}");
    }
}

#[tokio::test]
async fn rig_reads_error_messages_of_every_api() {
    let server = Workdir::new().serve(&[], &[]);
    for (api, model) in models(&server) {
        let text = r#"raise error {"code": 400, "message": "no such luck"}"#;
        let error = model.call(CompletionRequest::new(text).max_tokens(100)).await.unwrap_err();
        assert!(error.to_string().contains("no such luck"), "{api}: {error}");
    }
}

fn async_openai(server: &Server, key: &str) -> Client<Config> {
    let base = format!("{}/v1", server.origin);
    Client::with_config(Config::new().with_api_base(base).with_api_key(key))
}

fn chat(text: &str) -> CreateChatCompletionRequest {
    CreateChatCompletionRequestArgs::default()
        .model("gpt-4o")
        .messages([ChatCompletionRequestUserMessage::from(text).into()])
        .build()
        .unwrap()
}

#[tokio::test]
async fn async_openai_chats_streams_and_embeds() {
    let server = Workdir::new().serve(&[], &[]);
    let client = async_openai(&server, "any");
    let response = client.chat().create(chat("Hello!")).await.unwrap();
    assert_eq!(response.choices[0].message.content.as_deref(), Some("Hello!"));

    // With the client's feature `byot` on somewhere in the tree, it does not say so itself.
    let request = CreateChatCompletionRequest { stream: Some(true), ..chat("one two three") };
    let mut stream = client.chat().create_stream(request).await.unwrap();
    let mut text = String::new();
    while let Some(chunk) = stream.next().await {
        let chunk = chunk.unwrap();
        text.extend(chunk.choices.iter().filter_map(|choice| choice.delta.content.clone()));
    }
    assert_eq!(text, "one two three");

    let request = CreateEmbeddingRequestArgs::default()
        .model("text-embedding-3-small")
        .input(["a", "b"])
        .build()
        .unwrap();
    let embedded = client.embeddings().create(request).await.unwrap();
    assert_eq!(embedded.data.len(), 2);
    assert_ne!(embedded.data[0].embedding, embedded.data[1].embedding);
}

#[tokio::test]
async fn async_openai_needs_the_right_key() {
    let server = Workdir::new().serve(&["--api-key", "your-secret-api-key"], &[]);
    let right = async_openai(&server, "your-secret-api-key").chat().create(chat("Hello!")).await;
    assert_eq!(right.unwrap().choices[0].message.content.as_deref(), Some("Hello!"));
    let wrong = async_openai(&server, "wrong").chat().create(chat("Hello!")).await;
    let error = wrong.unwrap_err().to_string();
    assert!(error.to_lowercase().contains("api key"), "{error}");
}
