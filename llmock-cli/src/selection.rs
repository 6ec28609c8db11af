//! Which interactions a command means: all of a fixture, one by its number or hash, or a hash of the workspace.

use std::path::{Path, PathBuf};

use llmock::Fixture;

use crate::output::{Style, listing};
use crate::problem::Problem;
use crate::workspace::{self, Entry, Found};
use crate::{target, workspace::digits};

/// Shorter texts are names rather than hashes.
const SHORTEST: usize = 4;

/// Fixtures, and the numbers that are meant of each; `None` means all.
#[derive(Debug)]
pub(crate) struct Selection {
    pub(crate) found: Found,
    only: Option<Vec<(usize, usize)>>,
}

impl Selection {
    /// The interactions that are meant.
    pub(crate) fn entries(&self) -> Vec<Entry<'_>> {
        let mut entries = self.found.entries();
        if let Some(only) = &self.only {
            let fixtures = &self.found.fixtures;
            let is_meant = |entry: &Entry<'_>, at: usize, number: usize| {
                std::ptr::eq(&raw const fixtures[at], entry.fixture) && entry.number == number
            };
            entries.retain(|entry| only.iter().any(|&(at, number)| is_meant(entry, at, number)));
        }
        entries
    }
}

/// Finds what `target` means: a path, `PATH#NUMBER`, or the first digits of a hash in the workspace.
pub(crate) fn select(
    command: &'static str,
    target: &str,
    hash: Option<&str>,
    number: Option<usize>,
) -> Result<Selection, Problem> {
    let (path, number) = match target.rsplit_once('#') {
        Some((path, digits)) if !exists(target) && number.is_none() && hash.is_none() => {
            match digits.parse() {
                Ok(number) => (path, Some(number)),
                Err(_) => (target, None),
            }
        }
        _ => (target, number),
    };
    if !exists(path) && prefix(path).is_ok_and(|digits| digits.len() >= SHORTEST) {
        return in_workspace(path);
    }
    let mut found = workspace::read(&[PathBuf::from(path)]);
    if let Some(problem) = found.problems.pop() {
        return Err(problem);
    }
    let only = match (hash, number) {
        (Some(prefix), _) => Some(vec![(0, by_hash(command, one(&found, path)?, prefix)?)]),
        (None, Some(number)) => {
            let fixture = one(&found, path)?;
            let interactions = fixture.interactions().len();
            if number == 0 || number > interactions {
                let path = fixture.path().to_owned();
                return Err(Problem::NoSuchNumber { number, interactions, path });
            }
            Some(vec![(0, number)])
        }
        (None, None) => None,
    };
    Ok(Selection { found, only })
}

fn exists(path: &str) -> bool {
    let path = Path::new(path);
    let encrypted = || PathBuf::from(format!("{}.age", target::with_json(path).display()));
    path.exists() || target::with_json(path).exists() || encrypted().exists()
}

/// The fixture that a number or a hash belongs to.
fn one<'f>(found: &'f Found, path: &str) -> Result<&'f Fixture, Problem> {
    match found.fixtures.as_slice() {
        [fixture] if !Path::new(path).is_dir() || exists(&format!("{path}.json")) => Ok(fixture),
        _ => Err(Problem::Folder(path.into())),
    }
}

fn begins(hash: &str, prefix: &str) -> bool {
    let prefix = prefix.to_ascii_lowercase();
    digits(hash).starts_with(&digits(&prefix))
}

fn by_hash(command: &'static str, fixture: &Fixture, prefix: &str) -> Result<usize, Problem> {
    let fixtures = std::slice::from_ref(fixture);
    let mut entries = workspace::entries(fixtures);
    entries.retain(|entry| begins(&entry.hash, prefix));
    let path = fixture.path().to_owned();
    match entries.as_slice() {
        [entry] => Ok(entry.number),
        [] => Err(Problem::NoSuchHash { prefix: prefix.to_owned(), path }),
        [first, others @ ..] => {
            let is_equal = others.iter().all(|other| other.hash == first.hash);
            let candidates = listing::lines(&entries, Style::default(), listing::Columns::Numbered);
            let (prefix, equal) = (prefix.to_owned(), is_equal.then_some(first.number));
            Err(Problem::Ambiguous { command, path, prefix, candidates, equal })
        }
    }
}

fn in_workspace(prefix: &str) -> Result<Selection, Problem> {
    let found = workspace::read(&[]);
    let entries = found.entries();
    let candidates: Vec<&Entry<'_>> =
        entries.iter().filter(|entry| begins(&entry.hash, prefix)).collect();
    let place =
        |entry: &Entry<'_>| format!("{}#{}", workspace::shown(entry.fixture.path()), entry.number);
    let only = match candidates.as_slice() {
        [entry] => {
            let at = found.fixtures.iter().position(|one| std::ptr::eq(one, entry.fixture));
            vec![(at.unwrap_or_default(), entry.number)]
        }
        [] => {
            let target = prefix.to_owned();
            return Err(Problem::NothingSelected { target, root: workspace::root() });
        }
        [first, ..] => {
            let line = |entry: &&Entry<'_>| {
                let digits: String = entry.hash.chars().take(listing::DIGITS).collect();
                format!("  {digits}  {}", place(entry))
            };
            return Err(Problem::AmbiguousInWorkspace {
                prefix: prefix.to_owned(),
                candidates: candidates.iter().map(line).collect(),
                first: place(first),
            });
        }
    };
    drop(entries);
    Ok(Selection { found, only: Some(only) })
}

/// Hexadecimal digits, with or without the version of the hash before a colon.
pub(crate) fn prefix(text: &str) -> Result<String, String> {
    let digits = match text.split_once(':') {
        Some((version, digits)) if version.parse::<u32>().is_ok() => digits,
        _ => text,
    };
    if digits.is_empty() || !digits.chars().all(|digit| digit.is_ascii_hexdigit()) {
        return Err("expected hexadecimal digits, as `llmock list` prints them".to_owned());
    }
    Ok(text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_prefix_is_hexadecimal_with_or_without_a_version() {
        for good in ["5", "540f2d6f6f77", "540F", "1:540f"] {
            assert_eq!(prefix(good).as_deref(), Ok(good));
        }
        for bad in ["", "1:", ":", "x", "54 0f", "a:b", "v1:54", "540f…"] {
            assert!(prefix(bad).is_err(), "{bad}");
        }
    }
}
