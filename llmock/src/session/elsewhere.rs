//! What else in the folder of a fixture explains a miss: the request in another file, a name that is nearly the same, and
//! interactions of other tests.

use std::fs;
use std::path::{Path, PathBuf};

use llmock_rules::nearest;

use crate::fixture::Position;
use crate::fixture::interaction::Interaction;
use crate::fixture::store;
use crate::mode::Mode;
use crate::report::command::quoted;
use crate::report::{Elsewhere, MissReason, OthersInFixture, Report, Surface};
use crate::session::state::State;

/// Files of a folder that are looked at, and how large they may be, alone and together.
const FILES: usize = 400;
const FOLDERS: usize = 100;
const LARGEST: u64 = 2 << 20;
const TOGETHER: u64 = 16 << 20;

/// Adds to the report of a failed replay what the folder tells about it.
pub(super) fn look(state: &State, report: &mut Report) {
    let is_unknown = |reason: &MissReason| {
        matches!(
            reason,
            MissReason::NoFixtureFile
                | MissReason::Empty
                | MissReason::EndpointUnknown { .. }
                | MissReason::BodyDiffers { .. }
        )
    };
    if state.setup.mode() == Mode::Record
        || !report.misses.iter().any(|miss| is_unknown(&miss.reason))
    {
        return;
    }
    report.others_in_fixture = others_in_fixture(state);
    // A test that has interactions of its own has the right fixture.
    if state.fixture.interactions().iter().any(|one| one.test == state.setup.owner) {
        return;
    }
    let Some(folder) = folder_of(state) else { return };
    let files = files(&folder);
    report.elsewhere = holders(state, &folder, &files);
    if report.elsewhere.is_empty() && state.fixture.len() == 0 {
        report.elsewhere.extend(similar(state, &folder, &files));
    }
}

fn others_in_fixture(state: &State) -> Option<OthersInFixture> {
    let interactions = state.fixture.interactions();
    let owner = &state.setup.owner;
    if owner.is_none() {
        let used = state.ledger().used();
        let lost = interactions.iter().enumerate().filter(|(_, one)| one.test.is_none());
        let lost = lost.map(|(at, _)| Position::from_index(at)).filter(|at| !used.contains(at));
        let interactions: Vec<_> = lost.map(Position::number).collect();
        return (!interactions.is_empty()).then(|| OthersInFixture {
            owners: Vec::new(),
            interactions,
            is_replaced: true,
        });
    }
    if interactions.is_empty()
        || interactions.iter().any(|one| one.test.is_none() || one.test == *owner)
    {
        return None;
    }
    let mut owners: Vec<String> = interactions.iter().filter_map(|one| one.test.clone()).collect();
    owners.sort();
    owners.dedup();
    Some(OthersInFixture {
        owners,
        interactions: (1..=interactions.len()).collect(),
        is_replaced: false,
    })
}

/// The folder that names are relative to; the builder is given whole paths.
fn folder_of(state: &State) -> Option<PathBuf> {
    let setup = &state.setup;
    let above = || setup.fixture.parent().map(Path::to_owned);
    setup.folder.clone().or_else(above).filter(|folder| folder.is_dir())
}

/// The fixtures below a folder, without its own, in the order of their names.
fn files(folder: &Path) -> Vec<(PathBuf, u64)> {
    let (mut files, mut folders) = (Vec::new(), vec![folder.to_owned()]);
    let mut visited = 0;
    while let Some(folder) = folders.pop() {
        visited += 1;
        if visited > FOLDERS || files.len() > FILES {
            break;
        }
        for entry in fs::read_dir(folder).into_iter().flatten().flatten().take(2 * FILES) {
            let (path, Ok(kind)) = (entry.path(), entry.file_type()) else { continue };
            if kind.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "json") {
                let size = entry.metadata().map_or(u64::MAX, |found| found.len());
                files.push((path, size));
            }
        }
    }
    files.sort();
    files.truncate(FILES);
    files
}

/// The fixtures that hold a request that was missed.
fn holders(state: &State, folder: &Path, files: &[(PathBuf, u64)]) -> Vec<Elsewhere> {
    let keys = state.ledger().described_keys();
    let (mut found, mut read) = (Vec::new(), 0);
    for (path, size) in
        files.iter().filter(|(path, size)| *path != state.setup.fixture && *size <= LARGEST)
    {
        read += size;
        if keys.is_empty() || read > TOGETHER {
            break;
        }
        let Ok(interactions) = store::load(path) else { continue };
        let interactions = state.secrets.redactor().stored(interactions);
        let holds =
            |one: &&Interaction| keys.contains(&state.fixture.key(one.provider, &one.request));
        let Some(one) = interactions.iter().find(holds) else { continue };
        // The file of a test that has been renamed belongs to that test alone.
        let is_of_one = interactions.iter().all(|other| other.test == one.test);
        let owner = one.test.clone().filter(|owner| Some(owner) != state.setup.owner.as_ref());
        found.push(described(state, folder, path, owner, is_of_one));
    }
    // What was recorded by the test itself comes first, then what its old name recorded.
    found.sort_by_key(|found| (found.owner.is_some(), found.rename.is_none()));
    found
}

fn described(
    state: &State,
    folder: &Path,
    path: &Path,
    owner: Option<String>,
    is_of_one: bool,
) -> Elsewhere {
    let setup = &state.setup;
    let shown = setup.shown_path(path);
    let may_rename = !setup.is_named && is_of_one && owner.is_some() && !setup.fixture.exists();
    let rename = may_rename.then(|| rename(state, &shown));
    Elsewhere { name: name(state, folder, path), path: shown, owner, holds_request: true, rename }
}

/// The file as `fixture = "..."` or `.fixture("...")` takes it.
fn name(state: &State, folder: &Path, path: &Path) -> String {
    let setup = &state.setup;
    let in_workspace = || {
        let root = setup.workspace.as_deref().or(setup.package.as_deref());
        let inside = root.and_then(|root| path.strip_prefix(root).ok());
        inside.map_or_else(|| path.to_owned(), |inside| Path::new("/").join(inside))
    };
    let inside = match setup.surface {
        Surface::Attribute if setup.folder.is_none() => in_workspace(),
        Surface::Attribute => path.strip_prefix(folder).unwrap_or(path).to_owned(),
        Surface::Builder => path.to_owned(),
    };
    let name = inside.display().to_string().replace('\\', "/");
    name.strip_suffix(".json").map(str::to_owned).unwrap_or(name)
}

/// The shell line that renames a fixture; the folder of the new name may not exist.
fn rename(state: &State, old: &str) -> String {
    let setup = &state.setup;
    let folder = setup.fixture.parent().filter(|folder| !folder.is_dir());
    let make = folder.map(|folder| format!("mkdir -p {} && ", quoted(&setup.shown_path(folder))));
    format!("{}mv {} {}", make.unwrap_or_default(), quoted(old), quoted(&setup.shown))
}

/// The fixture next to a missing one whose name is nearly the same.
pub(crate) fn sibling(missing: &Path) -> Option<PathBuf> {
    let folder = missing.parent()?;
    let wanted = missing.file_stem()?.to_str()?;
    let is_json = |path: &PathBuf| path.extension().is_some_and(|extension| extension == "json");
    let siblings = fs::read_dir(folder).ok()?.flatten().take(FILES).map(|entry| entry.path());
    let mut siblings: Vec<PathBuf> = siblings.filter(is_json).collect();
    siblings.sort();
    let stem = |path: &PathBuf| Some(path.file_stem()?.to_str()?.to_owned());
    let names: Vec<String> = siblings.iter().filter_map(stem).collect();
    let found = nearest(wanted, names.iter().map(String::as_str))?;
    siblings.iter().find(|path| stem(path).as_deref() == Some(found)).cloned()
}

/// The fixture whose name is nearly that of a missing one.
fn similar(state: &State, folder: &Path, files: &[(PathBuf, u64)]) -> Option<Elsewhere> {
    if !state.setup.is_named || state.setup.fixture.exists() {
        return None;
    }
    let wanted = name(state, folder, &state.setup.fixture);
    let names: Vec<String> = files.iter().map(|(path, _)| name(state, folder, path)).collect();
    // A name that begins with the folder itself: `tests/fixtures/nightly`.
    let doubled = names.iter().find(|name| wanted.ends_with(&format!("/{name}")));
    let found = doubled
        .map(String::as_str)
        .or_else(|| nearest(&wanted, names.iter().map(String::as_str)))?;
    let path =
        files.iter().map(|(path, _)| path).find(|path| name(state, folder, path) == found)?;
    let path = state.setup.shown_path(path);
    Some(Elsewhere { path, name: found.to_owned(), ..Elsewhere::default() })
}
