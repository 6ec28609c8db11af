//! `llmock dashboard` and `llmock report --html`: what fixtures, the last run, and a running server show, as pages.
//!
//! [`library`] keeps the fixtures, [`attempts`] and [`last_run`] read what else is shown, and [`pages`] computes what each
//! page has. [`server`] serves them to the one who has the token, [`edits`] does what `--edit` allows, and [`report`] puts
//! everything into one file.

mod accepting;
mod ansi;
mod attempts;
mod edits;
mod last_run;
mod library;
mod links;
mod pages;
mod report;
mod running;
mod server;
mod shell;
mod site;
mod sums;

use std::path::PathBuf;

pub(crate) use library::Library;
pub(crate) use report::render as report;
pub(crate) use running::ServerUrl;
pub(crate) use server::serve;
pub(crate) use site::{Site, token};

use last_run::LastRun;
use links::Links;
use pages::Board;

/// Everything as it is now, for a file: of encrypted fixtures digests and names alone.
pub(crate) fn board_of_file(library: &mut Library, last_run: Option<&PathBuf>) -> Board {
    let mut board = board(library, last_run, Links::File, false);
    board.snapshot.hide_encrypted();
    board.attempts.iter_mut().for_each(attempts::Attempt::hide);
    board
}

fn board(library: &mut Library, last_run: Option<&PathBuf>, links: Links, edit: bool) -> Board {
    let roots = library.roots();
    let place = roots.iter().map(|root| match root.to_str() {
        // The name of the folder tells projects apart.
        Some(".") => match std::env::current_dir().unwrap_or_default().file_name() {
            Some(name) => name.to_string_lossy().into_owned(),
            None => ".".to_owned(),
        },
        _ => root.display().to_string(),
    });
    Board {
        place: place.collect::<Vec<_>>().join(", "),
        snapshot: library.snapshot(),
        attempts: attempts::find(&roots),
        run: LastRun::read(last_run),
        is_workspace: library.is_workspace(),
        links,
        edit,
    }
}
