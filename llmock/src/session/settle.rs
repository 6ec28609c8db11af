//! The end of a session: what happened becomes a report, and a recording becomes a fixture ([`save`]).
//!
//! The order matters: nothing is verified while an answer is still arriving, nothing is written unless
//! everything passed, and the address is given up last.

use std::sync::Arc;
use std::time::Duration;

use llmock_rules::Unused;

use crate::config::Origin;
use crate::front::refused::Refused;
use crate::mode::Mode;
use crate::report::{
    Answered, Failure, IdleInteraction, Note, Outcome, Report, Rule, Sign, Surface, Tally,
};
use crate::session::ledger::{AnsweredBy, Arrival, Ledger, Recording, is_outage};
use crate::session::miss::prompt_of;
use crate::session::state::{Book, State};
use crate::session::{clock, fields, save};

/// Ends the session and says how it went.
pub(crate) fn settle(state: &State, outcome: Outcome, surface: Surface, drain: Duration) -> Report {
    state.mark_closing();
    let mut report = begin(state, outcome, surface);
    let left = state.streams.drain(drain);
    if left > 0 {
        report.failures.push(Failure::DrainTimeout { seconds: drain.as_secs(), streams: left });
    }
    if let Err(text) = state.overlay.verify() {
        report.failures.push(Failure::MockExpectations { text });
    }
    account(state, &mut report);
    let kept = gate(state, &mut report);
    if report.fails() || outcome != Outcome::Passed {
        save::attempt_note(state, &mut report);
        circumstances(state, &mut report);
    } else if state.mode() == Mode::Record || !kept.is_empty() {
        save::write(state, &kept, &mut report);
    }
    state.overlay.close();
    report
}

fn begin(state: &State, outcome: Outcome, surface: Surface) -> Report {
    let setup = &state.setup;
    let mode = state.mode().as_str();
    let test = setup.owner.clone().unwrap_or_else(|| setup.shown.clone());
    let mut report = Report::new(test, setup.shown.clone(), mode, setup.command.clone());
    report.outcome = outcome;
    report.surface = surface;
    let arguments = setup.in_force.arguments().into_iter();
    let rule = |(rule, origin): (_, &Origin)| Rule { rule, origin: origin.to_string() };
    report.rules = arguments.map(rule).collect();
    if let Some(replaced) = setup.in_force.replaced_mode {
        report.notes.push(Note::OnlyReplayedInCi { mode: replaced.as_str() });
    }
    report
}

/// Everything but recordings: counts, misses, notes, and the failures they imply.
fn account(state: &State, report: &mut Report) {
    let mut book = state.book();
    book.balanced = true;
    let ledger = &book.ledger;
    report.answered = Answered {
        fixture: ledger.answered(AnsweredBy::Fixture),
        mock: ledger.answered(AnsweredBy::Mock),
        upstream: ledger.answered(AnsweredBy::Upstream),
        nothing: ledger.answered(AnsweredBy::Nothing),
    };
    report.misses.clone_from(&ledger.misses);
    report.tally = tally(state, &book);
    strangers(ledger, report);
    calls(state, &book, report);
    unused(state, &book, report);
    fields(state, &book, report);
    borrowed(&book, report);
    repeated(&book, report);
}

/// Requests that are not this test's, and those that may not be.
fn strangers(ledger: &Ledger, report: &mut Report) {
    let owned = |test: &Option<Arc<str>>| test.as_deref().map(str::to_owned);
    for (at, entry) in ledger.entries.iter().enumerate() {
        match &entry.arrival {
            Arrival::InTime => {}
            Arrival::Early { test } => report.notes.push(Note::Stray {
                method: entry.method.clone(),
                path: entry.path.clone(),
                test: owned(test),
            }),
            // What a fixture or a Mock has answered was expected, whoever asked.
            Arrival::OnEarlierConnection { test } => {
                if matches!(entry.answered_by, AnsweredBy::Nothing | AnsweredBy::Upstream) {
                    let sign = Sign::Connection { test: owned(test) };
                    report.notes.push(Note::LeftBehind { request: at + 1, sign });
                }
            }
        }
    }
    for (at, test) in &ledger.awaited {
        let sign = Sign::Recording { test: test.clone() };
        report.notes.push(Note::LeftBehind { request: at + 1, sign });
    }
}

/// What may have made a test fail and is no fault of its requests.
fn circumstances(state: &State, report: &mut Report) {
    if clock::is_paused() {
        report.notes.push(Note::PausedClock);
    }
    if !report.fails() {
        return;
    }
    for refused in state.front.registry().refusals.since(state.opened) {
        let Refused { method, path, message, .. } = refused;
        let note = Note::Refused { method, path, message };
        if !report.notes.contains(&note) {
            report.notes.push(note);
        }
    }
}

fn tally(state: &State, book: &Book) -> Tally {
    let mut used: Vec<usize> = book.ledger.claims.iter().map(|claim| claim.interaction).collect();
    used.sort_unstable();
    used.dedup();
    let own = book
        .interactions
        .iter()
        .filter(|interaction| interaction.test.is_none() || interaction.test == state.setup.owner);
    let own = own.count();
    Tally {
        used: used.len(),
        total: if own == 0 { book.interactions.len() } else { own.max(used.len()) },
    }
}

fn calls(state: &State, book: &Book, report: &mut Report) {
    let reached = book.ledger.entries.iter().filter(|entry| !entry.is_early()).count();
    let counted = book.ledger.counted().count();
    let expected = state.setup.in_force.calls.value;
    // A body that failed early has its own reason for not asking.
    if report.outcome != Outcome::Passed {
        return;
    }
    match expected {
        Some(0) if counted == 0 => {}
        _ if reached == 0 => report.failures.push(state.no_requests(book)),
        Some(expected) if usize::try_from(expected).ok() != Some(counted) => {
            report.failures.push(Failure::Calls { expected, got: counted });
        }
        Some(_) | None => {}
    }
}

fn fields(state: &State, book: &Book, report: &mut Report) {
    if report.outcome != Outcome::Passed {
        return;
    }
    let requests = book.ledger.counted().map(|entry| entry.body.as_slice());
    let recorded = book.ledger.recordings.iter().map(|recording| &recording.interaction);
    let recorded = recorded.chain(book.interactions.iter());
    report.failures.extend(fields::missing(&state.setup.in_force, requests, recorded));
}

fn unused(state: &State, book: &Book, report: &mut Report) {
    let rule = state.setup.in_force.unused.value;
    if rule == Unused::Ignore || state.mode() == Mode::Record || report.outcome != Outcome::Passed {
        return;
    }
    let idle = book.unused_own(state);
    if idle.is_empty() {
        return;
    }
    if rule == Unused::Note {
        let interactions = idle.into_iter().map(|at| at + 1).collect();
        report.notes.push(Note::Unused { interactions });
        return;
    }
    let interactions = idle.into_iter().map(|at| {
        let interaction = &book.interactions[at];
        IdleInteraction {
            interaction: at + 1,
            method: interaction.request.method.clone(),
            path: interaction.request.path.clone(),
            prompt: prompt_of(interaction),
        }
    });
    report.failures.push(Failure::Unused { interactions: interactions.collect() });
}

fn borrowed(book: &Book, report: &mut Report) {
    let mut owners: Vec<(String, Vec<usize>)> = Vec::new();
    for claim in book.ledger.claims.iter().filter(|claim| claim.borrowed && !claim.repeated) {
        let owner = book.interactions[claim.interaction].test.clone().unwrap_or_default();
        match owners.iter_mut().find(|(known, _)| *known == owner) {
            Some((_, interactions)) => interactions.push(claim.interaction + 1),
            None => owners.push((owner, vec![claim.interaction + 1])),
        }
    }
    for (owner, interactions) in owners {
        report.notes.push(Note::Borrowed { interactions, owner });
    }
}

fn repeated(book: &Book, report: &mut Report) {
    let mut times: Vec<(usize, usize)> = Vec::new();
    for claim in book.ledger.claims.iter().filter(|claim| claim.repeated) {
        if book.ledger.entries[claim.entry].side {
            continue;
        }
        match times.iter_mut().find(|(interaction, _)| *interaction == claim.interaction) {
            Some((_, times)) => *times += 1,
            None => times.push((claim.interaction, 1)),
        }
    }
    for (interaction, times) in times {
        report.notes.push(Note::Repeated {
            interaction: interaction + 1,
            prompt: prompt_of(&book.interactions[interaction]),
            times,
        });
    }
}

/// The recordings that belong in a fixture, in order of arrival; outages fail the test unless a later
/// attempt succeeded or the test declares them.
fn gate(state: &State, report: &mut Report) -> Vec<Recording> {
    let mut recordings = std::mem::take(&mut state.book().ledger.recordings);
    recordings.sort_by_key(|recording| recording.entry);
    let allowed = &state.setup.in_force.allow_errors.value;
    let refused = |recording: &Recording| {
        let status = recording.interaction.response.status;
        is_outage(status) && !allowed.allows(status)
    };
    let mut retried: Vec<(u16, usize)> = Vec::new();
    let mut kept = Vec::with_capacity(recordings.len());
    for (at, recording) in recordings.iter().enumerate() {
        if !refused(recording) {
            kept.push(recording.clone());
            continue;
        }
        let status = recording.interaction.response.status;
        let later = &recordings[at + 1..];
        if later.iter().any(|later| later.key == recording.key && !refused(later)) {
            match retried.iter_mut().find(|(known, _)| *known == status) {
                Some((_, times)) => *times += 1,
                None => retried.push((status, 1)),
            }
        } else {
            report.failures.push(Failure::UpstreamError {
                provider: recording.interaction.provider.id(),
                method: recording.interaction.request.method.clone(),
                path: recording.interaction.request.path.clone(),
                status,
                message: recording.error_message.clone(),
                key: state.key_variable(recording.interaction.provider),
            });
        }
    }
    for (status, times) in retried {
        report.notes.push(Note::Retried { status, times });
    }
    kept
}
