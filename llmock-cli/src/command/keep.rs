//! `llmock keep`: what a failed recording has kept becomes part of its fixture.

use std::io;
use std::path::PathBuf;

use clap::Args;
use llmock::Fixture;
use serde_json::json;

use crate::output::Screen;
use crate::problem::Problem;
use crate::workspace;

/// Put what a failed recording has kept into its fixture
///
/// A test that fails while recording leaves what it has received in `NAME.json.failed`. This command puts it into
/// `NAME.json`, where it replaces what the same test had recorded for the same requests, and removes the file.
#[derive(Args, Debug)]
#[command(after_help = super::help(&[
    ("llmock keep tests/fixtures/chat.json.failed", "the rest is recorded by the next run"),
]))]
pub(crate) struct Keep {
    /// The file that ends in `.json.failed`, or its fixture
    path: PathBuf,

    /// Print JSON: an array with an object for each change
    #[arg(long)]
    json: bool,
}

pub(crate) fn keep(screen: &mut Screen, Keep { path, json }: &Keep) -> io::Result<()> {
    screen.collect_changes(*json);
    match Fixture::keep_attempts(path) {
        Ok(fixture) if *json => {
            let (file, all) = (workspace::shown(fixture.path()), fixture.interactions().len());
            screen.collect(&json!({ "action": "kept", "file": file, "interactions": all }));
            Ok(())
        }
        Ok(fixture) => {
            let fixtures = [fixture];
            screen.listing(&fixtures[0], &workspace::entries(&fixtures))
        }
        Err(error) => screen.problem(&Problem::NotKept(error)),
    }
}
