//! The result of a test: plain data that the session fills in, and the text that is printed.
//!
//! Nothing here reads the clock, the environment, or a file, and nothing prints: the session fills a
//! [`Report`], [`render`] turns it into one block of text, [`notes`] into the lines of a passing test,
//! [`ledger`] into a line of `last-run.jsonl`.
//!
//! Every sentence that a test prints is here: failures, misses, notes, and hints. Errors word themselves, as fragments
//! with at most one hint; a report puts them into a sentence. Of the modules below it this one knows data alone.

mod advice;
pub(crate) mod answer;
mod branches;
pub(crate) mod cause;
pub(crate) mod command;
pub(crate) mod differences;
mod divergence;
mod drift;
mod elsewhere;
pub(crate) mod failure;
pub(crate) mod finding;
mod hidden;
mod hints;
mod in_vain;
pub(crate) mod ledger;
pub(crate) mod miss;
pub(crate) mod notes;
mod page;
mod provider_error;
pub(crate) mod redacted;
pub(crate) mod render;
mod scripted;
pub(crate) mod sentences;
mod sources;
pub(crate) mod style;
mod sweep;
mod unreached;
mod upstream;
pub(crate) mod values;

#[cfg(test)]
mod tests;

use std::time::Duration;

use crate::audit::drift::Verified;
use crate::audit::prices::UsageSummary;

pub(crate) use command::{Command, Filter, Invocation, Place, Roots, Target};
pub(crate) use drift::{Drifted, Unverified};
pub(crate) use elsewhere::{Elsewhere, OthersInFixture};
pub(crate) use failure::{Failure, IdleInteraction, Unfaithful};
pub(crate) use in_vain::InVain;
pub(crate) use miss::{Closest, Endpoint, Miss, MissReason, UnmetRule};
pub(crate) use notes::{Note, Sign, Source};
pub(crate) use redacted::{ChangedResponse, RedactedPlace, RedactedSecret};
pub(crate) use scripted::UnusedReply;
pub(crate) use style::Style;
pub(crate) use sweep::{SweepCode, SweepReport, SweepRow};
pub(crate) use unreached::{Handle, Keys, Overwritten, Silence, Through, Unreached};
pub(crate) use upstream::Upstream;

/// The result of one session; lists are in the order in which things happened.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Report {
    /// The owner: `module::path::function`, with `::case` for a parameterised test.
    pub(crate) test: String,
    /// The fixture's path, relative to the package if it is inside.
    pub(crate) fixture: String,
    /// The mode in force: `replay`, `record`, `auto`, `refresh`, `verify`, or `off`.
    pub(crate) mode: &'static str,
    /// Where rules are written in this test, so that a hint can be pasted there.
    pub(crate) surface: Surface,
    pub(crate) outcome: Outcome,
    /// How many interactions the session could use, and how many it used.
    pub(crate) tally: Tally,
    pub(crate) answered: Answered,
    pub(crate) misses: Vec<Miss>,
    /// In strict order: how the recorded requests arrived, if that is the reason of a miss.
    pub(crate) arrivals: Option<Arrivals>,
    /// Reasons to fail besides misses.
    pub(crate) failures: Vec<Failure>,
    pub(crate) notes: Vec<Note>,
    /// What the provider's responses add up to.
    pub(crate) usage: UsageSummary,
    /// How long the test held its session.
    pub(crate) duration: Option<Duration>,
    /// Recordings that mode `verify` compared with the provider.
    pub(crate) verified: Vec<Verified>,
    pub(crate) rules: Vec<Rule>,
    pub(crate) command: Command,
    /// This is a CI machine, which records nothing unless it is told to.
    pub(crate) in_ci: bool,
    /// Where a recording came from, each provider once.
    pub(crate) upstreams: Vec<Upstream>,
    /// The shell line that puts what a failed recording has kept into the fixture.
    pub(crate) keep: Option<String>,
    /// Fixtures that the test may have meant.
    pub(crate) elsewhere: Vec<Elsewhere>,
    pub(crate) others_in_fixture: Option<OthersInFixture>,
    /// Other tests that failed in this run, and that recording helps.
    pub(crate) others: Vec<Invocation>,
    /// The test of this process whose report shows the same cause in full.
    pub(crate) same_as: Option<String>,
}

impl Report {
    pub(crate) fn new(
        test: impl Into<String>,
        fixture: impl Into<String>,
        mode: &'static str,
        command: Command,
    ) -> Self {
        Self { test: test.into(), fixture: fixture.into(), mode, command, ..Self::default() }
    }

    pub(crate) fn fails(&self) -> bool {
        !self.misses.is_empty() || !self.failures.is_empty()
    }

    /// What is known about a test from which no request arrived.
    pub(crate) fn unreached(&self) -> Option<&Unreached> {
        let failed = self.failures.iter().find_map(|failure| match failure {
            Failure::NoRequests(unreached) => Some(&**unreached),
            _ => None,
        });
        failed.or_else(|| {
            self.notes.iter().find_map(|note| match note {
                Note::NothingReached(unreached) => Some(&**unreached),
                _ => None,
            })
        })
    }

    /// Whether the test failed, and whether llmock or the body caused it; a name for `last-run.jsonl`.
    pub(crate) fn verdict(&self) -> &'static str {
        match self.outcome {
            _ if self.fails() => "failed",
            Outcome::Passed => "passed",
            _ => "failed_itself",
        }
    }
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Outcome {
    #[default]
    Passed,
    Panicked,
    ReturnedErr,
    /// The future was dropped before it ended: a timeout, a `select!`.
    Cancelled,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Surface {
    /// `#[llm_replay(..)]`
    #[default]
    Attribute,
    /// `LlmMock::builder()`
    Builder,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    /// Interactions that this session has claimed, each counted once.
    pub(crate) used: usize,
    /// Interactions that this session could claim.
    pub(crate) total: usize,
}

/// Recorded requests in order of their arrival, by their positions in the file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Arrivals {
    pub(crate) order: Vec<usize>,
    /// How many are recorded.
    pub(crate) recorded: usize,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Answered {
    pub(crate) fixture: usize,
    pub(crate) mock: usize,
    pub(crate) reply: usize,
    pub(crate) upstream: usize,
    pub(crate) nothing: usize,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Rule {
    /// As it would be written in the attribute: `ignore("$.metadata.run")`, `order = "strict"`.
    pub(crate) rule: String,
    /// `the attribute`, `LLMOCK_MODE`, `llmock.toml`, ...
    pub(crate) origin: String,
}
