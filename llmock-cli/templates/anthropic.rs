//! A first test with llmock. `cargo test --test llmock` needs no key and no network.

use llmock::reply::Reply;
use llmock::{LlmMock, Provider, llm_replay};

/// Stands for your own code, which takes the address of the API as an argument: few clients of Anthropic read a variable.
async fn ask(base_url: &str, question: &str) -> String {
    let body = format!(
        r#"{{"model": "claude-sonnet-4-6", "max_tokens": 100, "messages": [{{"role": "user", "content": {question:?}}}]}}"#
    );
    let request = reqwest::Client::new().post(format!("{base_url}/v1/messages")).body(body);
    let request = request.header("content-type", "application/json");
    let request =
        request.header("anthropic-version", "2023-06-01").header("x-api-key", "not needed");
    request.send().await.unwrap().text().await.unwrap()
}

#[llm_replay(scripted = true)]
#[tokio::test]
async fn the_reply_comes_from_the_test(mock: &LlmMock) {
    mock.reply([Reply::text("Paris.")]);

    let base_url = mock.base_url(Provider::Anthropic);
    let response = ask(&base_url, "What is the capital of France?").await;

    assert!(response.contains("Paris."), "{response}");

    assert_eq!(
        mock.exchanges()[0].request().last_user_text().as_deref(),
        Some("What is the capital of France?")
    );
}

// A recorded response instead: write `#[llm_replay]` above a test, without `scripted` and `reply`, and run it once with
// `LLMOCK_MODE=record` and your key. See https://github.com/llmock/llmock/blob/main/docs/guide.md
