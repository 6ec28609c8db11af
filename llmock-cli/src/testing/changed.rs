//! Tests that git's HEAD does not have in this form: their source, their fixture, or code of their package differs.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::problem::Problem;
use crate::review::Kind;
use crate::tests_in;
use crate::workspace;

/// The owners of these tests, sorted.
///
/// A file that has tests stands for its tests, a fixture for its owners, and other code for all tests of its package. What
/// waits for a review beside a fixture is read by no test.
pub(crate) fn owners() -> Result<Vec<String>, Problem> {
    let root = workspace::root();
    let mut owners = BTreeSet::new();
    for file in files(&root)?.iter().filter(|file| Kind::of(file).is_none()) {
        let extension = file.extension().and_then(|extension| extension.to_str());
        match extension {
            Some("rs") => {
                let own = tests_in::read(file).unwrap_or_default();
                let own: Vec<_> = own.into_iter().filter(|test| test.is_replayed).collect();
                if own.is_empty() {
                    owners.extend(of_package(file));
                }
                owners.extend(own.into_iter().map(|test| test.owner));
            }
            Some("json") => {
                let fixture = crate::target::load(file, false).ok().flatten();
                let tests = fixture.iter().flat_map(llmock::Fixture::interactions);
                owners.extend(tests.filter_map(|one| one.test().map(str::to_owned)));
            }
            // A prompt in a file of its own.
            _ => owners.extend(of_package(file)),
        }
    }
    Ok(owners.into_iter().collect())
}

fn of_package(file: &Path) -> impl Iterator<Item = String> {
    let package = file.ancestors().skip(1).find(|folder| folder.join("Cargo.toml").is_file());
    let tests = package.map(tests_in::below).unwrap_or_default();
    tests.into_iter().filter(|test| test.is_replayed).map(|test| test.owner)
}

/// Files that differ from HEAD, and new ones that git does not ignore.
fn files(root: &Path) -> Result<Vec<PathBuf>, Problem> {
    let failed = |why: String| Problem::Git { path: root.to_owned(), why };
    let git = |arguments: &[&str]| -> Result<String, Problem> {
        let output = Command::new("git").args(arguments).current_dir(root).output();
        let output = output.map_err(|why| failed(why.to_string()))?;
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        if output.status.success() {
            Ok(text(&output.stdout))
        } else {
            Err(failed(text(&output.stderr).lines().next().unwrap_or_default().to_owned()))
        }
    };
    let changed = git(&["diff", "--name-only", "--relative", "-z", "HEAD", "--", "."])?;
    let new = git(&["ls-files", "--others", "--exclude-standard", "-z", "--", "."])?;
    let names = changed.split('\0').chain(new.split('\0')).filter(|name| !name.is_empty());
    Ok(names.map(|name| root.join(name)).filter(|path| path.is_file()).collect())
}
