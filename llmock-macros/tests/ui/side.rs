extern crate self as llmock;

#[path = "support/private.rs"]
pub mod __private;

use llmock_macros::llm_replay;

#[llm_replay(side("/v1/models"))]
#[test]
fn one() {}

#[llm_replay(side("GTE /v1/models"))]
#[test]
fn two() {}

#[llm_replay(side("GET v1/models"))]
#[test]
fn three() {}

#[llm_replay(side("GET /v1/*/models"))]
#[test]
fn four() {}

fn main() {}
