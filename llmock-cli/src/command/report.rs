//! `llmock report`: the pages of the dashboard in one file.

use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use clap::Args;
use serde_json::json;

use crate::dashboard::{self, Library};
use crate::output::Screen;
use crate::output::text::{size, visible};
use crate::problem::Problem;

/// Write fixtures, the last test run, and findings as one HTML file
///
/// The file has what `llmock dashboard` shows, but for a running server. It loads nothing and runs nothing but its own
/// script, so that CI can keep it as an artefact.
#[derive(Args, Debug)]
#[command(after_help = super::help(&[
    ("llmock report --html llmock.html", "the workspace, as an artefact of CI"),
    ("llmock report --html - tests/fixtures/agent", "a folder, on standard output"),
]))]
pub(crate) struct Report {
    /// Fixtures, with or without `.json`, or folders of fixtures; by default the workspace
    #[arg(value_name = "PATH")]
    paths: Vec<PathBuf>,

    /// The file to write; an older report is replaced; `-` is standard output
    #[arg(long, value_name = "FILE", required = true)]
    html: PathBuf,

    /// How many conversations are included; the lists have all of them
    #[arg(long, value_name = "N", default_value = "500")]
    conversations: usize,

    /// Read this `last-run.jsonl`; by default that of the build directory of the working directory
    #[arg(long, value_name = "FILE")]
    last_run: Option<PathBuf>,

    /// Print JSON: an array with an object for the file
    #[arg(long)]
    json: bool,
}

/// What every report has, and hardly another file.
const MARK: &str = "<title>llmock report</title>";

pub(crate) fn report(screen: &mut Screen, arguments: &Report) -> io::Result<()> {
    let Report { paths, html, conversations, last_run, json } = arguments;
    // The report itself has standard output for itself.
    screen.collect_changes(*json && html.as_os_str() != "-");
    if let Err(problem) = super::dashboard::check(paths, last_run.as_ref()) {
        return screen.problem(&problem);
    }
    let mut library = Library::new(paths.clone());
    let board = dashboard::board_of_file(&mut library, last_run.as_ref());
    let text = dashboard::report(&board, *conversations).map_err(io::Error::other)?;
    if html.as_os_str() == "-" {
        return screen.bytes(text.as_bytes());
    }
    match write(html, &text) {
        Ok(()) => {
            let length = size(text.len() as u64);
            let file = html.display().to_string();
            let change = json!({ "action": "written", "file": file, "bytes": text.len() });
            screen.changed(&format!("wrote {} ({length})", visible(&file)), change)
        }
        Err(problem) => screen.problem(&problem),
    }
}

/// In one step, and only over another report.
fn write(path: &Path, text: &str) -> Result<(), Problem> {
    if path.exists() && !fs::read_to_string(path).is_ok_and(|old| old.contains(MARK)) {
        return Err(Problem::NotAReport(path.to_owned()));
    }
    let not_written = |why| Problem::NotWritten { path: path.to_owned(), why };
    let mut name = path.as_os_str().to_owned();
    name.push(format!(".{}.tmp", std::process::id()));
    let unfinished = PathBuf::from(name);
    let written = fs::File::create(&unfinished)
        .and_then(|mut file| file.write_all(text.as_bytes()))
        .and_then(|()| fs::rename(&unfinished, path));
    written.map_err(|why| {
        let _ = fs::remove_file(&unfinished);
        not_written(why)
    })
}
