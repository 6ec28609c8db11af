//! The commands that run a test again, as reports show them.

use std::fs;
use std::path::Path;

use crate::env;
use crate::report::{Command, Place, Roots, Target};
use crate::site::{self, Site};

/// The command that runs the test at this place in the source.
pub(super) fn of_attribute(site: &Site, thread: Option<&str>, package: Option<&Path>) -> Command {
    let name = env::read("CARGO_PKG_NAME");
    let has = |file: &str| package.is_some_and(|package| package.join(file).exists());
    let mut place = Place {
        file: site.file,
        module: site.module,
        function: site.function,
        thread,
        package: name.as_deref(),
        member: !site.hop.is_empty(),
        roots: Roots { lib: has("src/lib.rs"), main: has("src/main.rs") },
        tests: &[],
        nextest: env::nextest(),
    };
    if place.has_clear_target() {
        return place.command();
    }
    let tests = package.map(test_targets).unwrap_or_default();
    place.tests = &tests;
    place.command()
}

/// The command for a session without the attribute, which knows the name of its thread and its program.
pub(super) fn of_thread((workspace, package): (Option<&Path>, Option<&Path>)) -> Command {
    let manifest = package.map(|package| package.join("Cargo.toml"));
    let manifest = manifest.and_then(|path| fs::read_to_string(path).ok()).unwrap_or_default();
    let written = || site::names_in(&manifest, "[package]").pop();
    let name = env::read("CARGO_PKG_NAME").or_else(written);
    let program = std::env::current_exe().unwrap_or_default();
    let program = program.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
    // `api-0123456789abcdef`
    let crate_name = program.rsplit_once('-').map(|(name, _)| name);
    let tests = package.map(test_targets).unwrap_or_default();
    let target = Target {
        package: name.as_deref(),
        member: workspace.is_some() && workspace != package,
        name: crate_name,
        tests: &tests,
    };
    Command::of_thread(std::thread::current().name(), &target, env::nextest())
}

/// The names of a package's test targets: those that Cargo finds by itself, and those that its manifest names.
fn test_targets(package: &Path) -> Vec<String> {
    let mut names = Vec::new();
    for entry in fs::read_dir(package.join("tests")).into_iter().flatten().flatten() {
        let path = entry.path();
        let is_target = path.extension().is_some_and(|extension| extension == "rs")
            || path.join("main.rs").exists();
        let name = path.file_stem().and_then(|stem| stem.to_str());
        names.extend(name.filter(|_| is_target).map(str::to_owned));
    }
    let manifest = fs::read_to_string(package.join("Cargo.toml")).unwrap_or_default();
    names.extend(site::names_in(&manifest, "[[test]]"));
    names.sort();
    names.dedup();
    names
}
