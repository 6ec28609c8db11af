//! `llmock check --fix`: what needs no decision.

use std::collections::BTreeMap;
use std::io;

use llmock::Fixture;

use crate::command::fmt;
use crate::output::Screen;
use crate::owners;
use crate::problem::Problem;
use crate::suite::Suite;
use crate::workspace::{self, Found};

/// Renames owners, and formats files.
pub(super) fn fix(screen: &mut Screen, found: &Found, suite: Option<&Suite>) -> io::Result<()> {
    let gone = suite.map(|suite| owners::gone(&found.fixtures, suite)).unwrap_or_default();
    let renamed: BTreeMap<&str, &str> =
        gone.iter().filter_map(|gone| Some((gone.owner.as_str(), gone.now.as_deref()?))).collect();
    for fixture in &found.fixtures {
        let is_stale =
            |one: &llmock::Interaction| one.test().is_some_and(|test| renamed.contains_key(test));
        let has_stale = fixture.interactions().iter().any(is_stale);
        if !has_stale && fmt::is_canonical(fixture) {
            continue;
        }
        let done = Fixture::edit(fixture.path(), |interactions| {
            for interaction in interactions {
                if let Some(now) = interaction.test().and_then(|test| renamed.get(test).copied()) {
                    interaction.set_test(Some(now));
                }
            }
        });
        let path = workspace::shown(fixture.path());
        match done {
            Ok(()) if has_stale => screen.note(&format!("fixed the owners in {path}"))?,
            Ok(()) => screen.note(&format!("formatted {path}"))?,
            Err(error) => screen.problem(&Problem::NotEdited(error))?,
        }
    }
    Ok(())
}
