//! Whether the recorded conversations of a suite keep the provider's prompt cache, for `llmock stats`.

use std::io;

use llmock::{CacheBreak, CacheReport, Fixture};
use serde_json::{Value, json};

use crate::output::Screen;
use crate::output::text::{count, thousands, visible};
use crate::workspace;

/// Breaks that are named.
const TOLD: usize = 5;

/// The reports of all files, added up.
#[derive(Debug, Default)]
pub(crate) struct Cached {
    turns: usize,
    kept: usize,
    lost: u64,
    /// With their files.
    breaks: Vec<(String, CacheBreak)>,
}

impl Cached {
    pub(crate) fn of(fixtures: &[Fixture]) -> Self {
        let reports = workspace::parallel(fixtures, |one| CacheReport::of(one.interactions()));
        let mut all = Self::default();
        for (fixture, report) in fixtures.iter().zip(reports) {
            all.turns += report.turns;
            all.kept += report.kept;
            all.lost += report.lost();
            let file = workspace::shown(fixture.path());
            all.breaks.extend(report.breaks.into_iter().map(|one| (file.clone(), one)));
        }
        all
    }

    pub(crate) fn json(&self) -> Value {
        let one = |(file, one): &(String, CacheBreak)| {
            json!({
                "file": file,
                "request": one.request,
                "previous": one.previous,
                "path": one.path,
                "cause": one.cause,
                "lost": one.lost,
            })
        };
        let breaks: Vec<Value> = self.breaks.iter().map(one).collect();
        json!({ "turns": self.turns, "kept": self.kept, "lost": self.lost, "breaks": breaks })
    }

    /// A line, and one for each of the first breaks; nothing if no conversation has a second turn.
    pub(crate) fn print(&self, screen: &mut Screen) -> io::Result<()> {
        if self.turns == 0 {
            return Ok(());
        }
        let lost = thousands(usize::try_from(self.lost).unwrap_or(usize::MAX));
        let cost = if self.lost > 0 {
            format!("; the others lose about {lost} tokens")
        } else {
            String::new()
        };
        let turns = count(self.turns, "turn");
        screen.line(&format!(
            "prompt cache: {} of {turns} keep their prefix{cost}",
            thousands(self.kept)
        ))?;
        for (file, one) in self.breaks.iter().take(TOLD) {
            screen.line(&format!("  {}: {}", visible(file), visible(&one.to_string())))?;
        }
        match self.breaks.len().saturating_sub(TOLD) {
            0 => Ok(()),
            more => screen.line(&format!("  and {more} more (`--json` lists them)")),
        }
    }
}
