//! Files `NAME.json.pending` as findings of `llmock check`.

use std::path::PathBuf;

use llmock::Fixture;

use super::{Kind, beside, sorted};
use crate::finding::Finding;
use crate::output::text::count;
use crate::workspace;

/// Requests that an edit changed and that no one has reviewed.
pub(crate) fn findings(paths: &[PathBuf]) -> Vec<Finding> {
    let root = [workspace::root()];
    let paths = if paths.is_empty() { &root[..] } else { paths };
    // A folder that cannot be read is reported with its fixtures.
    let files = paths.iter().flat_map(|path| beside(path)).flatten();
    let files = sorted(files.filter(|path| Kind::of(path) == Some(Kind::Pending)).collect());
    let finding = |file: &PathBuf| {
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
    };
    files.iter().map(finding).collect()
}
