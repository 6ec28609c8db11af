//! A request of the last run that has no recording, and the recording that would be changed to match it.

use llmock::__command::{changes, with_request_body};
use llmock::{Fixture, Interaction};

use super::ansi::{Span, spans};
use super::attempts;
use super::edits::EditProblem;
use super::last_run::{Miss, TestRun};
use super::library::File;
use super::pages::Board;
use crate::problem::chain;

/// What accepting a request would change.
#[derive(Debug)]
pub(crate) struct Acceptable<'b> {
    pub(crate) file: &'b File,
    /// The closest recording, counted from one.
    pub(crate) number: usize,
    /// That recording with the request that was sent.
    accepted: Interaction,
    /// Whether the recording stays beside the accepted one: another test or another request uses it.
    pub(crate) is_added: bool,
    /// Whether the fixture has the request by now.
    pub(crate) is_done: bool,
    /// How the request differs from the recorded one.
    pub(crate) spans: Vec<Span>,
    /// Changes with the fixture and with the request.
    pub(crate) digest: String,
}

/// The fixture that a report names, relative to the package or to the workspace.
pub(crate) fn file<'b>(board: &'b Board, name: &str) -> Option<&'b File> {
    let is_it = |file: &str| {
        file == name || file.strip_suffix(name).is_some_and(|before| before.ends_with(['/', '\\']))
    };
    let mut found = board.snapshot.files.iter().filter(|file| is_it(&file.name));
    let file = found.next().filter(|_| !name.is_empty())?;
    found.next().is_none().then_some(&**file)
}

/// `None` if the run does not have the request, or the fixture no such recording.
pub(crate) fn acceptable<'b>(
    board: &'b Board,
    test: &TestRun,
    miss: &Miss,
) -> Option<Acceptable<'b>> {
    let (number, sent) = (miss.interaction?, miss.sent.as_deref()?);
    let file = file(board, &test.fixture).filter(|file| file.layer.is_none())?;
    let recorded = file.fixture.interactions().get(number.checked_sub(1)?)?;
    let mut accepted = with_request_body(recorded, sent)?;
    let is_other = recorded.test().is_some_and(|owner| owner != test.test);
    if is_other {
        accepted.set_test(Some(&test.test));
    }
    let found = changes(recorded, &accepted);
    let lines: String = found
        .iter()
        .filter(|change| change.path() != "test")
        .map(|change| format!("{}\n", change.lines(true)))
        .collect();
    let same = |one: &Interaction| one.hash() == accepted.hash() && one.test() == accepted.test();
    let is_done = file.fixture.interactions().iter().any(same);
    let of_file = attempts::digest(file.fixture.path())?;
    let digest = attempts::digest_of(format!("{of_file} {number} {sent}").as_bytes());
    Some(Acceptable {
        file,
        number,
        is_added: is_other || miss.is_used,
        is_done,
        spans: spans(&lines),
        digest,
        accepted,
    })
}

/// Writes it.
pub(crate) fn accept(
    board: &Board,
    test: &str,
    request: u64,
    digest: &str,
) -> Result<(), EditProblem> {
    if !board.edit {
        return Err(EditProblem::ReadOnly);
    }
    let gone = || EditProblem::Gone(format!("request {request} of {test}"));
    let tests = board.run.iter().flat_map(|run| &run.tests);
    let misses = tests.filter(|one| one.test == test);
    let mut found = misses.flat_map(|one| one.misses.iter().map(move |miss| (one, miss)));
    let (test, miss) = found.find(|(_, miss)| miss.request == request).ok_or_else(gone)?;
    let acceptable = acceptable(board, test, miss).ok_or_else(gone)?;
    if acceptable.digest != digest {
        return Err(EditProblem::Changed(acceptable.file.name.clone()));
    }
    let Acceptable { file, number, accepted, is_added, is_done, .. } = acceptable;
    if is_done {
        return Ok(());
    }
    Fixture::edit(file.fixture.path(), |interactions| {
        if is_added {
            interactions.insert(number.min(interactions.len()), accepted);
        } else if let Some(recorded) = interactions.get_mut(number - 1) {
            *recorded = accepted;
        }
    })
    .map_err(|error| EditProblem::Failed(chain(&error)))
}
