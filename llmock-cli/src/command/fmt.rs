//! `llmock fmt`: fixtures in their canonical form.

use std::io;
use std::path::{Path, PathBuf};

use clap::Args;
use llmock::Fixture;
use serde_json::json;

use crate::output::Screen;
use crate::output::style::BOLD;
use crate::output::text::count;
use crate::problem::Problem;
use crate::workspace;

/// Write fixtures in their canonical form
///
/// The same interactions always give the same text, with current hashes. What a fixture replays does not change.
#[derive(Args, Debug)]
#[command(after_help = super::help(&[
    ("llmock fmt", "the fixtures of the workspace"),
    ("llmock fmt --check", "in CI: names files that would change, and fails"),
]))]
pub(crate) struct Fmt {
    /// Fixtures, with or without `.json`, or folders of fixtures; by default the workspace
    #[arg(value_name = "PATH")]
    paths: Vec<PathBuf>,

    /// Change nothing; fail if a file is not in its canonical form
    #[arg(long)]
    check: bool,

    /// Print JSON: an array with an object for each change
    #[arg(long)]
    json: bool,
}

pub(crate) fn fmt(screen: &mut Screen, arguments: &Fmt) -> io::Result<()> {
    screen.collect_changes(arguments.json);
    let found = workspace::read(&arguments.paths);
    let mut changed = 0;
    for fixture in &found.fixtures {
        if is_canonical(fixture) {
            continue;
        }
        let path = workspace::shown(fixture.path());
        let change = |action: &str| json!({ "action": action, "file": path });
        if arguments.check {
            changed += 1;
            let line = format!("{} is not in its canonical form", screen.paint(BOLD, &path));
            screen.changed(&line, change("would_format"))?;
        } else {
            match Fixture::edit(fixture.path(), |_| ()) {
                Ok(()) => {
                    changed += 1;
                    let line = format!("formatted {}", screen.paint(BOLD, &path));
                    screen.changed(&line, change("formatted"))?;
                }
                Err(error) => screen.problem(&Problem::NotEdited(error))?,
            }
        }
    }
    for folder in &found.empty {
        screen.remark(&format!("no fixtures in `{}`", folder.display()))?;
    }
    screen.unread(&found)?;
    if arguments.check && changed > 0 {
        screen.problem(&Problem::Other(format!(
            "{} would be changed by `llmock fmt`",
            count(changed, "fixture")
        )))?;
    }
    Ok(())
}

/// Whether the file has the text that a recording would write. Windows line ends do not count: git sets them.
pub(crate) fn is_canonical(fixture: &Fixture) -> bool {
    let is_attempt = fixture.path().extension() == Some("failed".as_ref());
    is_attempt || text_of(fixture.path()).is_some_and(|text| text == fixture.to_json())
}

fn text_of(path: &Path) -> Option<String> {
    let text = llmock::__command::read_text(path).ok()?;
    Some(if text.contains('\r') { text.replace("\r\n", "\n") } else { text })
}
