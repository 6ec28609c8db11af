//! What crates.io gets: every crate packs its own licences and a page, and says what it is for.

use std::fs;
use std::path::{Path, PathBuf};

/// The folders of the crates that are published.
fn published() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let folders =
        fs::read_dir(&root).expect("the repository").map(|entry| entry.expect("an entry").path());
    let mut published: Vec<_> = folders
        .filter(|folder| {
            let manifest = fs::read_to_string(folder.join("Cargo.toml")).unwrap_or_default();
            manifest.contains("license.workspace = true") && !manifest.contains("publish = false")
        })
        .collect();
    published.sort();
    published
}

#[test]
fn every_published_crate_packs_both_licences() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let folders = published();
    assert!(folders.len() >= 4, "{folders:?}");
    for folder in folders {
        for name in ["LICENSE-APACHE", "LICENSE-MIT"] {
            // A copy: Cargo packs no file from above, and a link vanishes in a checkout on Windows.
            let own = fs::read(folder.join(name)).unwrap_or_default();
            let of_repository = fs::read(root.join(name)).expect("the repository has it");
            assert!(own == of_repository, "cp {name} {}", folder.display());
        }
    }
}

#[test]
fn every_published_crate_says_what_it_is_for() {
    for folder in published() {
        let manifest = fs::read_to_string(folder.join("Cargo.toml")).expect("a manifest");
        for key in ["description = ", "readme = ", "keywords = ", "categories = ", "repository."] {
            assert!(manifest.contains(key), "{}: `{key}`", folder.display());
        }
        let page = fs::read_to_string(folder.join("README.md")).unwrap_or_default();
        assert!(page.starts_with("# "), "{}: README.md", folder.display());
    }
}

/// What a plain test user compiles. A feature of the library, or the command, may need more.
#[cfg(target_os = "linux")]
#[test]
fn a_plain_user_depends_on_these_crates_alone() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut cargo = std::process::Command::new(env!("CARGO"));
    let words =
        ["tree", "--offline", "--package", "llmock", "--edges", "normal,build", "--prefix", "none"];
    let output =
        cargo.args(words).args(["--format", "{p}"]).current_dir(root).output().expect("cargo runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).expect("names");
    let mut names: Vec<_> = text.lines().filter_map(|line| line.split(' ').next()).collect();
    names.sort_unstable();
    names.dedup();
    let expected = include_str!("packages/of_a_plain_user.txt");
    assert_eq!(names.join("\n"), expected.trim_end());
}
