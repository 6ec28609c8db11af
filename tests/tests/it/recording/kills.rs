//! A process that records is killed at any moment, again and again.

use std::collections::BTreeSet;
use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use llmock::{Fixture, Interaction, LlmMock, Mode, Provider};
use llmock_testkit::client::{chat, prompt};
use llmock_testkit::process::{Process, alone};
use llmock_testkit::recorded::{failed, place};
use llmock_testkit::upstream::{Response, Upstream};

/// How many processes are killed. `LLMOCK_TEST_KILLS` sets another number, as `.ci/run` does.
const KILLS: usize = 50;

/// Each has a fixture of its own, so that they do not wait for each other.
const WORKERS: usize = 4;

const REQUESTS: usize = 6;

/// Interactions of another test, which no kill may touch.
const OTHERS: usize = 20;

/// The process that is killed: a test that passes if it gets that far.
fn record() {
    let variable = |name: &str| std::env::var(name).unwrap();
    let run = variable("RUN");
    let mock =
        session(&PathBuf::from(variable("FIXTURE")), &variable("UPSTREAM"), &variable("TEST"));
    for number in 0..REQUESTS {
        let text = format!("{run} {number}");
        assert!(!chat(&mock, &prompt(&text)).bytes().is_empty());
        say(&format!("received <{text}>"));
    }
    mock.finish().unwrap();
    say("passed");
}

fn session(fixture: &Path, upstream: &str, test: &str) -> llmock::MockSession {
    let builder = LlmMock::builder().fixture(fixture).mode(Mode::Record).test(test);
    builder.upstream(Provider::OpenAI, upstream).start().unwrap()
}

fn say(line: &str) {
    let mut out = std::io::stdout().lock();
    out.write_all(format!("\n{line}\n").as_bytes()).unwrap();
    out.flush().unwrap();
}

/// The test and the prompt of each interaction; an attempt that was torn is not among them.
fn known(path: &Path) -> BTreeSet<(String, String)> {
    if !path.exists() {
        return BTreeSet::new();
    }
    let fixture = Fixture::load(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let pair = |one: &Interaction| {
        (one.test().unwrap_or_default().to_owned(), one.prompt().unwrap_or_default())
    };
    fixture.interactions().iter().map(pair).collect()
}

/// Kills a process some microseconds after it printed some lines; returns what it printed.
fn killed(mut command: Command, random: u64) -> String {
    let mut child = command.spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap());
    let mut output = String::new();
    // As many as it prints, so that no moment is spared, however slow the machine is.
    for _ in 0..(random >> 40) % (2 * REQUESTS as u64 + 6) {
        lines.read_line(&mut output).unwrap();
    }
    std::thread::sleep(Duration::from_micros((random >> 33) % 4_000));
    child.kill().unwrap();
    child.wait().unwrap();
    lines.read_to_string(&mut output).unwrap();
    output
}

/// Kills one process after another. Returns how many responses their clients received.
fn kill(process: &Process, upstream: &str, worker: usize, kills: usize) -> usize {
    let (folder, fixture) = place();
    let other = session(&fixture, upstream, "kills::other");
    for number in 0..OTHERS {
        chat(&other, &prompt(&format!("other {number}"))).bytes();
    }
    other.finish().unwrap();
    let (mut received, mut kept) = (0, BTreeSet::new());
    let mut random = worker as u64 + 1;
    for run in 0..kills {
        random =
            random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let test = format!("kills::t{}", run % 7);
        let mut command = process.again("recorder");
        command.env("FIXTURE", &fixture).env("UPSTREAM", upstream).env("TEST", &test);
        command.env("RUN", format!("run {run}")).stdout(Stdio::piped()).stderr(Stdio::null());
        let output = killed(command, random);

        let (written, attempts) = (known(&fixture), known(&failed(&fixture)));
        let others = written.iter().filter(|(test, _)| test == "kills::other").count();
        assert_eq!(others, OTHERS, "run {run}: the old fixture");
        for line in output.lines().filter_map(|line| line.strip_prefix("received <")) {
            let one = (test.clone(), line.trim_end_matches('>').to_owned());
            assert!(
                written.contains(&one) || attempts.contains(&one),
                "run {run}: {one:?} is lost"
            );
            received += 1;
        }
        let lost: Vec<_> = kept
            .iter()
            .filter(|(owner, _)| *owner != test)
            .filter(|one| !attempts.contains(one))
            .collect();
        assert!(lost.is_empty(), "run {run}: attempts of other tests: {lost:?}");
        kept = attempts;
    }
    // The next recording leaves nothing of them.
    let last = session(&fixture, upstream, "kills::last");
    chat(&last, &prompt("last")).bytes();
    last.finish().unwrap();
    let names = fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name());
    let temporary = names.filter(|name| name.to_string_lossy().starts_with('.')).count();
    assert_eq!(temporary, 0, "temporary files are left");
    received
}

#[test]
fn killed_recordings_lose_no_response_that_was_received() {
    alone(
        &[("LLMOCK_TEST_KILLS", &std::env::var("LLMOCK_TEST_KILLS").unwrap_or_default())],
        |process| {
            if process.part() == "recorder" {
                return record();
            }
            let kills =
                std::env::var("LLMOCK_TEST_KILLS").ok().and_then(|kills| kills.parse().ok());
            let each = kills.unwrap_or(KILLS).div_ceil(WORKERS);
            let upstream = Upstream::scripted(|at, request| match at % 3 {
                0 => Response::json(request.body.clone()),
                1 => Response::sse(["data: {\"a\":1}\n\n", "data: [DONE]\n\n"]),
                _ => Response::json("{\"text\":\"").then("x".repeat(20_000)).then("\"}"),
            });
            let url = upstream.openai_url();
            let received: usize = std::thread::scope(|scope| {
                let worker = |number| {
                    let url = &url;
                    scope.spawn(move || kill(process, url, number, each))
                };
                let workers: Vec<_> = (0..WORKERS).map(worker).collect();
                workers.into_iter().map(|worker| worker.join().unwrap()).sum()
            });
            println!("{} kills, {received} responses received", each * WORKERS);
            assert!(received > each, "the processes were killed too early to record anything");
        },
    );
}
