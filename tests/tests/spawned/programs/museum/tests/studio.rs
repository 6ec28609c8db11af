//! Tests that are recorded again, and cannot be.

use llmock::llm_replay;
use museum::{Curator, Guide, is_seeded, seeded};

async fn ask(prompt: &str) {
    Guide::from_env().ask(prompt).await.unwrap();
}

#[llm_replay(fixture = "studio/key")]
#[tokio::test]
async fn has_a_wrong_key() {
    ask("Restore the first fresco.").await;
}

#[llm_replay(fixture = "studio/quota")]
#[tokio::test]
async fn has_no_credit() {
    ask("Restore the second fresco.").await;
    ask("Restore the second fresco further.").await;
}

#[llm_replay(fixture = "studio/down")]
#[tokio::test]
async fn has_no_provider() {
    ask("Restore the third fresco.").await;
}

#[llm_replay(fixture = "studio/unset")]
#[tokio::test]
async fn has_no_key() {
    ask("Restore the fourth fresco.").await;
}

/// Never recorded.
#[llm_replay(fixture = "studio/unset_label")]
#[tokio::test]
async fn has_no_key_for_labels() {
    Curator::from_env().unwrap().label("Label: the fifth fresco").await.unwrap();
}

#[llm_replay(fixture = "studio/mode")]
#[tokio::test]
async fn has_a_misspelt_mode() {
    ask("Restore the sixth fresco.").await;
}

#[llm_replay(fixture = "studio/variable")]
#[tokio::test]
async fn has_a_misspelt_variable() {
    ask("Restore the fifteenth fresco.").await;
}

#[llm_replay(fixture = "studio/ci")]
#[tokio::test]
async fn records_in_ci() {
    ask("Restore the seventh fresco.").await;
}

#[llm_replay(fixture = "studio/ci_auto", mode = "auto")]
#[tokio::test]
async fn misses_in_ci() {
    ask(seeded("Restore the eighth fresco.", "Restore the ninth fresco.")).await;
}

#[llm_replay(fixture = "studio/stuck")]
#[tokio::test]
async fn cannot_be_written() {
    ask("Restore the tenth fresco.").await;
}

/// Never recorded.
#[llm_replay(fixture = "studio/closed/never")]
#[tokio::test]
async fn cannot_be_created() {
    ask("Restore the eleventh fresco.").await;
}

#[llm_replay(fixture = "studio/region")]
#[tokio::test]
async fn is_not_allowed() {
    ask("Restore the twelfth fresco.").await;
}

#[llm_replay(fixture = "studio/assertion")]
#[tokio::test]
async fn fails_by_itself() {
    let answer = Guide::from_env().ask("Restore the last fresco.").await.unwrap();
    assert!(!is_seeded(), "the answer is {answer:?}");
}

#[llm_replay(fixture = "studio/timeout")]
#[tokio::test]
async fn has_a_timeout_in_words() {
    ask("Restore the frame.").await;
}
