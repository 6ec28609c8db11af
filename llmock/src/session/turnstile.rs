//! One env test at a time: all of them share one address, so their bodies take turns.
//!
//! A plain mutex would hang for ever where two locks are taken in different orders, and could not say
//! who holds it. This one knows its holder, says what it waits for, and gives up in the end.

use std::sync::{Condvar, Mutex, PoisonError};
use std::thread::{self, ThreadId};
use std::time::{Duration, Instant};

use crate::sync::lock;

static TURNSTILE: Turnstile = Turnstile { holder: Mutex::new(None), free: Condvar::new() };

struct Turnstile {
    holder: Mutex<Option<Holder>>,
    free: Condvar,
}

#[derive(Clone)]
struct Holder {
    test: String,
    thread: ThreadId,
}

/// The right to run; given back with [`Turn::give_back`].
#[derive(Debug)]
#[must_use]
pub(crate) struct Turn {
    given_back: bool,
}

/// Why there is no turn to be had.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum NoTurn {
    /// This thread holds it already: waiting would never end.
    Nested { outer: String },
    /// The holder kept it for too long.
    Timeout { holder: String, waited: Duration },
}

/// How long to wait before saying so, and before giving up.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Patience {
    pub(crate) warn: Duration,
    pub(crate) give_up: Duration,
}

/// Waits for the turn; `warn` is called once, with the holder, when that takes long.
pub(crate) fn take(test: &str, patience: Patience, warn: impl Fn(&str)) -> Result<Turn, NoTurn> {
    let thread = thread::current().id();
    let started = Instant::now();
    let mut warned = false;
    let mut holder = lock(&TURNSTILE.holder);
    while let Some(Holder { test: name, thread: other }) = holder.clone() {
        if other == thread {
            return Err(NoTurn::Nested { outer: name });
        }
        let waited = started.elapsed();
        if waited >= patience.give_up {
            return Err(NoTurn::Timeout { holder: name, waited });
        }
        if waited >= patience.warn && !warned {
            warned = true;
            warn(&name);
        }
        let until = if warned { patience.give_up } else { patience.warn };
        let left = until.saturating_sub(waited).max(Duration::from_millis(1));
        holder =
            TURNSTILE.free.wait_timeout(holder, left).unwrap_or_else(PoisonError::into_inner).0;
    }
    *holder = Some(Holder { test: test.to_owned(), thread });
    drop(holder);
    Ok(Turn { given_back: false })
}

impl Turn {
    pub(crate) fn give_back(mut self) {
        self.release();
    }

    fn release(&mut self) {
        if !std::mem::replace(&mut self.given_back, true) {
            *lock(&TURNSTILE.holder) = None;
            TURNSTILE.free.notify_all();
        }
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        self.release();
    }
}
