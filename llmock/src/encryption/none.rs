//! Encryption in a build without it.

use std::path::Path;

const WHY: &str = "llmock was built without its feature `encryption`";

pub(super) fn decrypt(_: &Path, _: &[u8]) -> Result<Vec<u8>, String> {
    Err(format!("the file is encrypted, and {WHY}"))
}

pub(super) fn encrypt(_: &[String], _: &[u8]) -> Result<Vec<u8>, String> {
    Err(format!("it is to be encrypted, and {WHY}"))
}
