extern crate self as llmock;

#[path = "support/private.rs"]
pub mod __private;

use llmock_macros::llm_replay;

#[llm_replay(order = "strict")]
mod one {
    #[allow(dead_code)]
    fn helper() {}
}

fn main() {}
