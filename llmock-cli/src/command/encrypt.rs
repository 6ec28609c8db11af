//! `llmock encrypt` and `llmock decrypt`: fixtures as whole files that only their recipients can read.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use clap::Args;
use llmock::__command::{is_encrypted_path, read_text, recipients_of};
use llmock::Fixture;
use serde_json::json;

use crate::output::Screen;
use crate::output::text::count;
use crate::problem::{Problem, chain};
use crate::workspace;

/// Encrypt fixtures for the `recipients` in `llmock.toml`
///
/// Writes `NAME.json.age` and removes `NAME.json`, with what is beside it. Git keeps old commits; a fixture that was
/// committed as plain text stays readable there.
#[derive(Args, Debug)]
#[command(after_help = super::help(&[
    ("llmock encrypt", "the fixtures of the workspace"),
    ("llmock encrypt tests/fixtures/chat", "one fixture"),
]))]
pub(crate) struct Encrypt {
    /// Fixtures, with or without `.json`, or folders of fixtures; by default the workspace
    #[arg(value_name = "PATH")]
    paths: Vec<PathBuf>,

    /// Print JSON: an array with an object for each change
    #[arg(long)]
    json: bool,
}

/// Print the text of an encrypted fixture
///
/// Nothing is written to disk. As a textconv of git it makes diffs readable:
/// `git config diff.llmock.textconv "llmock decrypt"`, and `*.json.age diff=llmock` in `.gitattributes`.
#[derive(Args, Debug)]
#[command(after_help = super::help(&[
    ("llmock decrypt tests/fixtures/chat.json.age", "prints its text"),
]))]
pub(crate) struct Decrypt {
    /// The file
    #[arg(value_name = "FILE")]
    file: PathBuf,
}

pub(crate) fn encrypt(screen: &mut Screen, arguments: &Encrypt) -> io::Result<()> {
    screen.collect_changes(arguments.json);
    let found = workspace::read(&arguments.paths);
    screen.unread(&found)?;
    let mut encrypted = 0;
    for fixture in found.fixtures.iter().filter(|one| !is_encrypted_path(one.path())) {
        match replace(fixture) {
            Ok(new) => {
                encrypted += 1;
                let (old, new) = (workspace::shown(fixture.path()), workspace::shown(&new));
                let change = json!({ "action": "encrypted", "file": old, "out": new });
                screen.changed(&format!("encrypted {new}"), change)?;
            }
            Err(problem) => screen.problem(&problem)?,
        }
    }
    if encrypted == 0 && !screen.has_failed() {
        screen
            .remark(&format!("nothing to encrypt in {}", count(found.fixtures.len(), "fixture")))?;
    }
    Ok(())
}

/// Writes the encrypted file, and removes the plain one.
fn replace(fixture: &Fixture) -> Result<PathBuf, Problem> {
    let old = fixture.path();
    let new = PathBuf::from(format!("{}.age", old.display()));
    if recipients_of(&new).is_empty() {
        let hint = "add `recipients = [\"age1…\"]` to `llmock.toml`";
        return Err(Problem::Other(format!(
            "there are no recipients for `{}`\nhint: {hint}",
            old.display()
        )));
    }
    if new.exists() {
        return Err(Problem::Exists(new));
    }
    let mut encrypted = Fixture::new(&new);
    *encrypted.interactions_mut() = fixture.interactions().to_vec();
    encrypted.save().map_err(|error| Problem::Other(chain(&error)))?;
    let removed = fs::remove_file(old).and_then(|()| remove_assets(old));
    removed.map_err(|why| Problem::NotDeleted { path: old.to_owned(), why })?;
    Ok(new)
}

/// Removes plain data of sockets that is there encrypted.
fn remove_assets(old: &Path) -> io::Result<()> {
    let Ok(files) = fs::read_dir(old.with_extension("assets")) else { return Ok(()) };
    for file in files {
        let path = file?.path();
        if path.extension().is_none() && PathBuf::from(format!("{}.age", path.display())).exists() {
            fs::remove_file(path)?;
        }
    }
    Ok(())
}

pub(crate) fn decrypt(screen: &mut Screen, arguments: &Decrypt) -> io::Result<()> {
    let path = &arguments.file;
    match read_text(path) {
        Ok(text) => screen.bytes(text.as_bytes()),
        Err(why) => screen.problem(&Problem::Io { action: "read", path: path.clone(), why }),
    }
}
