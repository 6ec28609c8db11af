extern crate self as llmock;

#[path = "support/private.rs"]
pub mod __private;

use llmock_macros::llm_replay;

#[llm_replay(proxy)]
#[test]
fn alone() {}

#[llm_replay(proxy = "yes")]
#[test]
fn a_word() {}

#[llm_replay(intercept = 1)]
#[test]
fn a_number() {}

#[llm_replay(prox = true)]
#[test]
fn a_slip() {}

fn main() {}
