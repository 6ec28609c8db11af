extern crate self as llmock;

#[path = "support/private.rs"]
pub mod __private;

use llmock_macros::llm_replay;

#[llm_replay(fixtur = "summarize")]
#[test]
fn one() {}

#[llm_replay(cassette = "summarize", mode = "auto")]
#[test]
fn two() {}

#[llm_replay("summarize")]
#[test]
fn three() {}

fn main() {}
