//! `llmock prune`: removes what belongs to tests that no longer exist.

use std::collections::BTreeSet;
use std::fs;
use std::io::{self, IsTerminal as _};
use std::path::PathBuf;

use clap::Args;
use llmock::{Fixture, Interaction};
use serde_json::{Value, json};

use crate::output::Screen;
use crate::output::text::{count, visible};
use crate::owners::{self, Gone};
use crate::problem::Problem;
use crate::suite::Suite;
use crate::workspace;

/// Remove interactions of tests that no longer exist
///
/// Builds and lists the tests as `llmock check` does, shows what no test owns, and asks before it removes anything. A
/// file of which nothing is left is deleted. Interactions without an owner stay, and so do those of a test that was
/// probably renamed.
#[derive(Args, Debug)]
#[command(after_help = super::help(&[
    ("llmock prune --dry-run", "only shows what would be removed"),
    ("llmock prune --yes", "in scripts"),
]))]
pub(crate) struct Prune {
    /// Fixtures, with or without `.json`, or folders of fixtures; by default the workspace
    #[arg(value_name = "PATH")]
    paths: Vec<PathBuf>,

    /// Remove nothing
    #[arg(long)]
    dry_run: bool,

    /// Do not ask
    #[arg(long, short, conflicts_with = "dry_run")]
    yes: bool,

    /// Read the names of all tests from this file, one a line as owners are named; `-` is standard input
    #[arg(long, value_name = "FILE")]
    tests: Option<PathBuf>,

    /// Print JSON: an array with an object for each file; needs `--yes` or `--dry-run`
    #[arg(long)]
    json: bool,

    /// Arguments for `cargo test`
    #[arg(last = true, value_name = "CARGO ARGUMENTS")]
    cargo: Vec<String>,
}

pub(crate) fn prune(screen: &mut Screen, arguments: &Prune) -> io::Result<()> {
    screen.collect_changes(arguments.json);
    let suite = match &arguments.tests {
        Some(file) => Suite::read(file).map(Some),
        None => Suite::of_cargo(&workspace::root(), &arguments.cargo),
    };
    let suite = match suite {
        Ok(Some(suite)) => suite,
        Ok(None) => return screen.problem(&Problem::NoTests),
        Err(problem) => return screen.problem(&problem),
    };
    if suite.tests().next().is_none() {
        // A wrong list must not remove everything.
        return screen.problem(&Problem::NoTests);
    }
    let found = workspace::read(&arguments.paths);
    let gone = owners::gone(&found.fixtures, &suite);
    let (renamed, gone): (Vec<Gone>, Vec<Gone>) =
        gone.into_iter().partition(|one| one.now.is_some());
    for Gone { owner, now } in &renamed {
        let now = now.as_deref().unwrap_or_default();
        screen.remark(&format!(
            "kept: `{}` may be `{}` now; see `llmock check`",
            visible(owner),
            visible(now)
        ))?;
    }
    let owners: BTreeSet<&str> = gone.iter().map(|one| one.owner.as_str()).collect();
    let is_gone = |one: &Interaction| one.test().is_some_and(|test| owners.contains(test));
    let (affected, total) = affected(screen, &found.fixtures, is_gone)?;
    screen.unread(&found)?;
    if total == 0 {
        return screen.remark("nothing to remove");
    }
    if arguments.dry_run {
        for (fixture, removed) in affected {
            screen.collect(&change(fixture, removed, true));
        }
        return screen.remark(&format!("{} would be removed", count(total, "interaction")));
    }
    if !arguments.yes && arguments.json {
        return screen.problem(&Problem::NotAsked);
    }
    if !arguments.yes {
        screen.flush()?;
        match agreed(&format!("remove {}? [y/N] ", count(total, "interaction")))? {
            Some(true) => {}
            Some(false) => return screen.line("nothing was removed"),
            None => return screen.problem(&Problem::NotAsked),
        }
    }
    for (fixture, _) in affected {
        remove(screen, fixture, is_gone)?;
    }
    Ok(())
}

/// The fixtures from which something would be removed, each shown in a line, and how many interactions that are.
fn affected<'a>(
    screen: &mut Screen,
    fixtures: &'a [Fixture],
    is_gone: impl Fn(&Interaction) -> bool,
) -> io::Result<(Vec<(&'a Fixture, usize)>, usize)> {
    let mut total = 0;
    let mut affected = Vec::new();
    for fixture in fixtures {
        let all = fixture.interactions().len();
        let removed = fixture.interactions().iter().filter(|one| is_gone(one)).count();
        if removed > 0 {
            total += removed;
            let whole = if removed == all { ", the whole file" } else { "" };
            let path = visible(&workspace::shown(fixture.path()));
            let line = format!("{path}: {} of {all}{whole}", count(removed, "interaction"));
            screen.remark(&line)?;
            affected.push((fixture, removed));
        }
    }
    Ok((affected, total))
}

fn remove(
    screen: &mut Screen,
    fixture: &Fixture,
    is_gone: impl Fn(&Interaction) -> bool,
) -> io::Result<()> {
    let edited = Fixture::edit(fixture.path(), |interactions| {
        let before = interactions.len();
        interactions.retain(|one| !is_gone(one));
        (before - interactions.len(), interactions.is_empty())
    });
    let path = workspace::shown(fixture.path());
    match edited {
        Ok((removed, true)) => match fs::remove_file(fixture.path()) {
            Ok(()) => {
                let held = count(removed, "interaction");
                let line = format!("removed {} ({held})", visible(&path));
                screen.changed(&line, change(fixture, removed, false))
            }
            Err(why) => {
                screen.problem(&Problem::NotDeleted { path: fixture.path().to_owned(), why })
            }
        },
        Ok((removed, false)) => {
            let held = count(removed, "interaction");
            let line = format!("removed {held} from {}", visible(&path));
            screen.changed(&line, change(fixture, removed, false))
        }
        Err(error) => screen.problem(&Problem::NotEdited(error)),
    }
}

fn change(fixture: &Fixture, removed: usize, dry_run: bool) -> Value {
    let left = fixture.interactions().len() - removed;
    let action = if left == 0 { "deleted" } else { "removed" };
    let file = workspace::shown(fixture.path());
    json!({ "action": action, "file": file, "interactions": removed, "left": left, "dry_run": dry_run })
}

/// The answer to a question; `None` without a terminal.
fn agreed(question: &str) -> io::Result<Option<bool>> {
    use io::Write as _;
    if !io::stdin().is_terminal() {
        return Ok(None);
    }
    write!(io::stderr(), "{question}")?;
    let mut answer = String::new();
    io::stdin().read_line(&mut answer)?;
    Ok(Some(matches!(answer.trim().to_ascii_lowercase().as_str(), "y" | "yes")))
}
