//! One test at a time uses the environment: tests without a handle share one address.
//!
//! A plain mutex would hang forever where two locks are acquired in different orders, and could not name its holder.
//! This one knows its holder, reports what it waits for, and times out.

use std::sync::{Condvar, Mutex, PoisonError};
use std::thread::{self, ThreadId};
use std::time::{Duration, Instant};

use crate::sync::lock;

static ENV: EnvLock = EnvLock { holder: Mutex::new(None), free: Condvar::new() };

struct EnvLock {
    holder: Mutex<Option<Holder>>,
    free: Condvar,
}

#[derive(Clone)]
struct Holder {
    test: String,
    thread: ThreadId,
}

/// The right to use the environment; released when it is dropped.
#[derive(Debug)]
#[must_use]
pub(crate) struct EnvGuard(());

/// Why the environment could not be locked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum LockError {
    /// This thread holds it already: waiting would never end.
    Nested { outer: String },
    /// The holder kept it for too long.
    Timeout { holder: String, waited: Duration },
}

/// How long to wait before the warning, and before giving up.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Patience {
    pub(crate) warn: Duration,
    pub(crate) give_up: Duration,
}

/// Waits for the environment; `warn` is called once, with the holder, when that takes long.
pub(crate) fn acquire(
    test: &str,
    patience: Patience,
    warn: impl Fn(&str),
) -> Result<EnvGuard, LockError> {
    let thread = thread::current().id();
    let started = Instant::now();
    let mut warned = false;
    let mut holder = lock(&ENV.holder);
    while let Some(Holder { test: name, thread: other }) = holder.clone() {
        if other == thread {
            return Err(LockError::Nested { outer: name });
        }
        let waited = started.elapsed();
        if waited >= patience.give_up {
            return Err(LockError::Timeout { holder: name, waited });
        }
        if waited >= patience.warn && !warned {
            warned = true;
            warn(&name);
        }
        let until = if warned { patience.give_up } else { patience.warn };
        let left = until.saturating_sub(waited).max(Duration::from_millis(1));
        holder = ENV.free.wait_timeout(holder, left).unwrap_or_else(PoisonError::into_inner).0;
    }
    *holder = Some(Holder { test: test.to_owned(), thread });
    drop(holder);
    Ok(EnvGuard(()))
}

impl Drop for EnvGuard {
    fn drop(&mut self) {
        *lock(&ENV.holder) = None;
        ENV.free.notify_all();
    }
}
