//! Addresses of the dashboard and what they show, without the network.

use std::path::PathBuf;

use askama::Template;
use parking_lot::Mutex;

use super::edits::{self, EditProblem, Form};
use super::library::Library;
use super::links::Links;
use super::pages::Board;
use super::pages::conversation::ConversationPage;
use super::pages::cost::Cost;
use super::pages::findings::Findings;
use super::pages::fixtures::{Fixtures, Interactions, Wanted};
use super::pages::live::{Live, LiveRows};
use super::pages::overview::Overview;
use super::pages::review::Review;
use super::pages::run::RunPage;
use super::running::ServerUrl;
use super::shell::{Message, Page, SCRIPT, STYLE};
use crate::output::text::{visible, visible_lines};

pub(crate) struct Site {
    library: Mutex<Library>,
    token: String,
    edit: bool,
    last_run: Option<PathBuf>,
    pub(super) server: ServerUrl,
    pub(super) server_key: Option<String>,
}

impl std::fmt::Debug for Site {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Site").field("edit", &self.edit).finish_non_exhaustive()
    }
}

/// A response.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) kind: &'static str,
    pub(crate) body: String,
    /// Where to go instead.
    pub(crate) location: Option<String>,
    /// Files that were read since the start.
    pub(crate) reads: usize,
}

impl Reply {
    pub(crate) fn html(status: u16, body: String) -> Self {
        Self { status, kind: "text/html; charset=utf-8", body, location: None, reads: 0 }
    }
}

/// 128 random bits as hexadecimal digits.
pub(crate) fn token() -> Result<String, getrandom::Error> {
    let mut bytes = [0_u8; 16];
    getrandom::fill(&mut bytes)?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

/// What follows the token in an address, with its query.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Address<'a> {
    pub(crate) page: &'a str,
    pub(crate) query: &'a str,
}

impl Address<'_> {
    fn value(&self, name: &str) -> String {
        let mut pairs = form_urlencoded::parse(self.query.as_bytes());
        pairs
            .find(|(known, _)| known == name)
            .map(|(_, value)| value.into_owned())
            .unwrap_or_default()
    }

    fn page_number(&self) -> usize {
        self.value("page").parse().unwrap_or(1)
    }
}

/// A page that is in no menu shows its own menu entry.
struct Body {
    title: String,
    current: &'static str,
    text: askama::Result<String>,
}

impl Site {
    pub(crate) fn new(
        library: Library,
        token: String,
        edit: bool,
        last_run: Option<PathBuf>,
        server: ServerUrl,
        server_key: Option<String>,
    ) -> Self {
        Self { library: Mutex::new(library), token, edit, last_run, server, server_key }
    }

    pub(crate) fn token(&self) -> &str {
        &self.token
    }

    fn board(&self) -> (Board, usize) {
        let links = Links::Server(format!("/{}", self.token));
        let mut library = self.library.lock();
        let board = super::board(&mut library, self.last_run.as_ref(), links, self.edit);
        (board, library.reads())
    }

    /// The response to a request for a page. `history` is what the running server has shown, for the page that needs it.
    pub(crate) fn get(
        &self,
        address: Address<'_>,
        history: Option<Result<&[u8], String>>,
    ) -> Reply {
        let plain = |kind, text: &str| Reply { kind, ..Reply::html(200, text.to_owned()) };
        match address.page {
            "app.css" => return plain("text/css; charset=utf-8", STYLE),
            "app.js" => return plain("text/javascript; charset=utf-8", SCRIPT),
            "live/rows" => {
                let rows = LiveRows::new(history.unwrap_or_else(|| Err(String::new())));
                return match rows.render() {
                    Ok(body) => Reply::html(200, body),
                    Err(error) => Reply::html(500, error.to_string()),
                };
            }
            _ => {}
        }
        let (board, reads) = self.board();
        let notice = notice(&address.value("done"));
        let reply = match self.body(&board, address, history) {
            Some(body) => page(&board, 200, &body, notice),
            None => page(&board, 404, &not_found(&board, address), ""),
        };
        Reply { reads, ..reply }
    }

    fn body(
        &self,
        board: &Board,
        address: Address<'_>,
        history: Option<Result<&[u8], String>>,
    ) -> Option<Body> {
        let body = |title: &str, current, text| Body { title: title.to_owned(), current, text };
        let file = || board.snapshot.file(&address.value("file"));
        Some(match address.page {
            "" => body("Overview", "overview", Overview::new(board).render()),
            "fixtures" => {
                let wanted = Wanted {
                    suite: address.value("suite"),
                    text: address.value("q").trim().to_owned(),
                    page: address.page_number(),
                };
                body("Fixtures", "fixtures", Fixtures::new(board, &wanted).render())
            }
            "fixture" => {
                let file = file()?;
                let page = Interactions::new(board, file, address.page_number(), usize::MAX);
                body(file.title(), "fixtures", page.render())
            }
            "conversation" => {
                let file = file()?;
                let number = address.value("n").parse().ok()?;
                let page = ConversationPage::new(board, file, number, usize::MAX)?;
                body(&format!("{} #{number}", file.title()), "fixtures", page.render())
            }
            "run" => body("Last run", "run", RunPage::new(board).render()),
            "review" => body("Review", "review", Review::new(board).render()),
            "findings" => body("Findings", "findings", Findings::new(board).render()),
            "cost" => body("Cost", "cost", Cost::new(board).render()),
            "live" => {
                let live = Live {
                    server: self.server.to_string(),
                    rows_href: board.links.page("live/rows"),
                    rows: LiveRows::new(history.unwrap_or_else(|| Err(String::new()))),
                };
                body("Live", "live", live.render())
            }
            _ => return None,
        })
    }

    /// Does what a form says.
    pub(crate) fn post(&self, action: &str, form: &[u8]) -> Reply {
        let (board, reads) = self.board();
        let form = Form::read(form);
        let done = match action {
            "keep" => edits::keep(&board, &form),
            "accept" => edits::accept(&board, &form).map(|()| "accepted"),
            "discard" => edits::discard(&board, &form),
            _ => {
                let address = Address { page: action, query: "" };
                return page(&board, 404, &not_found(&board, address), "");
            }
        };
        let reply = match done {
            Ok(done) => {
                let page = if done == "accepted" { "run" } else { "review" };
                let location = format!("{}?done={done}", board.links.page(page));
                Reply { location: Some(location), ..Reply::html(303, String::new()) }
            }
            Err(problem) => {
                let command =
                    if problem == EditProblem::ReadOnly { "llmock dashboard --edit" } else { "" };
                let text = visible_lines(&problem.to_string());
                let message = Message { title: "Nothing was changed", text: &text, command };
                let body = Body {
                    title: "Nothing was changed".to_owned(),
                    current: "review",
                    text: message.render(),
                };
                page(&board, problem.status(), &body, "")
            }
        };
        Reply { reads, ..reply }
    }
}

/// What a redirection after a form says; only known words are shown.
fn notice(done: &str) -> &'static str {
    match done {
        "kept" => "The recording is part of its fixture now.",
        "approved" => "The fixture has the changed request now.",
        "deleted" => "What was removed is deleted for good.",
        "accepted" => "The fixture has the request now. Run the test again.",
        "discarded" => "The recording was discarded.",
        "rejected" => "The edit is forgotten: the fixture keeps the recorded request.",
        "restored" => "The removed recording is part of its fixture again.",
        _ => "",
    }
}

fn not_found(board: &Board, address: Address<'_>) -> Body {
    let file = address.value("file");
    let broken = board.snapshot.problems.iter().find(|(name, _)| *name == file && !file.is_empty());
    let (title, text) = match broken {
        Some((_, why)) => ("The fixture cannot be read", why.clone()),
        None if !file.is_empty() => (
            "Not found",
            format!("There is no recording {} in `{file}`.", address.value("n")).replace("  ", " "),
        ),
        None => ("Not found", "The dashboard has no such page.".to_owned()),
    };
    let text = visible_lines(&text);
    let message = Message { title, text: &text, command: "" };
    Body { title: title.to_owned(), current: "", text: message.render() }
}

fn page(board: &Board, status: u16, body: &Body, notice: &str) -> Reply {
    let rendered = body.text.as_ref().map_err(ToString::to_string).and_then(|text| {
        let title = visible(&body.title);
        let page = Page { title: &title, current: body.current, notice, body: text };
        page.render(board).map_err(|error| error.to_string())
    });
    match rendered {
        Ok(text) => Reply::html(status, text),
        Err(why) => Reply { kind: "text/plain; charset=utf-8", ..Reply::html(500, why) },
    }
}
