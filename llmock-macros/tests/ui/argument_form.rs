extern crate self as llmock;

#[path = "support/private.rs"]
pub mod __private;

use llmock_macros::llm_replay;

#[llm_replay(fixture)]
#[test]
fn one() {}

#[llm_replay(fixture = 3)]
#[test]
fn two() {}

#[llm_replay(fixture("summarize"))]
#[test]
fn three() {}

#[llm_replay(fixture = )]
#[test]
fn four() {}

#[llm_replay(calls = "3")]
#[test]
fn five() {}

#[llm_replay(calls = 99999999999)]
#[test]
fn six() {}

#[llm_replay(ignore = "$.a")]
#[test]
fn seven() {}

#[llm_replay(ignore())]
#[test]
fn eight() {}

#[llm_replay(match_on(model))]
#[test]
fn nine() {}

#[llm_replay(fixture = "a" mode = "auto")]
#[test]
fn ten() {}

fn main() {}
