extern crate self as llmock;

#[path = "support/private.rs"]
pub mod __private;

use llmock_macros::llm_replay;

#[llm_replay(env(LLMOCK_MODE = "record"))]
#[test]
fn one() {}

#[llm_replay(env(A = "1", A = "2"))]
#[test]
fn two() {}

#[llm_replay(env("A" = "1"))]
#[test]
fn three() {}

#[llm_replay(env(A))]
#[test]
fn four() {}

#[llm_replay(env())]
#[test]
fn five() {}

#[llm_replay(env(ÄPFEL = "1"))]
#[test]
fn six() {}

fn main() {}
