//! `llmock dashboard`: fixtures, the last run, and a running server as pages in a browser.

use std::io;
use std::net::TcpListener;
use std::path::PathBuf;

use clap::Args;
use serde_json::json;

use crate::dashboard::{self, Library, ServerUrl, Site};
use crate::output::Screen;
use crate::problem::Problem;
use crate::workspace;

/// Show fixtures, the last test run, and findings in a browser
///
/// Serves pages on 127.0.0.1 and prints their address, which holds a random token: without it no page is shown. Nothing
/// is changed unless `--edit` is given. The pages need no JavaScript and load nothing from elsewhere.
#[derive(Args, Debug)]
#[command(after_help = super::help(&[
    ("llmock dashboard", "the fixtures of the workspace"),
    ("llmock dashboard tests/fixtures --edit", "a folder; failed attempts can be kept or discarded"),
    ("llmock dashboard --server http://127.0.0.1:9000", "shows what this `llmock serve` receives"),
]))]
pub(crate) struct Dashboard {
    /// Fixtures, with or without `.json`, or folders of fixtures; by default the workspace
    #[arg(value_name = "PATH")]
    paths: Vec<PathBuf>,

    /// Let pages change files: keep, discard, and accept
    #[arg(long)]
    edit: bool,

    /// The port to listen on; by default a free one
    #[arg(long, value_name = "PORT", default_value = "0", hide_default_value = true)]
    port: u16,

    /// The `llmock serve` that the page Live shows
    #[arg(long, value_name = "URL", default_value = "http://127.0.0.1:8000")]
    server: ServerUrl,

    /// The key of that server, if it needs one
    #[arg(long, value_name = "KEY", env = "LLMOCK_API_KEY", hide_env_values = true)]
    server_key: Option<String>,

    /// Read this `last-run.jsonl`; by default that of the build directory of the working directory
    #[arg(long, value_name = "FILE")]
    last_run: Option<PathBuf>,

    /// Print the address as JSON
    #[arg(long)]
    json: bool,
}

pub(crate) fn dashboard(screen: &mut Screen, arguments: Dashboard) -> io::Result<()> {
    let Dashboard { paths, edit, port, server, server_key, last_run, json } = arguments;
    if let Err(problem) = check(&paths, last_run.as_ref()) {
        return screen.problem(&problem);
    }
    let listener = match listen(port) {
        Ok(listener) => listener,
        Err(problem) => return screen.problem(&problem),
    };
    let token = match dashboard::token() {
        Ok(token) => token,
        Err(why) => {
            return screen.problem(&Problem::Other(format!("failed to make a token: {why}")));
        }
    };
    let url = format!("http://{}/{token}/", listener.local_addr()?);
    let site = Site::new(Library::new(paths), token, edit, last_run, server, server_key);
    if json {
        screen.json(&json!({ "url": url }))?;
    } else {
        screen.line(&format!("dashboard: {url}"))?;
    }
    screen.flush()?;
    screen.note(if edit {
        "pages can change files (`--edit`); press Ctrl-C to stop"
    } else {
        "pages change nothing; `--edit` lets them; press Ctrl-C to stop"
    })?;
    dashboard::serve(listener, site)
}

/// Whether every path exists: a misspelt name must not become an empty page.
pub(super) fn check(paths: &[PathBuf], last_run: Option<&PathBuf>) -> Result<(), Problem> {
    if let Some(file) = last_run.filter(|file| !file.is_file()) {
        return Err(Problem::NoSuchFile(file.clone()));
    }
    if paths.is_empty() {
        return Ok(());
    }
    let mut problems = workspace::listed(paths).items.into_iter().filter_map(Result::err);
    match problems.next() {
        Some(problem @ (Problem::Missing { .. } | Problem::NotJson(_))) => Err(problem),
        _ => Ok(()),
    }
}

fn listen(port: u16) -> Result<TcpListener, Problem> {
    TcpListener::bind(("127.0.0.1", port)).map_err(|why| match why.kind() {
        io::ErrorKind::AddrInUse => Problem::PortInUse { port },
        _ => Problem::NotListening { port, why },
    })
}
