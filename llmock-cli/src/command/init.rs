//! `llmock init`: its arguments. `crate::init` does the work.

use std::io;
use std::path::PathBuf;

use clap::{Args, ValueEnum};

use crate::init::{self, Part, Template};
use crate::output::Screen;

/// Set up a package for llmock
///
/// Adds the dependencies and a test that passes offline, a folder for fixtures, lines for `.gitattributes` and `.gitignore`, the merge driver for
/// fixtures, JSON schemas for editors, and a workflow for CI. Files that exist are kept: a line is added to them if it is missing, and nothing is
/// overwritten. Running it again changes nothing.
#[derive(Args, Debug)]
#[command(after_help = super::help(&[
    ("llmock init", "the package of this folder, with the client that it uses"),
    ("llmock init --template rig", "a test with another client"),
    ("llmock init --dry-run", "shows what would be written"),
    ("llmock init --workflow", "a scheduled workflow, and nothing else"),
    ("llmock init --skip ci --skip editor", "without these parts"),
]))]
pub(crate) struct Init {
    /// The folder of the package
    #[arg(value_name = "PATH", default_value = ".")]
    path: PathBuf,

    /// The client that the sample test uses; by default the one in `Cargo.toml`, or else plain HTTP
    #[arg(long, value_name = "CLIENT", value_enum)]
    template: Option<Template>,

    /// Leave out this part; may be repeated
    #[arg(long, value_name = "PART", value_enum)]
    skip: Vec<Part>,

    /// Write nothing but a scheduled workflow for GitHub, which compares recordings with the providers' responses, records
    /// what is old again, and opens a pull request
    #[arg(long, conflicts_with_all = ["template", "skip"])]
    workflow: bool,

    /// Write nothing
    #[arg(long)]
    dry_run: bool,

    /// Print JSON: an object with the client and an array of the files
    #[arg(long)]
    json: bool,
}

pub(crate) fn init(screen: &mut Screen, arguments: &Init) -> io::Result<()> {
    let Init { path, template, skip, workflow, dry_run, json } = arguments;
    let is_wanted = |part: &Part| !workflow && !skip.contains(part);
    let parts = Part::value_variants().iter().copied().filter(is_wanted).collect();
    let options = init::Options {
        path,
        template: *template,
        parts,
        is_scheduled: *workflow,
        dry_run: *dry_run,
        json: *json,
    };
    init::init(screen, &options)
}
