extern crate self as llmock;

#[path = "support/private.rs"]
pub mod __private;

use llmock_macros::llm_replay;

#[llm_replay(allow_errors(200))]
#[test]
fn one() {}

#[llm_replay(allow_errors())]
#[test]
fn two() {}

#[llm_replay(allow_errors = true)]
#[test]
fn three() {}

#[llm_replay(allow_errors("401"))]
#[test]
fn four() {}

fn main() {}
