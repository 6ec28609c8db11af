//! Whether the test's runtime has paused its clock, so that a client's timeout fires before any response.

use std::time::{Duration, Instant};

/// Longer than the step of any system's clock.
const MOMENT: Duration = Duration::from_millis(1);

/// Whether tokio's clock is paused on this thread; `false` outside a runtime.
///
/// Tokio does not expose this, so it waits for a moment and checks whether the clock has advanced. Only failing tests
/// pay for that.
pub(crate) fn is_paused() -> bool {
    let before = tokio::time::Instant::now();
    let started = Instant::now();
    while started.elapsed() < MOMENT {
        std::thread::sleep(MOMENT);
    }
    tokio::time::Instant::now() == before
}

#[cfg(test)]
mod tests {
    use super::*;

    fn runtime() -> tokio::runtime::Runtime {
        tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime")
    }

    #[test]
    fn a_running_clock_is_not_paused() {
        assert!(!is_paused());
        assert!(!runtime().block_on(async { is_paused() }));
    }
}
