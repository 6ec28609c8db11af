//! What a test has recorded becomes its fixture.

use std::path::Path;

use crate::exchange::write::{self, Batch, Written};
use crate::fixture::Position;
use crate::fixture::merge::Merge;
use crate::fixture::store::{self, SaveError, UpdateError};
use crate::mode::Mode;
use crate::report::values::chain;
use crate::report::{Failure, Note, Report, Source};
use crate::session::ledger::Recording;
use crate::session::state::State;

/// Writes what a test has recorded, if its file replays it and nothing good is lost.
pub(crate) fn write(state: &State, recordings: Vec<Recording>, report: &mut Report) {
    if recordings.is_empty() {
        report.notes.push(Note::NothingRecorded);
        return;
    }
    let setup = &state.setup;
    let recorded = recordings.into_iter();
    let batch = Batch {
        recorded: recorded.map(|recording| (recording.key, recording.interaction)).collect(),
        owner: setup.owner.as_deref(),
        merge: if setup.mode() == Mode::Record { Merge::Replace } else { Merge::Add },
        rules: state.fixture.rules(),
    };
    let failure = match write::write(&setup.write_to, &setup.fixture, &batch) {
        Ok(written) => match not_written(&written) {
            None => return note_written(state, written, report),
            Some(failure) => failure,
        },
        Err(UpdateError::Save(error)) => unwritable(state, &error),
        Err(UpdateError::Load(error)) => Failure::FixtureUnreadable { error: chain(&error) },
    };
    report.failures.push(failure);
    note_attempt(state, report);
}

fn not_written(written: &Written) -> Option<Failure> {
    let numbers = |positions: &[Position]| positions.iter().map(|at| at.number()).collect();
    if !written.truncated_replacements.is_empty() {
        let interactions = numbers(&written.truncated_replacements);
        return Some(Failure::TruncatedReplacement { interactions });
    }
    let interactions = numbers(&written.unfaithful);
    (!written.unfaithful.is_empty()).then_some(Failure::SelfCheck { interactions })
}

fn note_written(state: &State, written: Written, report: &mut Report) {
    let Written { counts, cut, others, .. } = written;
    let setup = &state.setup;
    let path = &setup.write_to;
    if *path != setup.fixture {
        // Redirected: the note names the file that was written.
        report.fixture = setup.shown_path(path);
    }
    report.notes.push(Note::Recorded {
        count: counts.recorded,
        replaced: counts.replaced,
        dropped: counts.removed,
        kept: others,
        sources: sources(state),
    });
    let cut = cut.into_iter().map(|at| Note::Cut { interaction: at.number() });
    report.notes.extend(cut);
    if let Err(error) = store::drop_attempts(path, setup.owner.as_deref()) {
        report.failures.push(unwritable(state, &error));
    }
}

/// Notes where the recorded traffic of a test that did not pass is kept.
pub(crate) fn note_attempt(state: &State, report: &mut Report) {
    let failed = store::failed_path(&state.setup.write_to);
    let count = report.answered.upstream;
    if count > 0 && failed.exists() {
        let path = state.setup.shown_path(&failed);
        report.notes.push(Note::AttemptKept { path, count });
    }
}

fn unwritable(state: &State, SaveError { path, source }: &SaveError) -> Failure {
    let path: &Path = path;
    Failure::Unwritable { path: state.setup.shown_path(path), why: source.to_string() }
}

fn sources(state: &State) -> Vec<Source> {
    let upstreams = state.ledger().upstreams.clone();
    let source = |(provider, upstream): (crate::provider::Provider, String)| Source {
        provider: provider.id(),
        upstream,
        key: state.key_variable(provider),
    };
    upstreams.into_iter().map(source).collect()
}
