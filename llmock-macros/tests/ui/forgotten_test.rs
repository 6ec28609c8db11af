#![deny(dead_code)]

extern crate self as llmock;

#[path = "support/private.rs"]
pub mod __private;

use llmock_macros::llm_replay;

#[llm_replay]
fn one() {
    println!("nobody calls this");
}

#[llm_replay]
mod two {
    #[cfg_attr(any(), tokio::test)]
    async fn three() {
        println!("nor this");
    }
}

fn main() {}
