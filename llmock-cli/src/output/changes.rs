//! What differs between two interactions, for people and for programs.

use std::io;

use llmock::__command::Change;
use serde_json::{Value, json};

use super::Screen;

impl Screen {
    /// The places that differ, below the half that they are in.
    pub(crate) fn changes(&mut self, changes: &[Change]) -> io::Result<()> {
        let mut half = None;
        for change in changes {
            if half != Some(change.half) {
                half = Some(change.half);
                self.line(&format!("  {}", change.half.name()))?;
            }
            for line in change.lines(self.style.colour).lines() {
                self.line(line)?;
            }
        }
        Ok(())
    }
}

/// The same for programs.
pub(crate) fn json(changes: &[Change]) -> Value {
    let change = |change: &Change| {
        json!({
            "half": change.half.name(),
            "path": change.path(),
            "old": change.old(),
            "new": change.new_value(),
        })
    };
    changes.iter().map(change).collect()
}
