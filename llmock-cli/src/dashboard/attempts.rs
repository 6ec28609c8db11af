//! Files that wait for a decision, as `llmock review` reads them, each with its digest.

use std::fs;
use std::path::{Path, PathBuf};

use llmock::__command::is_encrypted_path;
use sha2::{Digest as _, Sha256};

use crate::review::{self, Kind, Waiting};
use crate::workspace;

#[derive(Debug)]
pub(crate) struct Attempt {
    /// As it is shown, and as forms name it.
    pub(crate) name: String,
    pub(crate) path: PathBuf,
    pub(crate) kind: Kind,
    /// What it holds, or why it cannot be read.
    pub(crate) content: Result<Waiting, String>,
    /// Changes with the bytes of the file.
    pub(crate) digest: String,
}

impl Attempt {
    /// Leaves out what an encrypted file holds.
    pub(crate) fn hide(&mut self) {
        if is_encrypted_path(&self.path) {
            self.content = Err("The file is encrypted; a report holds nothing of it.".to_owned());
        }
    }
}

/// The files of these folders and fixtures, in the order of their names.
pub(crate) fn find(roots: &[PathBuf]) -> Vec<Attempt> {
    // What cannot be looked at is shown with the fixtures.
    let files = roots.iter().flat_map(|root| review::beside(root)).flatten().collect();
    review::sorted(files).iter().filter_map(|path| read(path)).collect()
}

fn read(path: &Path) -> Option<Attempt> {
    let name = workspace::shown(path).trim_start_matches("./").to_owned();
    Some(Attempt {
        name,
        path: path.to_owned(),
        kind: Kind::of(path)?,
        content: review::read(path).map_err(|problem| problem.to_string()),
        digest: digest(path)?,
    })
}

/// The digest of a file, which a form sends back: what was decided about another version is not done.
pub(crate) fn digest(path: &Path) -> Option<String> {
    Some(digest_of(&fs::read(path).ok()?))
}

pub(crate) fn digest_of(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}
