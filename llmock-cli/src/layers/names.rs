//! The files of a folder that belong into a layer: fixtures, and what is beside them.

use std::path::Path;
use std::{fs, io};

use crate::problem::Problem;
use crate::target;

/// The names of all files, with `/` between folders, in their order.
pub(crate) fn of(folder: &Path) -> Result<Vec<String>, Problem> {
    let mut names = Vec::new();
    collect(folder, "", &mut names)
        .map_err(|why| Problem::FolderUnreadable { path: folder.to_owned(), why })?;
    names.sort();
    Ok(names)
}

fn collect(folder: &Path, prefix: &str, names: &mut Vec<String>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let (entry, path) = entry.map(|entry| (entry.file_name(), entry.path()))?;
        let Some(name) = entry.to_str() else { continue };
        let inside = format!("{prefix}{name}");
        if path.is_dir() {
            if !target::is_skipped(&path) {
                collect(&path, &format!("{inside}/"), names)?;
            }
        } else if belongs(&inside) && is_meant(&path)? {
            names.push(inside);
        }
    }
    Ok(())
}

/// Whether a file of this name is a fixture, or belongs to one.
fn belongs(name: &str) -> bool {
    let (folders, file) = name.rsplit_once('/').unwrap_or(("", name));
    let is_asset = folders.ends_with(".assets");
    let ends = |suffix: &str| file.to_ascii_lowercase().ends_with(suffix);
    !file.starts_with('.')
        && (is_asset
            || ends(".json")
            || ends(".json.age")
            || ends(".vectors")
            || ends(".vectors.age"))
}

/// JSON files that are no fixtures are left out.
fn is_meant(path: &Path) -> io::Result<bool> {
    let is_encrypted =
        path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("age"));
    if is_encrypted || !target::is_json(path) {
        return Ok(true);
    }
    let text = fs::read(path)?;
    Ok(!target::is_other_text(&String::from_utf8_lossy(&text)))
}
