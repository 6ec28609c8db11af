//! `llmock report --html`: all pages in one file, which loads nothing.

use askama::Template;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest as _, Sha256};

use super::pages::Board;
use super::pages::conversation::ConversationPage;
use super::pages::cost::Cost;
use super::pages::findings::Findings;
use super::pages::fixtures::{Fixtures, Interactions, Wanted};
use super::pages::overview::Overview;
use super::pages::review::Review;
use super::pages::run::RunPage;
use super::shell::{MenuItem, SCRIPT, STYLE, menu};
use crate::output::text::now;

#[derive(Template)]
#[template(path = "report.html")]
struct Report {
    policy: String,
    style: &'static str,
    script: &'static str,
    menu: Vec<MenuItem>,
    sections: Vec<Section>,
    hidden: usize,
    version: &'static str,
    date: String,
}

struct Section {
    anchor: &'static str,
    body: String,
}

/// Writes the pages, with at most so many conversations.
pub(crate) fn render(board: &Board, conversations: usize) -> askama::Result<String> {
    let mut sections = Vec::new();
    let mut add = |anchor, body| sections.push(Section { anchor, body });
    add("overview", Overview::new(board).render()?);
    add("run", RunPage::new(board).render()?);
    add("review", Review::new(board).render()?);
    add("findings", Findings::new(board).render()?);
    add("cost", Cost::new(board).render()?);
    add("fixtures", suites(board)?);
    let mut left = conversations;
    let mut hidden = 0;
    for file in &board.snapshot.files {
        let shown = if file.is_hidden { 0 } else { file.rows.len().min(left) };
        left -= shown;
        hidden += if file.is_hidden { 0 } else { file.rows.len() - shown };
        let mut body = Interactions::new(board, file, 1, shown).render()?;
        for number in 1..=shown {
            let page = ConversationPage::new(board, file, number, shown);
            body += &page.map_or(Ok(String::new()), |page| page.render())?;
        }
        sections.push(Section { anchor: "", body });
    }
    let report = Report {
        policy: policy(),
        style: STYLE,
        script: SCRIPT,
        menu: menu(board, ""),
        sections,
        hidden,
        version: env!("CARGO_PKG_VERSION"),
        date: humantime::format_rfc3339_seconds(now()).to_string(),
    };
    report.render()
}

/// The list of each suite.
fn suites(board: &Board) -> askama::Result<String> {
    let mut suites: Vec<&str> = board.snapshot.files.iter().map(|file| file.suite()).collect();
    suites.sort_unstable();
    suites.dedup();
    let mut body = String::new();
    for suite in suites {
        let wanted = Wanted { suite: suite.to_owned(), ..Wanted::default() };
        body += &Fixtures::new(board, &wanted).render()?;
    }
    Ok(body)
}

/// Only the style and the script of this file count: a script that a recording holds could not run even if it became
/// part of the page.
fn policy() -> String {
    let digest = |text: &str| STANDARD.encode(Sha256::digest(text));
    format!(
        "default-src 'none'; img-src data:; style-src 'sha256-{}'; script-src 'sha256-{}'; base-uri 'none'; form-action 'none'",
        digest(STYLE),
        digest(SCRIPT)
    )
}
