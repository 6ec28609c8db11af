//! `llmock import`: its arguments. `crate::import` does the work.

use std::io;
use std::path::PathBuf;

use clap::Args;

use super::EXIT_CODES;
use crate::import;
use crate::import::format::{FORMATS, Format, named};
use crate::import::names::Owner;
use crate::import::place::Named;
use crate::output::Screen;

/// Make fixtures from the recordings of other tools
///
/// Recognizes the format of each file. Interactions keep their order, bodies are decoded, and secrets are redacted as in
/// a recording. For each file a line tells the fixture, and the lines below it what the fixture does not keep, and why.
#[derive(Args, Debug)]
#[command(after_help = import_help())]
pub(crate) struct Import {
    /// Files, or folders whose recordings are imported with their subfolders
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<PathBuf>,

    /// The folder for the fixtures
    #[arg(long, value_name = "DIR")]
    out: PathBuf,

    /// Read every file as this format
    #[arg(long, value_name = "FORMAT", value_parser = format)]
    from: Option<&'static Format>,

    /// The test that owns the interactions of a file
    ///
    /// `{dir}` is the folder below PATH, its names joined by `::`, and `{name}` the name of the file:
    /// `api::{dir}::{name}`. Without an owner, an interaction belongs to every test that opens the fixture.
    #[arg(long, value_name = "TEST", value_parser = Owner::parse)]
    owner: Option<Owner>,

    /// The provider of every request, or with `HOST=ID` of those to one host
    ///
    /// By default the host of a request tells its provider, and if there is none, its path and its headers.
    #[arg(long = "provider", value_name = "ID", value_parser = provider)]
    providers: Vec<Named>,

    /// The request of responses that were recorded without it
    ///
    /// Without this, the shape of a response tells its endpoint, and the first run of its test the request.
    ///
    /// A JSON body, or an HTTP request: a first line such as `POST https://api.openai.com/v1/chat/completions`, headers,
    /// an empty line, and the body. A folder holds a request for each file, by its name.
    #[arg(long, value_name = "FILE")]
    request: Option<PathBuf>,

    /// Overwrite fixtures that exist
    #[arg(long)]
    force: bool,

    /// Print JSON: an array with an object for each file
    #[arg(long)]
    json: bool,
}

fn import_help() -> String {
    let row = |format: &Format| format!("  {:<10} {}", format.name, format.tools);
    let rows: Vec<String> = FORMATS.iter().map(row).collect();
    format!(
        "Formats:\n{}\n\nExamples:\n  llmock import tests/cassettes --out tests/fixtures\n  llmock import \
         tests/cassettes --out tests/fixtures --owner 'api::{{dir}}::{{name}}'\n  llmock import answer.sse --out \
         tests/fixtures --request question.json\n\n{EXIT_CODES}",
        rows.join("\n")
    )
}

pub(crate) fn import(screen: &mut Screen, arguments: Import) -> io::Result<()> {
    import::import(screen, &arguments.into_options())
}

impl Import {
    fn into_options(self) -> import::Options {
        let Self { paths, out, from, owner, providers, request, force, json } = self;
        import::Options { paths, out, from, owner, providers, request, overwrite: force, json }
    }
}

fn format(text: &str) -> Result<&'static Format, String> {
    let names = || FORMATS.iter().map(|format| format.name);
    named(text).ok_or_else(|| match llmock_rules::nearest(text, names()) {
        Some(similar) => format!("unknown format; did you mean `{similar}`?"),
        None => format!("unknown format: expected {}", names().collect::<Vec<_>>().join(", ")),
    })
}

/// `ID`, or `HOST=ID`.
fn provider(text: &str) -> Result<Named, String> {
    let (host, id) = match text.split_once('=') {
        Some((host, id)) => (Some(host.trim().to_owned()), id.trim()),
        None => (None, text.trim()),
    };
    let provider = id.parse().map_err(|problem: llmock::Problem| problem.to_string())?;
    Ok(Named { host, provider })
}
