//! What of an output is kept, in a form that is the same on every machine and every day.

use std::sync::LazyLock;

use llmock_testkit::scratch::Ran;
use regex::Regex;

use super::table::Mistake;

/// What a test printed: a failed one below its name, a note past libtest.
pub(super) fn output(mistake: &Mistake, ran: &Ran) -> String {
    let notes = ran.stderr();
    let failure = if ran.success { String::new() } else { ran.failure(mistake.test) };
    let parts = [notes, failure];
    parts.iter().filter(|part| !part.is_empty()).cloned().collect::<Vec<_>>().join("\n")
}

/// The same without what changes: line numbers, and dates of recordings.
pub(super) fn steady(text: &str) -> String {
    static CHANGING: LazyLock<[(Regex, &str); 3]> = LazyLock::new(|| {
        let regex = |pattern| Regex::new(pattern).expect("a valid expression");
        [
            (regex(r"\.rs:\d+:\d+"), ".rs:LINE"),
            // The order of members depends on the features of serde_json, which the other packages of a build decide.
            (regex(r#"column: \d+\), "\{.*\}"\)"#), "column: COLUMN), JSON)"),
            (regex(r"recorded (on )?\d{4}-\d{2}-\d{2}"), "recorded ${1}DATE"),
        ]
    });
    let mut text = text.to_owned();
    for (pattern, place) in CHANGING.iter() {
        text = pattern.replace_all(&text, *place).into_owned();
    }
    text
}

/// Colours and weights are the only sequences of our own.
pub(super) fn without_colours(text: &str) -> String {
    static COLOURS: LazyLock<Regex> =
        LazyLock::new(|| Regex::new("\x1b\\[[0-9;]*m").expect("a valid expression"));
    COLOURS.replace_all(text, "").into_owned()
}

/// The lines with colours, whose escape character becomes visible.
pub(super) fn coloured_lines(text: &str) -> String {
    let lines = text.lines().filter(|line| line.contains('\x1b'));
    lines.map(|line| line.replace('\x1b', "\u{241b}") + "\n").collect()
}

/// The lines that are only in the second text.
pub(super) fn other_lines(plain: &str, other: &str) -> String {
    let known: Vec<&str> = plain.lines().map(str::trim).collect();
    let lines = other.lines().filter(|line| !known.contains(&line.trim()));
    lines.map(|line| line.to_owned() + "\n").collect()
}

/// The same without the lines that mark what changed in the line above.
pub(super) fn without_carets(text: &str) -> String {
    let is_marks = |line: &&str| line.contains('^') && line.trim_matches([' ', '^']).is_empty();
    let lines: Vec<&str> = text.lines().filter(|line| !is_marks(line)).collect();
    lines.join("\n")
}
