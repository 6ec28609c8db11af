//! What git knows of fixtures: folded in reviews, merged by interaction, and without the files of failed recordings.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::{Outcome, Step};
use crate::problem::Problem;

/// `linguist-generated` folds them on GitHub and GitLab, `merge` names the driver.
/// <https://docs.github.com/en/repositories/working-with-files/managing-files/customizing-how-changed-files-appear-on-github>
const ATTRIBUTES: [&str; 3] = [
    "# Recordings of llmock: folded in reviews, and merged by interaction (`llmock merge --install`, once in each clone).",
    "**/fixtures/**/*.json text eol=lf linguist-generated merge=llmock",
    "**/fixtures/**/*.json.age -text linguist-generated merge=llmock diff=llmock",
];

const IGNORED: [&str; 7] = [
    "# What failed recordings leave, what edits have changed, and what a refresh removed.",
    "*.json.failed*",
    "*.json.age.failed*",
    "*.json.age.pending*",
    "*.json.age.removed*",
    "*.json.pending*",
    "*.json.removed*",
];

const NAME: (&str, &str) = ("merge.llmock.name", "merges recordings of llmock by interaction");
/// <https://git-scm.com/docs/gitattributes#_defining_a_custom_merge_driver>
const DRIVER: (&str, &str) = ("merge.llmock.driver", "llmock merge %O %A %B %P --marker-size %L");

/// Shows encrypted recordings in `git diff`.
/// <https://git-scm.com/docs/gitattributes#_performing_text_diffs_of_binary_files>
const TEXTCONV: (&str, &str) = ("diff.llmock.textconv", "llmock decrypt");

pub(super) fn attributes(folder: &Path) -> Step {
    Step::Lines { path: folder.join(".gitattributes"), lines: ATTRIBUTES.map(str::to_owned).into() }
}

pub(super) fn ignored(folder: &Path) -> Step {
    Step::Lines { path: folder.join(".gitignore"), lines: IGNORED.map(str::to_owned).into() }
}

/// The folder of the repository; in a worktree `.git` is a file.
pub(super) fn root(folder: &Path) -> Option<PathBuf> {
    let folder = std::path::absolute(folder).ok()?;
    folder.ancestors().find(|folder| super::exists(&folder.join(".git"))).map(Path::to_owned)
}

/// Sets the driver, unless there is one: it may be another program on purpose.
pub(super) fn install(root: &Path, dry_run: bool) -> Result<(Outcome, Option<String>), Problem> {
    let what = Some("git's merge driver for recordings".to_owned());
    if !git(root, &["config", "--get", DRIVER.0])?.is_empty() {
        return Ok((Outcome::Kept, what));
    }
    if !dry_run {
        for (key, value) in [NAME, DRIVER, TEXTCONV] {
            git(root, &["config", "--local", key, value])?;
        }
    }
    Ok((Outcome::Changed, what))
}

fn git(root: &Path, arguments: &[&str]) -> Result<String, Problem> {
    let failed =
        |why: &str| Problem::Other(format!("failed to run `git {}`: {why}", arguments.join(" ")));
    let mut command = Command::new("git");
    command.arg("-C").arg(root).args(arguments).stdin(Stdio::null());
    let output = command.output().map_err(|error| failed(&error.to_string()))?;
    // A setting that is missing has the code 1, and prints nothing.
    if !output.status.success() && !output.stderr.is_empty() {
        return Err(failed(String::from_utf8_lossy(&output.stderr).trim()));
    }
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}
