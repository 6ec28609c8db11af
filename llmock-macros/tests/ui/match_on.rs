extern crate self as llmock;

#[path = "support/private.rs"]
pub mod __private;

use llmock_macros::llm_replay;

#[llm_replay(match_on("$.model"))]
#[test]
fn one() {}

#[llm_replay(match_on("model", ""))]
#[test]
fn two() {}

fn main() {}
