extern crate self as llmock;

#[path = "support/private.rs"]
pub mod __private;

use llmock_macros::llm_replay;

#[llm_replay(ignore("$.a", "metadata.run"))]
#[test]
fn one() {}

#[llm_replay(ignore("$.a["))]
#[test]
fn two() {}

fn main() {}
