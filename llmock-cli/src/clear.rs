//! `llmock clear`: removes a fixture or one of its interactions. Other files are never removed.

use std::path::Path;
use std::{fs, io};

use llmock::{Fixture, RemoveError};

use crate::output::{self, Screen};
use crate::problem::Problem;
use crate::target::{self, Target};

/// Removes the interaction whose hash starts with these digits, or the one with this number, counted from one, or else
/// the whole fixture.
pub(crate) fn clear(
    screen: &mut Screen,
    path: &Path,
    hash: Option<&str>,
    number: Option<usize>,
) -> io::Result<()> {
    let mut fixture = match target::of(path) {
        Ok(Target::Fixture(fixture)) => fixture,
        Ok(Target::Folder(folder)) => return screen.problem(&Problem::Folder(folder)),
        Err(Problem::Unreadable(error)) => return screen.problem(&Problem::NotCleared(error)),
        Err(problem) => return screen.problem(&problem),
    };
    let removed = match (hash, number) {
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
    let meant = || candidates.iter().filter_map(|at| fixture.interactions().get(at - 1));
    let first = meant().next().map(llmock::Interaction::hash);
    let equal = meant().all(|interaction| Some(interaction.hash()) == first);
    let lines = output::lines(fixture.interactions());
    Problem::Ambiguous {
        path: fixture.path().to_owned(),
        prefix,
        candidates: candidates.iter().filter_map(|at| lines.get(at - 1).cloned()).collect(),
        equal: candidates.first().copied().filter(|_| equal),
    }
}
