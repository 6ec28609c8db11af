extern crate self as llmock;

#[path = "support/private.rs"]
pub mod __private;

use llmock_macros::llm_replay;

#[llm_replay(contains("$.messages"))]
#[test]
fn one() {}

#[llm_replay(contains("messages", "weather"))]
#[test]
fn two() {}

#[llm_replay(contains("$.messages", "weather", ""))]
#[test]
fn three() {}

#[llm_replay(contains = "weather")]
#[test]
fn four() {}

#[llm_replay(count("store"))]
#[test]
fn five() {}

#[llm_replay(count("$.metadata.run"))]
#[test]
fn six() {}

fn main() {}
