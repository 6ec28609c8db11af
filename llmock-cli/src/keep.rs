//! `llmock keep`: what a failed recording has kept becomes part of its fixture.

use std::io;
use std::path::Path;

use llmock::Fixture;

use crate::output::Screen;
use crate::problem::Problem;

pub(crate) fn keep(screen: &mut Screen, path: &Path) -> io::Result<()> {
    match Fixture::keep_attempts(path) {
        Ok(fixture) => screen.fixture(&fixture),
        Err(error) => screen.problem(&Problem::NotKept(error)),
    }
}
