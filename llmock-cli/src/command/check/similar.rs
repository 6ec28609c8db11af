//! Where similar requests are accepted, and which tests have used that.

use std::fs;

use llmock::__command::similar_in;

use crate::command::notes;
use crate::finding::Finding;
use crate::layers::configured;
use crate::tests_in;
use crate::workspace::{self, shown};

const REMEDY: &str = "record the test again, and remove `similar`";

/// A finding for each `similar` in an `llmock.toml` and in an attribute, and for each use in the last run.
pub(super) fn findings() -> Vec<Finding> {
    let root = workspace::root();
    let finding = |file: String, line, message| Finding {
        code: "similar",
        file: file.trim_start_matches("./").to_owned(),
        line,
        number: None,
        message,
        remedy: Some(REMEDY.to_owned()),
    };
    let mut found = Vec::new();
    for folder in configured::folders(&root) {
        let file = folder.join("llmock.toml");
        if let Some(least) = similar_in(&folder) {
            let text = fs::read_to_string(&file).unwrap_or_default();
            let line = text.lines().position(|line| line.trim_start().starts_with("similar"));
            let message = format!("every test accepts similar requests (`similar = {least}`)");
            found.push(finding(shown(&file), line.map(|line| line + 1), message));
        }
    }
    for test in tests_in::below(&root).into_iter().filter(|test| test.is_similar) {
        let message = format!("test `{}` accepts similar requests", test.owner);
        found.push(finding(shown(&test.file), Some(test.line), message));
    }
    for tested in notes::of_last_run() {
        for note in tested.notes.iter().filter(|note| note.name == "similar") {
            let message = format!("in the last run of test `{}`, {}", tested.test, note.sentence);
            found.push(finding(tested.fixture.clone(), None, message));
        }
    }
    found
}
