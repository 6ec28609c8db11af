//! Encryption in a build without it.

use std::path::Path;

use crate::env;

const WHY: &str = "llmock was built without its feature `encryption`";

pub(super) fn decrypt(_: &Path, _: &[u8]) -> Result<Vec<u8>, String> {
    let variable = env::AGE_IDENTITY;
    Err(format!(
        "the file is encrypted, and {WHY}, with which the identity in `{variable}` opens it"
    ))
}

pub(super) fn encrypt(_: &[String], _: &[u8]) -> Result<Vec<u8>, String> {
    Err(format!("it is to be encrypted, and {WHY}"))
}
