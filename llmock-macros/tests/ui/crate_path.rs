extern crate self as llmock;

#[path = "support/private.rs"]
pub mod __private;

use llmock_macros::llm_replay;

#[llm_replay(crate = "llmock")]
#[test]
fn one() {}

#[llm_replay(crate)]
#[test]
fn two() {}

fn main() {}
