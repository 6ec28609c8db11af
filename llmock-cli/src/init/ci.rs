//! A workflow that runs the tests without a network, and checks the fixtures.

use std::path::Path;

use super::{Step, exists};

/// The workflow for GitHub Actions; `@FOLDER` stands for the folder of the workspace where it is not the repository's.
const GITHUB: &str = include_str!("../../templates/github.yml");
const GITLAB: &str = include_str!("../../templates/gitlab.yml");

pub(super) fn workflow(root: &Path, workspace: &Path) -> Step {
    let absolute = std::path::absolute(workspace).unwrap_or_else(|_| workspace.to_owned());
    let folder = absolute.strip_prefix(root).unwrap_or(Path::new(""));
    let folder = folder.to_string_lossy().replace('\\', "/");
    if exists(&root.join(".gitlab-ci.yml")) && !exists(&root.join(".github")) {
        let change = if folder.is_empty() { String::new() } else { format!("\n    - cd {folder}") };
        return Step::File {
            path: root.join(".gitlab/llmock.yml"),
            text: GITLAB.replace("@FOLDER", &change),
            otherwise: None,
        };
    }
    let defaults = if folder.is_empty() {
        String::new()
    } else {
        format!("\n    defaults:\n      run:\n        working-directory: {folder}")
    };
    Step::File {
        path: root.join(".github/workflows/llmock.yml"),
        text: GITHUB.replace("@FOLDER", &defaults),
        otherwise: None,
    }
}
