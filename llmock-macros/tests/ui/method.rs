#![allow(dead_code)]

extern crate self as llmock;

#[path = "support/private.rs"]
pub mod __private;

use llmock_macros::llm_replay;

struct Tests;

impl Tests {
    #[llm_replay]
    fn one(&self) {}
}

fn main() {}
