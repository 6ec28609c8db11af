//! Arguments, their help, and the exit codes.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};

use crate::import::format::{FORMATS, Format, named};
use crate::import::names::Owner;
use crate::import::place::Named;
use crate::output::Screen;
use crate::{clear, import, keep, list, notes, serve};

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
    Import(Box<Import>),
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

/// Make fixtures from the recordings of other tools
///
/// Recognizes the format of each file. Interactions keep their order, bodies are decoded, and secrets are redacted as in
/// a recording. For each file a line tells the fixture, and the lines below it what the fixture does not keep, and why.
#[derive(Args, Debug)]
#[command(after_help = import_help())]
struct Import {
    /// Files, or folders whose recordings are imported with their subfolders
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<PathBuf>,

    /// The folder for the fixtures
    #[arg(long, value_name = "DIR")]
    out: PathBuf,

    /// Read every file as this format
    #[arg(long, value_name = "FORMAT", value_parser = format)]
    from: Option<&'static Format>,

    /// The test that owns the interactions of a file
    ///
    /// `{dir}` is the folder below PATH, its names joined by `::`, and `{name}` the name of the file:
    /// `api::{dir}::{name}`. Without an owner, an interaction belongs to every test that opens the fixture.
    #[arg(long, value_name = "TEST", value_parser = Owner::parse)]
    owner: Option<Owner>,

    /// The provider of every request, or with `HOST=ID` of those to one host
    ///
    /// By default the host of a request tells its provider, and if there is none, its path and its headers.
    #[arg(long = "provider", value_name = "ID", value_parser = provider)]
    providers: Vec<Named>,

    /// The request of responses that were recorded without it
    ///
    /// A JSON body, or an HTTP request: a first line such as `POST https://api.openai.com/v1/chat/completions`, headers,
    /// an empty line, and the body. A folder holds a request for each file, by its name.
    #[arg(long, value_name = "FILE")]
    request: Option<PathBuf>,

    /// Overwrite fixtures that exist
    #[arg(long)]
    force: bool,

    /// Print JSON: an array with an object for each file
    #[arg(long)]
    json: bool,
}

fn import_help() -> String {
    let row = |format: &Format| format!("  {:<10} {}", format.name, format.tools);
    let rows: Vec<String> = FORMATS.iter().map(row).collect();
    format!(
        "Formats:\n{}\n\nExamples:\n  llmock import tests/cassettes --out tests/fixtures\n  llmock import \
         tests/cassettes --out tests/fixtures --owner 'api::{{dir}}::{{name}}'\n  llmock import answer.sse --out \
         tests/fixtures --request question.json\n\n{EXIT_CODES}",
        rows.join("\n")
    )
}

pub(crate) fn run() -> ExitCode {
    let cli = Cli::parse();
    let mut screen = Screen::new();
    let done = match cli.command {
        Command::List(list) => list::list(&mut screen, &list.paths),
        Command::Keep(Keep { path }) => keep::keep(&mut screen, &path),
        Command::Notes(Notes { path, json }) => notes::notes(&mut screen, path.as_deref(), json),
        Command::Import(arguments) => import::import(&mut screen, &arguments.into_options()),
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

impl Import {
    fn into_options(self) -> import::Options {
        let Self { paths, out, from, owner, providers, request, force, json } = self;
        import::Options { paths, out, from, owner, providers, request, overwrite: force, json }
    }
}

fn format(text: &str) -> Result<&'static Format, String> {
    let names = || FORMATS.iter().map(|format| format.name);
    named(text).ok_or_else(|| match llmock_rules::nearest(text, names()) {
        Some(similar) => format!("unknown format; did you mean `{similar}`?"),
        None => format!("unknown format: expected {}", names().collect::<Vec<_>>().join(", ")),
    })
}

/// `ID`, or `HOST=ID`.
fn provider(text: &str) -> Result<Named, String> {
    let (host, id) = match text.split_once('=') {
        Some((host, id)) => (Some(host.trim().to_owned()), id.trim()),
        None => (None, text.trim()),
    };
    let provider = id.parse().map_err(|problem: llmock::Problem| problem.to_string())?;
    Ok(Named { host, provider })
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
