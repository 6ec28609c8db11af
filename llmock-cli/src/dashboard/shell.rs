//! What is around every page: the menu, the theme, and the files that a page loads.

use askama::Template;

use super::links::Links;
use super::pages::{Board, findings};
use crate::output::text::thousands;

pub(crate) const STYLE: &str = include_str!("assets/app.css");
pub(crate) const SCRIPT: &str = include_str!("assets/app.js");

#[derive(Template)]
#[template(path = "shell.html")]
struct Shell<'a> {
    title: &'a str,
    base: &'a str,
    menu: Vec<MenuItem>,
    edit: bool,
    refresh: bool,
    notice: &'a str,
    body: &'a str,
    version: &'static str,
}

pub(crate) struct MenuItem {
    pub(crate) label: &'static str,
    pub(crate) href: String,
    pub(crate) is_current: bool,
    pub(crate) count: String,
    pub(crate) noun: &'static str,
}

/// The names of pages in addresses, and their labels.
const MENU: [(&str, &str); 7] = [
    ("overview", "Overview"),
    ("fixtures", "Fixtures"),
    ("run", "Last run"),
    ("review", "Review"),
    ("findings", "Findings"),
    ("cost", "Cost"),
    ("live", "Live"),
];

/// The entries of the menu, with the numbers of what is open.
pub(crate) fn menu(board: &Board, current: &str) -> Vec<MenuItem> {
    let item = |(name, label): (&str, &'static str)| {
        let (count, noun) = match name {
            "run" => (board.run.as_ref().map_or(0, super::last_run::LastRun::failed), "failed"),
            "review" => (board.attempts.len(), "open"),
            "findings" => (findings::numbers(board).0, "errors"),
            _ => (0, ""),
        };
        MenuItem {
            label,
            href: board.links.page(name),
            is_current: name == current,
            count: thousands(count),
            noun,
        }
    };
    // A file cannot show a server that runs.
    let shown = MENU.into_iter().filter(|(name, _)| !board.is_file() || *name != "live");
    shown.map(item).collect()
}

/// A whole page of the server.
#[derive(Debug)]
pub(crate) struct Page<'a> {
    pub(crate) title: &'a str,
    /// The entry of the menu that it belongs to.
    pub(crate) current: &'a str,
    pub(crate) notice: &'a str,
    pub(crate) body: &'a str,
}

impl Page<'_> {
    pub(crate) fn render(&self, board: &Board) -> askama::Result<String> {
        let base = match &board.links {
            Links::Server(base) => base,
            Links::File => "",
        };
        let shell = Shell {
            title: self.title,
            base,
            menu: menu(board, self.current),
            edit: board.edit,
            refresh: self.current == "live",
            notice: self.notice,
            body: self.body,
            version: env!("CARGO_PKG_VERSION"),
        };
        shell.render()
    }
}

/// A page that only says something.
#[derive(Template)]
#[template(path = "message.html")]
pub(crate) struct Message<'a> {
    pub(crate) title: &'a str,
    pub(crate) text: &'a str,
    pub(crate) command: &'a str,
}
