//! `target/llmock/last-run.jsonl`: one line for each test, and one for each request without a session. For people and
//! tools that look at the last run.

use std::fs::{self, File};
use std::io::{BufRead as _, BufReader, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};

use crate::env;
use crate::fixture::redact::Redactor;
use crate::front::refused::Refused;
use crate::provider::Provider;
use crate::report::{Invocation, Report, ledger};

/// As much of the file is read to find the other failures of a run.
const LONGEST: u64 = 16 << 20;

/// Adds the line of a test that did not end.
pub(crate) fn append_unfinished(
    (test, fixture): (&str, &str),
    sentence: &str,
    package: Option<&Path>,
    redactor: &Redactor,
) {
    let line = ledger::unfinished_line(test, fixture, sentence);
    let _ = try_append(&redactor.json(&line), package);
}

/// Adds a test's line; the first line of a run removes those of the previous run. Never fails a test.
pub(crate) fn append(report: &Report, package: Option<&Path>, redactor: &Redactor) {
    let _ = try_append(&redactor.json(&ledger::line(report)), package);
}

/// The tests of this run that have failed so far and that recording helps, in the order in which they ended.
pub(crate) fn failures(package: Option<&Path>) -> Vec<Invocation> {
    try_failures(package).unwrap_or_default()
}

fn try_failures(package: Option<&Path>) -> Option<Vec<Invocation>> {
    let path = target_directory(package)?.join("llmock").join("last-run.jsonl");
    let file = File::open(path).ok()?;
    // Another process may be adding a line.
    file.lock_shared().ok()?;
    let mut text = String::new();
    file.take(LONGEST).read_to_string(&mut text).ok()?;
    let run = run_id();
    let mut failed: Vec<(String, Option<Invocation>)> = Vec::new();
    for (of_run, test, command) in text.lines().filter_map(ledger::read) {
        if of_run == run {
            // A test that a runner tried again counts with its last result.
            failed.retain(|(known, _)| *known != test);
            failed.push((test, command));
        }
    }
    Some(failed.into_iter().filter_map(|(_, command)| command).collect())
}

/// Adds the line of a request that was refused without a session.
pub(crate) fn append_refused(refused: &Refused) {
    let Refused { provider, method, path, message, .. } = refused;
    let provider = provider.map(Provider::id);
    let line = ledger::refused_line(provider, method, path, message);
    let package = env::places().runtime_manifest_dir;
    let _ = try_append(&line, package.as_deref());
}

/// Adds an object that begins with its run.
fn try_append(line: &str, package: Option<&Path>) -> std::io::Result<()> {
    if let Some(path) = env::read(env::RUN_LOG).filter(|path| !path.is_empty()) {
        append_to_log(Path::new(&path), line)?;
    }
    let Some(target) = target_directory(package) else { return Ok(()) };
    let folder = target.join("llmock");
    fs::create_dir_all(&folder)?;
    let path = folder.join("last-run.jsonl");
    let mut file =
        File::options().create(true).truncate(false).read(true).write(true).open(path)?;
    // Many processes of one nextest run write here.
    file.lock()?;
    let run = run_id();
    let mut first = String::new();
    BufReader::new(&file).read_line(&mut first)?;
    if !first.contains(&format!("\"run\":\"{run}\"")) {
        file.set_len(0)?;
    }
    file.seek(SeekFrom::End(0))?;
    file.write_all(format!("{{\"run\":\"{run}\",{}\n", &line[1..]).as_bytes())
}

/// The log of a command that runs tests, wherever they are built.
fn append_to_log(path: &Path, line: &str) -> std::io::Result<()> {
    let mut file = File::options().create(true).append(true).open(path)?;
    file.lock()?;
    file.write_all(format!("{{\"run\":\"{}\",{}\n", run_id(), &line[1..]).as_bytes())
}

/// The same for every test binary of one command: nextest has an id, Cargo is the common parent process. A program that
/// something else starts, such as a shell, is a run of its own.
fn run_id() -> String {
    if let Some(id) = env::nextest_run_id() {
        return id;
    }
    #[cfg(unix)]
    if env::is_cargo() {
        return format!("cargo-{}", std::os::unix::process::parent_id());
    }
    format!("process-{}", std::process::id())
}

/// [`run_id`] with what tells two processes of the same number apart, where that is known.
#[cfg(feature = "record")]
pub(super) fn unique_run_id() -> String {
    let run = run_id();
    let process = run.strip_prefix("cargo-").or_else(|| run.strip_prefix("process-"));
    // The 22nd word is the time at which the process started; the second one may hold blanks, and ends in a parenthesis.
    let stat = process.and_then(|id| fs::read_to_string(format!("/proc/{id}/stat")).ok());
    let started =
        stat.as_deref().and_then(|stat| stat.rsplit(')').next()?.split_whitespace().nth(19));
    started.map_or_else(|| run.clone(), |started| format!("{run}-{started}"))
}

/// The folder of `last-run.jsonl`.
#[cfg(feature = "record")]
pub(super) fn folder(package: Option<&Path>) -> Option<PathBuf> {
    target_directory(package).map(|target| target.join("llmock"))
}

/// The build directory that this test binary lies in: `…/target/debug/deps/api-0123`.
fn target_directory(package: Option<&Path>) -> Option<PathBuf> {
    let program = std::env::current_exe().ok()?;
    let mut folders = program.ancestors().skip(1);
    let deps = folders.next()?;
    if deps.file_name()? == "deps" {
        return deps.parent()?.parent().map(Path::to_owned);
    }
    // A script or a doctest: in the package's build directory, if it has one.
    package.map(|package| package.join("target")).filter(|target| target.is_dir())
}
