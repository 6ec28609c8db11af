//! Messages or requests come in another order.

use llmock::llm_replay;
use museum::{Guide, is_seeded, question};
use serde_json::json;

#[llm_replay(fixture = "order/thread")]
#[tokio::test]
async fn continues_a_thread() {
    let mut turns = vec![
        json!({ "role": "user", "content": "I look for a statue." }),
        json!({ "role": "assistant", "content": "Which one?" }),
        json!({ "role": "user", "content": "The one without a head." }),
    ];
    if is_seeded() {
        turns.swap(0, 2);
    }
    let mut body = question("");
    let messages = body["messages"].as_array_mut().unwrap();
    messages.truncate(1);
    messages.extend(turns);
    Guide::from_env().send(body).await.unwrap();
}

async fn ask_all(mut prompts: Vec<&str>) {
    if is_seeded() {
        prompts.reverse();
    }
    let guide = Guide::from_env();
    for prompt in prompts {
        let _ = guide.ask(prompt).await;
    }
}

#[llm_replay(fixture = "order/four", order = "strict")]
#[tokio::test]
async fn interviews_four_guards() {
    ask_all(vec![
        "Interview Ines at the gate.",
        "Interview Jonas in the tower.",
        "Interview Kim in the cellar.",
        "Interview Lea on the roof.",
    ])
    .await;
}

#[llm_replay(fixture = "order/two", order = "strict")]
#[tokio::test]
async fn opens_and_closes() {
    ask_all(vec!["Announce that we open.", "Announce that we close."]).await;
}
