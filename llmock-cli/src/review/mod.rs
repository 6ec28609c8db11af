//! What waits for a decision beside fixtures: attempts that failed, requests that an edit changed, and what mode `refresh`
//! removed. `decide` asks for each, and `apply` writes what was decided.

pub(crate) mod apply;
pub(crate) mod decide;
pub(crate) mod pending;

use std::fs;
use std::path::{Path, PathBuf};

use llmock::__command::stands_in_for;
use llmock::{Fixture, Interaction};

use crate::problem::Problem;
use crate::target;

/// Why a file lies beside a fixture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// `NAME.json.failed`: recorded by a test that did not pass.
    Failed,
    /// `NAME.json.pending`: a request that an edit changed, with the response that it got.
    Pending,
    /// `NAME.json.removed`: what mode `refresh` took out.
    Removed,
}

impl Kind {
    pub(crate) const ALL: [Self; 3] = [Self::Failed, Self::Pending, Self::Removed];

    pub(crate) const fn suffix(self) -> &'static str {
        match self {
            Self::Failed => ".failed",
            Self::Pending => ".pending",
            Self::Removed => ".removed",
        }
    }

    /// For programs.
    pub(crate) fn name(self) -> &'static str {
        self.suffix().trim_start_matches('.')
    }

    /// What one of its interactions is.
    pub(crate) const fn title(self) -> &'static str {
        match self {
            Self::Failed => "failed attempt",
            Self::Pending => "pending request",
            Self::Removed => "removed interaction",
        }
    }

    /// What the buttons are called that accept one and reject it.
    pub(crate) const fn verbs(self) -> (&'static str, &'static str) {
        match self {
            Self::Failed => ("Put into the fixture", "Discard"),
            Self::Pending => ("Accept", "Reject"),
            Self::Removed => ("Delete for good", "Put back"),
        }
    }

    /// What accepting one does.
    pub(crate) const fn effect(self) -> &'static str {
        match self {
            Self::Failed => "accept puts it into the fixture, reject deletes it",
            Self::Pending => {
                "accept keeps the recorded response for the new request, reject forgets it"
            }
            Self::Removed => "accept deletes it for good, reject puts it back",
        }
    }

    /// `chat.json.failed`, and `chat.json.age.failed` beside an encrypted fixture.
    pub(crate) fn of(path: &Path) -> Option<Self> {
        let name = path.file_name()?.to_str()?;
        let is_it = |kind: &Self| {
            name.strip_suffix(kind.suffix())
                .is_some_and(|fixture| target::is_json(fixture.as_ref()))
        };
        Self::ALL.into_iter().find(is_it)
    }
}

/// A file with undecided interactions, as it was read.
#[derive(Debug)]
pub(crate) struct Waiting {
    pub(crate) kind: Kind,
    pub(crate) path: PathBuf,
    /// The bytes that were reviewed.
    pub(crate) bytes: Vec<u8>,
    pub(crate) interactions: Vec<Interaction>,
    /// The fixture beside it, which need not exist.
    pub(crate) fixture_path: PathBuf,
    pub(crate) fixture: Option<Fixture>,
}

/// Reads what waits below these paths, or in the workspace.
pub(crate) fn waiting(paths: &[PathBuf]) -> Result<Vec<Waiting>, Problem> {
    let root = [crate::workspace::root()];
    let paths = if paths.is_empty() { &root[..] } else { paths };
    let files = paths.iter().flat_map(|path| beside(path)).collect::<Result<Vec<_>, _>>()?;
    sorted(files).iter().map(|path| read(path)).collect()
}

/// The files that wait in a folder or beside a fixture, with the reason for what cannot be looked at.
pub(crate) fn beside(path: &Path) -> Vec<Result<PathBuf, Problem>> {
    if Kind::of(path).is_some() {
        let is_there = path.is_file();
        return vec![
            is_there.then(|| path.to_owned()).ok_or_else(|| Problem::NoSuchFile(path.to_owned())),
        ];
    }
    let fixtures = if target::is_json(path) {
        vec![path.to_owned()]
    } else {
        let plain = target::with_json(path);
        vec![plain.clone(), with_suffix(&plain, ".age")]
    };
    if path.is_dir() && !fixtures.iter().any(|fixture| fixture.is_file()) {
        return target::collected(path, |path| Kind::of(path).is_some());
    }
    let all = fixtures
        .iter()
        .flat_map(|fixture| Kind::ALL.into_iter().map(|kind| with_suffix(fixture, kind.suffix())));
    let found: Vec<_> = all.filter(|path| path.is_file()).map(Ok).collect();
    if found.is_empty() && !fixtures.iter().any(|fixture| fixture.is_file()) {
        return vec![Err(Problem::Missing { path: fixtures[0].clone(), similar: None })];
    }
    found
}

/// In the order of their names, each once.
pub(crate) fn sorted(mut files: Vec<PathBuf>) -> Vec<PathBuf> {
    for file in &mut files {
        *file = file.strip_prefix(".").map_or_else(|_| file.clone(), Path::to_owned);
    }
    files.sort();
    files.dedup();
    files
}

pub(crate) fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

pub(crate) fn read(path: &Path) -> Result<Waiting, Problem> {
    let unreadable = |why| Problem::Io { action: "read", path: path.to_owned(), why };
    let kind = Kind::of(path).unwrap_or(Kind::Failed);
    let bytes = fs::read(path).map_err(unreadable)?;
    let interactions = Fixture::load(path).map_err(Problem::Unreadable)?.interactions().to_vec();
    let text = path.to_string_lossy();
    let fixture_path = PathBuf::from(text.trim_end_matches(kind.suffix()));
    let fixture = match fixture_path.is_file() {
        true => Some(Fixture::load(&fixture_path).map_err(Problem::Unreadable)?),
        false if kind == Kind::Pending => {
            return Err(Problem::WithoutFixture { path: path.to_owned(), fixture: fixture_path });
        }
        false => None,
    };
    Ok(Waiting { kind, path: path.to_owned(), bytes, interactions, fixture_path, fixture })
}

impl Waiting {
    /// The interaction of the fixture that the one at this place is about.
    pub(crate) fn recorded(&self, at: usize) -> Option<&Interaction> {
        let new = self.interactions.get(at)?;
        let all = self.fixture.as_ref()?.interactions();
        let of_test = |one: &&Interaction| one.test() == new.test();
        match self.kind {
            Kind::Removed => None,
            Kind::Pending => {
                let hash = stands_in_for(new);
                let is_it = |one: &&Interaction| one.hash() == hash;
                all.iter().filter(of_test).find(is_it).or_else(|| all.iter().find(is_it))
            }
            Kind::Failed => {
                let hash = new.hash();
                let same = all.iter().filter(of_test).find(|one| one.hash() == hash);
                let like = |one: &&Interaction| {
                    one.provider() == new.provider()
                        && one.method() == new.method()
                        && one.path() == new.path()
                };
                // The request that took its place, as far as the order tells.
                same.or_else(|| all.iter().filter(of_test).filter(like).nth(at))
            }
        }
    }
}
