//! A first test with llmock. `cargo test --test llmock` needs no key and no network.

use llmock::llm_replay;
use llmock::reply::Reply;
use rig_core::completion::CompletionRequest;
use rig_core::providers::openai::OpenAI;

/// Stands for your own code. llmock sets `OPENAI_BASE_URL` for the test, which the client reads.
async fn ask(question: &str) -> String {
    let model = OpenAI::from_env().unwrap().completion("gpt-4o-mini");
    model.call(CompletionRequest::new(question)).await.unwrap().text()
}

#[llm_replay(scripted = true, provider = "openai")]
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
