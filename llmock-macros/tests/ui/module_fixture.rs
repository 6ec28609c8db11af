extern crate self as llmock;

#[path = "support/private.rs"]
pub mod __private;

use llmock_macros::llm_replay;

#[llm_replay(fixture = "summaries.json")]
mod one {
    #[test]
    fn two() {}

    #[llm_replay(fixtur = "two")]
    #[test]
    fn three() {}

    #[llm_replay = "four"]
    #[test]
    fn four() {}
}

fn main() {}
