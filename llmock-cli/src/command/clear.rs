//! `llmock clear`: removes a fixture or one of its interactions. Other files are never removed.

use std::path::PathBuf;
use std::{fs, io};

use clap::Args;
use llmock::{Fixture, RemoveError};

use crate::output::{Screen, Style, listing};
use crate::problem::Problem;
use crate::target::{self, Target};
use crate::workspace;

/// Remove a fixture, or one of its interactions
///
/// Without an option the file is deleted. A file that is not a fixture is not changed.
#[derive(Args, Debug)]
#[command(after_help = super::help(&[
    ("llmock clear tests/fixtures/chat", "deletes the file"),
    ("llmock clear tests/fixtures/chat --hash 540f2d", "removes one interaction"),
    ("llmock clear tests/fixtures/chat --number 2", "removes the second interaction"),
]))]
pub(crate) struct Clear {
    /// The fixture, with or without `.json`
    path: PathBuf,

    /// Remove only the interaction whose hash starts with these digits
    ///
    /// As many digits as it takes to match one interaction; `llmock list` prints the first twelve.
    #[arg(long, value_name = "PREFIX", value_parser = crate::selection::prefix)]
    hash: Option<String>,

    /// Remove only the interaction with this number in `llmock list`
    ///
    /// Equal requests have equal hashes; the number tells them apart.
    #[arg(long, value_name = "N", conflicts_with = "hash")]
    number: Option<usize>,

    /// Print JSON: an array with an object for each change
    #[arg(long)]
    json: bool,
}

/// Removes the interaction whose hash starts with these digits, or the one with this number, counted from one, or else
/// the whole fixture.
pub(crate) fn clear(screen: &mut Screen, arguments: &Clear) -> io::Result<()> {
    let Clear { path, hash, number, json } = arguments;
    screen.collect_changes(*json);
    let mut fixture = match target::of(path) {
        Ok(Target::Fixture(fixture)) => fixture,
        Ok(Target::Folder(folder)) => return screen.problem(&Problem::Folder(folder)),
        Err(Problem::Unreadable(error)) => return screen.problem(&Problem::NotCleared(error)),
        Err(problem) => return screen.problem(&problem),
    };
    let removed = match (hash.as_deref(), *number) {
        (Some(prefix), _) => fixture.remove(prefix),
        (None, Some(number)) => fixture.remove_nth(number),
        (None, None) => return delete(screen, &fixture),
    };
    match removed {
        Ok(removed) => screen.removed(&removed, &fixture),
        Err(RemoveError::Ambiguous { hash, candidates }) => {
            screen.problem(&ambiguous(&fixture, hash, &candidates))
        }
        Err(error) => screen.problem(&Problem::NotRemoved(error)),
    }
}

fn delete(screen: &mut Screen, fixture: &Fixture) -> io::Result<()> {
    match fs::remove_file(fixture.path()) {
        Ok(()) => screen.deleted(fixture),
        Err(why) => screen.problem(&Problem::NotDeleted { path: fixture.path().to_owned(), why }),
    }
}

fn ambiguous(fixture: &Fixture, prefix: String, candidates: &[usize]) -> Problem {
    let fixtures = std::slice::from_ref(fixture);
    let mut entries = workspace::entries(fixtures);
    entries.retain(|entry| candidates.contains(&entry.number));
    let first = entries.first().map(|entry| entry.hash.clone());
    let equal = entries.iter().all(|entry| Some(&entry.hash) == first.as_ref());
    Problem::Ambiguous {
        command: "clear",
        path: fixture.path().to_owned(),
        prefix,
        candidates: listing::lines(&entries, Style::default(), listing::Columns::Numbered),
        equal: candidates.first().copied().filter(|_| equal),
    }
}
