extern crate self as llmock;

#[path = "support/private.rs"]
pub mod __private;

use llmock_macros::llm_replay;

#[llm_replay(lane("POST /v1/embeddings"))]
#[test]
fn one() {}

#[llm_replay(lane("embeddings", "/v1/embeddings"))]
#[test]
fn two() {}

#[llm_replay(lane("", "POST /v1/embeddings"))]
#[test]
fn three() {}

fn main() {}
