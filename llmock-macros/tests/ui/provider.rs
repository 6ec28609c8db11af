extern crate self as llmock;

#[path = "support/private.rs"]
pub mod __private;

use llmock_macros::llm_replay;

#[llm_replay(provider = "OpenAI")]
#[test]
fn one() {}

#[llm_replay(providers("openai", ""))]
#[test]
fn two() {}

fn main() {}
