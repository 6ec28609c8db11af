//! Responses that are still arriving, so that the end of a test can wait for them.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

#[cfg(feature = "record")]
use tokio::sync::watch;

use crate::sync::lock;

/// How long a response may take to be kept once it was told to stop.
const STOPPING: Duration = Duration::from_secs(3);

/// Counts what is in flight.
#[derive(Debug, Default)]
pub(crate) struct InFlight {
    counts: Mutex<Counts>,
    changed: Condvar,
    #[cfg(feature = "record")]
    phase: watch::Sender<Phase>,
}

#[derive(Debug, Default)]
struct Counts {
    open: usize,
    /// Stopped before their end, although a client was still reading.
    unfinished: usize,
}

/// What a response that is still arriving has to expect.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Phase {
    #[default]
    Open,
    /// No client reads any more: what may never end is not waited for.
    Ending,
    /// What has arrived is kept, and nothing more.
    Stopping,
}

/// Counts as in flight until it is dropped.
#[derive(Debug)]
#[must_use]
pub(crate) struct InFlightGuard(Arc<InFlight>);

impl InFlight {
    pub(crate) fn begin(self: &Arc<Self>) -> InFlightGuard {
        lock(&self.counts).open += 1;
        InFlightGuard(Arc::clone(self))
    }

    /// Announces that [`drain`](Self::drain) follows.
    #[cfg(feature = "server")]
    pub(crate) fn announce_end(&self) {
        self.enter(Phase::Ending);
    }

    /// Waits until nothing is in flight, then makes the rest stop; returns how many were not done in time.
    pub(crate) fn drain(&self, timeout: Duration) -> usize {
        self.enter(Phase::Ending);
        let mut counts = self.wait(timeout);
        if counts.open > 0 {
            drop(counts);
            self.enter(Phase::Stopping);
            counts = self.wait(STOPPING);
        }
        let left = counts.open + std::mem::take(&mut counts.unfinished);
        drop(counts);
        self.enter(Phase::Open);
        left
    }

    fn wait(&self, timeout: Duration) -> MutexGuard<'_, Counts> {
        let is_busy = |counts: &mut Counts| counts.open > 0;
        let waited = self.changed.wait_timeout_while(lock(&self.counts), timeout, is_busy);
        waited.unwrap_or_else(PoisonError::into_inner).0
    }

    #[cfg(feature = "record")]
    fn enter(&self, phase: Phase) {
        self.phase.send_replace(phase);
    }

    #[cfg(not(feature = "record"))]
    #[expect(clippy::unused_self, reason = "only recordings are in flight")]
    fn enter(&self, _: Phase) {}
}

#[cfg(feature = "record")]
impl InFlightGuard {
    pub(crate) fn phases(&self) -> watch::Receiver<Phase> {
        self.0.phase.subscribe()
    }

    /// Notes that it was stopped before its end, although a client was still reading.
    pub(crate) fn note_unfinished(&self) {
        lock(&self.0.counts).unfinished += 1;
    }
}

impl Drop for InFlightGuard {
    fn drop(&mut self) {
        lock(&self.0.counts).open -= 1;
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
        std::thread::spawn(move || {
            let _guard = guard;
            std::panic::resume_unwind(Box::new(()));
        })
        .join()
        .expect_err("it panics");
        assert_eq!(in_flight.drain(Duration::ZERO), 0);
    }

    #[cfg(feature = "record")]
    #[test]
    fn what_is_left_is_told_to_stop() {
        let in_flight = Arc::new(InFlight::default());
        let guard = in_flight.begin();
        let waiting = std::thread::spawn(move || {
            let phases = guard.phases();
            while *phases.borrow() < Phase::Stopping {
                std::thread::yield_now();
            }
            guard.note_unfinished();
        });
        assert_eq!(in_flight.drain(Duration::from_millis(1)), 1);
        waiting.join().expect("it stops");
        assert_eq!(in_flight.drain(Duration::ZERO), 0);
    }
}
