extern crate self as llmock;

#[path = "support/private.rs"]
pub mod __private;

use llmock_macros::llm_replay;

#[llm_replay(fixture = "a")]
#[llm_replay(fixture = "b")]
#[test]
fn one() {}

#[llm_replay]
#[llm_replay(order = "strict")]
mod two {
    #[test]
    fn three() {}
}

fn main() {}
