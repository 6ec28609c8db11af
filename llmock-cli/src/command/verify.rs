//! `llmock verify`: tests in mode `verify`, and a table of what the provider does otherwise than recorded.

use std::ffi::OsString;
use std::io;
use std::path::PathBuf;
use std::process::{Command, ExitCode, ExitStatus, Stdio};

use clap::{Args, ValueEnum};
use serde_json::{Value, json};

use crate::output::Screen;
use crate::output::style::{BOLD, DIM, GREEN, RED, YELLOW};
use crate::output::text::{count, padded, visible};
use crate::problem::Problem;
use crate::testing::RunLog;
use crate::testing::run_log::RUN_LOG;

const EXIT_CODES: &str = "\
Exit codes:
  0    the provider responds as recorded; there may be additions
  1    responses have drifted, or a test failed for another reason
  2    invalid arguments
  3    nothing has drifted, but some recordings could not be compared: the provider is down, or a key is missing
  101  the tests did not build, or no test with a fixture ran";

const DRIFTED: u8 = 1;
const NOT_COMPARED: u8 = 3;
const NOTHING_RAN: u8 = 101;

/// Run tests in mode `verify`: they get their recordings, and llmock compares these with what the provider responds now
///
/// Needs the provider's keys and costs what recording costs; writes no fixture. Without a command it runs `cargo test
/// --no-fail-fast`. The output of the tests goes to standard error.
#[derive(Args, Debug)]
#[command(after_help = super::help_with(&[
    ("llmock verify", "all tests of the package"),
    ("llmock verify -- cargo nextest run --no-fail-fast", "with another runner"),
    ("llmock verify --format markdown >> $GITHUB_STEP_SUMMARY", "in a nightly job"),
], EXIT_CODES))]
pub(crate) struct Verify {
    /// How to print the table
    #[arg(long, value_enum, default_value = "text")]
    format: Format,

    /// The same as `--format json`
    #[arg(long, conflicts_with = "format")]
    json: bool,

    /// List recordings that are as they were, too
    #[arg(long)]
    all: bool,

    /// The command that runs the tests, after `--`
    #[arg(last = true, value_name = "COMMAND")]
    command: Vec<OsString>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    Text,
    Json,
    Markdown,
}

/// A recording, as a test compared it.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Row {
    test: String,
    fixture: String,
    request: String,
    result: String,
    /// Changes, or why there was no comparison.
    details: Vec<String>,
    json: Value,
}

/// What the tests of a run have compared.
#[derive(Debug, Default)]
struct Table {
    rows: Vec<Row>,
    tests: usize,
}

pub(crate) fn verify(screen: &mut Screen, arguments: &Verify) -> ExitCode {
    let ran = run(&arguments.command);
    let code = ran.map_err(Some).and_then(|(status, table)| {
        let format = if arguments.json { Format::Json } else { arguments.format };
        print(screen, &table, format, arguments.all).map_err(|_| None)?;
        if table.tests == 0 {
            return Err(Some(Problem::NoTestVerified { status: status.to_string() }));
        }
        Ok(exit_code(status, &table))
    });
    let code = code.unwrap_or_else(|problem| {
        if let Some(problem) = problem {
            let _ = screen.problem(&problem);
        }
        NOTHING_RAN
    });
    let _ = screen.flush();
    ExitCode::from(code)
}

/// Runs the tests, and reads what they have compared.
fn run(command: &[OsString]) -> Result<(ExitStatus, Table), Problem> {
    let usual = ["cargo", "test", "--no-fail-fast"].map(OsString::from);
    let words = if command.is_empty() { &usual[..] } else { command };
    let log = RunLog::new("verify")?;
    let status = Command::new(&words[0])
        .args(&words[1..])
        .env("LLMOCK_MODE", "verify")
        .env(RUN_LOG, log.path())
        .env_remove("LLMOCK_DISABLED")
        // Standard output is the table's.
        .stdout(Stdio::from(io::stderr()))
        .status();
    let status =
        status.map_err(|why| Problem::Io { action: "run", path: PathBuf::from(&words[0]), why })?;
    Ok((status, table(&log.text()?)))
}

/// The last result of each test, in the order of their names.
fn table(text: &str) -> Table {
    let mut lines: Vec<Value> = Vec::new();
    for line in text.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok()) {
        let is_known =
            |known: &Value| known["test"] == line["test"] && known["fixture"] == line["fixture"];
        if line["test"].is_string() {
            lines.retain(|known| !is_known(known));
            lines.push(line);
        }
    }
    lines.sort_by(|left, right| left["test"].as_str().cmp(&right["test"].as_str()));
    let rows = lines.iter().flat_map(rows).collect();
    Table { rows, tests: lines.len() }
}

fn rows(line: &Value) -> Vec<Row> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let row = |one: &Value| {
        let changes = one["changes"].as_array().into_iter().flatten();
        let change = |change: &Value| {
            let place = text(&change["path"]);
            let place = if place.is_empty() { place } else { format!("{place}: ") };
            format!("{}: {place}{}", text(&change["code"]), text(&change["message"]))
        };
        let why = one["why"].as_str().map(str::to_owned);
        let mut json = one.clone();
        json["test"] = line["test"].clone();
        json["fixture"] = line["fixture"].clone();
        Row {
            test: text(&line["test"]),
            fixture: text(&line["fixture"]),
            request: format!(
                "#{} {} {}",
                one["interaction"],
                text(&one["method"]),
                text(&one["path"])
            ),
            result: text(&one["result"]),
            details: changes.map(change).chain(why).collect(),
            json,
        }
    };
    line["verified"].as_array().into_iter().flatten().map(row).collect()
}

impl Table {
    fn number(&self, result: &str) -> usize {
        self.rows.iter().filter(|row| row.result == result).count()
    }

    /// `3 recordings of 2 tests: 1 same, 1 drift, 1 skipped`
    fn summary(&self) -> String {
        let results = ["same", "added", "drift", "skipped", "failed"];
        let parts: Vec<String> = results
            .iter()
            .filter(|result| self.number(result) > 0)
            .map(|result| format!("{} {result}", self.number(result)))
            .collect();
        let head =
            format!("{} of {}", count(self.rows.len(), "recording"), count(self.tests, "test"));
        if parts.is_empty() { head } else { format!("{head}: {}", parts.join(", ")) }
    }
}

fn exit_code(status: ExitStatus, table: &Table) -> u8 {
    let (drifted, failed) = (table.number("drift") > 0, table.number("failed") > 0);
    // Tests whose recordings could not be compared have failed because of that.
    if failed && !drifted {
        NOT_COMPARED
    } else if drifted || !status.success() {
        DRIFTED
    } else {
        0
    }
}

fn print(screen: &mut Screen, table: &Table, format: Format, all: bool) -> io::Result<()> {
    let is_told = |row: &&Row| all || row.result != "same";
    let rows: Vec<&Row> = table.rows.iter().filter(is_told).collect();
    match format {
        Format::Json => {
            let all: Vec<&Value> = table.rows.iter().map(|row| &row.json).collect();
            screen.json(&json!(all))
        }
        Format::Markdown => markdown(screen, table, &rows),
        Format::Text => text(screen, table, &rows),
    }
}

fn text(screen: &mut Screen, table: &Table, rows: &[&Row]) -> io::Result<()> {
    let columns = ["skipped".len()].into_iter().chain(rows.iter().map(|row| row.result.len()));
    let width = columns.max().unwrap_or_default();
    let mut test = "";
    for row in rows {
        if row.test != test {
            test = &row.test;
            let name = screen.paint(BOLD, &visible(test));
            let fixture = screen.paint(DIM, &visible(&row.fixture));
            screen.line(&format!("{name}  {fixture}"))?;
        }
        let colour = match row.result.as_str() {
            "drift" | "failed" => RED,
            "same" => GREEN,
            _ => YELLOW,
        };
        let result = screen.paint(colour, &padded(&row.result, width));
        screen.line(&format!("  {result}  {}", visible(&row.request)))?;
        for detail in &row.details {
            screen.line(&format!("  {}  {}", " ".repeat(width), visible(detail)))?;
        }
    }
    screen.line(&table.summary())
}

fn markdown(screen: &mut Screen, table: &Table, rows: &[&Row]) -> io::Result<()> {
    // A cell is one line, and `|` ends it.
    let cell = |text: &str| visible(text).replace('|', "\\|").replace('`', "'");
    screen.line("### Recordings compared with the provider\n")?;
    if !rows.is_empty() {
        screen.line("| test | request | result | what |\n|---|---|---|---|")?;
    }
    for row in rows {
        let details: Vec<String> =
            row.details.iter().map(|detail| format!("`{}`", cell(detail))).collect();
        screen.line(&format!(
            "| `{}` | `{}` | {} | {} |",
            cell(&row.test),
            cell(&row.request),
            cell(&row.result),
            details.join("<br>")
        ))?;
    }
    screen.line(&format!("{}{}", if rows.is_empty() { "" } else { "\n" }, table.summary()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_result_of_each_test_counts() {
        let line = |test: &str, results: &[&str]| {
            let verified: Vec<Value> = (1..)
                .zip(results)
                .map(|(at, result)| json!({ "interaction": at, "method": "POST", "path": "/v1", "result": result }))
                .collect();
            json!({ "run": "1", "test": test, "fixture": "f.json", "verified": verified })
                .to_string()
        };
        let text = [
            line("b", &["drift"]),
            line("a", &["same", "added"]),
            line("b", &["same"]),
            "{\"x".to_owned(),
        ];
        let found = table(&text.join("\n"));
        assert_eq!(found.summary(), "3 recordings of 2 tests: 2 same, 1 added");
        assert_eq!(found.rows[0].request, "#1 POST /v1");
    }
}
