//! One line on a terminal that tells how far a command is. Elsewhere nothing is printed.

use std::io::{self, IsTerminal as _, Write as _};
use std::sync::Mutex;
use std::time::{Duration, Instant};

/// What takes less needs no progress.
const PATIENCE: Duration = Duration::from_secs(1);
const PAUSE: Duration = Duration::from_millis(100);

#[derive(Debug)]
pub(crate) struct Progress {
    verb: &'static str,
    total: usize,
    start: Instant,
    /// When the line was printed last; `None` if it never was.
    printed: Mutex<Option<Instant>>,
    is_shown: bool,
}

impl Progress {
    pub(crate) fn new(verb: &'static str, total: usize) -> Self {
        let is_shown = io::stderr().is_terminal();
        Self { verb, total, start: Instant::now(), printed: Mutex::default(), is_shown }
    }

    pub(crate) fn step(&self, done: usize) {
        if !self.is_shown || self.start.elapsed() < PATIENCE {
            return;
        }
        let Ok(mut printed) = self.printed.lock() else { return };
        if printed.is_none_or(|last| last.elapsed() >= PAUSE) {
            *printed = Some(Instant::now());
            let (verb, total) = (self.verb, self.total);
            let _ = write!(io::stderr().lock(), "\r{verb} {done} of {total} files\x1b[K");
        }
    }

    /// Removes the line.
    pub(crate) fn end(&self) {
        if self.printed.lock().is_ok_and(|printed| printed.is_some()) {
            let _ = write!(io::stderr().lock(), "\r\x1b[K");
        }
    }
}
