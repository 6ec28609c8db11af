//! Recordings that are still arriving, so that the end of a test can wait for them.

use std::sync::{Condvar, Mutex, PoisonError};
use std::time::Duration;

use crate::sync::lock;

/// Counts recordings under way.
#[derive(Debug, Default)]
pub(crate) struct Streams {
    under_way: Mutex<usize>,
    ended: Condvar,
}

impl Streams {
    pub(crate) fn begin(&self) {
        *lock(&self.under_way) += 1;
    }

    pub(crate) fn end(&self) {
        *lock(&self.under_way) -= 1;
        self.ended.notify_all();
    }

    /// Waits until none is under way; returns how many were not done in time.
    pub(crate) fn drain(&self, timeout: Duration) -> usize {
        let under_way = lock(&self.under_way);
        *self
            .ended
            .wait_timeout_while(under_way, timeout, |count| *count > 0)
            .unwrap_or_else(PoisonError::into_inner)
            .0
    }
}
