//! What a test has recorded becomes its fixture.

use std::path::Path;

use crate::exchange::miss::prompt_of;
use crate::exchange::write::{self, Batch, Written};
use crate::fixture::merge::Merge;
use crate::fixture::store::{self, SaveError, UpdateError};
use crate::matching::Order;
use crate::mode::Mode;
use crate::provider::Provider;
use crate::report::command::quoted;
use crate::report::values::chain;
use crate::report::{Failure, Note, Report, Source, Unfaithful, Upstream};
use crate::session::audited;
use crate::session::ledger::{Attempts, Recording};
use crate::session::refresh::{self, Outdated};
#[cfg(feature = "record")]
use crate::session::similar;
use crate::session::state::State;
use crate::session::verify;

/// What follows a test that has passed.
pub(crate) fn finish(state: &State, recordings: &[Recording], report: &mut Report) {
    let setup = &state.setup;
    let (path, owner) = (&setup.write_to, setup.owner.as_deref());
    if setup.limits.plan.is_some() {
        return;
    }
    if let Err(error) = store::drop_obsolete(path, owner) {
        report.failures.push(unwritable(state, &error));
        return;
    }
    let outdated = refresh::outdated(state);
    let expects_recordings =
        setup.mode() == Mode::Record && !setup.in_force.scripted.value && state.skipped().is_none();
    if !recordings.is_empty() || !outdated.is_empty() {
        write(state, recordings, &outdated, report);
    } else if expects_recordings {
        report.notes.push(Note::NothingRecorded);
    }
}

/// Writes what a test has recorded, if its file replays it and nothing good is lost.
fn write(state: &State, recordings: &[Recording], outdated: &Outdated, report: &mut Report) {
    let setup = &state.setup;
    let recorded = recordings.iter();
    let batch = Batch {
        recorded: recorded.map(|one| (one.key, one.interaction.clone())).collect(),
        owner: setup.owner.as_deref(),
        merge: match (setup.mode(), setup.in_force.order.value) {
            (Mode::Record, Order::Any) => Merge::Replace,
            (Mode::Record, Order::Strict) => Merge::ReplaceInOrder,
            (Mode::Refresh, order) => Merge::Refresh(outdated.changes(state, recordings, order)),
            _ => Merge::Add,
        },
        rules: state.fixture.rules(),
        verify: &|stored| verify::mismatches(state, recordings, stored),
    };
    let failure = match write::write(&setup.write_to, &setup.fixture, &batch) {
        Ok(written) => match not_written(&written, recordings) {
            None => {
                note_written(state, written, report);
                #[cfg(feature = "record")]
                report.notes.extend(similar::keep_vectors(state, recordings));
                return;
            }
            Some(failure) => failure,
        },
        Err(UpdateError::Save(error)) => unwritable(state, &error),
        Err(UpdateError::Load(error)) => {
            let path = error.path();
            let shown = setup.shown_path(path);
            let error = chain(&error).replace(&path.display().to_string(), &shown);
            Failure::FixtureUnreadable { error, command: None }
        }
    };
    report.failures.push(failure);
    note_attempt(state, report);
}

fn not_written(written: &Written, recordings: &[Recording]) -> Option<Failure> {
    if !written.truncated_replacements.is_empty() {
        let interactions = written.truncated_replacements.iter().map(|at| at.number()).collect();
        return Some(Failure::TruncatedReplacement { interactions });
    }
    let unfaithful = written.unfaithful.iter().map(|(at, why)| {
        let interaction = &recordings[at.index()].interaction;
        Unfaithful {
            interaction: at.number(),
            method: interaction.request.method.clone(),
            path: interaction.request.path.clone(),
            prompt: prompt_of(interaction),
            why: why.to_string(),
        }
    });
    let interactions: Vec<_> = unfaithful.collect();
    (!interactions.is_empty()).then_some(Failure::SelfCheck { interactions })
}

fn note_written(state: &State, written: Written, report: &mut Report) {
    let Written { counts, cut, client_left, others, removed, .. } = written;
    let setup = &state.setup;
    let path = &setup.write_to;
    if *path != setup.fixture || setup.inherited.is_elsewhere {
        // Redirected: the note names the file that was written.
        report.fixture = setup.shown_path(path);
    }
    if counts.recorded > 0 {
        report.notes.push(Note::Recorded {
            count: counts.recorded,
            replaced: counts.replaced,
            // Where they are kept they have a note of their own.
            dropped: counts.removed - removed.len(),
            kept: others,
            sources: sources(state),
            usage: audited::usage(&state.ledger()),
        });
    }
    if !removed.is_empty() {
        let path = setup.shown_path(&store::removed_path(path));
        report.notes.push(Note::Removed { count: removed.len(), path });
    }
    let cut = cut.into_iter().map(|at| Note::Cut { interaction: at.number() });
    report.notes.extend(cut);
    let left = client_left.into_iter().map(|at| Note::ClientLeft { interaction: at.number() });
    report.notes.extend(left);
    if let Err(error) = store::drop_attempts(path, setup.owner.as_deref()) {
        report.failures.push(unwritable(state, &error));
    }
}

/// Notes where the recorded traffic of a test that did not pass is kept.
pub(crate) fn note_attempt(state: &State, report: &mut Report) {
    let setup = &state.setup;
    let path = || setup.shown_path(&store::failed_path(&setup.write_to));
    let Attempts { kept, lost, why } = state.ledger().attempts.clone();
    // Read back: nothing is called kept that cannot be found there.
    let count = if kept == 0 { 0 } else { kept.min(count_attempts(state)) };
    if count > 0 {
        report.notes.push(Note::AttemptKept { path: path(), count });
        // What would not replay as it was recorded is no fixture.
        let is_faithful =
            !report.failures.iter().any(|failure| matches!(failure, Failure::SelfCheck { .. }));
        report.keep = keep(state, count).filter(|_| is_faithful);
    }
    if let Some(why) = why {
        report.notes.push(Note::AttemptLost { path: path(), count: lost, why });
    }
}

/// The shell line that puts what is kept into the fixture: a new name, if there is no fixture and nothing of another test.
fn keep(state: &State, count: usize) -> Option<String> {
    let setup = &state.setup;
    let failed = store::failed_path(&setup.write_to);
    let kept = store::load_attempts(&failed).ok()?;
    let is_alone = kept.len() == count && !setup.write_to.exists();
    let [old, new] = [&failed, &setup.write_to].map(|path| quoted(&setup.shown_path(path)));
    Some(if is_alone { format!("mv {old} {new}") } else { format!("llmock keep {old}") })
}

/// The providers that a failed recording has used or tried to use.
pub(crate) fn upstreams(state: &State, report: &Report) -> Vec<Upstream> {
    if state.setup.mode().only_replays() {
        return Vec::new();
    }
    let (upstreams, originals) = (&state.setup.upstreams, state.originals);
    let used = state.ledger().upstreams.clone();
    let mut providers: Vec<Provider> = used.iter().map(|(provider, _)| *provider).collect();
    let missed = report.misses.iter().filter(|miss| !miss.provider.is_empty());
    providers.extend(missed.map(|miss| Provider::from_id(miss.provider)));
    let mut found: Vec<Upstream> = Vec::new();
    for provider in providers {
        if found.iter().any(|known| known.provider == provider.id()) {
            continue;
        }
        let address = used.iter().find(|(known, _)| *known == provider);
        found.push(Upstream {
            provider: provider.id(),
            address: address.map(|(_, address)| address.clone()),
            address_variable: upstreams.variable(provider, originals),
            key_variable: upstreams.key_variable(provider, originals),
        });
    }
    found
}

/// How many recordings of this test are kept.
pub(crate) fn count_attempts(state: &State) -> usize {
    store::count_attempts(&state.setup.write_to, state.setup.owner.as_deref())
}

pub(super) fn unwritable(state: &State, SaveError { path, source }: &SaveError) -> Failure {
    let path: &Path = path;
    Failure::Unwritable {
        path: state.setup.shown_path(path),
        why: state.setup.why_unwritable(source),
    }
}

fn sources(state: &State) -> Vec<Source> {
    let upstreams = state.ledger().upstreams.clone();
    let source = |(provider, upstream): (Provider, String)| Source {
        provider: provider.id(),
        upstream,
        key: state.key_variable(provider),
    };
    upstreams.into_iter().map(source).collect()
}
