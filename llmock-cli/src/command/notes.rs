//! `llmock notes`: what the tests of the last run noted, read from `target/llmock/last-run.jsonl`.

use std::path::PathBuf;
use std::{fs, io};

use clap::Args;
use serde_json::Value;

use crate::output::Screen;
use crate::problem::Problem;
use crate::testing::last_run;

/// Show the notes of the last test run
///
/// Notes tell what did not fail a test and is worth knowing: a response that was repeated, a recording that another test
/// made. `cargo test` shows them; under nextest, which hides the output of passing tests, this command does.
#[derive(Args, Debug)]
#[command(after_help = super::help(&[
    ("llmock notes", "of the last `cargo test` or `cargo nextest run`"),
    ("llmock notes --json", "for programs"),
]))]
pub(crate) struct Notes {
    /// Read this `last-run.jsonl`; by default that of the build directory of the working directory
    #[arg(value_name = "FILE")]
    path: Option<PathBuf>,

    /// Print JSON: an array with an object for each test
    #[arg(long)]
    json: bool,
}

/// A test of the last run.
#[derive(Debug, PartialEq)]
pub(crate) struct Tested {
    pub(crate) test: String,
    pub(crate) fixture: String,
    pub(crate) notes: Vec<Noted>,
}

#[derive(Debug, PartialEq)]
pub(crate) struct Noted {
    pub(crate) name: String,
    pub(crate) sentence: String,
    /// What to do about it.
    pub(crate) remedy: Option<String>,
}

/// Prints the notes, grouped by test.
pub(crate) fn notes(screen: &mut Screen, Notes { path, json }: &Notes) -> io::Result<()> {
    let found = path.clone().map_or_else(last_run::path, Ok);
    let text = found.and_then(|path| {
        fs::read_to_string(&path).map_err(|why| Problem::LastRunUnreadable { path, why })
    });
    match text {
        Ok(text) if *json => screen.notes_as_json(&tested(&text)),
        Ok(text) => screen.notes(&tested(&text)),
        Err(problem) => screen.problem(&problem),
    }
}

/// What the tests of the last run have noted; nothing if none has run.
pub(crate) fn of_last_run() -> Vec<Tested> {
    let text = last_run::path().ok().and_then(|path| fs::read_to_string(path).ok());
    text.map(|text| tested(&text)).unwrap_or_default()
}

/// The tests in a file, the last result of each, in the order of their names.
fn tested(text: &str) -> Vec<Tested> {
    let mut all: Vec<Tested> = Vec::new();
    for line in text.lines() {
        // The line of a request without a test has another form, and a process may have been killed while it wrote one.
        let Some(tested) = serde_json::from_str(line).ok().and_then(|line| one(&line)) else {
            continue;
        };
        all.retain(|known| known.test != tested.test || known.fixture != tested.fixture);
        all.push(tested);
    }
    all.sort_by(|left, right| left.test.cmp(&right.test));
    all
}

fn one(line: &Value) -> Option<Tested> {
    let text = |value: &Value| value.as_str().map(str::to_owned);
    let note = |note: &Value| {
        Some(Noted {
            name: text(&note["name"])?,
            sentence: text(&note["sentence"])?,
            remedy: text(&note["remedy"]),
        })
    };
    Some(Tested {
        test: text(&line["test"])?,
        fixture: text(&line["fixture"])?,
        notes: line["notes"].as_array()?.iter().filter_map(note).collect(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_result_of_each_test_counts() {
        let text = concat!(
            r#"{"run":"1","test":"b","fixture":"b.json","notes":[{"name":"cut","sentence":"old"}]}"#,
            "\n",
            r#"{"run":"1","refused":{"provider":"openai"}}"#,
            "\n",
            r#"{"run":"1","test":"a","fixture":"a.json","notes":[]}"#,
            "\n",
            r#"{"run":"1","test":"b","fixture":"b.json","notes":[{"name":"cut","sentence":"new","remedy":"x"}]}"#,
            "\n",
            r#"{"run":"1","test":"c","fix"#,
        );
        let found = tested(text);
        assert_eq!(found.iter().map(|tested| &*tested.test).collect::<Vec<_>>(), ["a", "b"]);
        assert_eq!(found[0].notes, []);
        let (sentence, remedy) = ("new".to_owned(), Some("x".to_owned()));
        assert_eq!(found[1].notes, [Noted { name: "cut".to_owned(), sentence, remedy }]);
    }
}
