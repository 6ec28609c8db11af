//! Holds a fixture open for a program of another language, which finds it through its variables alone.
//!
//! ```sh
//! hold FIXTURE                 # a line of JSON with addresses and variables; open until standard input ends
//! hold FIXTURE -- COMMAND...   # the same, and open as long as this command runs with those variables
//! ```
//!
//! `LLMOCK_MODE=record` records, from the servers that `llmock_testkit::source` names. Ends with status 1 if the
//! command failed, or if it sent something that was not recorded.

#![allow(clippy::print_stdout, clippy::print_stderr)]

use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

use llmock::{LlmMock, MockSession, Provider};
use llmock_testkit::source::Source;
use serde_json::json;

/// Where each provider is recorded from.
const SOURCES: [(Provider, Source); 8] = [
    (Provider::OpenAI, Source::Model),
    (Provider::Anthropic, Source::Model),
    (Provider::Gemini, Source::Gemini),
    (Provider::Ollama, Source::Ollama),
    (Provider::Mistral, Source::Model),
    (Provider::Groq, Source::Model),
    (Provider::Cohere, Source::Written),
    (Provider::Bedrock, Source::Written),
];

fn main() -> ExitCode {
    let mut arguments = std::env::args_os().skip(1);
    let Some(fixture) = arguments.next().map(PathBuf::from) else { return usage() };
    let command: Vec<_> = match arguments.next() {
        None => Vec::new(),
        Some(dashes) if dashes == "--" => arguments.collect(),
        Some(_) => return usage(),
    };
    match hold(&fixture, command.split_first()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("hold: {error}");
            ExitCode::FAILURE
        }
    }
}

fn usage() -> ExitCode {
    eprintln!("usage: hold FIXTURE [-- COMMAND...]");
    ExitCode::from(2)
}

type CommandLine<'a> = (&'a std::ffi::OsString, &'a [std::ffi::OsString]);

fn hold(fixture: &Path, command: Option<CommandLine<'_>>) -> Result<(), String> {
    let session = open(fixture)?;
    let variables: serde_json::Map<_, _> =
        session.envs().into_iter().map(|(name, value)| (name, value.into())).collect();
    let base_urls: serde_json::Map<_, _> = SOURCES
        .iter()
        .map(|(provider, _)| (provider.id().to_owned(), session.base_url(*provider).into()))
        .collect();
    let line = json!({ "base_url": session.url(), "base_urls": base_urls, "variables": variables });
    println!("{line}");
    std::io::stdout().flush().map_err(|error| error.to_string())?;
    let outcome = match command {
        Some((program, arguments)) => run(Command::new(program).args(arguments), &session),
        None => std::io::stdin().read_to_end(&mut Vec::new()).map(drop).map_err(|e| e.to_string()),
    };
    // What went over the wire says more than how the program took it.
    let sent = match outcome {
        Ok(()) => session.finish().err(),
        Err(_) => session.fail(),
    };
    sent.map_or(outcome, |error| Err(error.to_string()))
}

fn open(fixture: &Path) -> Result<MockSession, String> {
    let name = fixture.file_stem().unwrap_or_default().to_string_lossy();
    let mut builder = LlmMock::builder()
        .fixture(fixture)
        .test(format!("other-languages::{name}"))
        .strict_order()
        .fail_on_unused();
    if std::env::var("LLMOCK_MODE").is_ok_and(|mode| mode == "record") {
        for (provider, source) in SOURCES {
            if let Some(url) = source.start(provider) {
                builder = builder.upstream(provider, url);
            }
        }
    }
    builder.start().map_err(|error| error.to_string())
}

fn run(command: &mut Command, session: &MockSession) -> Result<(), String> {
    // Whoever replays or records is this process, not a child that has llmock in it, too.
    let status = command.env_remove("LLMOCK_MODE").envs(session.envs()).status();
    let status = status.map_err(|error| format!("cannot run the command: {error}"))?;
    if status.success() { Ok(()) } else { Err(format!("the command ended with {status}")) }
}
