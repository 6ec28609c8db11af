//! `llmock diff`: what differs between two fixtures, or between a fixture and the commit.

use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;

use clap::Args;
use llmock::__command::{Change, changes};
use llmock::Fixture;
use serde_json::{Value, json};

use crate::output::Screen;
use crate::output::changes::json as changes_as_json;
use crate::output::style::{BOLD, GREEN, RED};
use crate::output::text::{count, visible};
use crate::pairs::{Pair, pairs};
use crate::problem::Problem;
use crate::target::{self, Target};
use crate::workspace::{self, Entry};

const EXIT_CODES: &str = "\
Exit codes:
  0  success, whether or not there are differences
  1  with `--exit-code` there are differences; or the operation failed
  2  invalid arguments";

/// Show what differs between two fixtures, or between a fixture and git's HEAD
///
/// Pairs interactions by their requests, and shows each difference by its JSON path, with prose by words. Streams are
/// compared by what their events add up to. Ids and times of responses do not count.
#[derive(Args, Debug)]
#[command(after_help = super::help_with(&[
    ("llmock diff tests/fixtures/chat", "against git's HEAD"),
    ("llmock diff old.json new.json", "two files"),
    ("llmock diff --rev main tests/fixtures/chat", "against another commit"),
], EXIT_CODES))]
pub(crate) struct Diff {
    /// The fixture; the older one of two
    old: PathBuf,

    /// The newer one
    #[arg(conflicts_with = "rev")]
    new: Option<PathBuf>,

    /// The commit to compare with
    #[arg(long, value_name = "COMMIT", default_value = "HEAD")]
    rev: String,

    /// Fail if there are differences
    #[arg(long)]
    exit_code: bool,

    /// Print JSON: an array with an object for each interaction that differs
    #[arg(long)]
    json: bool,
}

pub(crate) fn diff(screen: &mut Screen, arguments: &Diff) -> io::Result<()> {
    let sides = match &arguments.new {
        Some(new) => load(&arguments.old).and_then(|old| Ok((old, load(new)?))),
        None => {
            load(&arguments.old).and_then(|new| Ok((committed(new.path(), &arguments.rev)?, new)))
        }
    };
    let (old, new) = match sides {
        Ok(sides) => sides,
        Err(problem) => return screen.problem(&problem),
    };
    let (old, new) = ([old], [new]);
    let (before, after) = (workspace::entries(&old), workspace::entries(&new));
    let mut differing = 0;
    let mut all = Vec::new();
    for pair in pairs(&before, &after) {
        let found = match pair {
            Pair::Both(old, new) => changes(old.interaction, new.interaction),
            _ => Vec::new(),
        };
        if matches!(pair, Pair::Both(..)) && found.is_empty() {
            continue;
        }
        differing += 1;
        if arguments.json {
            all.push(as_json(&pair, &found));
        } else {
            print(screen, &pair, &found)?;
        }
    }
    if arguments.json {
        screen.json(&all.into())?;
    } else if differing == 0 {
        screen.line("no differences")?;
    } else {
        screen.gap()?;
        let verb = if differing == 1 { "differs" } else { "differ" };
        screen.line(&format!("{} {verb}", count(differing, "interaction")))?;
    }
    if arguments.exit_code && differing > 0 {
        screen.fail();
    }
    Ok(())
}

fn load(path: &Path) -> Result<Fixture, Problem> {
    match target::of(path)? {
        Target::Fixture(fixture) => Ok(fixture),
        Target::Folder(folder) => Err(Problem::Folder(folder)),
    }
}

/// The fixture as a commit has it; without interactions if the commit has no such file.
fn committed(path: &Path, rev: &str) -> Result<Fixture, Problem> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let git = |arguments: &[&str]| {
        Command::new("git").args(arguments).current_dir(folder.unwrap_or(Path::new("."))).output()
    };
    let failed = |why: String| Problem::Git { path: path.to_owned(), why };
    let commit = format!("{rev}^{{commit}}");
    let known = git(&["rev-parse", "--verify", "--quiet", "--end-of-options", &commit]);
    let known = known.map_err(|why| failed(why.to_string()))?;
    if !known.status.success() {
        return Err(failed(format!("there is no commit `{rev}` here")));
    }
    let hash = String::from_utf8_lossy(&known.stdout).trim().to_owned();
    let shown =
        git(&["show", &format!("{hash}:./{name}")]).map_err(|why| failed(why.to_string()))?;
    if !shown.status.success() {
        return Ok(Fixture::new(path));
    }
    let place = format!("{}@{rev}", path.display());
    Fixture::from_bytes(path, &place, &shown.stdout).map_err(Problem::Unreadable)
}

fn print(screen: &mut Screen, pair: &Pair<'_, '_>, changes: &[Change]) -> io::Result<()> {
    screen.gap()?;
    let (mark, entry) = match pair {
        Pair::Both(_, new) => (screen.paint(BOLD, "changed"), new),
        Pair::Removed(old) => (screen.paint(RED, "removed"), old),
        Pair::Added(new) => (screen.paint(GREEN, "added"), new),
    };
    screen.line(&format!("{mark} {}", title(entry)))?;
    screen.changes(changes)
}

fn title(entry: &Entry<'_>) -> String {
    let prompt =
        entry.summary.prompt.as_deref().map(|text| crate::output::text::shortened(text, 60));
    let path = || format!("{} {}", entry.interaction.method(), entry.interaction.path());
    let what = prompt.map_or_else(path, |prompt| format!("\"{prompt}\""));
    let test = entry.interaction.test().map(|test| format!(" ({test})")).unwrap_or_default();
    visible(&format!("#{} {what}{test}", entry.number))
}

fn as_json(pair: &Pair<'_, '_>, changes: &[Change]) -> Value {
    let (kind, old, new) = match pair {
        Pair::Both(old, new) => ("changed", Some(old), Some(new)),
        Pair::Removed(old) => ("removed", Some(old), None),
        Pair::Added(new) => ("added", None, Some(new)),
    };
    let side = |entry: Option<&&Entry<'_>>| {
        entry.map(|entry| json!({ "number": entry.number, "hash": entry.hash }))
    };
    let changes = changes_as_json(changes);
    json!({ "kind": kind, "old": side(old), "new": side(new), "changes": changes })
}
