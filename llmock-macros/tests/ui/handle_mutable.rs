#![allow(unused_imports)]

extern crate self as llmock;

#[path = "support/private.rs"]
pub mod __private;

use crate::__private::LlmMock;
use llmock_macros::llm_replay;

#[llm_replay]
#[test]
fn one(mock: &mut LlmMock) {}

fn main() {}
