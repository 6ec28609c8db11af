#![allow(dead_code, unused_attributes)]

extern crate self as llmock;

#[path = "support/private.rs"]
pub mod __private;

use llmock_macros::llm_replay;

#[llm_replay]
async fn one() {}

#[llm_replay]
#[ignore = "slow"]
#[should_panic]
/// Only inert attributes.
async fn two() {}

fn main() {}
