//! Sentences about fixture files, shared by reports, by the errors of the library, and by the command.

use std::path::Path;

use super::command::Command;
use crate::fixture::FormatError;

/// A path as a person would type it.
pub(crate) fn shown(path: &Path, folder: Option<&Path>) -> String {
    let short = folder.and_then(|folder| path.strip_prefix(folder).ok()).unwrap_or(path);
    short.display().to_string().replace('\\', "/")
}

/// There is no such file.
pub(crate) fn missing(path: &Path) -> String {
    format!("there is no fixture `{}`", path.display())
}

/// The operating system refuses.
pub(crate) fn unreadable(path: &Path, why: &str) -> String {
    format!("failed to read fixture `{}`: {why}", path.display())
}

/// It is there, and is no fixture.
pub(crate) fn malformed(path: &Path, error: &FormatError) -> String {
    let hint = error.hint.as_ref().map_or_else(String::new, |hint| format!("\nhint: {hint}"));
    format!("failed to load fixture `{}`: {error}{hint}", path.display())
}

/// The operating system refuses.
pub(crate) fn unwritable(path: &Path, why: &str) -> String {
    format!("failed to write fixture `{}`: {why}", path.display())
}

/// Written down and read again, a recording is not what it was.
pub(crate) fn unfaithful(path: &Path) -> String {
    format!("fixture `{}` would not replay what was recorded", path.display())
}

/// Appended to an error about a fixture that recording would make.
pub(crate) fn record_hint(command: &Command) -> String {
    format!("\nhint: record it by running {}", command.phrase("record"))
}

/// Appended to an error about a fixture that cannot be read, and that nobody overwrites.
pub(crate) fn record_anew_hint(command: &Command) -> String {
    format!("\nhint: to record it anew, delete it and run {}", command.phrase("record"))
}
