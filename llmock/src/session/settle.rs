//! The end of a session: its ledger becomes a report, and its recordings become a fixture ([`save`]).
//!
//! The order matters: nothing is verified while a response is still arriving, nothing is written unless everything
//! passed, and the address is released last.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use llmock_rules::{Chunks, StreamRule};

use crate::config::Origin;
use crate::env::{self, Misspelt};
use crate::exchange::miss::prompt_of;
use crate::exchange::response::is_outage;
use crate::exchange::{RequestNumber, RespondedBy, Sender};
use crate::fixture::Position;
use crate::front::refused::Refused;
use crate::report::notes::Named;
use crate::report::{Answered, Failure, Note, Outcome, Report, Rule, Sign, Tally};
use crate::session::fixture::OpenedFixture;
use crate::session::ledger::{Ledger, Recording};
use crate::session::requests::{arrivals, responses, sent};
#[cfg(feature = "websocket")]
use crate::session::sockets;
use crate::session::state::State;
use crate::session::unreached::{self, Ending};
use crate::session::{audited, clock, deliver, editing, fields, redacted, save, unused, verifying};
use crate::wire::ReportedError;

/// How long a client may take to receive the end of a response that it did not seem to wait for.
const DELIVERY: Duration = Duration::from_millis(500);

/// Ends the session and reports how it went.
pub(crate) fn settle(state: &State, ending: &Ending<'_>) -> Report {
    #[cfg(feature = "websocket")]
    sockets::await_messages(state);
    state.close();
    state.traffic.close();
    let mut report = begin(state, ending.outcome);
    let drain = state.setup.limits.drain;
    let left = state.in_flight.drain(drain);
    if left > 0 {
        report.failures.push(Failure::DrainTimeout { seconds: drain.as_secs(), streams: left });
    }
    await_deliveries(state);
    if let Err(text) = state.overlay.verify() {
        // The words of wiremock quote requests as they were sent.
        let text = state.secrets.redactor().text(&text).into_owned();
        report.failures.push(Failure::MockExpectations { text, sent: sent(state) });
    }
    account(state, ending, &mut report);
    verifying::conclude(state, &mut report);
    redacted::look_again(state);
    let kept = gate(state, &mut report);
    redacted::check(state, &kept, &mut report);
    if report.fails() || ending.outcome != Outcome::Passed {
        save::note_attempt(state, &mut report);
        report.upstreams = save::upstreams(state, &report);
        context_notes(state, ending, &mut report);
    } else {
        save::finish(state, &kept, &mut report);
    }
    editing::finish(state, &mut report);
    state.overlay.close();
    report.notes.retain(|note| !state.setup.in_force.allows(note.name()));
    say_once(&mut report);
    report
}

/// A failing test says what concerns the whole process; of those that pass the first one does.
fn say_once(report: &mut Report) {
    static SAID: AtomicBool = AtomicBool::new(false);
    let concerns_all = |note: &Note| matches!(note, Note::MisspeltVariable { .. });
    if report.notes.iter().any(concerns_all)
        && SAID.swap(true, Ordering::Relaxed)
        && !report.fails()
    {
        report.notes.retain(|note| !concerns_all(note));
    }
}

/// Waits a little until it is known whether clients that had only closed their sending side received their responses.
fn await_deliveries(state: &State) {
    let deadline = Instant::now() + DELIVERY;
    while state.ledger().is_undecided() && Instant::now() < deadline {
        std::thread::sleep(Duration::from_millis(5));
    }
}

fn begin(state: &State, outcome: Outcome) -> Report {
    let setup = &state.setup;
    let mode = setup.mode().as_str();
    let mut report = Report::new(setup.test(), setup.shown.clone(), mode, setup.command.clone());
    report.outcome = outcome;
    report.duration = Some(state.opened.elapsed());
    report.surface = setup.surface;
    report.in_ci = env::is_replay_only();
    let arguments = setup.in_force.arguments().into_iter();
    let rule = |(rule, origin): (_, &Origin)| Rule { rule, origin: setup.shown_origin(origin) };
    report.rules = arguments.map(rule).collect();
    if let Some(replaced) = setup.in_force.replaced_mode {
        report.notes.push(Note::OnlyReplayedInCi { mode: replaced.as_str() });
    }
    report.notes.extend(setup.inherited.notes());
    report.notes.append(&mut state.ledger().similar);
    let misspelt = env::misspelt().iter();
    report.notes.extend(
        misspelt
            .map(|Misspelt { name, meant }| Note::MisspeltVariable { name: name.clone(), meant }),
    );
    report
}

/// Everything but recordings: counts, misses, notes, and the failures they imply.
fn account(state: &State, ending: &Ending<'_>, report: &mut Report) {
    let (fixture, mut ledger) = (&state.fixture, state.ledger());
    ledger.is_settled = true;
    report.answered = Answered {
        fixture: ledger.answered(RespondedBy::Fixture),
        mock: ledger.answered(RespondedBy::Mock),
        reply: ledger.answered(RespondedBy::Reply),
        upstream: ledger.answered(RespondedBy::Upstream),
        nothing: ledger.answered(RespondedBy::Nothing),
    };
    report.notes.extend(state.skipped().map(|reason| Note::Skipped { reason }));
    connections(&mut ledger, report);
    report.misses.clone_from(&ledger.misses);
    report.arrivals = arrivals(fixture, &ledger);
    report.tally = tally(fixture, &ledger);
    if !ledger.dropped_headers.is_empty() {
        let names = ledger.dropped_headers.iter().cloned().collect();
        report.notes.push(Note::HeadersNotStored { names });
    }
    let foreign = ledger.foreign.iter().cloned();
    report.notes.extend(foreign.map(|server| Note::LeadsElsewhere { server }));
    stray_requests(&ledger, report);
    calls(state, &ledger, ending, report);
    unused::settle(state, &ledger, report);
    deliver::in_vain(state, report);
    unknown_fields(state, &ledger, report);
    replies(state, report);
    #[cfg(feature = "websocket")]
    sockets::unused_scripts(state, &ledger, report);
    borrowed(fixture, &ledger, report);
    repeated(fixture, &ledger, report);
    audited::conclude(state, &ledger, report);
}

/// Network faults, and requests that never became one.
fn connections(ledger: &mut Ledger, report: &mut Report) {
    let times = ledger.settle_faults();
    if times > 0 {
        report.notes.push(Note::Reconnected { times });
    }
    for (method, path, times) in std::mem::take(&mut ledger.incomplete) {
        report.notes.push(Note::Incomplete { method, path, times });
    }
}

/// Requests that another test sent, or may have sent.
fn stray_requests(ledger: &Ledger, report: &mut Report) {
    let owned = |test: &Option<Arc<str>>| test.as_deref().map(str::to_owned);
    for (index, exchange) in ledger.exchanges.iter().enumerate() {
        match &exchange.sender {
            Sender::ThisTest => {}
            Sender::EarlierTest { test } => report.notes.push(Note::Stray {
                method: exchange.sent.method.clone(),
                path: exchange.sent.path.clone(),
                test: owned(test),
            }),
            // A request that a fixture or a mock responded to was expected, whichever test sent it.
            Sender::EarlierConnection { test } => {
                if matches!(
                    exchange.sent.responded_by,
                    RespondedBy::Nothing | RespondedBy::Upstream
                ) {
                    let sign = Sign::Connection { test: owned(test) };
                    let request = RequestNumber::from_index(index).number();
                    report.notes.push(Note::LeftBehind { request, sign });
                }
            }
        }
    }
    for (index, exchange) in ledger.exchanges.iter().enumerate() {
        if let Some(test) = exchange.expected_by.clone() {
            let request = RequestNumber::from_index(index).number();
            report.notes.push(Note::LeftBehind { request, sign: Sign::Recording { test } });
        }
    }
}

/// Circumstances that may have made a test fail besides its requests.
fn context_notes(state: &State, ending: &Ending<'_>, report: &mut Report) {
    let StreamRule { chunks, seed, .. } = state.traffic.stream();
    if let (Some(Chunks::Adversarial), Some(seed)) = (chunks, seed) {
        report.notes.push(Note::AdversarialChunks { seed });
    }
    let is_told = report.unreached().is_some_and(|unreached| unreached.is_clock_paused);
    if !is_told && clock::is_paused() {
        report.notes.push(Note::PausedClock);
    } else if !report.fails() && !is_ours(ending) {
        report.notes.extend(responses(state));
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

fn tally(fixture: &OpenedFixture, ledger: &Ledger) -> Tally {
    let used = ledger.used().len();
    let own = fixture.own_or_ownerless().count();
    Tally { used, total: if own == 0 { fixture.len() } else { own.max(used) } }
}

/// Whether the body failed with a message of llmock's, and not with the error of a client, which knows nothing of llmock.
fn is_ours(ending: &Ending<'_>) -> bool {
    let words = ending.words.trim_start();
    // On a terminal the name is bold.
    let coloured = words.strip_prefix("\x1b[").and_then(|rest| rest.split_once('m'));
    coloured.map_or(words, |(_, text)| text).starts_with("llmock:")
}

fn calls(state: &State, ledger: &Ledger, ending: &Ending<'_>, report: &mut Report) {
    let reached = ledger.exchanges.iter().filter(|exchange| !exchange.is_stray()).count();
    let repeated = deliver::repeated_after_fault(ledger);
    let counted = ledger.counted().count().saturating_sub(ledger.retried + repeated);
    let expected = state.setup.in_force.calls.value;
    if reached == 0 && state.skipped().is_some() {
        return;
    }
    let unreached = || Box::new(unreached::describe(state, ending));
    if report.outcome != Outcome::Passed {
        if reached == 0 && expected != Some(0) && !is_ours(ending) {
            report.notes.push(Note::NothingReached(unreached()));
        }
        return;
    }
    match expected {
        Some(0) if counted == 0 => {}
        _ if reached == 0 => report.failures.push(Failure::NoRequests(unreached())),
        Some(expected) if usize::try_from(expected).ok() != Some(counted) => {
            report.failures.push(Failure::Calls { expected, got: counted });
        }
        Some(_) | None => {}
    }
}

/// Replies that the test wrote and no request got.
fn replies(state: &State, report: &mut Report) {
    let is_checked = report.outcome == Outcome::Passed && state.skipped().is_none();
    if is_checked && state.setup.in_force.scripted.value && !state.has_replies() {
        report.failures.push(Failure::NoReplies);
    }
    report.failures.extend(state.scripts.failures(is_checked));
    if is_checked {
        let unused = state.scripts.never_given().into_iter();
        report.notes.extend(unused.map(|place| Note::ReplyUnused { place }));
    }
}

/// Fields of `match_on` that no request has.
fn unknown_fields(state: &State, ledger: &Ledger, report: &mut Report) {
    if report.outcome != Outcome::Passed || state.skipped().is_some() {
        return;
    }
    let requests = ledger.counted().map(|exchange| &*exchange.sent.body);
    let recorded = ledger.recordings.iter().map(|recording| &recording.interaction);
    let recorded = recorded.chain(state.fixture.interactions());
    report.failures.extend(fields::missing(&state.setup.in_force, requests, recorded));
}

fn borrowed(fixture: &OpenedFixture, ledger: &Ledger, report: &mut Report) {
    let mut owners: Vec<(String, Vec<Named>)> = Vec::new();
    for (_, used) in ledger.uses().filter(|(_, used)| used.is_borrowed && !used.is_repeated) {
        let interaction = fixture.get(used.interaction);
        let owner = interaction.test.clone().unwrap_or_default();
        let used = (used.interaction.number(), prompt_of(interaction));
        match owners.iter_mut().find(|(known, _)| *known == owner) {
            Some((_, interactions)) => interactions.push(used),
            None => owners.push((owner, vec![used])),
        }
    }
    for (owner, interactions) in owners {
        report.notes.push(Note::Borrowed { interactions, owner });
    }
}

fn repeated(fixture: &OpenedFixture, ledger: &Ledger, report: &mut Report) {
    let mut times: Vec<(Position, usize)> = Vec::new();
    for (_, used) in ledger.uses().filter(|(by, used)| used.is_repeated && !by.is_side) {
        match times.iter_mut().find(|(interaction, _)| *interaction == used.interaction) {
            Some((_, times)) => *times += 1,
            None => times.push((used.interaction, 1)),
        }
    }
    for (interaction, times) in times {
        let prompt = prompt_of(fixture.get(interaction));
        report.notes.push(Note::Repeated { interaction: interaction.number(), prompt, times });
    }
}

/// Providers quote the key that they reject.
fn redact_messages(state: &State, recordings: &mut [Recording]) {
    let redactor = state.secrets.redactor();
    for message in recordings.iter_mut().filter_map(|it| it.error.as_mut()?.message.as_mut()) {
        *message = redactor.text(message).into_owned();
    }
}

/// The recordings that belong in a fixture, in order of arrival; outages fail the test unless a later attempt
/// succeeded or the test allows them.
fn gate(state: &State, report: &mut Report) -> Vec<Recording> {
    let mut recordings = state.ledger().take_recordings();
    redact_messages(state, &mut recordings);
    let allowed = &state.setup.in_force.allow_errors.value;
    let refused = |recording: &Recording| {
        recording
            .error
            .as_ref()
            .filter(|it| is_outage(it.status) && !allowed.allows(it.status))
            .cloned()
    };
    let mut retried: Vec<(u16, bool, usize)> = Vec::new();
    let mut given_up = state.ledger().given_up;
    let mut kept = Vec::with_capacity(recordings.len());
    for (at, recording) in recordings.iter().enumerate() {
        let later = &recordings[at + 1..];
        let is_good = |later: &Recording| later.key == recording.key && refused(later).is_none();
        if recording.was_given_up() && later.iter().any(|it| is_good(it) && !it.was_given_up()) {
            // The program never used it.
            given_up += 1;
            continue;
        }
        let inside = recording.has_error_inside();
        let Some(ReportedError { status, message }) = refused(recording) else {
            report.notes.extend(error_inside(recording));
            kept.push(recording.clone());
            continue;
        };
        if later.iter().any(is_good) {
            match retried
                .iter_mut()
                .find(|(known, within, _)| (*known, *within) == (status, inside))
            {
                Some((_, _, times)) => *times += 1,
                None => retried.push((status, inside, 1)),
            }
        } else {
            report.failures.push(Failure::UpstreamError {
                provider: recording.interaction.provider.id(),
                method: recording.interaction.request.method.clone(),
                path: recording.interaction.request.path.clone(),
                status,
                inside,
                message,
                key: state.key_variable(recording.interaction.provider),
            });
        }
    }
    if given_up > 0 {
        report.notes.push(Note::GivenUp { times: given_up });
    }
    for (status, inside, times) in retried {
        report.notes.push(Note::Retried { status, inside, times });
    }
    kept
}

/// Clients that look at the status alone take such a response for an empty success.
fn error_inside(recording: &Recording) -> Option<Note> {
    let error = recording.error.clone().filter(|_| recording.has_error_inside())?;
    let request = recording.request.number();
    Some(Note::ErrorInside { request, status: error.status, message: error.message })
}
