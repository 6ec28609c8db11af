//! Runs a test again in child processes, one for each fault of its sweep, and writes down what happens in one of them.

use std::collections::VecDeque;
use std::fs;
use std::io::Read as _;
use std::panic;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, Once};
use std::thread::{self, ThreadId};
use std::time::{Duration, Instant};

use llmock_rules::Sweep;

use crate::config::Origin;
use crate::control::sweep::judge::judge;
use crate::control::sweep::ran::{Ran, RanRequest, RunEnd};
use crate::control::sweep::trials::{Target, Trial, trials};
use crate::env;
use crate::mode::Mode;
use crate::report::{Outcome, Surface, SweepCode, SweepReport, SweepRow, sentences};
use crate::session::child::{fault_of_child, is_child};
use crate::session::state::State;
use crate::sync::lock;

/// The least time limit of a run; a busy machine is slow.
const LEAST_LIMIT: Duration = Duration::from_secs(5);
/// The limit of a run, in times of one without a fault.
const LIMIT_FACTOR: u32 = 10;
/// How long after its end a process is noticed.
const LONGEST_PAUSE: Duration = Duration::from_millis(2);
/// The limit of a run without a fault.
const FIRST_LIMIT: Duration = Duration::from_secs(120);
/// Without a fault.
const NONE: &str = "none";

/// A sweep that follows the run of a test.
#[derive(Debug)]
pub(crate) struct Prepared {
    sweep: Sweep,
    /// The name by which the test binary knows the test.
    test: String,
    most: usize,
    /// Whether the test itself asks for it.
    is_own: bool,
    /// Findings that the test allows.
    allowed: Vec<SweepCode>,
}

/// What came of a sweep.
pub(crate) enum Swept {
    Done(SweepReport),
    /// It cannot be made: why, and whether that fails the test.
    Refused {
        why: String,
        fails: bool,
    },
}

/// The sweep of a test that is about to end, if it has one.
pub(crate) fn prepare(state: &State) -> Option<Prepared> {
    let setup = &state.setup;
    let own = &setup.in_force.sweep;
    let is_own = own.origin != Origin::Default;
    let sweep = match setup.limits.sweep {
        Some(Sweep::Off) => Sweep::Off,
        by_variable if !is_own => by_variable.unwrap_or_default(),
        _ => own.value,
    };
    let is_off = sweep == Sweep::Off || setup.mode() != Mode::Replay;
    if is_off || setup.surface != Surface::Attribute || is_child() {
        return None;
    }
    let owner = setup.owner.as_deref().unwrap_or_default();
    let (_, inside) = owner.split_once("::").unwrap_or(("", owner));
    let thread = thread::current();
    let named = thread.name().filter(|name| inside.starts_with(*name) || name.starts_with(inside));
    let test = named.unwrap_or(inside).to_owned();
    let allows = |code: &SweepCode| setup.in_force.allows(code.name());
    let allowed = SweepCode::ALL.into_iter().filter(allows).collect();
    Some(Prepared { sweep, test, most: setup.limits.sweep_max, is_own, allowed })
}

impl Prepared {
    /// Runs the test with every fault. The environment is free again: children wait for no one.
    pub(crate) fn run(self) -> Swept {
        let fails = self.is_own;
        match self.try_run() {
            Ok(report) => Swept::Done(report),
            Err(why) => Swept::Refused { why: sentences::sweep_refused(&self.test, &why), fails },
        }
    }

    fn try_run(&self) -> Result<SweepReport, String> {
        let runner = Runner::new(&self.test)?;
        runner.check_name()?;
        let begun = Instant::now();
        let usual = runner.run(NONE, FIRST_LIMIT);
        if usual.end != RunEnd::Passed {
            return Err(sentences::SWEEP_NOT_REPEATABLE.to_owned());
        }
        let limit = LEAST_LIMIT.max(begun.elapsed() * LIMIT_FACTOR);
        let targets: Vec<Target> = usual.targets();
        if targets.is_empty() {
            return Err(sentences::SWEEP_WITHOUT_REQUEST.to_owned());
        }
        let (trials, all) = trials(self.sweep, &targets, self.most);
        let mut rows = run_all(&runner, &trials, &targets, &usual, limit);
        rows.retain(|row| !self.allowed.contains(&row.code));
        Ok(SweepReport { test: self.test.clone(), tried: trials.len(), all, rows })
    }
}

/// Runs trials on all cores; rows in the order of the trials.
fn run_all(
    runner: &Runner,
    trials: &[Trial],
    targets: &[Target],
    usual: &Ran,
    limit: Duration,
) -> Vec<SweepRow> {
    let waiting: Mutex<VecDeque<usize>> = Mutex::new((0..trials.len()).collect());
    let rows: Mutex<Vec<(usize, SweepRow)>> = Mutex::default();
    let cores = thread::available_parallelism().map_or(2, usize::from);
    thread::scope(|scope| {
        // Children wait for timers more than they compute.
        for _ in 0..(2 * cores).min(trials.len()) {
            scope.spawn(|| {
                loop {
                    let Some(at) = lock(&waiting).pop_front() else { break };
                    let trial = &trials[at];
                    let target = &targets[trial.target];
                    let ran = runner.run(&trial.fault.to_string(), limit);
                    let found = judge(trial, target, usual, &ran);
                    lock(&rows).extend(found.into_iter().map(|code| {
                        let message = ran.panics.last().cloned();
                        let row = SweepRow {
                            code,
                            request: target.request,
                            shown: target.shown.clone(),
                            fault: trial.fault.to_string(),
                            message: message.filter(|_| code.is_panic()),
                        };
                        (at, row)
                    }));
                }
            });
        }
    });
    let mut rows = rows.into_inner().unwrap_or_default();
    rows.sort_by_key(|(at, _)| *at);
    rows.into_iter().map(|(_, row)| row).collect()
}

/// Runs one test of this binary.
struct Runner {
    binary: PathBuf,
    test: String,
    folder: PathBuf,
}

impl Runner {
    fn new(test: &str) -> Result<Self, String> {
        let failed = |error: std::io::Error| sentences::sweep_failed(&error.to_string());
        let binary = std::env::current_exe().map_err(failed)?;
        let mut bytes = [0; 8];
        getrandom::fill(&mut bytes).expect("every system that runs tests has random bits");
        let name = format!("llmock-sweep-{:016x}", u64::from_ne_bytes(bytes));
        let folder = env::temporary_directory().join(name);
        fs::create_dir(&folder).map_err(failed)?;
        Ok(Self { binary, test: test.to_owned(), folder })
    }

    fn command(&self, fault: &str, result: &Path) -> Command {
        let mut command = Command::new(&self.binary);
        command
            .args([&self.test, "--exact", "--include-ignored"])
            .env(env::SWEEP_FAULT, fault)
            .env(env::SWEEP_RESULT, result)
            // Most of them panic, and the symbols of a large binary take longer than the test.
            .env("RUST_BACKTRACE", "0")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        command
    }

    /// Whether the binary has exactly one test of this name: a custom harness may know none, or run everything.
    fn check_name(&self) -> Result<(), String> {
        let mut command = self.command(NONE, &self.folder.join("list"));
        command.args(["--list", "--format", "terse"]).stdout(Stdio::piped());
        let mut child =
            command.spawn().map_err(|error| sentences::sweep_failed(&error.to_string()))?;
        let reader = child.stdout.take().map(|mut stdout| {
            thread::spawn(move || {
                let mut text = String::new();
                let _ = stdout.read_to_string(&mut text);
                text
            })
        });
        let has_ended = wait(&mut child, LEAST_LIMIT).is_some();
        let text = reader.and_then(|reader| reader.join().ok()).unwrap_or_default();
        let line = format!("{}: test", self.test);
        let count = text.lines().filter(|known| known.trim() == line).count();
        if has_ended && count == 1 {
            Ok(())
        } else {
            Err(sentences::sweep_unknown_test(&self.test))
        }
    }

    /// Runs the test under this fault, and kills it at the limit.
    fn run(&self, fault: &str, limit: Duration) -> Ran {
        static COUNT: std::sync::atomic::AtomicUsize = std::sync::atomic::AtomicUsize::new(0);
        let number = COUNT.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        let result = self.folder.join(number.to_string());
        let end = match self.command(fault, &result).spawn() {
            Ok(mut child) => match wait(&mut child, limit) {
                Some(true) => RunEnd::Passed,
                Some(false) => RunEnd::Failed,
                None => RunEnd::Hung,
            },
            Err(_) => RunEnd::Failed,
        };
        Ran::from_json(&fs::read_to_string(&result).unwrap_or_default(), end)
    }
}

impl Drop for Runner {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.folder);
    }
}

/// Whether a process succeeds; `None` if it had to be killed.
fn wait(child: &mut Child, limit: Duration) -> Option<bool> {
    let begun = Instant::now();
    let mut pause = Duration::from_micros(500);
    loop {
        match child.try_wait() {
            Ok(Some(status)) => return Some(status.success()),
            Ok(None) if begun.elapsed() < limit => {
                thread::sleep(pause);
                pause = (pause * 2).min(LONGEST_PAUSE);
            }
            _ => {
                let _ = child.kill();
                let _ = child.wait();
                return None;
            }
        }
    }
}

static PANICS: Mutex<Vec<(ThreadId, String)>> = Mutex::new(Vec::new());

/// Keeps the message of every panic from now on.
pub(crate) fn watch_panics() {
    static WATCHED: Once = Once::new();
    WATCHED.call_once(|| {
        let previous = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            let payload = info.payload();
            let literal = payload.downcast_ref::<&str>().map(|text| (*text).to_owned());
            let message = literal.or_else(|| payload.downcast_ref::<String>().cloned());
            let message = message.unwrap_or_default();
            lock(&PANICS).push((thread::current().id(), message));
            previous(info);
        }));
    });
}

/// Writes down what happened in this run: before the session verifies anything, which may panic too.
pub(crate) fn write_result(state: &State, outcome: Outcome) {
    let Some(path) = env::read(env::SWEEP_RESULT) else { return };
    let mut panics = lock(&PANICS).clone();
    if outcome == Outcome::Panicked {
        let own = panics.iter().rposition(|(thread, _)| *thread == thread::current().id());
        if let Some(own) = own {
            panics.remove(own);
        }
    }
    let panics = panics.into_iter().map(|(_, message)| message).collect();
    let mut requests = state.traffic.logged();
    // Only the run without a fault is compared with.
    if fault_of_child().is_none() {
        note_clients_that_left(state, &mut requests);
    }
    let ran = Ran { end: RunEnd::Passed, requests, panics };
    let _ = fs::write(path, ran.to_json());
}

/// Notes whose clients have left before the end of their responses, which is known once their connections have ended.
fn note_clients_that_left(state: &State, requests: &mut [RanRequest]) {
    let has_left = || -> Vec<bool> {
        let ledger = state.ledger();
        let received = ledger.counted().map(|exchange| exchange.observation.so_far());
        received.map(|one| one.is_some_and(|response| response.disconnected_early())).collect()
    };
    let deadline = Instant::now() + Duration::from_millis(300);
    while has_left().contains(&true) && Instant::now() < deadline {
        thread::sleep(Duration::from_millis(1));
    }
    for (request, has_left) in requests.iter_mut().zip(has_left()) {
        request.response.has_left |= has_left;
    }
}
