extern crate self as llmock;

#[path = "support/private.rs"]
pub mod __private;

use llmock_macros::llm_replay;

#[llm_replay(fixture = "")]
#[test]
fn one() {}

#[llm_replay(fixture = "/../summarize")]
#[test]
fn two() {}

#[llm_replay(fixture = "c:/summarize")]
#[test]
fn three() {}

#[llm_replay(fixture = "../summarize")]
#[test]
fn four() {}

#[llm_replay(fixture = "agent\\turns")]
#[test]
fn five() {}

#[llm_replay(fixture = "agent//turns")]
#[test]
fn six() {}

#[llm_replay(fixture = "why?")]
#[test]
fn seven() {}

#[llm_replay(fixture = "nul")]
#[test]
fn eight() {}

#[llm_replay(fixture = "agent./turns")]
#[test]
fn nine() {}

fn main() {}
