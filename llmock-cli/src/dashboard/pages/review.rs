//! Files that wait for a decision, with what would change.

use askama::Template;
use llmock::__command::changes;
use llmock::Fixture;

use super::Board;
use super::fixtures::{InteractionRow, interaction_row};
use crate::dashboard::ansi::{Span, spans};
use crate::dashboard::attempts::{Attempt, Kind};
use crate::dashboard::library::row;
use crate::output::text::{shortened, visible, visible_lines};
use crate::pairs::{Pair, pairs};
use crate::workspace;

/// Changes of one file that are shown.
const SHOWN: usize = 50;

#[derive(Template)]
#[template(path = "review.html")]
pub(crate) struct Review {
    edit: bool,
    is_file: bool,
    keep: String,
    discard: String,
    files: Vec<Waiting>,
}

struct Waiting {
    name: String,
    shown: String,
    digest: String,
    is_pending: bool,
    problem: String,
    command: String,
    changes: Vec<ChangeView>,
    hidden: usize,
}

struct ChangeView {
    /// `new` or `changed`.
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
            files: board.attempts.iter().map(waiting).collect(),
        }
    }
}

fn waiting(attempt: &Attempt) -> Waiting {
    let (changes, problem) = match &attempt.content {
        Ok(content) => (changes_of(content, attempt.fixture.as_ref()), String::new()),
        Err(why) => (Vec::new(), visible_lines(why)),
    };
    let hidden = changes.len().saturating_sub(SHOWN);
    let mut changes = changes;
    changes.truncate(SHOWN);
    Waiting {
        name: attempt.name.clone(),
        shown: visible(&attempt.name),
        digest: attempt.digest.clone(),
        is_pending: attempt.kind == Kind::Pending,
        problem,
        command: visible(&match attempt.kind {
            Kind::Failed => format!("llmock keep {}", attempt.name),
            Kind::Pending => format!("llmock review {}", attempt.name),
        }),
        changes,
        hidden,
    }
}

/// What the fixture would have afterwards that it does not have now.
fn changes_of(content: &Fixture, fixture: Option<&Fixture>) -> Vec<ChangeView> {
    let new = [content.clone()];
    let old: Vec<Fixture> = fixture.cloned().into_iter().collect();
    let (before, after) = (workspace::entries(&old), workspace::entries(&new));
    let mut views = Vec::new();
    for pair in pairs(&before, &after) {
        let (kind, entry, spans) = match pair {
            Pair::Both(old, new) => {
                let found = changes(old.interaction, new.interaction);
                let lines: String =
                    found.iter().map(|change| format!("{}\n", change.lines(true))).collect();
                ("changed", new, spans(&lines))
            }
            Pair::Added(new) => ("new", new, Vec::new()),
            Pair::Removed(_) => continue,
        };
        let view = interaction_row(
            entry.number,
            entry.interaction,
            &row(entry.interaction),
            String::new(),
        );
        let test = entry.interaction.test().unwrap_or_default();
        views.push(ChangeView { kind, test: shortened(test, 200), row: view, spans });
    }
    views
}
