extern crate self as llmock;

#[path = "support/private.rs"]
pub mod __private;

use llmock_macros::llm_replay;

#[llm_replay(fixtur = "summarize", mode = "recrod", ignore("a"), order = "any")]
async fn one(count: u8) {
    let _ = count;
}

fn main() {}
