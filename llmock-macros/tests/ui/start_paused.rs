#![allow(dead_code)]

extern crate self as llmock;

#[path = "support/private.rs"]
pub mod __private;

use llmock_macros::llm_replay;

// On a module, since what it holds still shows its `cfg_attr`: these cases know no `tokio`.
#[llm_replay]
mod one {
    #[cfg_attr(any(), tokio::test(start_paused = true))]
    async fn two() {}
}

fn main() {}
