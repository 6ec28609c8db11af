extern crate self as llmock;

#[path = "support/private.rs"]
pub mod __private;

use llmock_macros::llm_replay;

#[llm_replay]
struct One {
    field: u8,
}

#[llm_replay]
const TWO: u8 = 2;

fn main() {}
