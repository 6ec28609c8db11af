extern crate self as llmock;

#[path = "support/private.rs"]
pub mod __private;

use llmock_macros::llm_replay;

#[llm_replay(normalize("$.input"))]
#[test]
fn one() {}

#[llm_replay(normalize("$.input", "[0-9]+"))]
#[test]
fn two() {}

#[llm_replay(normalize("$.input", "[0-9]+" = "N"))]
#[test]
fn three() {}

#[llm_replay(normalize("input", "[0-9]+" => "N"))]
#[test]
fn four() {}

fn main() {}
