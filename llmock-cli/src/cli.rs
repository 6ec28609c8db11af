//! Arguments, their help, and the exit codes.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};

use crate::commands::{self, Selection};
use crate::output::Screen;
use crate::serve;

/// The operation failed; what went wrong is on standard error. Usage errors are clap's, with 2.
const FAILED: u8 = 1;

const EXIT_CODES: &str = "\
Exit codes:
  0  success
  1  failure; standard error has the reason
  2  invalid arguments";

/// Serve mock answers to any program, and care for llmock fixtures
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
    /// Serve every provider's API: by strategy, from fixtures, or as a proxy that records
    ///
    /// Every key can also be set in a file (`--config`). The server prints one line of JSON on standard output
    /// when it accepts connections. On SIGHUP it reads file and fixtures again; on SIGTERM and Ctrl-C it finishes
    /// open responses and stops.
    #[command(after_help = EXIT_CODES)]
    Serve(Box<serve::Flags>),
}

/// Show what fixtures hold
///
/// For each fixture its path, its providers, and one line for each interaction: number, the first
/// twelve digits of its hash, model, time of recording, `[streaming]` if the answer was streamed,
/// and the first words of the prompt.
#[derive(Args, Debug)]
#[command(after_help = EXIT_CODES)]
struct List {
    /// Fixtures, with or without `.json`, or folders: all fixtures below them
    ///
    /// A name that is both means the fixture; a `/` behind it means the folder.
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<PathBuf>,
}

/// Remove a fixture, or one interaction of it
///
/// Without an option the file is deleted. Whatever is no fixture is left alone.
#[derive(Args, Debug)]
#[command(after_help = EXIT_CODES)]
struct Clear {
    /// The fixture, with or without `.json`
    path: PathBuf,

    /// Remove only the interaction whose hash begins so
    ///
    /// As many digits as it takes to mean one interaction; `llmock list` prints the first twelve.
    #[arg(long, value_name = "PREFIX", value_parser = prefix)]
    hash: Option<String>,

    /// Remove only the interaction with this number in `llmock list`
    ///
    /// For equal requests, which have equal hashes.
    #[arg(long, value_name = "N", conflicts_with = "hash")]
    number: Option<usize>,
}

/// Reads the arguments and does what they say.
pub(crate) fn run() -> ExitCode {
    let cli = Cli::parse();
    let mut screen = Screen::new();
    let done = match cli.command {
        Command::List(list) => commands::list(&mut screen, &list.paths),
        Command::Serve(flags) => return serve::run(&flags),
        Command::Clear(clear) => {
            let what = match (clear.hash, clear.number) {
                (Some(prefix), _) => Selection::Hash(prefix),
                (None, Some(number)) => Selection::Number(number),
                (None, None) => Selection::Everything,
            };
            commands::clear(&mut screen, &clear.path, &what)
        }
    };
    match done.and_then(|()| screen.flush()) {
        Ok(()) if screen.has_failed() => ExitCode::from(FAILED),
        // Whoever reads us has seen enough, as `head` does.
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
    fn the_arguments_contradict_nothing() {
        Cli::command().debug_assert();
    }

    #[test]
    fn a_prefix_is_hexadecimal_digits_with_or_without_a_version() {
        for good in ["5", "540f2d6f6f77", "540F", "1:540f"] {
            assert_eq!(prefix(good).as_deref(), Ok(good));
        }
        for bad in ["", "1:", ":", "x", "54 0f", "a:b", "v1:54", "540f…"] {
            assert!(prefix(bad).is_err(), "{bad}");
        }
    }
}
