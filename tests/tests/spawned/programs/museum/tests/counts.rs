//! Requests that are missing, or that were sent once too often.

use llmock::llm_replay;
use museum::{Guide, is_seeded};

async fn ask(prompts: &[&str], more: &[&str]) {
    let guide = Guide::from_env();
    for prompt in prompts.iter().chain(more.iter().filter(|_| is_seeded())) {
        let _ = guide.ask(prompt).await;
    }
}

#[llm_replay(fixture = "counts/strict", order = "strict")]
#[tokio::test]
async fn translates_once() {
    ask(&["Translate the menu."], &["Translate the menu."]).await;
}

#[llm_replay(fixture = "counts/repeated")]
#[tokio::test]
async fn greets_once() {
    ask(&["Greet the ambassador."], &["Greet the ambassador."]).await;
}

#[llm_replay(fixture = "counts/declared", calls = 1)]
#[tokio::test]
async fn warns_once() {
    ask(&["Warn of the wet floor."], &["Warn of the wet floor."]).await;
}

/// The second question is not asked if the mistakes are switched on.
async fn ask_two(first: &str, second: &str) {
    if is_seeded() { ask(&[first], &[]).await } else { ask(&[first, second], &[]).await }
}

#[llm_replay(fixture = "counts/unused", unused = "fail")]
#[tokio::test]
async fn thanks_and_says_goodbye() {
    ask_two("Thank the donors.", "Say goodbye to the donors.").await;
}

#[llm_replay(fixture = "counts/noted")]
#[tokio::test]
async fn counts_and_closes() {
    ask_two("Count the visitors.", "Close the shutters.").await;
}

#[llm_replay(fixture = "counts/few", calls = 2)]
#[tokio::test]
async fn rings_twice() {
    ask_two("Ring the first bell.", "Ring the second bell.").await;
}
