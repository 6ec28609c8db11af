//! Where the fixture of a test is: next to its source, in the folder that `fixtures` names, or in the workspace.

use std::path::{Path, PathBuf};

use llmock_rules::FixtureName;

use super::Test;
use crate::config::{Origin, Settings};
use crate::encryption;
use crate::env;
use crate::mode::Mode;
use crate::report::Failure;
use crate::session::layered;
use crate::session::state::shown;
use crate::site::{self, Places, resolve::Resolved};

/// Finds the fixture; `roots` are the workspace and the package.
pub(super) fn find(
    test: &Test,
    case: Option<&str>,
    in_force: &Settings,
    places: &Places,
    (workspace, package): (Option<&Path>, Option<&Path>),
) -> Result<Resolved, Failure> {
    let Test { site, fixture, module_fixture, .. } = test;
    let both = |names: Vec<String>| encrypted_too(names, in_force);
    let exists = |path: &Path| path.exists();
    let root = workspace.or(package).map(Path::to_owned);
    let in_workspace = |name: Option<&'static str>| name.and_then(FixtureName::in_workspace);
    let own = in_workspace(*fixture);
    let module = in_workspace(*module_fixture).filter(|_| fixture.is_none());
    if let (Some(root), true) = (&root, own.is_some() || module.is_some()) {
        let names = both(site::candidates(site, own, module, case));
        return Ok(site::resolve_below(root.clone(), root, &names, &exists));
    }
    if let (Some(folder), Some(root)) = (&in_force.fixtures.value, root) {
        let base = match &in_force.fixtures.origin {
            Origin::File(path) => path.parent().map(Path::to_owned),
            _ => package.map(Path::to_owned),
        };
        let base = base.unwrap_or_else(|| root.clone());
        let (folder, names) = site::candidates_in(folder, site, *fixture, *module_fixture, case);
        let (folder, names) = (base.join(folder), both(names));
        let mut resolved = site::resolve_below(root, &folder, &names, &exists);
        resolved.folder = Some(folder);
        return Ok(resolved);
    }
    let names = both(site::candidates(site, *fixture, *module_fixture, case));
    let base = layered::base(in_force, package.or(workspace));
    if let Some(folder) = base.and_then(|base| layered::first(in_force, &base)) {
        let folder = site::resolve::normalize(&folder);
        let root = workspace.or(package).map_or_else(|| folder.clone(), Path::to_owned);
        let mut resolved = site::resolve_below(root, &folder, &names, &exists);
        resolved.folder = Some(folder);
        return Ok(resolved);
    }
    site::resolve(site, &names, places, &exists).map_err(|error| {
        let tried = error.tried.iter().map(|path| path.display().to_string()).collect();
        Failure::NoPlace { tried }
    })
}

/// Each name, and that of the encrypted file: the one first that a recording is to have.
fn encrypted_too(names: Vec<String>, in_force: &Settings) -> Vec<String> {
    let is_first = !in_force.recipients.value.is_empty();
    let of_each = |name: String| {
        let encrypted = encryption::encrypted(Path::new(&name)).display().to_string();
        if is_first { [encrypted, name] } else { [name, encrypted] }
    };
    names.into_iter().flat_map(of_each).collect()
}

/// Makes known for whom files are encrypted. A recording must not go into a plain file if they are to be.
pub(super) fn check_encrypted(
    fixture: &Path,
    write_to: &Path,
    (workspace, package): (Option<&Path>, Option<&Path>),
    in_force: &Settings,
) -> Result<(), Failure> {
    for path in [fixture, write_to] {
        encryption::register(path, &in_force.recipients.value);
    }
    let is_plain = fixture.exists() && !encryption::is_encrypted(fixture);
    let may_write = matches!(in_force.mode.value, Mode::Record | Mode::Auto | Mode::Refresh);
    let records = may_write && !in_force.scripted.value;
    if in_force.recipients.value.is_empty() || !is_plain || !records {
        return Ok(());
    }
    let shown = shown(fixture, workspace, package);
    let error = format!(
        "fixture `{shown}` is not encrypted, although there are `recipients`\nhint: run `llmock encrypt {shown}`"
    );
    Err(Failure::FixtureUnreadable { error, command: None })
}

/// Where a session without the attribute writes: into its fixture, unless another model responds, which must not reach it.
pub(super) fn beside(
    fixture: &Path,
    is_other_model: bool,
    places: &Places,
    (workspace, package): (Option<&Path>, Option<&Path>),
) -> PathBuf {
    let Some(folder) = env::record_dir().filter(|_| is_other_model) else {
        return fixture.to_owned();
    };
    let path = places.cwd.as_deref().map_or_else(|| fixture.to_owned(), |cwd| cwd.join(fixture));
    let inside = workspace.or(package).and_then(|root| path.strip_prefix(root).ok());
    folder.join(inside.or(path.file_name().map(Path::new)).unwrap_or(&path))
}
