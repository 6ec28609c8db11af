//! How far a command is, in one line on a terminal. Elsewhere, and for what takes less than a second, nothing is printed.

use std::sync::OnceLock;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// What takes less needs no progress.
const PATIENCE: Duration = Duration::from_secs(1);

#[derive(Debug)]
pub(crate) struct Progress {
    bar: ProgressBar,
    start: Instant,
    shown: OnceLock<()>,
}

impl Progress {
    /// `verb` is what happens to each file: `imported 3 of 9 files`.
    pub(crate) fn new(verb: &'static str, total: usize) -> Self {
        Self::of(verb, total, "files")
    }

    pub(crate) fn of(verb: &'static str, total: usize, noun: &str) -> Self {
        let bar = ProgressBar::with_draw_target(Some(total as u64), ProgressDrawTarget::hidden());
        let line = format!("{{bar:24}} {verb} {{pos}} of {{len}} {noun}  {{eta}} left");
        if let Ok(style) = ProgressStyle::with_template(&line) {
            bar.set_style(style.progress_chars("━╸─"));
        }
        Self { bar, start: Instant::now(), shown: OnceLock::new() }
    }

    /// So many are done.
    pub(crate) fn step(&self, done: usize) {
        self.show();
        self.bar.set_position(done as u64);
    }

    /// One more is done.
    pub(crate) fn advance(&self) {
        self.show();
        self.bar.inc(1);
    }

    fn show(&self) {
        if self.start.elapsed() >= PATIENCE {
            // Standard error; where it is no terminal, the bar stays hidden.
            self.shown.get_or_init(|| self.bar.set_draw_target(ProgressDrawTarget::stderr()));
        }
    }

    /// Removes the line.
    pub(crate) fn end(&self) {
        self.bar.finish_and_clear();
    }
}
