//! [`check`]: the fixtures of a package, checked from one of its tests.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs};

use crate::fixture::{Fixture, LoadError};
use crate::inspect::flaws;

/// Checks all fixtures of the package: that they can be read, are in their canonical form, and hold no secrets. `llmock
/// check` also finds fixtures without a test.
///
/// ```no_run
/// #[test]
/// fn fixtures_are_clean() {
///     llmock::check();
/// }
/// ```
///
/// # Panics
///
/// If something is wrong; the message has a line for each file and place.
///
/// # Limits
///
/// It reads all JSON files below `CARGO_MANIFEST_DIR`, which Cargo sets for tests, or else below the working directory.
/// Hidden folders, `target`, and `node_modules` are left out.
#[track_caller]
pub fn check() {
    let folder =
        env::var_os("CARGO_MANIFEST_DIR").map_or_else(|| PathBuf::from("."), PathBuf::from);
    let (checked, text) = checked(&folder);
    assert!(text.is_empty(), "llmock: of {checked} fixtures, some need attention:\n{text}");
}

/// How many fixtures are below a folder, and a line for everything that is wrong with them.
fn checked(folder: &Path) -> (usize, String) {
    let mut files = Vec::new();
    collect(folder, &mut files);
    let (mut number, mut text) = (0, String::new());
    for file in files {
        let Ok(read) = fs::read_to_string(&file) else { continue };
        if !read.contains("\"llmock\"") && !read.contains("\"interactions\"") {
            continue;
        }
        number += 1;
        let path = file.strip_prefix(folder).unwrap_or(&file).display();
        match Fixture::parse(&file, &read) {
            Ok(fixture) => {
                for flaw in flaws(fixture.interactions(), &read) {
                    let place = flaw.number.map(|at| format!("#{at}")).unwrap_or_default();
                    let remedy = flaw.remedy.map(|remedy| format!("; {remedy}"));
                    let remedy = remedy.unwrap_or_default();
                    let _ = writeln!(text, "  {path}{place}: {}{remedy}", flaw.message);
                }
            }
            Err(LoadError::Format { source, .. }) => {
                let _ = writeln!(text, "  {path}: {source}");
            }
            Err(error) => {
                let _ = writeln!(text, "  {path}: {error}");
            }
        }
    }
    (number, text)
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    let mut entries: Vec<_> = entries.flatten().collect();
    entries.sort_by_key(fs::DirEntry::path);
    for entry in entries {
        let (path, name) = (entry.path(), entry.file_name().to_string_lossy().into_owned());
        let is_skipped = name.starts_with('.') || name == "target" || name == "node_modules";
        match entry.file_type() {
            Ok(kind) if kind.is_dir() && !is_skipped => collect(&path, files),
            Ok(kind) if kind.is_file() && name.to_ascii_lowercase().ends_with(".json") => {
                files.push(path);
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_everything_that_is_wrong() {
        let folder = tempfile::tempdir().expect("a folder");
        let write =
            |name: &str, text: &str| fs::write(folder.path().join(name), text).expect("written");
        write("clean.json", "{\n  \"llmock\": 1,\n  \"interactions\": []\n}\n");
        write("package.json", "{\"name\": \"other\"}");
        assert_eq!(checked(folder.path()), (1, String::new()));
        write("loose.json", "{\"llmock\": 1, \"interactions\": []}");
        write("broken.json", "{\"llmock\": 1, \"interactions\": [");
        let (number, text) = checked(folder.path());
        assert_eq!(number, 3);
        assert!(text.contains("loose.json: the file is not in its canonical form"), "{text}");
        assert!(text.contains("broken.json: line 1, column "), "{text}");
    }
}
