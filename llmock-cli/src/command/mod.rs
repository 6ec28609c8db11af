//! The commands for fixtures, one file each: its arguments, and what it does. What it prints is in `output`.

pub(crate) mod adopt;
pub(crate) mod check;
pub(crate) mod clear;
pub(crate) mod compare;
pub(crate) mod completions;
pub(crate) mod dashboard;
pub(crate) mod diff;
pub(crate) mod encrypt;
pub(crate) mod export;
pub(crate) mod fmt;
pub(crate) mod grep;
pub(crate) mod import;
pub(crate) mod init;
pub(crate) mod keep;
pub(crate) mod layers;
pub(crate) mod list;
pub(crate) mod man;
pub(crate) mod merge;
pub(crate) mod notes;
pub(crate) mod plan;
pub(crate) mod prune;
pub(crate) mod pull;
pub(crate) mod push;
pub(crate) mod record;
pub(crate) mod rename;
pub(crate) mod report;
pub(crate) mod review;
pub(crate) mod run;
pub(crate) mod schema;
pub(crate) mod show;
pub(crate) mod stats;
pub(crate) mod verify;

use std::fmt::Write as _;

/// The exit codes of most commands.
pub(crate) const EXIT_CODES: &str = "\
Exit codes:
  0  success
  1  failure; standard error has the reason
  2  invalid arguments";

/// Examples and exit codes below the options of a command.
pub(crate) fn help(examples: &[(&str, &str)]) -> String {
    help_with(examples, EXIT_CODES)
}

/// The same for a command whose exit codes mean something else.
pub(crate) fn help_with(examples: &[(&str, &str)], exit_codes: &str) -> String {
    let mut text = "Examples:\n".to_owned();
    let width =
        examples.iter().map(|(command, _)| command.chars().count()).max().unwrap_or_default();
    for (command, effect) in examples {
        let _ = writeln!(text, "  {command:<width$}  {effect}");
    }
    format!("{text}\n{exit_codes}")
}
