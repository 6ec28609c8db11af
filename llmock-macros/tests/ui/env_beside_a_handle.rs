#![allow(unused_imports)]

extern crate self as llmock;

#[path = "support/private.rs"]
pub mod __private;

use crate::__private::LlmMock;
use llmock_macros::llm_replay;

#[llm_replay(env(MY_LLM_URL = "{base}/openai/v1"))]
#[test]
fn one(mock: &LlmMock) {
    let _ = mock;
}

fn main() {}
