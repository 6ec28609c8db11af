extern crate self as llmock;

#[path = "support/private.rs"]
pub mod __private;

use llmock_macros::llm_replay;

#[llm_replay(require_header("anthropic beta"))]
#[test]
fn one() {}

#[llm_replay(match_headers("authorization"))]
#[test]
fn two() {}

#[llm_replay(keep_headers("x-*-id"))]
#[test]
fn three() {}

#[llm_replay(require_headers("anthropic-beta"))]
#[test]
fn four() {}

fn main() {}
