extern crate self as llmock;

#[path = "support/private.rs"]
pub mod __private;

use llmock_macros::llm_replay;

#[llm_replay(mode = "recrod")]
#[test]
fn one() {}

#[llm_replay(order = "sorted")]
#[test]
fn two() {}

#[llm_replay(unused = "fial")]
#[test]
fn three() {}

fn main() {}
