//! Responses that are still arriving, so that the end of a test can wait for them.

use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::Duration;

use crate::sync::lock;

/// Counts what is in flight.
#[derive(Debug, Default)]
pub(crate) struct InFlight {
    count: Mutex<usize>,
    changed: Condvar,
}

/// Counts as in flight until it is dropped.
#[derive(Debug)]
#[must_use]
pub(crate) struct InFlightGuard(Arc<InFlight>);

impl InFlight {
    pub(crate) fn begin(self: &Arc<Self>) -> InFlightGuard {
        *lock(&self.count) += 1;
        InFlightGuard(Arc::clone(self))
    }

    /// Waits until nothing is in flight; returns how many were not done in time.
    pub(crate) fn drain(&self, timeout: Duration) -> usize {
        let waited =
            self.changed.wait_timeout_while(lock(&self.count), timeout, |count| *count > 0);
        *waited.unwrap_or_else(PoisonError::into_inner).0
    }
}

impl Drop for InFlightGuard {
    fn drop(&mut self) {
        *lock(&self.0.count) -= 1;
        self.0.changed.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_ends_what_was_in_flight() {
        let in_flight = Arc::new(InFlight::default());
        let guard = in_flight.begin();
        assert_eq!(in_flight.drain(Duration::ZERO), 1);
        std::thread::spawn(move || {
            let _guard = guard;
            std::panic::resume_unwind(Box::new(()));
        })
        .join()
        .expect_err("it panics");
        assert_eq!(in_flight.drain(Duration::ZERO), 0);
    }
}
