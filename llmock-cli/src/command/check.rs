//! `llmock check`: what is wrong with fixtures, for CI and pre-commit hooks.

mod fix;
mod similar;

use std::collections::{BTreeMap, HashMap};
use std::io;
use std::path::PathBuf;

use clap::{Args, ValueEnum};
use llmock::__command::{flaws, read_text};
use llmock::{Fixture, LoadError};
use llmock_rules::{FindingCode, Severity};

use crate::audit::{self, Arguments, Audited};
use crate::finding::{self, Finding};
use crate::layers::reading;
use crate::nearest;
use crate::output::Screen;
use crate::output::style::{DIM, RED, YELLOW};
use crate::output::text::{count, size, visible};
use crate::owners::{self, Gone};
use crate::problem::Problem;
use crate::suite::Suite;
use crate::target;
use crate::tests_in::{self, TestFunction};
use crate::workspace::{self, Found};

const EXIT_CODES: &str = "\
Exit codes:
  0  nothing is wrong; warnings may be
  1  there are errors, or with `--deny-warnings` warnings; or the check itself failed
  2  invalid arguments";

/// Check fixtures: secrets, unreadable and non-canonical files, fixtures without a test and tests without a fixture, old
/// recordings, and requests that the provider would reject by now
///
/// Builds the tests and lists them (`cargo test -- --list`) to find owners that no longer exist; arguments after `--` go
/// to cargo. `--no-tests` leaves that out.
#[derive(Args, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "flags of a command line")]
#[command(after_help = super::help_with(&[
    ("llmock check", "the workspace, with its tests"),
    ("llmock check --no-tests", "in a pre-commit hook"),
    ("llmock check --format sarif > llmock.sarif", "for code scanning"),
    ("llmock check --stale --retired", "what a nightly job should record again"),
    ("llmock check --fix", "renames owners of renamed tests, and formats"),
    ("llmock check -- --all-features", "arguments for `cargo test`"),
], EXIT_CODES))]
pub(crate) struct Check {
    /// Fixtures, with or without `.json`, or folders of fixtures; by default the workspace
    #[arg(value_name = "PATH")]
    paths: Vec<PathBuf>,

    /// Do not build and list the tests
    #[arg(long, conflicts_with = "tests")]
    no_tests: bool,

    /// Read the names of all tests from this file, one a line as owners are named; `-` is standard input
    #[arg(long, value_name = "FILE")]
    tests: Option<PathBuf>,

    #[command(flatten)]
    audit: Arguments,

    /// Write what can be corrected without a decision: owners of renamed tests, and the canonical form
    #[arg(long)]
    fix: bool,

    /// Leave out findings with this code; may be repeated
    #[arg(long, value_name = "CODE", value_parser = code)]
    allow: Vec<&'static str>,

    /// Fail on warnings, too
    #[arg(long)]
    deny_warnings: bool,

    /// Warn about fixtures that are larger
    #[arg(long, value_name = "SIZE", default_value = "1MB", value_parser = bytes)]
    max_size: u64,

    /// How to print findings
    #[arg(long, value_enum, default_value = "text")]
    format: Format,

    /// The same as `--format json`
    #[arg(long, conflicts_with = "format")]
    json: bool,

    /// Arguments for `cargo test`
    #[arg(last = true, value_name = "CARGO ARGUMENTS")]
    cargo: Vec<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    Text,
    Json,
    Sarif,
    Junit,
    /// The tests that own what was found, one a line, as `cargo test -- --exact` takes them
    Names,
}

fn code(name: &str) -> Result<&'static str, String> {
    FindingCode::parse(name).map(|code| code.name).map_err(|problem| problem.to_string())
}

/// `500kB`, `1MB`, `2000000`.
fn bytes(text: &str) -> Result<u64, String> {
    let digits = text.trim_end_matches(|char: char| char.is_ascii_alphabetic() || char == ' ');
    let factor = match text[digits.len()..].trim().to_ascii_lowercase().as_str() {
        "" | "b" => 1,
        "k" | "kb" => 1000,
        "m" | "mb" => 1_000_000,
        "g" | "gb" => 1_000_000_000,
        _ => return Err("expected a value such as `500kB` or `1MB`".to_owned()),
    };
    let number: Option<u64> = digits.parse().ok();
    let bytes = number.and_then(|number| number.checked_mul(factor));
    bytes.ok_or_else(|| "expected a value such as `500kB` or `1MB`".to_owned())
}

pub(crate) fn check(screen: &mut Screen, arguments: &Check) -> io::Result<()> {
    let mut found = workspace::read(&arguments.paths);
    let suite = match suite(arguments) {
        Ok(suite) => suite,
        Err(problem) => return screen.problem(&problem),
    };
    if arguments.fix {
        fix::fix(screen, &found, suite.as_ref())?;
        found = workspace::read(&arguments.paths);
    }
    let audited = audit::audit(&found.fixtures, arguments.audit.rule());
    let only = arguments.audit.only();
    let mut findings = audited.findings.clone();
    findings.extend(of_files(&found, arguments.max_size));
    findings.extend(crate::review::pending::findings(&arguments.paths));
    if let Some(suite) = &suite {
        findings.extend(of_owners(&found.fixtures, suite));
        // A part of the fixtures says nothing about tests without one.
        if arguments.paths.is_empty() {
            findings.extend(of_tests(&found.fixtures.iter().collect::<Vec<_>>()));
        }
    }
    if arguments.paths.is_empty() {
        match reading::findings() {
            Ok(found) => findings.extend(found),
            Err(problem) => return screen.problem(&problem),
        }
        findings.extend(similar::findings());
    }
    let is_wanted = |code| only.is_empty() || only.contains(&code) || code == "unreadable";
    findings.retain(|one| is_wanted(one.code) && !arguments.allow.contains(&one.code));
    without_allowed(&mut findings);
    findings.sort_by(|left, right| (&left.file, left.number).cmp(&(&right.file, right.number)));
    print(screen, arguments, (&found, &audited), &findings)?;
    let is_strict = arguments.deny_warnings || !only.is_empty();
    let least = if is_strict { Severity::Warning } else { Severity::Error };
    let is_old = |one: &Finding| one.code == audit::STALE && audited.fails;
    if findings.iter().any(|finding| finding.severity() >= least || is_old(finding)) {
        screen.fail();
    }
    for problem in found.problems.iter().filter(|problem| unreadable(problem).is_none()) {
        screen.problem(problem)?;
    }
    Ok(())
}

/// `allow` of the `llmock.toml` above a file counts for the command, too.
fn without_allowed(findings: &mut Vec<Finding>) {
    let mut known: HashMap<PathBuf, Vec<String>> = HashMap::new();
    findings.retain(|one| {
        let file = PathBuf::from(&one.file);
        let folder = file.parent().unwrap_or(&file).to_owned();
        let allowed = known.entry(folder).or_insert_with(|| nearest::allowed(&file));
        !allowed.iter().any(|code| code == one.code)
    });
}

fn suite(arguments: &Check) -> Result<Option<Suite>, Problem> {
    match &arguments.tests {
        Some(file) => Suite::read(file).map(Some),
        None if arguments.no_tests || !arguments.audit.only().is_empty() => Ok(None),
        None => Suite::of_cargo(&workspace::root(), &arguments.cargo),
    }
}

fn print(
    screen: &mut Screen,
    arguments: &Check,
    (found, audited): (&Found, &Audited),
    findings: &[Finding],
) -> io::Result<()> {
    let format = if arguments.json { Format::Json } else { arguments.format };
    match format {
        Format::Text => {
            if let Some(summary) = audited.summary().filter(|_| arguments.audit.is_about_requests())
            {
                screen.line(&summary)?;
            }
            text(screen, found, findings)
        }
        Format::Json => screen.json(&finding::as_json(findings)),
        Format::Names => {
            audit::owners(&found.fixtures, findings).iter().try_for_each(|name| screen.line(name))
        }
        Format::Sarif => screen.json(&finding::as_sarif(findings)),
        Format::Junit => {
            let files = found.fixtures.iter().map(|fixture| workspace::shown(fixture.path()));
            screen.line(&finding::as_junit(findings, &files.collect::<Vec<_>>()))
        }
    }
}

fn text(screen: &mut Screen, found: &Found, findings: &[Finding]) -> io::Result<()> {
    for finding in findings {
        let severity = finding.severity();
        let colour = if severity == Severity::Error { RED } else { YELLOW };
        let head = screen.paint(colour, &format!("{severity}[{}]", finding.code));
        let place = visible(&finding.location());
        screen.line(&format!("{head} {place}: {}", visible(&finding.message)))?;
        if let Some(remedy) = &finding.remedy {
            screen.line(&screen.paint(DIM, &format!("  {}", visible(remedy))))?;
        }
    }
    let errors = findings.iter().filter(|one| one.severity() == Severity::Error).count();
    let warnings = findings.len() - errors;
    let checked = count(found.fixtures.len(), "fixture");
    screen.line(&format!(
        "checked {checked}: {}, {}",
        count(errors, "error"),
        count(warnings, "warning")
    ))
}

/// The file and the error of a fixture that could not be read.
fn unreadable(problem: &Problem) -> Option<&LoadError> {
    match problem {
        Problem::Unreadable(error) => Some(error),
        _ => None,
    }
}

/// What is wrong with each file by itself.
fn of_files(found: &Found, max_size: u64) -> Vec<Finding> {
    let mut findings: Vec<Finding> = Vec::new();
    for error in found.problems.iter().filter_map(unreadable) {
        let text = crate::problem::chain(error);
        let (message, hint) = text.split_once("\nhint: ").unwrap_or((&text, ""));
        let remedy = Some(hint.to_owned()).filter(|hint| !hint.is_empty());
        let message = message.to_owned();
        let file = workspace::shown(error.path());
        let (line, number) = (None, None);
        findings.push(Finding { code: "unreadable", file, line, number, message, remedy });
    }
    let of = workspace::shown_in_progress("checked", "files", &found.fixtures, |fixture| {
        of_file(fixture, max_size)
    });
    findings.extend(of.into_iter().flatten());
    findings
}

/// What is wrong with one file.
pub(crate) fn of_file(fixture: &Fixture, max_size: u64) -> Vec<Finding> {
    let file = workspace::shown(fixture.path());
    let Ok(text) = read_text(fixture.path()) else { return Vec::new() };
    let flaws = flaws(fixture.interactions(), &text).into_iter();
    let mut findings: Vec<Finding> = flaws
        .map(|flaw| Finding {
            code: flaw.code,
            file: file.clone(),
            line: None,
            number: flaw.number,
            message: flaw.message,
            remedy: flaw.remedy,
        })
        .collect();
    let length = text.len() as u64;
    if length > max_size {
        findings.push(Finding {
            code: "large",
            file,
            line: None,
            number: None,
            message: format!("the file has {}, more than {}", size(length), size(max_size)),
            remedy: Some("record shorter conversations, or raise `--max-size`".to_owned()),
        });
    }
    findings
}

/// Interactions whose owner is no test.
fn of_owners(fixtures: &[Fixture], suite: &Suite) -> Vec<Finding> {
    let gone = owners::gone(fixtures, suite);
    let mut findings = Vec::new();
    for fixture in fixtures {
        // One line for each owner of a file.
        let mut numbers: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
        for (interaction, number) in fixture.interactions().iter().zip(1..) {
            if let Some(test) = interaction.test() {
                numbers.entry(test).or_default().push(number);
            }
        }
        for Gone { owner, now } in &gone {
            let Some(numbers) = numbers.get(owner.as_str()) else { continue };
            let interactions = count(numbers.len(), "interaction");
            let (code, message, remedy) = match now {
                Some(now) => (
                    "renamed_owner",
                    format!(
                        "test `{owner}` does not exist, and `{now}` has no recording ({interactions})"
                    ),
                    format!("run `llmock check --fix`, or `llmock rename {owner} {now}`"),
                ),
                None => (
                    "orphan",
                    format!("test `{owner}` does not exist ({interactions})"),
                    "run `llmock prune` to remove them".to_owned(),
                ),
            };
            findings.push(Finding {
                code,
                file: workspace::shown(fixture.path()),
                line: None,
                number: numbers.first().copied(),
                message,
                remedy: Some(remedy),
            });
        }
    }
    findings
}

/// Tests with the attribute that no fixture belongs to.
pub(crate) fn of_tests(fixtures: &[&Fixture]) -> Vec<Finding> {
    let tests = tests_in::below(&workspace::root());
    let without = tests.iter().filter(|test| {
        test.is_replayed && !test.is_scripted && !fixtures.iter().any(|one| belongs(one, test))
    });
    let finding = |test: &TestFunction| Finding {
        code: "no_fixture",
        file: workspace::shown(&test.file).trim_start_matches("./").to_owned(),
        line: Some(test.line),
        number: None,
        message: format!("test `{}` has no recording", test.owner),
        remedy: Some("record it with `LLMOCK_MODE=record cargo test`".to_owned()),
    };
    without.map(finding).collect()
}

/// Whether a fixture may be that of a test: it names the test, or has the name that the test says or its own.
fn belongs(fixture: &Fixture, test: &TestFunction) -> bool {
    let owned = |owner: &str| {
        owner == test.owner
            || owner.strip_prefix(&test.owner).is_some_and(|rest| rest.starts_with("::"))
    };
    let mut owners = fixture.interactions().iter().filter_map(llmock::Interaction::test);
    if owners.any(owned) {
        return true;
    }
    let path = target::without_json(fixture.path());
    match &test.fixture {
        Some(name) => path.ends_with(name.trim_start_matches('/').trim_end_matches(".json")),
        None => test.owner.rsplit("::").next().is_some_and(|function| path.ends_with(function)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_have_units() {
        for (text, expected) in
            [("12", 12), ("1kB", 1000), ("2 MB", 2_000_000), ("3g", 3_000_000_000)]
        {
            assert_eq!(bytes(text), Ok(expected));
        }
        for text in ["", "MB", "1 parsec", "-1", "99999999999999999999"] {
            assert!(bytes(text).is_err(), "{text}");
        }
    }
}
