//! Arguments, their help, and the exit codes.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};

use crate::output::Screen;
use crate::{clear, keep, list, notes, serve};

/// The exit code of a failed operation. Usage errors are clap's, with 2.
const FAILED: u8 = 1;

const EXIT_CODES: &str = "\
Exit codes:
  0  success
  1  failure; standard error has the reason
  2  invalid arguments";

/// Serve mock responses to any program, and manage llmock fixtures
#[derive(Debug, Parser)]
#[command(name = "llmock", version, after_help = EXIT_CODES, disable_help_subcommand = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    List(List),
    Clear(Clear),
    Keep(Keep),
    Notes(Notes),
    /// Serve the APIs of all providers: by strategy, from fixtures, or as a recording proxy
    ///
    /// Every key can also be set in a file (`--config`). The server prints one line of JSON on standard output
    /// when it accepts connections. On SIGHUP it reads file and fixtures again; on SIGTERM and Ctrl-C it finishes
    /// open responses and stops.
    #[command(after_help = EXIT_CODES)]
    Serve(Box<serve::Flags>),
}

/// Show the interactions of fixtures
///
/// For each fixture: its path, its providers, and a line for each interaction with its number, the first twelve digits
/// of its hash, the model, the time of recording, `[streaming]` if the response was streamed, and the beginning of the
/// prompt.
#[derive(Args, Debug)]
#[command(after_help = EXIT_CODES)]
struct List {
    /// Fixtures, with or without `.json`, or folders of fixtures
    ///
    /// A name that is both means the fixture; add a `/` for the folder.
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<PathBuf>,
}

/// Remove a fixture, or one of its interactions
///
/// Without an option the file is deleted. A file that is not a fixture is not changed.
#[derive(Args, Debug)]
#[command(after_help = EXIT_CODES)]
struct Clear {
    /// The fixture, with or without `.json`
    path: PathBuf,

    /// Remove only the interaction whose hash starts with these digits
    ///
    /// As many digits as it takes to match one interaction; `llmock list` prints the first twelve.
    #[arg(long, value_name = "PREFIX", value_parser = prefix)]
    hash: Option<String>,

    /// Remove only the interaction with this number in `llmock list`
    ///
    /// Equal requests have equal hashes; the number tells them apart.
    #[arg(long, value_name = "N", conflicts_with = "hash")]
    number: Option<usize>,
}

/// Put what a failed recording has kept into its fixture
///
/// A test that fails while recording leaves what it has received in `NAME.json.failed`. This command puts it into
/// `NAME.json`, where it replaces what the same test had recorded for the same requests, and removes the file.
#[derive(Args, Debug)]
#[command(after_help = EXIT_CODES)]
struct Keep {
    /// The file that ends in `.json.failed`, or its fixture
    path: PathBuf,
}

/// Show the notes of the last test run
///
/// Notes tell what did not fail a test and is worth knowing: a response that was repeated, a recording that another test
/// made. `cargo test` shows them; under nextest, which hides the output of passing tests, this command does.
#[derive(Args, Debug)]
#[command(after_help = EXIT_CODES)]
struct Notes {
    /// Read this `last-run.jsonl`; by default that of the build directory of the working directory
    #[arg(value_name = "FILE")]
    path: Option<PathBuf>,

    /// Print JSON: an array with an object for each test
    #[arg(long)]
    json: bool,
}

pub(crate) fn run() -> ExitCode {
    let cli = Cli::parse();
    let mut screen = Screen::new();
    let done = match cli.command {
        Command::List(list) => list::list(&mut screen, &list.paths),
        Command::Keep(Keep { path }) => keep::keep(&mut screen, &path),
        Command::Notes(Notes { path, json }) => notes::notes(&mut screen, path.as_deref(), json),
        Command::Serve(flags) => return serve::run(&flags),
        Command::Clear(Clear { path, hash, number }) => {
            clear::clear(&mut screen, &path, hash.as_deref(), number)
        }
    };
    match done.and_then(|()| screen.flush()) {
        Ok(()) if screen.has_failed() => ExitCode::from(FAILED),
        // The reader has closed the pipe, as `head` does.
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => ExitCode::SUCCESS,
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            screen.unwritable(&error);
            ExitCode::from(FAILED)
        }
    }
}

/// Hexadecimal digits, with or without the version of the hash before a colon.
fn prefix(text: &str) -> Result<String, String> {
    let digits = match text.split_once(':') {
        Some((version, digits)) if version.parse::<u32>().is_ok() => digits,
        _ => text,
    };
    if digits.is_empty() || !digits.chars().all(|digit| digit.is_ascii_hexdigit()) {
        return Err("expected hexadecimal digits, as `llmock list` prints them".to_owned());
    }
    Ok(text.to_owned())
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn arguments_are_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn a_prefix_is_hexadecimal_with_or_without_a_version() {
        for good in ["5", "540f2d6f6f77", "540F", "1:540f"] {
            assert_eq!(prefix(good).as_deref(), Ok(good));
        }
        for bad in ["", "1:", ":", "x", "54 0f", "a:b", "v1:54", "540f…"] {
            assert!(prefix(bad).is_err(), "{bad}");
        }
    }
}
