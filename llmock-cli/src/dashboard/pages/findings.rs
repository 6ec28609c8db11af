//! What is wrong with fixtures, as `llmock check --no-tests` has it.

use askama::Template;
use llmock_rules::{FindingCode, Severity};

use super::Board;
use crate::command::check;
use crate::finding::Finding;
use crate::output::text::{count, visible, visible_lines};
use crate::workspace;

/// Findings on one page.
const SHOWN: usize = 500;

#[derive(Template)]
#[template(path = "findings.html")]
pub(crate) struct Findings {
    groups: Vec<Group>,
    summary: String,
    hidden: usize,
    is_workspace: bool,
}

struct Group {
    code: &'static str,
    severity: &'static str,
    meaning: &'static str,
    items: Vec<Item>,
}

struct Item {
    place: String,
    href: Option<String>,
    message: String,
    remedy: String,
}

impl Findings {
    pub(crate) fn new(board: &Board) -> Self {
        let mut all = of_files(board);
        if board.is_workspace {
            let fixtures: Vec<_> = board.snapshot.files.iter().map(|file| &file.fixture).collect();
            all.extend(check::of_tests(&fixtures));
        }
        let errors = all.iter().filter(|one| one.severity() == Severity::Error).count();
        let summary = if all.is_empty() {
            "Nothing is wrong with the fixtures.".to_owned()
        } else {
            let warnings = count(all.len() - errors, "warning");
            format!("{}, {warnings}.", count(errors, "error"))
        };
        all.sort_by_key(|one| (std::cmp::Reverse(one.severity()), one.code));
        let hidden = all.len().saturating_sub(SHOWN);
        all.truncate(SHOWN);
        let mut groups: Vec<Group> = Vec::new();
        for finding in all {
            if groups.last().is_none_or(|group| group.code != finding.code) {
                groups.push(Group {
                    code: finding.code,
                    severity: finding.severity().as_str(),
                    meaning: FindingCode::named(finding.code).map_or("", |code| code.meaning),
                    items: Vec::new(),
                });
            }
            let item = item(board, &finding);
            if let Some(group) = groups.last_mut() {
                group.items.push(item);
            }
        }
        Self { groups, summary, hidden, is_workspace: board.is_workspace }
    }
}

fn item(board: &Board, finding: &Finding) -> Item {
    let file = board.snapshot.file(&finding.file);
    let is_fixture = file.is_some();
    let href = match finding.number {
        Some(number) if file.is_none_or(|file| !file.is_hidden) => {
            board.links.conversation(&finding.file, number)
        }
        _ => board.links.fixture(&finding.file, 1),
    };
    Item {
        place: visible(&finding.location()),
        href: is_fixture.then_some(href),
        message: visible_lines(&finding.message),
        remedy: finding.remedy.as_deref().map(visible_lines).unwrap_or_default(),
    }
}

/// What the files show by themselves.
fn of_files(board: &Board) -> Vec<Finding> {
    let unreadable = board.snapshot.problems.iter().map(|(file, why)| Finding {
        code: "unreadable",
        file: file.clone(),
        line: None,
        number: None,
        message: why.clone(),
        remedy: None,
    });
    let unreadable: Vec<Finding> = unreadable.collect();
    let of = workspace::parallel(&board.snapshot.files, |file| file.findings().to_vec());
    unreadable.into_iter().chain(of.into_iter().flatten()).collect()
}

/// The numbers of errors and of warnings in files.
pub(crate) fn numbers(board: &Board) -> (usize, usize) {
    let all = of_files(board);
    let errors = all.iter().filter(|one| one.severity() == Severity::Error).count();
    (errors, all.len() - errors)
}
