//! The program of `benches/against`: two versions of the library, `now` and `then`, on the same fixtures. The script
//! builds it in a package of its own, which links both.

use std::path::Path;
use std::time::{Duration, Instant};

use client::Post;
use race::{Contender, Plan, race, timed};

mod client;
mod fixtures;
mod race;
mod table;

const SIZES: [usize; 3] = [10, 1_000, 10_000];

/// What both versions can do, for the one named `$version`.
macro_rules! version {
    ($version:ident) => {
        mod $version {
            use std::path::Path;
            use std::time::Duration;

            use super::{Instant, Post, fixtures};

            fn opened(path: &Path, test: &str) -> ::$version::MockSession {
                let builder = ::$version::LlmMock::builder().fixture(path).test(test);
                builder.start().expect("a valid fixture")
            }

            /// Opens a fixture and sends its first request, whose answer needs the keys of all interactions.
            pub fn open(path: &Path) -> Duration {
                let started = Instant::now();
                let mock = opened(path, fixtures::OWNER);
                post(&mock, &fixtures::request(0)).send();
                mock.finish().expect("the fixture has the request");
                started.elapsed()
            }

            /// A function that sends one request to a session that stays open.
            pub fn sender(path: &Path, request: &str) -> impl FnMut() -> Duration {
                let mock = opened(path, fixtures::OWNER);
                let post = post(&mock, request);
                move || {
                    let _open = &mock;
                    post.send()
                }
            }

            fn post(mock: &::$version::LlmMock, request: &str) -> Post {
                let base = mock.base_url(::$version::Provider::OpenAI);
                Post::new(&base, "/chat/completions", request)
            }
        }
    };
}

version!(now);
version!(then);

fn main() {
    let folder = tempfile::tempdir().expect("a temporary directory");
    for size in SIZES {
        let file = fixtures::plain(folder.path(), size);
        let title = format!("open {size} interactions, replay one");
        compare(&title, 400, timed("now", || now::open(&file)), timed("then", || then::open(&file)));
    }
    let plain = fixtures::plain(folder.path(), 1_000);
    replay("replay a JSON response", &plain, &fixtures::request(0));
    let stream = fixtures::stream(folder.path());
    replay("replay a stream", &stream, &fixtures::streaming_request());
}

fn replay(title: &str, fixture: &Path, request: &str) {
    let now = timed("now", now::sender(fixture, request));
    compare(title, 6_000, now, timed("then", then::sender(fixture, request)));
}

fn compare(title: &str, rounds: usize, now: Contender<'_>, then: Contender<'_>) {
    let plan = Plan { rounds, budget: Duration::from_secs(20) };
    table::compare(title, &race(plan, vec![now, then]));
}
