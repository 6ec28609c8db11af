//! `llmock run`: a program whose model requests a fixture answers.

use std::ffi::OsString;
use std::path::Path;
use std::process::ExitCode;

use clap::{Args, ValueEnum};
use serde_json::json;

use crate::serve::{self, Program};
use crate::target;

const CODES: &str = "\
Exit codes:
  that of the program, and as shells have them 127 for a program that does not exist, 126 for one that cannot be started
  1    the program succeeded, although a request had no response
  2    invalid arguments";

/// Run a program, and answer its model requests from a fixture
///
/// Starts a server on a free port of loopback, sets the base-URL variables of all providers for the program, runs it, and
/// exits with its code. A request without a response is printed with what differs from the closest recording. Providers
/// whose key is not set get a placeholder, except while recording.
#[derive(Args, Debug)]
#[command(after_help = super::help_with(&[
    ("llmock run --fixture demo -- python agent.py", "replays demo.json"),
    ("llmock run --fixture demo --mode record -- ./agent", "adds what demo.json does not have"),
    ("llmock run --reply 'Hello!' -- npm start", "every request gets this text"),
    ("llmock run -- ./agent", "answers with the last message, as `llmock serve` does"),
], CODES))]
pub(crate) struct Run {
    /// The fixture, with or without `.json`, or a folder of fixtures
    #[arg(long, value_name = "PATH")]
    fixture: Option<String>,

    /// The text of every response
    #[arg(long, value_name = "TEXT", conflicts_with = "fixture")]
    reply: Option<String>,

    /// What happens to a request that the fixture does not have
    #[arg(long, value_name = "MODE", default_value = "replay", requires_if("record", "fixture"))]
    mode: Mode,

    /// A key of `llmock serve`, for example `--set pace.recorded=true`; can be repeated
    #[arg(long, value_name = "KEY=VALUE")]
    set: Vec<String>,

    /// The program and its arguments, after `--`
    #[arg(last = true, required = true, value_name = "PROGRAM")]
    program: Vec<OsString>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Mode {
    /// It gets an error
    Replay,
    /// It is forwarded to its provider, and the response is added to the fixture
    Record,
}

pub(crate) fn run(Run { fixture, reply, mode, set, program }: Run) -> ExitCode {
    // Variables of a server that runs elsewhere must not count here.
    let mut settings: Vec<String> =
        ["host=127.0.0.1", "port=0", "fail-on-miss=true", "log=off", "watch=false"]
            .map(str::to_owned)
            .into();
    if let Some(path) = fixture {
        // A server that records creates a folder for a name without an ending; here a name is a fixture.
        let file = target::with_json(Path::new(&path));
        let path = if Path::new(&path).is_dir() { path } else { file.display().to_string() };
        settings.push(format!("fixtures={path}"));
        settings.push(format!("record={}", mode == Mode::Record));
    }
    if let Some(text) = reply {
        let every = json!([{ "when": { "path": "*" }, "then": [{ "text": text }] }]);
        settings.push(format!("replies={every}"));
    }
    settings.extend(set);
    let mut words = program.into_iter();
    let program = Program {
        name: words.next().unwrap_or_default(),
        arguments: words.collect(),
        has_placeholders: mode == Mode::Replay,
    };
    serve::run_program(settings, &program)
}
