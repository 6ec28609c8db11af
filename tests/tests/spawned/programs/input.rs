//! Tests whose fixtures, variables, and configuration `spawned_bad_input.rs` makes wrong.

use client::{ask, try_ask};
use llmock::llm_replay;

#[llm_replay(fixture = "hello")]
#[test]
fn asks() {
    assert_eq!(ask("hello"), "hi there");
}

#[llm_replay(fixture = "hello")]
#[test]
fn asks_and_swallows() {
    let _ = try_ask("hello");
}

#[llm_replay(fixture = "hello", mode = "auto")]
#[test]
fn asks_more_in_auto() {
    assert_eq!(ask("hello"), "hi there");
    let _ = try_ask("how are you");
}

#[llm_replay(fixture = "hello", mode = "record")]
#[test]
fn records_always() {
    let _ = try_ask("hello");
}
