//! The notes of a passing test: one line, past libtest's capture.

use super::Report;
use super::sentences::PATH;
use super::values::{count, excerpt, list};

/// Something that a passing test should say, and that fails nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Note {
    /// Interactions were recorded and written to the fixture.
    Recorded {
        /// Interactions of this test in the file now.
        count: usize,
        /// Of these, how many replaced one with the same key.
        replaced: usize,
        /// Earlier interactions of this test that were dropped, as nothing asked for them.
        dropped: usize,
        /// Interactions of other owners, left as they were.
        kept: usize,
        /// Where the answers came from, each upstream once.
        sources: Vec<Source>,
    },
    /// Record mode, and nothing was asked of a provider: the fixture is as it was.
    NothingRecorded,
    /// Interactions of this test that it did not use: positions in the file, counted from one.
    Unused { interactions: Vec<usize> },
    /// Answers recorded by another test.
    Borrowed { interactions: Vec<usize>, owner: String },
    /// The last answer of a queue was given again.
    Repeated {
        interaction: usize,
        /// How many times it was given again.
        times: usize,
    },
    /// A request arrived before this test's body ran: it belongs to an earlier test.
    Stray { method: String, path: String, ms_after_open: u64 },
    /// Errors of the provider that were not recorded, as a later attempt succeeded.
    Retried { status: u16, times: usize },
    /// A recorded stream was cut by the provider.
    Cut { interaction: usize },
    /// The test failed while recording; its paid traffic is kept in this file.
    AttemptKept { path: String, count: usize },
    /// `mode` asks for more than replaying, and CI only replays.
    OnlyReplayedInCi { mode: &'static str },
}

/// Where recorded answers came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Source {
    pub(crate) provider: &'static str,
    /// The upstream's base URL, without user info or query.
    pub(crate) upstream: String,
    /// The variable that holds the key, never its value.
    pub(crate) key: Option<String>,
}

impl Note {
    /// A name for `last-run.jsonl`; part of its format.
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Recorded { .. } => "recorded",
            Self::NothingRecorded => "nothing_recorded",
            Self::Unused { .. } => "unused",
            Self::Borrowed { .. } => "borrowed",
            Self::Repeated { .. } => "repeated",
            Self::Stray { .. } => "stray",
            Self::Retried { .. } => "retried",
            Self::Cut { .. } => "cut",
            Self::AttemptKept { .. } => "attempt_kept",
            Self::OnlyReplayedInCi { .. } => "only_replayed_in_ci",
        }
    }

    /// The note as a clause; `fixture` is the path it may speak of.
    pub(crate) fn clause(&self, fixture: &str) -> String {
        let fixture = excerpt(fixture, 3 * PATH);
        match self {
            Self::Recorded { count: number, replaced, dropped, kept, sources } => {
                let changes =
                    [(replaced, "replaced"), (dropped, "dropped"), (kept, "of other tests kept")];
                recorded(*number, &changes, sources, &fixture)
            }
            Self::NothingRecorded => {
                format!("no request went to a provider, {fixture} is as it was")
            }
            Self::Unused { interactions } => {
                format!(
                    "{} unused ({})",
                    count(interactions.len(), "interaction"),
                    numbers(interactions)
                )
            }
            Self::Borrowed { interactions, owner } => {
                format!("{} borrowed from `{}`", numbers(interactions), excerpt(owner, PATH))
            }
            Self::Repeated { interaction, times } => {
                format!("#{interaction} repeated {}", count(*times, "time"))
            }
            Self::Stray { method, path, ms_after_open } => format!(
                "{method} {} arrived {ms_after_open} ms after the session opened, before the body ran: \
                 an earlier test sent it",
                excerpt(path, PATH)
            ),
            Self::Retried { status, times } => {
                format!(
                    "{} with status {status} not recorded, a retry succeeded",
                    count(*times, "answer")
                )
            }
            Self::Cut { interaction } => {
                format!(
                    "the provider cut the answer of #{interaction}, which replays cut: record again, unless the \
                     test is about that"
                )
            }
            Self::AttemptKept { path, count: number } => {
                format!("{} kept in {}", count(*number, "interaction"), excerpt(path, PATH))
            }
            Self::OnlyReplayedInCi { mode } => format!("`{mode}` only replays in CI"),
        }
    }
}

/// The notes of a session in one line without a line end; `None` if there is nothing to say.
pub(crate) fn line(report: &Report) -> Option<String> {
    if report.notes.is_empty() {
        return None;
    }
    let clauses: Vec<String> =
        report.notes.iter().map(|note| note.clause(&report.fixture)).collect();
    Some(format!("llmock: {}: {}", excerpt(&report.test, PATH), clauses.join("; ")))
}

fn recorded(
    interactions: usize,
    changes: &[(&usize, &str)],
    sources: &[Source],
    fixture: &str,
) -> String {
    let changes: Vec<String> = changes
        .iter()
        .filter(|(number, _)| **number > 0)
        .map(|(number, what)| format!("{number} {what}"))
        .collect();
    let changes =
        if changes.is_empty() { String::new() } else { format!(" ({})", changes.join(", ")) };
    format!("recorded {}{} → {fixture}{changes}", count(interactions, "interaction"), from(sources))
}

fn from(sources: &[Source]) -> String {
    let names: Vec<String> = sources
        .iter()
        .map(|source| match &source.key {
            Some(key) => format!("{} (key from {key})", excerpt(&source.upstream, PATH)),
            None => excerpt(&source.upstream, PATH),
        })
        .collect();
    if names.is_empty() { String::new() } else { format!(" from {}", list(&names)) }
}

fn numbers(interactions: &[usize]) -> String {
    const SHOWN: usize = 5;
    let mut items: Vec<String> =
        interactions.iter().take(SHOWN).map(|at| format!("#{at}")).collect();
    if interactions.len() > SHOWN {
        items.push(format!("{} more", interactions.len() - SHOWN));
    }
    list(&items)
}
