//! A first test with llmock. `cargo test --test llmock` needs no key and no network.

use llmock::llm_replay;
use llmock::reply::Reply;

/// Stands for your own code. llmock sets `OPENAI_BASE_URL` for the test, and the variables of all other providers.
async fn ask(question: &str) -> String {
    let base = std::env::var("OPENAI_BASE_URL").unwrap_or("https://api.openai.com/v1".to_owned());
    let body = format!(
        r#"{{"model": "gpt-4o-mini", "messages": [{{"role": "user", "content": {question:?}}}]}}"#
    );
    let request = reqwest::Client::new().post(format!("{base}/chat/completions")).body(body);
    let response = request.header("content-type", "application/json").send().await.unwrap();
    response.text().await.unwrap()
}

#[llm_replay(scripted = true)]
#[tokio::test]
async fn the_reply_comes_from_the_test() {
    llmock::current().reply([Reply::text("Paris.")]);

    let response = ask("What is the capital of France?").await;

    assert!(response.contains("Paris."), "{response}");
    let exchanges = llmock::current().exchanges();
    assert_eq!(
        exchanges[0].request().last_user_text().as_deref(),
        Some("What is the capital of France?")
    );
}

// A recorded response instead: write `#[llm_replay]` above a test, without `scripted` and `reply`, and run it once with
// `LLMOCK_MODE=record` and your key. See https://github.com/llmock/llmock/blob/main/docs/guide.md
