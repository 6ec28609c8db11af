//! The fixtures of a command line: files, folders, or the whole workspace, each read once.
//!
//! Reading, hashing, and summarizing is spread over the cores, since a workspace may hold ten thousand interactions.

use std::num::NonZero;
use std::path::{Path, PathBuf};
use std::{env, fs, thread};

use llmock::__command::{Summary, summary};
use llmock::{Fixture, Interaction};

use crate::output::progress::Progress;
use crate::problem::Problem;
use crate::target;

/// An interaction with what a person needs to recognise it.
#[derive(Debug)]
pub(crate) struct Entry<'f> {
    pub(crate) fixture: &'f Fixture,
    /// Its position in the file, counted from one.
    pub(crate) number: usize,
    pub(crate) interaction: &'f Interaction,
    /// The digits of its hash, without the version.
    pub(crate) hash: String,
    pub(crate) summary: Summary,
}

/// Fixtures, and what could not be read.
#[derive(Debug, Default)]
pub(crate) struct Found {
    pub(crate) fixtures: Vec<Fixture>,
    pub(crate) problems: Vec<Problem>,
    /// Folders without fixtures.
    pub(crate) empty: Vec<PathBuf>,
}

/// The files that paths stand for, and folders without any.
#[derive(Debug, Default)]
pub(crate) struct Listed {
    pub(crate) items: Vec<Result<PathBuf, Problem>>,
    pub(crate) empty: Vec<PathBuf>,
}

/// Lists the files of these paths, or of the workspace if there are none. Not all of them have to be fixtures.
pub(crate) fn listed(paths: &[PathBuf]) -> Listed {
    let mut listed = Listed::default();
    let is_workspace = paths.is_empty();
    let paths = if is_workspace { vec![root()] } else { paths.to_vec() };
    for path in &paths {
        match target::files(path) {
            Ok(files) => {
                if files.is_empty() {
                    listed.empty.push(path.clone());
                }
                listed.items.extend(files);
            }
            Err(problem) => listed.items.push(Err(problem)),
        }
    }
    if is_workspace {
        for file in listed.items.iter_mut().flatten() {
            *file = file.strip_prefix(".").map_or_else(|_| file.clone(), Path::to_owned);
        }
    }
    listed
}

/// Reads the fixtures of these paths, or of the workspace if there are none.
pub(crate) fn read(paths: &[PathBuf]) -> Found {
    let Listed { items, empty } = listed(paths);
    let mut found = Found { empty, ..Found::default() };
    let files: Vec<PathBuf> = items.iter().flatten().cloned().collect();
    let is_named = |path: &PathBuf| paths.contains(path);
    let mut loaded =
        shown_in_progress("read", "files", &files, |path| target::load(path, is_named(path)))
            .into_iter();
    for item in items {
        let outcome = item.and_then(|_| loaded.next().unwrap_or(Ok(None)));
        match outcome {
            Ok(Some(fixture)) => found.fixtures.push(fixture),
            Ok(None) => {}
            Err(problem) => found.problems.push(problem),
        }
    }
    if found.fixtures.is_empty() && found.problems.is_empty() && found.empty.is_empty() {
        found.empty = if paths.is_empty() { vec![root()] } else { paths.to_vec() };
    }
    found
}

impl Found {
    /// The interactions of all fixtures, in the order of their files.
    pub(crate) fn entries(&self) -> Vec<Entry<'_>> {
        entries(&self.fixtures)
    }
}

pub(crate) fn entries(fixtures: &[Fixture]) -> Vec<Entry<'_>> {
    let all: Vec<(&Fixture, usize, &Interaction)> = fixtures
        .iter()
        .flat_map(|fixture| {
            let numbered = (1..).zip(fixture.interactions());
            numbered.map(move |(number, interaction)| (fixture, number, interaction))
        })
        .collect();
    shown_in_progress("summarized", "interactions", &all, |&(fixture, number, interaction)| {
        let (hash, summary) = (digits(&interaction.hash()), summary(interaction));
        Entry { fixture, number, interaction, hash, summary }
    })
}

/// A hash without the version of the rules.
pub(crate) fn digits(hash: &str) -> String {
    hash.split_once(':').map_or(hash, |(_, digits)| digits).to_owned()
}

/// The same as [`parallel`], with progress on a terminal where it takes long.
pub(crate) fn shown_in_progress<T: Sync, R: Send>(
    verb: &'static str,
    noun: &str,
    items: &[T],
    apply: impl Fn(&T) -> R + Sync,
) -> Vec<R> {
    let progress = Progress::of(verb, items.len(), noun);
    let results = parallel(items, |item| {
        let result = apply(item);
        progress.advance();
        result
    });
    progress.end();
    results
}

/// Applies a function to each item on all cores; the results keep the order of the items.
pub(crate) fn parallel<T: Sync, R: Send>(items: &[T], apply: impl Fn(&T) -> R + Sync) -> Vec<R> {
    /// Starting a thread takes longer than a few items do.
    const FEW: usize = 8;
    let threads = thread::available_parallelism().map_or(1, NonZero::get).min(items.len() / FEW);
    if threads <= 1 {
        return items.iter().map(apply).collect();
    }
    let apply = &apply;
    // Short pieces, dealt in turn: some items take much longer than others.
    let piece = items.len().div_ceil(threads * 8);
    let pieces: Vec<&[T]> = items.chunks(piece).collect();
    let mut results: Vec<(usize, Vec<R>)> = thread::scope(|scope| {
        let workers: Vec<_> = (0..threads)
            .map(|worker| {
                let own = pieces.iter().enumerate().skip(worker).step_by(threads);
                scope.spawn(move || {
                    own.map(|(at, piece)| (at, piece.iter().map(apply).collect()))
                        .collect::<Vec<_>>()
                })
            })
            .collect();
        let joined = workers.into_iter().map(thread::ScopedJoinHandle::join);
        joined
            .flat_map(|done| done.unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
            .collect()
    });
    results.sort_by_key(|(at, _)| *at);
    results.into_iter().flat_map(|(_, results)| results).collect()
}

/// The folder of the workspace, or else of the package, relative to the working directory where it is above.
pub(crate) fn root() -> PathBuf {
    let here = env::current_dir().unwrap_or_default();
    let manifests: Vec<&Path> =
        here.ancestors().filter(|folder| folder.join("Cargo.toml").is_file()).collect();
    let is_workspace = |folder: &&&Path| {
        let text = fs::read_to_string(folder.join("Cargo.toml")).unwrap_or_default();
        text.lines().any(|line| line.trim_start().starts_with("[workspace"))
    };
    let found = manifests.iter().find(is_workspace).or(manifests.first());
    match found {
        Some(folder) if **folder != *here => folder.to_path_buf(),
        _ => PathBuf::from("."),
    }
}

/// A path as it is shown: relative to the working directory if it is inside, without `./`.
pub(crate) fn shown(path: &Path) -> String {
    let here = env::current_dir().unwrap_or_default();
    let path = path.strip_prefix(&here).unwrap_or(path);
    path.display().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_keep_the_order_of_their_items() {
        for length in [0, 1, 7, 8, 100, 1001] {
            let items: Vec<usize> = (0..length).collect();
            assert_eq!(
                parallel(&items, |item| item * 2),
                items.iter().map(|i| i * 2).collect::<Vec<_>>()
            );
        }
    }
}
