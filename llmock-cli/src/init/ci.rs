//! A workflow that runs the tests without a network, and checks the fixtures.

use std::path::Path;

use super::{Step, exists};

/// The workflow for GitHub Actions; `@FOLDER` stands for the folder of the workspace where it is not the repository's.
const GITHUB: &str = include_str!("../../templates/github.yml");
/// The workflow of `--workflow`, which looks for drift, and records again what is old.
const SCHEDULED: &str = include_str!("../../templates/github-scheduled.yml");
const GITLAB: &str = include_str!("../../templates/gitlab.yml");

pub(super) fn workflow(root: &Path, workspace: &Path) -> Step {
    let folder = folder_below(root, workspace);
    if exists(&root.join(".gitlab-ci.yml")) && !exists(&root.join(".github")) {
        let change = if folder.is_empty() { String::new() } else { format!("\n    - cd {folder}") };
        return Step::File {
            path: root.join(".gitlab/llmock.yml"),
            text: GITLAB.replace("@FOLDER", &change),
            otherwise: None,
        };
    }
    let path = root.join(".github/workflows/llmock.yml");
    Step::File { path, text: in_folder(GITHUB, &folder), otherwise: None }
}

pub(super) fn scheduled(root: &Path, workspace: &Path) -> Step {
    let text = in_folder(SCHEDULED, &folder_below(root, workspace));
    let path = root.join(".github/workflows/llmock-scheduled.yml");
    Step::File { path, text, otherwise: None }
}

/// The folder of the workspace below the repository's; empty if they are the same.
fn folder_below(root: &Path, workspace: &Path) -> String {
    let absolute = std::path::absolute(workspace).unwrap_or_else(|_| workspace.to_owned());
    let folder = absolute.strip_prefix(root).unwrap_or(Path::new(""));
    folder.to_string_lossy().replace('\\', "/")
}

/// A workflow of GitHub whose commands run in a folder.
fn in_folder(workflow: &str, folder: &str) -> String {
    let defaults = if folder.is_empty() {
        String::new()
    } else {
        format!("\n    defaults:\n      run:\n        working-directory: {folder}")
    };
    workflow.replace("@FOLDER", &defaults)
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    #[test]
    fn the_scheduled_workflow_records_what_is_old_and_opens_a_pull_request() {
        let step = scheduled(Path::new("/x"), Path::new("/x/rust"));
        let Step::File { path, text, .. } = step else { panic!("{step:?}") };
        assert!(path.ends_with(".github/workflows/llmock-scheduled.yml"));
        let workflow: Value = serde_saphyr::from_str(&text).expect("YAML");
        let when = &workflow["on"];
        assert_eq!(
            when["schedule"][0]["cron"].as_str().map(|cron| cron.split(' ').count()),
            Some(5)
        );
        assert!(when.as_object().is_some_and(|when| when.contains_key("workflow_dispatch")));
        let permissions = &workflow["permissions"];
        assert_eq!(
            (&permissions["contents"], &permissions["pull-requests"]),
            (&"write".into(), &"write".into())
        );
        let jobs = workflow["jobs"].as_object().expect("jobs");
        let commands = |job: &Value| {
            let steps = job["steps"].as_array().into_iter().flatten();
            steps.filter_map(|step| step["run"].as_str()).collect::<Vec<_>>().join("\n")
        };
        for (name, job) in jobs {
            assert_eq!(job["runs-on"], "ubuntu-latest", "{name}");
            assert_eq!(job["defaults"]["run"]["working-directory"], "rust", "{name}");
            let steps = job["steps"].as_array().expect("steps");
            assert!(
                steps.iter().all(|step| step["uses"].is_string() != step["run"].is_string()),
                "{name}"
            );
        }
        assert!(commands(&jobs["drift"]).contains("llmock verify"));
        let record = commands(&jobs["record"]);
        for command in ["llmock check --stale --format names", "cargo test", "gh pr create"] {
            assert!(record.contains(command), "{command}");
        }
    }
}
