//! More, larger, and stranger requests than a person would send.

use llmock::llm_replay;
use museum::{Guide, is_seeded, question, seeded};

#[llm_replay(fixture = "stress/many")]
#[tokio::test]
async fn misses_many_times() {
    let guide = Guide::from_env();
    for number in 0..seeded(1, 500) {
        let word = ["amber", "basalt", "chalk", "diorite", "enamel"][number % 5];
        let _ = guide.ask(&format!("Describe object {number} of {word}.")).await;
    }
}

#[llm_replay(fixture = "stress/large")]
#[tokio::test]
async fn sends_ten_megabytes() {
    let line = |number: usize| {
        let word = if number == 99_999 && is_seeded() { "sold" } else { "kept" };
        format!("{number:06}: the object in drawer {number:06} is {word}.\n")
    };
    let prompt: String = (0..220_000).map(line).collect();
    let _ = Guide::from_env().ask(&prompt).await;
}

/// Sequences that clear the screen, set its title, ring its bell, or turn the direction of writing.
const HOSTILE: &str = "\x1b[2J\x1b]0;owned\x07\x1b[31mred\u{202e}thgir\u{202c}\u{2066}in\u{2069}\u{9b}31m\r\x08\x00end";

#[llm_replay(fixture = "stress/hostile")]
#[tokio::test]
async fn sends_what_a_terminal_executes() {
    let prompt = seeded("Read the sign.".to_owned(), format!("Read the {HOSTILE} sign."));
    let _ = Guide::from_env().ask(&prompt).await;
}

#[llm_replay(fixture = "stress/hostile_keys")]
#[tokio::test]
async fn sends_fields_that_a_terminal_executes() {
    let mut body = question("Read the other sign.");
    if is_seeded() {
        body[HOSTILE] = HOSTILE.into();
    }
    let _ = Guide::from_env().send(body).await;
}

/// Its recording has the hostile text, which the test no longer sends.
#[llm_replay(fixture = "stress/hostile_recording")]
#[tokio::test]
async fn recorded_what_a_terminal_executes() {
    let prompt = seeded(format!("Copy the {HOSTILE} sign."), "Copy the sign.".to_owned());
    let _ = Guide::from_env().ask(&prompt).await;
}

#[llm_replay(fixture = "stress/wide")]
#[tokio::test]
async fn sends_long_lines() {
    let words = "a very long label without any end ".repeat(40);
    let prompt = format!("Shorten: {words}{} {words}", seeded("bowl", "vase"));
    let _ = Guide::from_env().ask(&prompt).await;
}
