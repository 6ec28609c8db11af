//! What `llmock import` prints.

use std::io::{self, Write as _};
use std::path::PathBuf;

use serde_json::Value;

use super::Screen;
use super::text::{count, visible};
use crate::import::report::{Outcome, Written};

/// Files without a recording that are named one by one.
const NAMED: usize = 5;

impl Screen {
    /// A line for each fixture, with what it does not have below, and a summary.
    pub(crate) fn imported(&mut self, outcomes: &[Outcome], unknown: &[PathBuf]) -> io::Result<()> {
        let (mut files, mut total) = (0, 0);
        for outcome in outcomes {
            let source = visible(&outcome.source.display().to_string());
            match &outcome.result {
                Ok(written) => {
                    files += 1;
                    total += written.interactions;
                    let (held, format) = (
                        count(written.interactions, "interaction"),
                        outcome.format.unwrap_or_default(),
                    );
                    let fixture = visible(&written.fixture.display().to_string());
                    writeln!(self.out, "{source} ({format}): {held} -> {fixture}")?;
                    for line in lines(written) {
                        writeln!(self.out, "  {}", visible(&line))?;
                    }
                }
                Err(why) => {
                    self.failed = true;
                    self.out.flush()?;
                    writeln!(
                        io::stderr().lock(),
                        "error: {source} was not imported: {}",
                        visible(why)
                    )?;
                }
            }
        }
        if !unknown.is_empty() {
            let names = unknown.iter().take(NAMED).map(|path| path.display().to_string());
            let names: Vec<String> = names.map(|name| visible(&name)).collect();
            let more = unknown.len().saturating_sub(NAMED);
            let more = if more > 0 { format!(" and {more} more") } else { String::new() };
            writeln!(self.out, "skipped, as they are no recordings: {}{more}", names.join(", "))?;
        }
        if outcomes.len() > 1 {
            let left = outcomes.len() - files;
            let left = if left > 0 { format!("; {left} not imported") } else { String::new() };
            let files = if files == 1 { "1 file".to_owned() } else { format!("{files} files") };
            writeln!(self.out, "imported {} of {files}{left}", count(total, "interaction"))?;
        }
        Ok(())
    }

    /// The same for programs.
    pub(crate) fn imported_as_json(&mut self, outcomes: &[Outcome]) -> io::Result<()> {
        self.failed |= outcomes.iter().any(|outcome| outcome.result.is_err());
        let outcomes: Vec<Value> = outcomes.iter().map(Outcome::as_json).collect();
        writeln!(self.out, "{:#}", Value::Array(outcomes))
    }
}

/// What is lost, a line for each kind; response headers share one.
fn lines(written: &Written) -> Vec<String> {
    const HEADER: &str = "not kept: response header ";
    let mut headers: Vec<&str> = Vec::new();
    let mut lines = Vec::new();
    for loss in &written.losses {
        match loss.what.strip_prefix(HEADER) {
            Some(name) => headers.push(name),
            None => lines.push(loss.sentence(written.interactions)),
        }
    }
    if !headers.is_empty() {
        lines.push(format!("not kept: response headers {}, as in a recording", headers.join(", ")));
    }
    lines
}
