//! The package and the workspace of a test, either of which may contain `llmock.toml`.
//!
//! Cargo is not run: spawning it costs every nextest process about 30 ms.

use std::path::{Path, PathBuf};

use super::resolve::{Places, normalize};

/// The package under test: the run-time value of Cargo or nextest, otherwise the compile-time one, otherwise the
/// working directory.
pub(crate) fn package(
    places: &Places,
    compiled_manifest_dir: Option<&str>,
    exists: &dyn Fn(&Path) -> bool,
) -> Option<PathBuf> {
    let compiled = compiled_manifest_dir.map(PathBuf::from);
    [places.runtime_manifest_dir.clone(), compiled, places.cwd.clone()]
        .into_iter()
        .flatten()
        .find(|folder| exists(folder))
}

/// The root of the workspace: the configured one, otherwise the nearest `Cargo.toml` above with a `[workspace]`
/// table.
///
/// `read` returns the text of a file. `None` if no manifest declares a workspace.
pub(crate) fn workspace(
    package: &Path,
    places: &Places,
    read: &dyn Fn(&Path) -> Option<String>,
) -> Option<PathBuf> {
    if let Some(named) = &places.workspace_root {
        return Some(named.clone());
    }
    for folder in package.ancestors() {
        let Some(manifest) = read(&folder.join("Cargo.toml")) else { continue };
        if let Some(root) = workspace_key(&manifest) {
            return Some(normalize(&folder.join(root)));
        }
        if has_workspace_table(&manifest) {
            return Some(folder.to_path_buf());
        }
    }
    None
}

fn has_workspace_table(manifest: &str) -> bool {
    let header = |line: &str| line.starts_with("[workspace]") || line.starts_with("[workspace.");
    manifest.lines().any(|line| header(line.trim_start()))
}

/// `package.workspace`, with which a member outside the workspace's folder names it.
fn workspace_key(manifest: &str) -> Option<&str> {
    let lines = manifest.lines().map(str::trim);
    let package = lines.skip_while(|line| !line.starts_with("[package]")).skip(1);
    let mut keys = package.take_while(|line| !line.starts_with('['));
    keys.find_map(|line| {
        let value = line.strip_prefix("workspace")?.trim_start().strip_prefix('=')?.trim_start();
        let quote = value.chars().next().filter(|quote| matches!(quote, '"' | '\''))?;
        value[1..].split(quote).next()
    })
}

/// The names that a manifest gives in tables of this kind: `[package]`, `[[test]]`.
pub(crate) fn names_in(manifest: &str, table: &str) -> Vec<String> {
    let mut is_inside = false;
    let name = |line: &str| {
        let value = line.strip_prefix("name")?.trim_start().strip_prefix('=')?.trim_start();
        let quote = value.chars().next().filter(|quote| matches!(quote, '"' | '\''))?;
        Some(value[1..].split(quote).next()?.to_owned())
    };
    manifest
        .lines()
        .map(str::trim)
        .filter_map(|line| {
            if line.starts_with('[') {
                is_inside = line.starts_with(table);
                return None;
            }
            name(line).filter(|_| is_inside)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_of_their_tables() {
        let manifest = "[package]\nname = \"app\"\n[[test]]\nname = \"end-to-end\"\npath = \"e2e/all.rs\"\n\
                        [[bin]]\nname='tool'\n[[test]]\nharness = false\nname='slow'\n";
        assert_eq!(names_in(manifest, "[[test]]"), ["end-to-end", "slow"]);
        assert_eq!(names_in(manifest, "[package]"), ["app"]);
    }

    const MEMBER: &str =
        "[package]\nname = \"m\"\nversion.workspace = true\n[lints]\nworkspace = true\n";

    #[test]
    fn the_workspace_is_the_nearest_manifest_that_declares_one() {
        type Files = &'static [(&'static str, &'static str)];
        let cases: &[(Files, Option<&str>)] = &[
            (
                &[("/w/a/m/Cargo.toml", MEMBER), ("/w/Cargo.toml", "[workspace]\nmembers=[]")],
                Some("/w"),
            ),
            (&[("/w/a/m/Cargo.toml", "[package]\n[workspace.lints.rust]\n")], Some("/w/a/m")),
            (&[("/w/a/m/Cargo.toml", MEMBER)], None),
            (&[("/w/a/m/Cargo.toml", "[package]\nworkspace = \"../../root\"\n")], Some("/w/root")),
            (&[], None),
        ];
        for (files, expected) in cases {
            let read = |path: &Path| {
                files
                    .iter()
                    .find(|(name, _)| Path::new(name) == path)
                    .map(|(_, text)| (*text).to_owned())
            };
            let root = workspace(Path::new("/w/a/m"), &Places::default(), &read);
            assert_eq!(root.as_deref(), expected.map(Path::new), "{files:?}");
        }
    }

    #[test]
    fn a_configured_root_wins() {
        let places = Places { workspace_root: Some("/else".into()), ..Places::default() };
        assert_eq!(workspace(Path::new("/w/m"), &places, &|_| None), Some(PathBuf::from("/else")));
    }

    #[test]
    fn the_run_time_package_wins_over_the_compiled_one() {
        let places = Places {
            runtime_manifest_dir: Some("/new/m".into()),
            cwd: Some("/here".into()),
            ..Places::default()
        };
        let cases: &[(&[&str], Option<&str>)] = &[
            (&["/new/m", "/old/m", "/here"], Some("/new/m")),
            (&["/old/m", "/here"], Some("/old/m")),
            (&["/here"], Some("/here")),
            (&[], None),
        ];
        for (there, expected) in cases {
            let exists = |path: &Path| there.iter().any(|known| Path::new(known) == path);
            assert_eq!(
                package(&places, Some("/old/m"), &exists).as_deref(),
                expected.map(Path::new)
            );
        }
    }
}
