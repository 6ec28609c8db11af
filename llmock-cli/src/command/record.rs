//! `llmock record`, `refresh` and `replay`: the tests in a mode, with a filter, and what came of it.

use std::io;
use std::process::ExitStatus;

use clap::Args;
use llmock_rules::MaxAge;
use serde_json::{Value, json};

use crate::audit::{Stale, age_argument};
use crate::output::Screen;
use crate::output::style::{BOLD, DIM, RED};
use crate::output::text::{count, visible};
use crate::plan;
use crate::problem::Problem;
use crate::suite::Suite;
use crate::testing::cost;
use crate::testing::difference::{Before, Difference};
use crate::testing::renamed::{self, Rename};
use crate::testing::{LastRun, RunLog, Runner, TestCommand, changed};
use crate::workspace;

pub(crate) const EXIT_CODES: &str = "\
Exit codes:
  0    all tests passed
  1    the tests do not build, or could not be run
  2    invalid arguments
  101  tests failed; that of the program that runs them, so 100 under nextest";

/// Record the tests again
///
/// Runs `cargo test` with `LLMOCK_MODE=record`, and prints what changed in the fixtures and what it cost. Fixtures of tests
/// that fail stay as they are; `llmock review` shows what those tests recorded.
#[derive(Args, Debug)]
#[command(after_help = super::help_with(&[
    ("llmock record", "every test of the workspace"),
    ("llmock record chat", "tests whose names contain `chat`"),
    ("llmock record --failed", "the tests that failed in the last run"),
    ("llmock record --changed -- -p api", "tests that git sees as changed, in a package"),
    ("llmock record --nextest", "with cargo-nextest"),
    ("llmock record --planned", "what the last `llmock plan` names"),
    ("llmock record --stale", "what is older than `max_age`, or than 90 days"),
    ("LLMOCK_MAX_USD=0.50 llmock record", "stops when that much is spent, and keeps what was recorded"),
], EXIT_CODES))]
pub(crate) struct Record {
    #[command(flatten)]
    tests: Tests,

    /// Only what the last `llmock plan` names: the tests of the plan, in mode `refresh`
    #[arg(long, conflicts_with_all = ["names", "failed", "changed"])]
    planned: bool,

    /// Only tests with a recording that is older than `max_age` of the nearest `llmock.toml`, or than 90 days
    #[arg(long, conflicts_with_all = ["names", "failed", "changed", "planned"])]
    stale: bool,

    /// The age that `--stale` allows, such as `30d`
    #[arg(long, value_name = "AGE", requires = "stale", value_parser = age_argument)]
    max_age: Option<MaxAge>,
}

/// Replay known requests, record new ones, and remove what passing tests no longer use
///
/// Runs `cargo test` with `LLMOCK_MODE=refresh`: the command after an edited prompt. What it removes is kept in
/// `NAME.json.removed` until the next run in which the test passes.
#[derive(Args, Debug)]
#[command(after_help = super::help_with(&[
    ("llmock refresh", "every test of the workspace"),
    ("llmock refresh --changed", "tests that git sees as changed"),
], EXIT_CODES))]
pub(crate) struct Refresh {
    #[command(flatten)]
    tests: Tests,
}

/// Run the tests from their fixtures
///
/// Runs `cargo test` with `LLMOCK_MODE=replay`, whatever mode tests and `llmock.toml` choose. No provider is contacted.
#[derive(Args, Debug)]
#[command(after_help = super::help_with(&[
    ("llmock replay", "every test of the workspace"),
    ("llmock replay --failed", "the tests that failed in the last run"),
], EXIT_CODES))]
pub(crate) struct Replay {
    #[command(flatten)]
    tests: Tests,
}

/// Which tests run, and how.
#[derive(Args, Debug)]
pub(crate) struct Tests {
    /// Only tests whose names contain this; can be repeated
    #[arg(value_name = "TEST")]
    names: Vec<String>,

    /// Only tests that failed in the last run
    #[arg(long, conflicts_with = "names")]
    failed: bool,

    /// Only tests that differ from git's HEAD: their source, their fixture, or code of their package
    #[arg(long, conflicts_with_all = ["names", "failed"])]
    changed: bool,

    #[command(flatten)]
    runner: Runner,
}

/// The tests that a flag chooses.
struct Choice<'a> {
    owners: &'a dyn Fn() -> Result<Vec<String>, Problem>,
    /// What is printed if there are none.
    none: &'static str,
}

pub(crate) fn record(screen: &mut Screen, arguments: &Record) -> io::Result<i32> {
    let Record { tests, planned, stale, max_age } = arguments;
    if *planned {
        // Known requests of these tests are replayed, so that no more than the plan is recorded.
        let none = "nothing is planned: every request is recorded";
        return run(screen, tests, "refresh", Some(&Choice { owners: &plan::tests, none }));
    }
    if *stale {
        let found = Stale::of(&workspace::read(&[]).fixtures, *max_age);
        if found.ownerless > 0 {
            let old = count(found.ownerless, "old recording");
            let stay = if found.ownerless == 1 { "stays as it is" } else { "stay as they are" };
            screen.note(&format!(
                "{old} without an owner {stay}: no test is known that records it"
            ))?;
        }
        let owners = || Ok(found.owners.clone());
        let none = "no recording of a test is older than allowed";
        return run(screen, tests, "record", Some(&Choice { owners: &owners, none }));
    }
    run(screen, tests, "record", chosen(tests).as_ref())
}

/// What the flags of all three commands choose.
fn chosen(tests: &Tests) -> Option<Choice<'static>> {
    if tests.failed {
        return Some(Choice { owners: &failed_tests, none: "no test failed in the last run" });
    }
    tests.changed.then_some(Choice { owners: &changed::owners, none: "no test has changed" })
}

fn failed_tests() -> Result<Vec<String>, Problem> {
    Ok(LastRun::read()?.failed().map(|one| one.test.clone()).collect())
}

pub(crate) fn refresh(screen: &mut Screen, Refresh { tests }: &Refresh) -> io::Result<i32> {
    run(screen, tests, "refresh", chosen(tests).as_ref())
}

pub(crate) fn replay(screen: &mut Screen, Replay { tests }: &Replay) -> io::Result<i32> {
    run(screen, tests, "replay", chosen(tests).as_ref())
}

/// What a run of the tests came to.
#[derive(Debug)]
pub(crate) struct Outcome {
    pub(crate) run: LastRun,
    pub(crate) differences: Vec<Difference>,
    pub(crate) renames: Vec<(Rename, usize, usize)>,
    pub(crate) status: ExitStatus,
}

fn run(
    screen: &mut Screen,
    tests: &Tests,
    mode: &str,
    choice: Option<&Choice<'_>>,
) -> io::Result<i32> {
    let none = choice.map_or("", |choice| choice.none);
    let command = match command(tests, choice) {
        Ok(Some(command)) => command,
        Ok(None) => {
            screen.line(none)?;
            return Ok(0);
        }
        Err(problem) => return failed(screen, &problem),
    };
    match outcome(&command, mode, tests.runner.json) {
        Ok(outcome) => {
            if tests.runner.json {
                screen.json(&outcome.json(mode))?;
            } else {
                outcome.print(screen, mode)?;
            }
            Ok(outcome.code())
        }
        Err(problem) => failed(screen, &problem),
    }
}

fn failed(screen: &mut Screen, problem: &Problem) -> io::Result<i32> {
    screen.problem(problem)?;
    Ok(1)
}

/// The command with its filter; `None` if no test is left.
fn command(tests: &Tests, choice: Option<&Choice<'_>>) -> Result<Option<TestCommand>, Problem> {
    let command = tests.runner.command()?;
    let Some(choice) = choice else { return command.matching(&tests.names).map(Some) };
    let owners = (choice.owners)()?;
    if owners.is_empty() { Ok(None) } else { command.only(&owners).map(Some) }
}

/// Builds the tests, runs them in this mode, and looks at what they left.
pub(crate) fn outcome(
    command: &TestCommand,
    mode: &str,
    is_quiet: bool,
) -> Result<Outcome, Problem> {
    command.build()?;
    let before = Before::read();
    let log = RunLog::new(mode)?;
    let status = log.of(command.clone()).variable("LLMOCK_MODE", mode).run(is_quiet)?;
    let run = LastRun::parse(&log.text()?);
    let renames = if mode == "replay" { Vec::new() } else { renames(&before, &run, command)? };
    Ok(Outcome { differences: before.differences(), run, renames, status })
}

/// Finds tests that were renamed, and gives them their interactions.
fn renames(
    before: &Before,
    run: &LastRun,
    command: &TestCommand,
) -> Result<Vec<(Rename, usize, usize)>, Problem> {
    let fixtures = workspace::read(&[]).fixtures;
    let candidates = renamed::candidates(before.fixtures(), &fixtures, run);
    if candidates.is_empty() || !command.is_cargo() {
        return Ok(Vec::new());
    }
    // A list of some packages would take the tests of the others for gone.
    let Some(suite) = Suite::of_cargo(&workspace::root(), &[])? else { return Ok(Vec::new()) };
    let confirmed = renamed::confirmed(candidates, &suite);
    confirmed
        .into_iter()
        .map(|rename| {
            let (moved, gone) = renamed::apply(&rename, &fixtures)?;
            Ok((rename, moved, gone))
        })
        .collect()
}

impl Outcome {
    /// That of the program that ran the tests.
    pub(crate) fn code(&self) -> i32 {
        self.status.code().unwrap_or(1)
    }

    fn print(&self, screen: &mut Screen, mode: &str) -> io::Result<()> {
        screen.line("")?;
        for one in &self.differences {
            let new = if one.is_new { " (new)" } else { "" };
            screen.line(&format!("{}{new}: {}", visible(&one.file), one.shown()))?;
        }
        for (rename, moved, gone) in &self.renames {
            let (old, new) = (visible(&rename.old), visible(&rename.new));
            let what = if *gone > 0 {
                format!("{} of the old name removed", count(*gone, "interaction"))
            } else {
                format!("{} kept under the new name", count(*moved, "interaction"))
            };
            screen.line(&format!("renamed: `{old}` is `{new}` now; {what}"))?;
        }
        for one in self.run.failed() {
            let why = one.failures.first().map(|why| format!(": {why}")).unwrap_or_default();
            let line = format!("failed: {}{why}", one.test);
            screen.line(&screen.paint(RED, &visible(&line)))?;
        }
        if self.run.failed().any(|one| one.findings.iter().any(|name| name == "attempt_kept")) {
            let hint = "what they recorded is kept: `llmock review` shows it, one by one";
            screen.line(&screen.paint(DIM, hint))?;
        }
        screen.line(&screen.paint(BOLD, &self.summary(mode)))
    }

    fn summary(&self, mode: &str) -> String {
        if self.run.tests.is_empty() {
            return "no test used llmock".to_owned();
        }
        let failed = self.run.failed().count();
        let passed = count(self.run.tests.len() - failed, "test");
        let changed = match self.differences.len() {
            0 => "no fixture changed".to_owned(),
            changed => format!("{} changed", count(changed, "fixture")),
        };
        let failed = if failed > 0 { format!(", {failed} failed") } else { String::new() };
        let usage = if mode == "replay" && self.run.usage().requests == 0 {
            "nothing was sent to a provider".to_owned()
        } else {
            cost::shown(&self.run.usage())
        };
        format!("{mode}: {passed} passed{failed}; {changed}; {usage}")
    }

    fn json(&self, mode: &str) -> Value {
        let test = |one: &crate::testing::Tested| {
            json!({
                "test": one.test,
                "fixture": one.fixture,
                "verdict": one.verdict,
                "failures": one.failures,
                "usage": cost::json(&one.usage),
                "ms": one.milliseconds,
            })
        };
        let renamed =
            |(rename, ..): &(Rename, usize, usize)| json!({ "old": rename.old, "new": rename.new });
        json!({
            "mode": mode,
            "exit_code": self.code(),
            "tests": self.run.tests.iter().map(test).collect::<Vec<_>>(),
            "fixtures": self.differences.iter().map(Difference::json).collect::<Vec<_>>(),
            "renamed": self.renames.iter().map(renamed).collect::<Vec<_>>(),
            "usage": cost::json(&self.run.usage()),
        })
    }
}
