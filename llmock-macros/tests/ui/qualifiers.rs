extern crate self as llmock;

#[path = "support/private.rs"]
pub mod __private;

use llmock_macros::llm_replay;

#[llm_replay]
#[test]
const fn one() {}

#[llm_replay]
#[test]
unsafe fn two() {}

#[llm_replay]
#[test]
extern "C" fn three() {}

#[llm_replay]
#[test]
fn four() -> ! {
    panic!()
}

fn main() {}
