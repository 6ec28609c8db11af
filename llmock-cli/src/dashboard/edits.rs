//! What a form of a page changes. A form names a file that the page has shown, and the digest of what it has shown.

use std::fs;

use llmock::Fixture;

use super::accepting;
use super::attempts::{self, Attempt, Kind};
use super::pages::Board;
use crate::problem::chain;

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
    #[error("A pending edit is accepted by `llmock review`.")]
    Pending,
    #[error("{0}")]
    Failed(String),
}

impl EditProblem {
    pub(crate) fn status(&self) -> u16 {
        match self {
            Self::ReadOnly => 403,
            Self::Gone(_) => 404,
            Self::Changed(_) | Self::Pending => 409,
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
                _ => {}
            }
        }
        form
    }
}

/// Puts what a failed recording has kept into its fixture.
pub(crate) fn keep(board: &Board, form: &Form) -> Result<(), EditProblem> {
    let attempt = shown(board, form)?;
    if attempt.kind == Kind::Pending {
        return Err(EditProblem::Pending);
    }
    Fixture::keep_attempts(&attempt.path)
        .map(drop)
        .map_err(|error| EditProblem::Failed(chain(&error)))
}

/// Makes a request of the last run match the closest recording.
pub(crate) fn accept(board: &Board, form: &Form) -> Result<(), EditProblem> {
    accepting::accept(board, &form.test, form.request, &form.digest)
}

/// Removes what a failed recording has kept.
pub(crate) fn discard(board: &Board, form: &Form) -> Result<(), EditProblem> {
    let attempt = shown(board, form)?;
    if attempt.kind == Kind::Pending {
        return Err(EditProblem::Pending);
    }
    fs::remove_file(&attempt.path)
        .map_err(|why| EditProblem::Failed(format!("failed to remove `{}`: {why}", attempt.name)))
}

/// The file of a form, if it still is what the page has shown.
fn shown<'b>(board: &'b Board, form: &Form) -> Result<&'b Attempt, EditProblem> {
    if !board.edit {
        return Err(EditProblem::ReadOnly);
    }
    let attempt = board.attempts.iter().find(|attempt| attempt.name == form.file);
    let attempt = attempt.ok_or_else(|| EditProblem::Gone(form.file.clone()))?;
    let is_same = attempts::digest(&attempt.path).is_some_and(|digest| digest == form.digest);
    if is_same { Ok(attempt) } else { Err(EditProblem::Changed(form.file.clone())) }
}
