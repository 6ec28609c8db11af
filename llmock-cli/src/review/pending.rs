//! Files `NAME.json.pending` as findings of `llmock check`.

use std::path::{Path, PathBuf};

use llmock::Fixture;

use super::with_suffix;
use crate::finding::Finding;
use crate::output::text::count;
use crate::{target, workspace};

/// Requests that an edit changed and that no one has reviewed.
pub(crate) fn findings(paths: &[PathBuf]) -> Vec<Finding> {
    let root = [workspace::root()];
    let paths = if paths.is_empty() { &root[..] } else { paths };
    let is_pending = |path: &Path| path.to_string_lossy().ends_with(".json.pending");
    let mut findings = Vec::new();
    for path in paths {
        let files = if path.is_dir() {
            // A folder that cannot be read is reported with its fixtures.
            target::collected(path, is_pending).into_iter().flatten().collect()
        } else {
            let file = if target::is_json(path) { path.clone() } else { target::with_json(path) };
            let file = with_suffix(&file, ".pending");
            if file.is_file() { vec![file] } else { Vec::new() }
        };
        findings.extend(files.iter().map(|file| {
            let file = file.strip_prefix(".").unwrap_or(file);
            let number = Fixture::load(file).map_or(0, |fixture| fixture.interactions().len());
            let fixture = PathBuf::from(file.to_string_lossy().trim_end_matches(".pending"));
            let (message, remedy) = if fixture.is_file() {
                let message = format!("{} of an edit wait for review", count(number, "request"));
                (message, "`llmock review` decides, or record the test again")
            } else {
                let message = format!("there is no fixture `{}`", workspace::shown(&fixture));
                (message, "delete the file, or bring the fixture back")
            };
            Finding {
                code: "pending",
                file: workspace::shown(file),
                line: None,
                number: None,
                message,
                remedy: Some(remedy.to_owned()),
            }
        }));
    }
    findings
}
