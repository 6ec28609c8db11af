//! `llmock list`: fixtures and their interactions, without changing anything.

use std::io;
use std::path::PathBuf;

use crate::output::Screen;
use crate::target::{self, Target};

/// Lists every fixture. A fixture that cannot be read is reported as an error, and the others are still listed.
pub(crate) fn list(screen: &mut Screen, paths: &[PathBuf]) -> io::Result<()> {
    for path in paths {
        match target::of(path) {
            Ok(Target::Fixture(fixture)) => screen.fixture(&fixture)?,
            Ok(Target::Folder(folder)) => {
                let mut found = false;
                for fixture in target::below(&folder) {
                    found = true;
                    match fixture {
                        Ok(fixture) => screen.fixture(&fixture)?,
                        Err(problem) => screen.problem(&problem)?,
                    }
                }
                if !found {
                    screen.no_fixtures(&folder)?;
                }
            }
            Err(problem) => screen.problem(&problem)?,
        }
    }
    Ok(())
}
