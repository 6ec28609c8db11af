//! Opening fixtures of three sizes, and finding answers in them.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use llmock::{LlmMock, MockSession, Provider};

use crate::client::Post;
use crate::race::{race, timed, whole};
use crate::{Effort, fixtures, table};

/// How many interactions.
const SIZES: [usize; 3] = [10, 1_000, 10_000];

const BUDGET: Duration = Duration::from_secs(8);

/// The yardstick of opening is `serde_json`'s value of the same file, that of finding the smallest fixture.
pub fn figures(effort: Effort) {
    let folder = tempfile::tempdir().expect("a temporary directory");
    let files = SIZES.map(|size| (size, fixtures::plain(folder.path(), size)));
    for (size, path) in &files {
        opening(effort, *size, path);
    }
    first_request(effort, &files);
    lookups(effort, &files);
}

/// A session of the test that owns the first interaction.
pub(crate) fn opened(path: &Path) -> MockSession {
    LlmMock::builder().fixture(path).test(fixtures::OWNER).start().expect("a fixture of ours")
}

/// A session of a test that owns none and asks nothing.
fn open(path: &Path) -> MockSession {
    LlmMock::builder()
        .fixture(path)
        .test("reports::asks_nothing")
        .calls(0)
        .start()
        .expect("a fixture of ours")
}

fn opening(effort: Effort, size: usize, path: &Path) {
    let rounds = if size == 10 { 2000 } else { 100 };
    let contenders = vec![
        whole("open and conclude, no request", || open(path).finish().expect("no request is fine")),
        timed("open", || {
            let started = Instant::now();
            let mock = open(path);
            let took = started.elapsed();
            mock.finish().expect("no request is fine");
            took
        }),
        whole("read into a serde_json::Value", || {
            let text = fs::read_to_string(path).expect("a file of ours");
            serde_json::from_str::<serde_json::Value>(&text).expect("JSON of ours")
        }),
    ];
    let bytes = fs::metadata(path).map_or(0, |metadata| metadata.len());
    let title = format!("a fixture of {size} interactions, {} kB", bytes / 1000);
    table::compare(&title, &race(effort.plan(rounds, BUDGET), contenders));
}

/// The keys of a fixture are computed when the first request asks for one.
fn first_request(effort: Effort, files: &[(usize, PathBuf)]) {
    let contenders = files.iter().rev().map(|(size, path)| {
        timed(format!("in {size} interactions"), move || {
            let mock = opened(path);
            let took = post(&mock, 0).send();
            mock.finish().expect("the request is in the fixture");
            took
        })
    });
    table::compare("the first request", &race(effort.plan(50, BUDGET), contenders.collect()));
}

fn lookups(effort: Effort, files: &[(usize, PathBuf)]) {
    let sessions: Vec<_> = files.iter().rev().map(|(size, path)| (*size, opened(path))).collect();
    let contenders = sessions.iter().map(|(size, mock)| {
        let mut at = 0;
        timed(format!("in {size} interactions"), move || {
            at = (at + 7919) % size;
            post(mock, at).send()
        })
    });
    let times = race(effort.plan(2000, BUDGET), contenders.collect());
    table::compare("a later request", &times);
    for (_, mock) in sessions {
        // Not `finish`, which would list every interaction that was used again.
        assert!(mock.fail().is_none(), "every request is in the fixture");
    }
}

fn post(mock: &LlmMock, at: usize) -> Post {
    let base = mock.base_url(Provider::OpenAI);
    Post::new(&base, "/chat/completions", &fixtures::request(at))
}
