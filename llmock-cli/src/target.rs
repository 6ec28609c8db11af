//! What a path on the command line means: a fixture, or a folder of them.

use std::path::{Path, PathBuf};
use std::{fs, io};

use llmock::__command::is_encrypted_path;
use llmock::{Fixture, LoadError};

use crate::problem::Problem;

#[derive(Debug)]
pub(crate) enum Target {
    Fixture(Fixture),
    Folder(PathBuf),
}

/// A fixture if there is one of that name, else a folder.
pub(crate) fn of(path: &Path) -> Result<Target, Problem> {
    let says_folder =
        path.file_name().is_none() || path.to_string_lossy().ends_with(std::path::is_separator);
    if says_folder && path.is_dir() {
        return Ok(Target::Folder(path.to_owned()));
    }
    match Fixture::load(path) {
        Ok(fixture) => Ok(Target::Fixture(fixture)),
        Err(LoadError::Missing { .. } | LoadError::Io { .. }) if path.is_dir() => {
            Ok(Target::Folder(path.to_owned()))
        }
        Err(LoadError::Missing { .. }) if path.is_file() => Err(Problem::NotJson(path.to_owned())),
        Err(LoadError::Missing { path }) => {
            let similar = similar(&path);
            Err(Problem::Missing { path, similar })
        }
        Err(error) => Err(Problem::Unreadable(error)),
    }
}

/// The files that a path stands for; none for a folder without JSON files. A fixture takes precedence over a folder of
/// its name.
pub(crate) fn files(path: &Path) -> Result<Vec<Result<PathBuf, Problem>>, Problem> {
    let name = path.to_string_lossy();
    let is_attempt = name.ends_with(".json.failed") || name.ends_with(".json.age.failed");
    let fixture = if is_json(path) || is_attempt { path.to_owned() } else { with_json(path) };
    let says_folder =
        path.file_name().is_none() || path.to_string_lossy().ends_with(std::path::is_separator);
    if !(says_folder && path.is_dir()) && fixture.is_file() {
        return Ok(vec![Ok(fixture)]);
    }
    if path.is_dir() {
        return Ok(collected(path, is_json));
    }
    match of(path)? {
        Target::Fixture(fixture) => Ok(vec![Ok(fixture.path().to_owned())]),
        Target::Folder(_) => Ok(Vec::new()),
    }
}

/// Reads a fixture; `None` for a JSON file below a folder that is something else.
pub(crate) fn load(path: &Path, is_named: bool) -> Result<Option<Fixture>, Problem> {
    if path.extension().is_some_and(|extension| extension == "failed") {
        return Fixture::load(path).map(Some).map_err(Problem::Unreadable);
    }
    if let Ok(text) = fs::read_to_string(path) {
        if !is_named && is_other_text(&text) {
            return Ok(None);
        }
        // Binary data of WebSockets is in files beside it.
        let has_sockets = text.contains("\"socket\"");
        if let (false, Ok(fixture)) = (has_sockets, Fixture::parse(path, &text)) {
            return Ok(Some(fixture));
        }
    }
    // It repairs what a killed process has left behind, and says what is wrong.
    match Fixture::load(path) {
        Ok(fixture) => Ok(Some(fixture)),
        Err(LoadError::Format { .. }) if !is_named && is_something_else(path) => Ok(None),
        Err(error) => Err(Problem::Unreadable(error)),
    }
}

/// The fixtures below a folder in the order of their names; JSON files that are something else are
/// left out.
pub(crate) fn below(folder: &Path) -> impl Iterator<Item = Result<Fixture, Problem>> {
    let files = collected(folder, is_json);
    files.into_iter().filter_map(|file| file.and_then(|path| load(&path, false)).transpose())
}

/// The files below a folder that are wanted.
pub(crate) fn collected(
    folder: &Path,
    is_wanted: fn(&Path) -> bool,
) -> Vec<Result<PathBuf, Problem>> {
    let mut files = Vec::new();
    collect(folder, is_wanted, &mut files);
    files
}

/// Without following links to folders: they may lead in circles.
fn collect(folder: &Path, is_wanted: fn(&Path) -> bool, files: &mut Vec<Result<PathBuf, Problem>>) {
    let unreadable = |why| Problem::FolderUnreadable { path: folder.to_owned(), why };
    let entries = fs::read_dir(folder).and_then(|entries| {
        entries
            .map(|entry| entry.and_then(|entry| Ok((entry.path(), entry.file_type()?))))
            .collect::<io::Result<Vec<_>>>()
    });
    let mut entries = match entries {
        Ok(entries) => entries,
        Err(why) => return files.push(Err(unreadable(why))),
    };
    entries.sort_by(|(left, _), (right, _)| left.cmp(right));
    for (path, kind) in entries {
        if kind.is_dir() {
            if !is_skipped(&path) {
                collect(&path, is_wanted, files);
            }
        } else if is_wanted(&path) && path.is_file() {
            files.push(Ok(path));
        }
    }
}

/// Large folders that never hold fixtures.
pub(crate) fn is_skipped(folder: &Path) -> bool {
    let name = folder.file_name().unwrap_or_default();
    is_hidden(folder) || name == "target" || name == "node_modules"
}

pub(crate) fn is_hidden(path: &Path) -> bool {
    path.file_name().is_some_and(|name| name.to_string_lossy().starts_with('.'))
}

/// The file of a fixture that is named without its `.json`.
pub(crate) fn with_json(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".json");
    name.into()
}

/// The path of a fixture without its `.json` or `.json.age`.
pub(crate) fn without_json(path: &Path) -> PathBuf {
    let plain = if is_encrypted_path(path) { path.with_extension("") } else { path.to_owned() };
    plain.with_extension("")
}

pub(crate) fn is_json(path: &Path) -> bool {
    let ends =
        |path: &Path, end: &str| path.extension().is_some_and(|one| one.eq_ignore_ascii_case(end));
    ends(path, "json") || (ends(path, "age") && ends(&path.with_extension(""), "json"))
}

/// Whether a file that cannot be loaded was never a fixture. A fixture that was cut off or that someone
/// broke while editing still shows what it was.
fn is_something_else(path: &Path) -> bool {
    let Ok(bytes) = fs::read(path) else { return false };
    is_other_text(&String::from_utf8_lossy(&bytes))
}

pub(crate) fn is_other_text(text: &str) -> bool {
    !text.trim().is_empty() && !text.contains("\"llmock\"") && !text.contains("\"interactions\"")
}

/// The fixture next to a missing one with nearly the same name.
fn similar(missing: &Path) -> Option<PathBuf> {
    let wanted = without_json(missing);
    let wanted = wanted.file_name()?.to_string_lossy();
    let folder = match missing.parent()? {
        here if here.as_os_str().is_empty() => Path::new("."),
        folder => folder,
    };
    let siblings = fs::read_dir(folder).ok()?.filter_map(|entry| Some(entry.ok()?.path()));
    let mut names: Vec<String> = siblings
        .filter(|path| is_json(path))
        .filter_map(|path| Some(without_json(&path).file_name()?.to_string_lossy().into_owned()))
        .collect();
    names.sort();
    let name = llmock_rules::nearest(&wanted, names.iter().map(String::as_str))?;
    Some(missing.with_file_name(format!("{name}.json")))
}
