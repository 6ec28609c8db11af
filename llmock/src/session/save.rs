//! What a test has recorded becomes its fixture: merged, checked, written under the fixture's lock.

use crate::fixture::format;
use crate::fixture::interaction::Interaction;
use crate::fixture::merge::{Merge, MergeCounts, merge, same_response, truncated_replacements};
use crate::fixture::store::{self, SaveError, UpdateError};
use crate::matching::{self, Key, Rules};
use crate::mode::Mode;
use crate::report::values::chain;
use crate::report::{Failure, Note, Report, Source};
use crate::session::ledger::Recording;
use crate::session::state::State;

/// Says where the traffic of a test is that has not passed.
pub(crate) fn attempt_note(state: &State, report: &mut Report) {
    let failed = store::failed_path(&state.setup.write_to);
    let count = report.answered.upstream;
    if count > 0 && failed.exists() {
        let path = state.setup.shown_path(&failed);
        report.notes.push(Note::AttemptKept { path, count });
    }
}

/// Writes what a test has recorded, if its file replays it, and nothing good is lost by it.
pub(crate) fn write(state: &State, recordings: &[Recording], report: &mut Report) {
    if recordings.is_empty() {
        report.notes.push(Note::NothingRecorded);
        return;
    }
    let path = &state.setup.write_to;
    match store::update(path, &state.setup.fixture, |existing| change(state, existing, recordings))
    {
        Ok(Written { truncated, .. }) if !truncated.is_empty() => {
            report.failures.push(Failure::TruncatedReplacement { interactions: truncated });
            attempt_note(state, report);
        }
        Ok(Written { counts, unfaithful, cut, others, .. }) if unfaithful.is_empty() => {
            if *path != state.setup.fixture {
                // Redirected: the note names the file that was written.
                report.fixture = state.setup.shown_path(path);
            }
            report.notes.push(Note::Recorded {
                count: counts.recorded,
                replaced: counts.replaced,
                dropped: counts.removed,
                kept: others,
                sources: sources(state),
            });
            report.notes.extend(cut.into_iter().map(|interaction| Note::Cut { interaction }));
            if let Err(SaveError { path, source }) =
                store::drop_attempts(path, state.setup.owner.as_deref())
            {
                report.failures.push(unwritable(state, &path, &source.to_string()));
            }
        }
        Ok(Written { unfaithful, .. }) => {
            report.failures.push(Failure::SelfCheck { interactions: unfaithful });
            attempt_note(state, report);
        }
        Err(UpdateError::Save(SaveError { path, source })) => {
            report.failures.push(unwritable(state, &path, &source.to_string()));
            attempt_note(state, report);
        }
        Err(UpdateError::Load(error)) => {
            report.failures.push(Failure::FixtureUnreadable { error: chain(&error) });
            attempt_note(state, report);
        }
    }
}

fn unwritable(state: &State, path: &std::path::Path, why: &str) -> Failure {
    Failure::Unwritable { path: state.setup.shown_path(path), why: why.to_owned() }
}

struct Written {
    counts: MergeCounts,
    /// Positions of whole answers that cut ones would replace; then nothing is written.
    truncated: Vec<usize>,
    /// Positions of interactions that would not replay what was recorded; then nothing is written.
    unfaithful: Vec<usize>,
    /// Positions of streams that the provider cut.
    cut: Vec<usize>,
    /// Interactions of other owners.
    others: usize,
}

fn change(
    state: &State,
    existing: Vec<Interaction>,
    recordings: &[Recording],
) -> (Option<String>, Written) {
    let owner = state.setup.owner.as_deref();
    let keyed = |interaction: Interaction| {
        (state.key(interaction.provider, &interaction.request), interaction)
    };
    let existing: Vec<_> = existing.into_iter().map(keyed).collect();
    let recorded: Vec<_> =
        recordings.iter().map(|recording| (recording.key, recording.interaction.clone())).collect();
    let how = if state.mode() == Mode::Record { Merge::Replace } else { Merge::Add };
    let truncated = truncated_replacements(&existing, &recorded, owner, how);
    let (mut merged, counts) = merge(existing, recorded, owner, how);
    for interaction in &mut merged {
        let rules = Rules::default();
        interaction.hash =
            matching::key(interaction.provider, &interaction.request, &rules).to_string();
    }
    let text = format::write(&merged);
    let recorded = recordings.iter().map(|recording| (recording.key, &recording.interaction));
    let unfaithful =
        unfaithful(&text, recorded, |stored| state.key(stored.provider, &stored.request));
    let cut = merged
        .iter()
        .enumerate()
        .filter(|(_, interaction)| interaction.test.as_deref() == owner && interaction.is_cut())
        .map(|(at, _)| at + 1)
        .collect();
    let others = merged.iter().filter(|other| other.test.as_deref() != owner).count();
    let text = (unfaithful.is_empty() && truncated.is_empty()).then_some(text);
    (text, Written { counts, truncated, unfaithful, cut, others })
}

/// Reads the text back: every stored request must find its own answer again.
///
/// Returns the positions, counted from one, of those that do not.
pub(crate) fn unfaithful<'r>(
    text: &str,
    recorded: impl ExactSizeIterator<Item = (Key, &'r Interaction)>,
    key: impl Fn(&Interaction) -> Key,
) -> Vec<usize> {
    let Ok(document) = format::read(text) else {
        return (1..=recorded.len()).collect();
    };
    let keyed: Vec<_> = document.interactions.iter().map(|stored| (key(stored), stored)).collect();
    recorded
        .enumerate()
        .filter(|(_, (key, interaction))| {
            !keyed.iter().any(|(found, stored)| {
                found == key && same_response(&stored.response, &interaction.response)
            })
        })
        .map(|(at, _)| at + 1)
        .collect()
}

fn sources(state: &State) -> Vec<Source> {
    let upstreams = state.book().ledger.upstreams.clone();
    upstreams
        .into_iter()
        .map(|(provider, upstream)| Source {
            provider: provider.id(),
            upstream,
            key: state.key_variable(provider),
        })
        .collect()
}
