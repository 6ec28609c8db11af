//! A first test with llmock. `cargo test --test llmock` needs no key and no network.

use genai::chat::{ChatMessage, ChatRequest};
use genai::resolver::{AuthData, Endpoint};
use genai::{Client, ServiceTarget};
use llmock::reply::Reply;
use llmock::{LlmMock, llm_replay};

/// Stands for your own code, which takes its client as an argument: genai reads no variable for the address.
async fn ask(client: &Client, question: &str) -> String {
    let request = ChatRequest::new(vec![ChatMessage::user(question)]);
    let response = client.exec_chat("gpt-4o-mini", request, None).await.unwrap();
    response.first_text().unwrap_or_default().to_owned()
}

/// A client whose requests go to llmock, for every adapter.
fn client(mock: &LlmMock) -> Client {
    let base = mock.url().expect("llmock has an address").to_owned();
    let resolver =
        move |mut target: ServiceTarget| -> Result<ServiceTarget, genai::resolver::Error> {
            let provider = target.model.adapter_kind.as_lower_str();
            let (_, host_and_path) =
                target.endpoint.base_url().split_once("://").unwrap_or_default();
            let (_, path) = host_and_path.split_once('/').unwrap_or_default();
            target.endpoint = Endpoint::from_owned(format!("{base}/{provider}/{path}"));
            target.auth = AuthData::from_single("not needed");
            Ok(target)
        };
    Client::builder().with_service_target_resolver_fn(resolver).build().unwrap()
}

#[llm_replay(scripted = true)]
#[tokio::test]
async fn the_reply_comes_from_the_test(mock: &LlmMock) {
    mock.reply([Reply::text("Paris.")]);

    assert_eq!(ask(&client(mock), "What is the capital of France?").await, "Paris.");

    assert_eq!(
        mock.exchanges()[0].request().last_user_text().as_deref(),
        Some("What is the capital of France?")
    );
}

// A recorded response instead: write `#[llm_replay]` above a test, without `scripted` and `reply`, and run it once with
// `LLMOCK_MODE=record` and your key. See https://github.com/llmock/llmock/blob/main/docs/guide.md
