//! A first test with llmock. `cargo test --test llmock` needs no key and no network.

use async_openai::Client;
use async_openai::types::chat::{ChatCompletionRequestUserMessage, CreateChatCompletionRequest};
use llmock::llm_replay;
use llmock::reply::Reply;

/// Stands for your own code. llmock sets `OPENAI_BASE_URL` for the test, which the client reads.
async fn ask(question: &str) -> String {
    let request = CreateChatCompletionRequest {
        model: "gpt-4o-mini".to_owned(),
        messages: vec![ChatCompletionRequestUserMessage::from(question).into()],
        ..Default::default()
    };
    let response = Client::new().chat().create(request).await.unwrap();
    response.choices[0].message.content.clone().unwrap_or_default()
}

#[llm_replay(scripted = true)]
#[tokio::test]
async fn the_reply_comes_from_the_test() {
    llmock::current().reply([Reply::text("Paris.")]);

    assert_eq!(ask("What is the capital of France?").await, "Paris.");

    let exchanges = llmock::current().exchanges();
    assert_eq!(
        exchanges[0].request().last_user_text().as_deref(),
        Some("What is the capital of France?")
    );
}

// A recorded response instead: write `#[llm_replay]` above a test, without `scripted` and `reply`, and run it once with
// `LLMOCK_MODE=record` and your key. See https://github.com/llmock/llmock/blob/main/docs/guide.md
