//! Files that wait for a decision: what a failed recording has kept, and what a test wants to change.

use std::fs;
use std::path::{Path, PathBuf};

use llmock::Fixture;
use sha2::{Digest as _, Sha256};

use crate::target;
use crate::workspace;

/// What a file holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// `NAME.json.failed`: the recording of a test that did not pass.
    Failed,
    /// `NAME.json.pending`: requests that differ from their recordings.
    Pending,
}

#[derive(Debug)]
pub(crate) struct Attempt {
    /// As it is shown, and as forms name it.
    pub(crate) name: String,
    pub(crate) path: PathBuf,
    pub(crate) kind: Kind,
    /// What it holds, or why it cannot be read.
    pub(crate) content: Result<Fixture, String>,
    /// The fixture that it belongs to, if that exists and can be read.
    pub(crate) fixture: Option<Fixture>,
    /// Changes with the bytes of the file.
    pub(crate) digest: String,
}

/// The files of these folders and fixtures, in the order of their names.
pub(crate) fn find(roots: &[PathBuf]) -> Vec<Attempt> {
    let mut files: Vec<PathBuf> = Vec::new();
    for root in roots {
        if root.is_dir() {
            files
                .extend(target::collected(root, |path| kind(path).is_some()).into_iter().flatten());
        }
        let json = if target::is_json(root) { root.clone() } else { target::with_json(root) };
        for ending in [".failed", ".pending"] {
            let mut name = json.as_os_str().to_owned();
            name.push(ending);
            let file = PathBuf::from(name);
            if file.is_file() {
                files.push(file);
            }
        }
    }
    files.sort();
    files.dedup();
    files.iter().filter_map(|path| read(path)).collect()
}

fn kind(path: &Path) -> Option<Kind> {
    let name = path.file_name()?.to_str()?;
    if name.ends_with(".json.failed") {
        Some(Kind::Failed)
    } else if name.ends_with(".json.pending") {
        Some(Kind::Pending)
    } else {
        None
    }
}

fn read(path: &Path) -> Option<Attempt> {
    let kind = kind(path)?;
    let content = match kind {
        Kind::Failed => Fixture::load(path).map_err(|error| crate::problem::chain(&error)),
        Kind::Pending => pending(path),
    };
    let fixture = Fixture::load(path.with_extension("")).ok();
    let name = workspace::shown(path).trim_start_matches("./").to_owned();
    Some(Attempt { name, path: path.to_owned(), kind, content, fixture, digest: digest(path)? })
}

fn pending(path: &Path) -> Result<Fixture, String> {
    let text = fs::read_to_string(path).map_err(|error| error.to_string())?;
    Fixture::parse(path, &text).map_err(|error| crate::problem::chain(&error))
}

/// The digest of a file, which a form sends back: what was decided about another version is not done.
pub(crate) fn digest(path: &Path) -> Option<String> {
    Some(digest_of(&fs::read(path).ok()?))
}

pub(crate) fn digest_of(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}
