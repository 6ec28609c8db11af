//! `llmock export`: its arguments. `crate::export` does the work.

use std::io;
use std::path::PathBuf;

use clap::Args;

use super::help;
use crate::export::{self, Target};
use crate::output::Screen;

/// Write a fixture as a file of another tool
///
/// `llmock import` reads the file back: the requests and the responses are the same.
#[derive(Args, Debug)]
#[command(after_help = help(&[
    ("llmock export tests/fixtures/chat --to vcr --out chat.yaml", "a cassette of VCR.py"),
    ("llmock export tests/fixtures/chat --to har", "prints HAR"),
]))]
pub(crate) struct Export {
    /// The fixture, with or without `.json`
    path: PathBuf,

    /// The format of the file
    #[arg(long, value_name = "FORMAT")]
    to: Target,

    /// The file to write; by default standard output
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,

    /// Overwrite a file that exists
    #[arg(long)]
    force: bool,

    /// Print JSON about the file that was written, and what it does not have
    #[arg(long, requires = "out")]
    json: bool,
}

pub(crate) fn export(screen: &mut Screen, arguments: &Export) -> io::Result<()> {
    let Export { path, to, out, force, json } = arguments;
    screen.collect_changes(*json);
    export::export(screen, path, *to, out.as_deref(), *force)
}
