extern crate self as llmock;

#[path = "support/private.rs"]
pub mod __private;

use llmock_macros::llm_replay;

#[llm_replay(fixture = "a", fixture = "b")]
#[test]
fn one() {}

#[llm_replay(provider = "openai", providers("groq"))]
#[test]
fn two() {}

#[llm_replay(ignore("$.a"), mode = "auto", ignore("$.b"))]
#[test]
fn three() {}

fn main() {}
