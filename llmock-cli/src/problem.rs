//! Errors of the command, and their text.

use std::error::Error;
use std::io;
use std::path::{Path, PathBuf};

use llmock::{EditError, KeepError, LoadError, RemoveError, SaveError};

/// Why the command could not do something.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Problem {
    #[error("fixture `{}` does not exist{}", path.display(), did_you_mean(similar.as_deref()))]
    Missing { path: PathBuf, similar: Option<PathBuf> },
    #[error("`{}` is not a fixture: the name of a fixture ends in `.json`", .0.display())]
    NotJson(PathBuf),
    #[error("{}", chain(.0))]
    Unreadable(LoadError),
    /// The same, of a file that should have been removed.
    #[error("{}\n`{}` was not changed: {}", chain(.0), .0.path().display(), why_unchanged(.0))]
    NotCleared(LoadError),
    /// A folder where a fixture is needed.
    #[error("`{path}` is a folder: name one fixture (`llmock list {path}` shows them)", path = .0.display())]
    Folder(PathBuf),
    #[error("failed to read folder `{}`: {why}", path.display())]
    FolderUnreadable { path: PathBuf, why: io::Error },
    #[error("failed to remove `{}`: {why}", path.display())]
    NotDeleted { path: PathBuf, why: io::Error },
    #[error("{}", not_removed(.0))]
    NotRemoved(RemoveError),
    /// Several interactions match; their lines, as `list` prints them.
    #[error("{}", ambiguous(command, path, prefix, candidates, *equal))]
    Ambiguous {
        command: &'static str,
        path: PathBuf,
        prefix: String,
        candidates: Vec<String>,
        equal: Option<usize>,
    },
    /// The same in several files.
    #[error(
        "`{prefix}` is ambiguous, {} hashes begin with it:\n{}\nhint: name one: `llmock show {first}`",
        candidates.len(), candidates.join("\n")
    )]
    AmbiguousInWorkspace { prefix: String, candidates: Vec<String>, first: String },
    #[error("there is no fixture `{target}`, and no interaction below `{}` has such a hash", root.display())]
    NothingSelected { target: String, root: PathBuf },
    #[error("`{}` has no interaction {number}, only {interactions}", path.display())]
    NoSuchNumber { number: usize, interactions: usize, path: PathBuf },
    #[error(
        "no interaction in `{path}` has a hash that starts with `{prefix}`\nhint: `llmock list {path}` shows them",
        path = path.display()
    )]
    NoSuchHash { prefix: String, path: PathBuf },
    #[error("interaction {number} of `{}` has no turn {turn}, only {turns}", path.display())]
    NoSuchTurn { path: PathBuf, number: usize, turn: usize, turns: usize },
    #[error("invalid pattern: {0}")]
    Pattern(regex::Error),
    #[error("{}", chain(.0))]
    NotEdited(EditError),
    #[error("failed to {action} `{}`: {why}", path.display())]
    Io { action: &'static str, path: PathBuf, why: io::Error },
    #[error("`{}` exists and is not overwritten", .0.display())]
    Exists(PathBuf),
    #[error("failed to parse `{}`: line {line}: {why}", path.display())]
    NotRust { path: PathBuf, line: usize, why: String },
    #[error(
        "failed to list the tests: {why}\nhint: `llmock check --no-tests` checks the files alone, and `--tests FILE` takes \
         the names of tests from a file"
    )]
    TestsNotListed { why: String },
    #[error(
        "there are no tests here\nhint: run it in the folder of a package, or name the tests with `--tests FILE`"
    )]
    NoTests,
    #[error(
        "standard input is not a terminal: nothing was removed\nhint: `--dry-run` shows what would be removed, `--yes` removes it"
    )]
    NotAsked,
    #[error("failed to read `{}` from git: {why}", path.display())]
    Git { path: PathBuf, why: String },
    #[error("`{}` has changed while it was reviewed; nothing was written", .0.display())]
    ChangedMeanwhile(PathBuf),
    #[error(
        "`{}` has no fixture: `{}` does not exist\nhint: delete the file, or bring the fixture back", path.display(),
        fixture.display()
    )]
    WithoutFixture { path: PathBuf, fixture: PathBuf },
    #[error("the recording that `{}` is about is no longer in its fixture; nothing was written", .0.display())]
    RecordingGone(PathBuf),
    #[error("{}", chain(.0))]
    NotSaved(SaveError),
    #[error("there is no plan\nhint: run `llmock plan` first")]
    NoPlan,
    #[error("no test used llmock")]
    NoTestUsedLlmock,
    #[error("the tests do not build, so none was run: `{0}` shows why")]
    NotBuilt(String),
    #[error("failed to run `{program}`: {why}")]
    NotStarted { program: String, why: String },
    #[error(
        "`{0}` takes no filter\nhint: give `cargo test` or `cargo nextest run` and their arguments after `--`"
    )]
    Unfiltered(String),
    #[error("{0}")]
    Other(String),
    #[error(
        "no test has run here: there is no `target/llmock/last-run.jsonl` in this folder or above\nhint: run `cargo \
         test` first, or name the file"
    )]
    NoLastRun,
    #[error("failed to read `{}`: {why}", path.display())]
    LastRunUnreadable { path: PathBuf, why: io::Error },
    #[error(
        "no test with a fixture ran: the command ended with {status}\nhint: the output above has the reason; \
         `llmock verify -- cargo test ARGUMENTS` runs another command"
    )]
    NoTestVerified { status: String },
    #[error("{}", chain(.0))]
    NotKept(KeepError),
    #[error("port {port} is in use\nhint: without `--port` the dashboard takes a free one")]
    PortInUse { port: u16 },
    #[error("cannot listen on port {port} of 127.0.0.1: {why}")]
    NotListening { port: u16, why: io::Error },
    #[error(
        "`{}` exists and is not a report of llmock; it is not overwritten\nhint: name another file, or remove it", .0.display()
    )]
    NotAReport(PathBuf),
    #[error("`{}` exists\nhint: `--force` overwrites it", .0.display())]
    FileExists(PathBuf),
    #[error("failed to write `{}`: {why}", path.display())]
    NotWritten { path: PathBuf, why: io::Error },
    /// Fixtures that an import would overwrite.
    #[error("{}", fixtures_exist(.0))]
    FixturesExist(Vec<PathBuf>),
    #[error("there is no file `{}`", .0.display())]
    NoSuchFile(PathBuf),
    #[error("no recordings in {}\nhint: `--from FORMAT` reads every file as that format", paths(.0))]
    NothingToImport(Vec<PathBuf>),
    #[error("invalid request {0}")]
    BadRequest(String),
    #[error("failed to read folder {0}")]
    Unlistable(String),
    #[error("{}", lines(.0))]
    Several(Vec<Problem>),
}

fn fixtures_exist(fixtures: &[PathBuf]) -> String {
    let first = fixtures.first().map(|path| path.display().to_string()).unwrap_or_default();
    let rest = match fixtures.len() {
        0 | 1 => "exists".to_owned(),
        2 => "and 1 other fixture exist".to_owned(),
        all => format!("and {} other fixtures exist", all - 1),
    };
    format!("`{first}` {rest}; nothing was imported\nhint: `--force` overwrites")
}

fn paths(paths: &[PathBuf]) -> String {
    let names: Vec<_> = paths.iter().map(|path| format!("`{}`", path.display())).collect();
    names.join(", ")
}

fn lines(problems: &[Problem]) -> String {
    problems.iter().map(Problem::to_string).collect::<Vec<_>>().join("\n")
}

fn did_you_mean(similar: Option<&Path>) -> String {
    similar.map_or_else(String::new, |path| format!("; did you mean `{}`?", path.display()))
}

fn why_unchanged(error: &LoadError) -> &'static str {
    match error {
        LoadError::Format { .. } => "it is not a valid fixture",
        _ => "it could not be read",
    }
}

fn not_removed(error: &RemoveError) -> String {
    let RemoveError::Unknown { hash, path } = error else { return chain(error) };
    let path = path.display();
    format!(
        "no interaction in `{path}` has a hash that starts with `{hash}`\nhint: `llmock list {path}` shows them"
    )
}

/// An error and what caused it.
pub(crate) fn chain(error: &dyn Error) -> String {
    let causes = std::iter::successors(error.source(), |&cause| cause.source());
    causes.fold(error.to_string(), |text, cause| format!("{text}: {cause}"))
}

fn ambiguous(
    command: &str,
    path: &Path,
    prefix: &str,
    candidates: &[String],
    equal: Option<usize>,
) -> String {
    let (path, number, lines) = (path.display(), candidates.len(), candidates.join("\n"));
    let hint = match equal {
        Some(first) => format!(
            "their requests are equal; select one by its number: \
             `llmock {command} {path} --number {first}`"
        ),
        None => "add digits until only one matches".to_owned(),
    };
    format!(
        "`{prefix}` is ambiguous, {number} hashes in `{path}` begin with it:\n{lines}\nhint: {hint}"
    )
}
