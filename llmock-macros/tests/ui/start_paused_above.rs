#![allow(dead_code)]

extern crate self as llmock;

#[path = "support/private.rs"]
pub mod __private;

use llmock_macros::llm_replay;

struct Builder;

impl Builder {
    fn new_current_thread() -> Self {
        Self
    }

    fn start_paused(self, _: bool) -> Self {
        self
    }

    fn block_on<T>(self, body: fn() -> T) -> T {
        body()
    }
}

// What `#[tokio::test(start_paused = true)]` leaves when it stands above: these cases know no `tokio`.
#[llm_replay]
#[::core::prelude::v1::test]
fn two() {
    let body = || {};
    {
        return Builder::new_current_thread().start_paused(true).block_on(body);
    }
}

fn main() {}
