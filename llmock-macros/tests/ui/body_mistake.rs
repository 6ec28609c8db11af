extern crate self as llmock;

#[path = "support/private.rs"]
pub mod __private;

use llmock_macros::llm_replay;

#[llm_replay]
pub fn one() -> u8 {
    "a string"
}

#[llm_replay]
pub mod two {
    #[cfg_attr(any(), tokio::test)]
    pub async fn three() -> Result<u8, String> {
        let text: u8 = "a string";
        let _ = text;
    }
}

fn main() {}
