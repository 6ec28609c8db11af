//! Files that wait for a decision, with what would change.

use askama::Template;
use llmock::__command::changes;

use super::Board;
use super::fixtures::{InteractionRow, interaction_row};
use crate::dashboard::ansi::{Span, spans};
use crate::dashboard::attempts::Attempt;
use crate::dashboard::library::row;
use crate::output::text::{shortened, visible, visible_lines};
use crate::review::{Kind, Waiting};

/// Changes of one file that are shown.
const SHOWN: usize = 50;

#[derive(Template)]
#[template(path = "review.html")]
pub(crate) struct Review {
    edit: bool,
    is_file: bool,
    keep: String,
    discard: String,
    files: Vec<WaitingView>,
}

struct WaitingView {
    name: String,
    shown: String,
    digest: String,
    title: &'static str,
    accept: &'static str,
    reject: &'static str,
    /// Whether what cannot be read may be thrown away.
    is_disposable: bool,
    problem: String,
    command: String,
    changes: Vec<ChangeView>,
    /// Interactions that are as recorded.
    same: usize,
    hidden: usize,
}

struct ChangeView {
    /// `new`, `changed`, or `removed`.
    kind: &'static str,
    test: String,
    row: InteractionRow,
    spans: Vec<Span>,
}

impl Review {
    pub(crate) fn new(board: &Board) -> Self {
        Self {
            edit: board.edit,
            is_file: board.is_file(),
            keep: board.links.page("keep"),
            discard: board.links.page("discard"),
            files: board.attempts.iter().map(view).collect(),
        }
    }
}

fn view(attempt: &Attempt) -> WaitingView {
    let (mut changes, same, problem) = match &attempt.content {
        Ok(content) => {
            let all: Vec<_> =
                (0..content.interactions.len()).map(|at| change(content, at)).collect();
            let same = all.iter().filter(|one| one.is_none()).count();
            (all.into_iter().flatten().collect(), same, String::new())
        }
        Err(why) => (Vec::new(), 0, visible_lines(why)),
    };
    let hidden = changes.len().saturating_sub(SHOWN);
    changes.truncate(SHOWN);
    let (accept, reject) = attempt.kind.verbs();
    WaitingView {
        name: attempt.name.clone(),
        shown: visible(&attempt.name),
        digest: attempt.digest.clone(),
        title: match attempt.kind {
            Kind::Failed => "failed attempt",
            Kind::Pending => "pending edit",
            Kind::Removed => "removed",
        },
        accept,
        reject,
        is_disposable: attempt.kind == Kind::Failed,
        problem,
        command: visible(&match attempt.kind {
            Kind::Failed => format!("llmock keep {}", attempt.name),
            Kind::Pending | Kind::Removed => format!("llmock review {}", attempt.name),
        }),
        changes,
        same,
        hidden,
    }
}

/// What one interaction would change; `None` if the fixture has it as it is.
fn change(waiting: &Waiting, at: usize) -> Option<ChangeView> {
    let new = waiting.interactions.get(at)?;
    let (kind, spans) = match waiting.recorded(at) {
        Some(old) => {
            let found = changes(old, new);
            if found.is_empty() {
                return None;
            }
            let lines: String =
                found.iter().map(|change| format!("{}\n", change.lines(true))).collect();
            ("changed", spans(&lines))
        }
        None if waiting.kind == Kind::Removed => ("removed", Vec::new()),
        None => ("new", Vec::new()),
    };
    let test = shortened(new.test().unwrap_or_default(), 200);
    let row = interaction_row(at + 1, new, &row(new), String::new());
    Some(ChangeView { kind, test, row, spans })
}
