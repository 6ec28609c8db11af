#![allow(dead_code)]

extern crate self as llmock;

#[path = "support/private.rs"]
pub mod __private;

use crate::__private::LlmMock;
use llmock_macros::llm_replay;

#[llm_replay]
#[test]
fn one(count: u8) {}

#[llm_replay]
mod two {
    use super::LlmMock;

    #[cfg_attr(any(), tokio::test)]
    async fn three(mock: &LlmMock, name: &str) {
        let _ = (mock, name);
    }
}

fn main() {}
