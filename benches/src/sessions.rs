//! Many sessions: their memory, their time side by side, and what taking turns costs.

use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use llmock::{LlmMock, Provider, llm_replay};

use crate::client::Post;
use crate::opening::opened;
use crate::race::{race, whole};
use crate::{Effort, fixtures, table};

const SESSIONS: usize = 400;
const TESTS: usize = 200;
const THREADS: usize = 8;
const BODY: Duration = Duration::from_millis(20);

/// Memory before anything else, since it is read from the whole process.
pub fn figures(effort: Effort) {
    let folder = tempfile::tempdir().expect("a temporary directory");
    let fixture = fixtures::plain(folder.path(), 10);
    memory(&fixture);
    side_by_side(effort, &fixture);
    turns(effort);
}

fn ask(mock: &LlmMock) {
    let base = mock.base_url(Provider::OpenAI);
    Post::new(&base, "/chat/completions", &fixtures::request(0)).send();
}

fn memory(fixture: &Path) {
    let one = || {
        let mock = opened(fixture);
        ask(&mock);
        mock
    };
    // The front, its runtime, and the allocator's first pages belong to no session.
    one().finish().expect("the request is in the fixture");
    let Some(before) = resident() else {
        return table::skipped("memory of a session: no /proc/self/statm");
    };
    let open: Vec<_> = (0..SESSIONS).map(|_| one()).collect();
    let grown = resident().unwrap_or(before).saturating_sub(before);
    let kilobytes = grown / SESSIONS as u64 / 1000;
    let title = "memory of an open session, 10 interactions, 1 request";
    table::figure(title, &format!("{kilobytes} kB"));
    for mock in open {
        mock.finish().expect("the request is in the fixture");
    }
}

/// Bytes of this process in memory.
fn resident() -> Option<u64> {
    let pages: u64 =
        fs::read_to_string("/proc/self/statm").ok()?.split_whitespace().nth(1)?.parse().ok()?;
    // Every machine that benches run on has pages of this size.
    Some(pages * 4096)
}

fn side_by_side(effort: Effort, fixture: &Path) {
    let contenders = vec![
        whole("with a session and a request each", || {
            pool(|| {
                let mock = opened(fixture);
                ask(&mock);
                thread::sleep(BODY);
                mock.finish().expect("the request is in the fixture");
            });
        }),
        whole("without", || pool(|| thread::sleep(BODY))),
    ];
    let title = format!("{TESTS} handle tests of 20 ms on {THREADS} threads");
    table::compare(&title, &race(effort.plan(10, Duration::from_secs(15)), contenders));
}

/// Runs the tests as libtest does: a few threads, each taking the next.
fn pool(test: impl Fn() + Sync) {
    let next = AtomicUsize::new(0);
    thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                while next.fetch_add(1, Ordering::Relaxed) < TESTS {
                    test();
                }
            });
        }
    });
}

#[llm_replay(calls = 0)]
fn takes_its_turn() {}

#[llm_replay(calls = 0)]
fn takes_a_handle(mock: &LlmMock) {
    assert!(mock.url().is_some());
}

/// Path resolution, rules, the turn, and its variables; no fixture, no request.
fn turns(effort: Effort) {
    let contenders = vec![
        whole("a test that takes its turn", takes_its_turn),
        whole("a test with a handle", takes_a_handle),
    ];
    let times = race(effort.plan(2000, Duration::from_secs(5)), contenders);
    table::compare("the attribute around an empty body", &times);
}
