//! What a form of a page changes. A form names a file that the page has shown, and the digest of what it has shown.

use llmock::Fixture;

use super::accepting;
use super::attempts::Attempt;
use super::pages::Board;
use crate::problem::chain;
use crate::review::apply::{Decision, apply};
use crate::review::{Kind, Waiting};

/// Why nothing was changed.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum EditProblem {
    #[error(
        "This dashboard is read-only. Start it with `llmock dashboard --edit` to change files."
    )]
    ReadOnly,
    #[error("`{0}` does not wait for a decision any more. Nothing was changed.")]
    Gone(String),
    #[error("`{0}` has changed since the page was shown. Nothing was changed: look at it again.")]
    Changed(String),
    #[error("{0}")]
    Failed(String),
}

impl EditProblem {
    pub(crate) fn status(&self) -> u16 {
        match self {
            Self::ReadOnly => 403,
            Self::Gone(_) => 404,
            Self::Changed(_) => 409,
            Self::Failed(_) => 500,
        }
    }
}

/// The fields of a form.
#[derive(Clone, Debug, Default)]
pub(crate) struct Form {
    file: String,
    digest: String,
    test: String,
    request: u64,
    /// One interaction of the file, counted from one; without it, all of them.
    number: Option<usize>,
}

impl Form {
    pub(crate) fn read(body: &[u8]) -> Self {
        let mut form = Self::default();
        for (name, value) in form_urlencoded::parse(body) {
            match &*name {
                "file" => form.file = value.into_owned(),
                "digest" => form.digest = value.into_owned(),
                "test" => form.test = value.into_owned(),
                "request" => form.request = value.parse().unwrap_or_default(),
                // A number that is none must not decide about everything.
                "n" => form.number = Some(value.parse().unwrap_or_default()),
                _ => {}
            }
        }
        form
    }
}

/// Accepts what waits, as `llmock accept` does: what a failed recording has kept becomes part of its fixture, a pending
/// request keeps the response that it got, and a removed interaction stays removed.
pub(crate) fn keep(board: &Board, form: &Form) -> Result<&'static str, EditProblem> {
    let (attempt, waiting) = shown(board, form)?;
    if attempt.kind == Kind::Failed && form.number.is_none() {
        // Of several attempts of a test the last one counts.
        Fixture::keep_attempts(&attempt.path)
            .map_err(|error| EditProblem::Failed(chain(&error)))?;
    } else {
        decide(form, waiting?, Decision::Accept)?;
    }
    Ok(match attempt.kind {
        Kind::Failed => "kept",
        Kind::Pending => "approved",
        Kind::Removed => "deleted",
    })
}

/// Rejects what waits, as `llmock reject` does.
pub(crate) fn discard(board: &Board, form: &Form) -> Result<&'static str, EditProblem> {
    let (attempt, waiting) = shown(board, form)?;
    match waiting {
        Ok(waiting) => decide(form, waiting, Decision::Reject)?,
        // What cannot be read can be removed, but nothing of it can be put back.
        Err(_) if attempt.kind == Kind::Failed && form.number.is_none() => {
            std::fs::remove_file(&attempt.path).map_err(|why| {
                EditProblem::Failed(format!("failed to remove `{}`: {why}", attempt.name))
            })?;
        }
        Err(problem) => return Err(problem),
    }
    Ok(match attempt.kind {
        Kind::Failed => "discarded",
        Kind::Pending => "rejected",
        Kind::Removed => "restored",
    })
}

fn decide(form: &Form, waiting: &Waiting, decision: Decision) -> Result<(), EditProblem> {
    let decisions: Vec<Decision> = (1..=waiting.interactions.len())
        .map(|number| match form.number {
            Some(chosen) if chosen != number => Decision::Skip,
            _ => decision,
        })
        .collect();
    if decisions.iter().all(|one| *one == Decision::Skip) {
        return Err(EditProblem::Gone(form.file.clone()));
    }
    apply(waiting, &decisions).map_err(|problem| EditProblem::Failed(problem.to_string()))
}

/// Makes a request of the last run match the closest recording.
pub(crate) fn accept(board: &Board, form: &Form) -> Result<(), EditProblem> {
    accepting::accept(board, &form.test, form.request, &form.digest)
}

/// The file of a form with what it holds, if it still is what the page has shown.
fn shown<'b>(
    board: &'b Board,
    form: &Form,
) -> Result<(&'b Attempt, Result<&'b Waiting, EditProblem>), EditProblem> {
    if !board.edit {
        return Err(EditProblem::ReadOnly);
    }
    let attempt = board.attempts.iter().find(|attempt| attempt.name == form.file);
    let attempt = attempt.ok_or_else(|| EditProblem::Gone(form.file.clone()))?;
    if attempt.digest != form.digest {
        return Err(EditProblem::Changed(form.file.clone()));
    }
    let waiting = attempt.content.as_ref().map_err(|why| EditProblem::Failed(why.clone()));
    Ok((attempt, waiting))
}
