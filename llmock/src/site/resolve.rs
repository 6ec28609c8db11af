//! From the position of a test in the source to the path of its fixture.
//!
//! `file!()` is relative to the compiler's working directory, which is the workspace root below a workspace and the
//! package otherwise; tests run in the package. So the path is made absolute when the test runs, from the run-time
//! `CARGO_MANIFEST_DIR` (nextest remaps it for moved archives, two worktrees may share one binary) and the hop from
//! there to that directory. Compile-time values are only a fallback.

use std::path::{Component, Path, PathBuf};

use super::Site;

/// The folder for fixtures, next to the source file.
const FIXTURES: &str = "fixtures";

/// The paths that the process got from its environment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Places {
    /// `LLMOCK_WORKSPACE_ROOT`.
    pub(crate) workspace_root: Option<PathBuf>,
    pub(crate) runtime_manifest_dir: Option<PathBuf>,
    pub(crate) cwd: Option<PathBuf>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Resolved {
    /// The file to read, and to write unless writes are redirected. It need not exist.
    pub(crate) fixture: PathBuf,
    /// The paths that were tried, best first; `fixture` is one of them.
    pub(crate) tried: Vec<PathBuf>,
    /// The folder of all fixtures, which names are relative to; `None` for a name that is relative to the workspace.
    pub(crate) folder: Option<PathBuf>,
    /// The folder that source paths are relative to.
    root: PathBuf,
}

impl Resolved {
    /// The possible names of the file inside its folder, with `/` between folders; none without a folder.
    pub(crate) fn names(&self) -> Vec<String> {
        let Some(folder) = &self.folder else { return Vec::new() };
        self.tried.iter().filter_map(|path| name_in(folder, path)).collect()
    }

    /// The file to write: the fixture itself, or its counterpart below `LLMOCK_RECORD_DIR`.
    pub(crate) fn write_path(&self, record_dir: Option<&Path>) -> PathBuf {
        let Some(record_dir) = record_dir else { return self.fixture.clone() };
        let relative = self.fixture.strip_prefix(&self.root).unwrap_or(&self.fixture);
        // A path outside the root must not escape the record folder.
        let inside = relative.components().filter(|part| matches!(part, Component::Normal(_)));
        record_dir.join(inside.collect::<PathBuf>())
    }
}

/// Neither the folder of the test's source nor the package exists where it was when the test was compiled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct NoFolder {
    pub(crate) tried: Vec<PathBuf>,
}

/// Finds the fixture of a test.
///
/// `names` are those of [`name::candidates`](super::name::candidates): the first that exists is used, otherwise the
/// first. `exists` is called with files and folders.
pub(crate) fn resolve(
    site: &Site,
    names: &[String],
    places: &Places,
    exists: &dyn Fn(&Path) -> bool,
) -> Result<Resolved, NoFolder> {
    let mut tried = Vec::new();
    let beside_source = source_folders(site, places).into_iter().find(|(_, folder)| {
        tried.push(folder.clone());
        exists(folder)
    });
    let found = beside_source.map(|(root, folder)| (root, folder.join(FIXTURES))).or_else(|| {
        let (root, package) = packages(site, places).into_iter().find(|(_, package)| {
            let fixtures = package.join("tests").join(FIXTURES);
            let is_there = exists(&package.join("Cargo.toml")) || exists(&fixtures);
            tried.push(fixtures);
            is_there
        })?;
        Some((root, package.join("tests").join(FIXTURES)))
    });
    let Some((root, folder)) = found else {
        return Err(NoFolder { tried });
    };
    Ok(Resolved { folder: Some(normalize(&folder)), ..resolve_below(root, &folder, names, exists) })
}

/// Finds the fixture of a test in a folder that is known. `root` is what redirected writes are relative to.
pub(crate) fn resolve_below(
    root: PathBuf,
    folder: &Path,
    names: &[String],
    exists: &dyn Fn(&Path) -> bool,
) -> Resolved {
    let tried: Vec<_> = names.iter().map(|name| normalize(&folder.join(name))).collect();
    let existing = tried.iter().find(|path| exists(path)).or(tried.first());
    let fixture = existing.cloned().unwrap_or_else(|| folder.to_owned());
    Resolved { fixture, tried, folder: None, root }
}

/// The folders that may hold the source file, each with the root that the file is relative to; best first.
fn source_folders(site: &Site, places: &Places) -> Vec<(PathBuf, PathBuf)> {
    let remapped = site.remapped.iter().find(|(shown, _)| *shown == site.file);
    let file = Path::new(remapped.map_or(site.file, |(_, real)| *real));
    let roots = if file.has_root() {
        // A member outside the workspace's folder. Anything else absolute is a doctest's temporary bundle.
        let Some(in_package) = site.manifest_dir.and_then(|dir| file.strip_prefix(dir).ok()) else {
            return Vec::new();
        };
        return with_file(package_roots(site, places), in_package);
    } else {
        let hop = |package: PathBuf| package.join(site.hop);
        places
            .workspace_root
            .clone()
            .into_iter()
            .chain(places.runtime_manifest_dir.clone().map(hop))
            .chain(site.manifest_dir.map(PathBuf::from).map(hop))
            .chain(places.cwd.clone())
            .collect()
    };
    with_file(roots, file)
}

/// The same for a path that is relative to the package: there a configured workspace root is only second best.
fn package_roots(site: &Site, places: &Places) -> Vec<PathBuf> {
    let runtime = places.runtime_manifest_dir.clone();
    let compiled = site.manifest_dir.map(PathBuf::from);
    [runtime, places.workspace_root.clone(), compiled, places.cwd.clone()]
        .into_iter()
        .flatten()
        .collect()
}

fn with_file(roots: Vec<PathBuf>, file: &Path) -> Vec<(PathBuf, PathBuf)> {
    let folder = |root: PathBuf| {
        let source = normalize(&root.join(file));
        (normalize(&root), source.parent().map_or_else(|| source.clone(), Path::to_path_buf))
    };
    roots.into_iter().map(folder).collect()
}

/// The folder of the package, with the root for redirected writes; best first.
fn packages(site: &Site, places: &Places) -> Vec<(PathBuf, PathBuf)> {
    let known = [places.runtime_manifest_dir.clone(), site.manifest_dir.map(PathBuf::from)];
    let hop = |package: PathBuf| (normalize(&package.join(site.hop)), normalize(&package));
    let cwd = places.cwd.clone().map(|cwd| (cwd.clone(), cwd));
    known.into_iter().flatten().map(hop).chain(cwd).collect()
}

/// The name of a file inside a folder, with `/` between folders.
pub(crate) fn name_in(folder: &Path, file: &Path) -> Option<String> {
    let inside = file.strip_prefix(folder).ok()?;
    let parts: Option<Vec<_>> = inside.iter().map(|part| part.to_str()).collect();
    Some(parts?.join("/"))
}

/// Removes `.` and resolves `..` without looking at the disk: compilers keep `member/../shared/x.rs` as it was written.
pub(crate) fn normalize(path: &Path) -> PathBuf {
    let mut clean = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir => match clean.components().next_back() {
                Some(Component::Normal(_)) => {
                    clean.pop();
                }
                Some(Component::RootDir | Component::Prefix(_)) => {}
                Some(Component::ParentDir | Component::CurDir) | None => clean.push(".."),
            },
            Component::Normal(_) | Component::RootDir | Component::Prefix(_) => clean.push(part),
        }
    }
    clean
}

#[cfg(test)]
#[path = "resolve_tests.rs"]
mod tests;
