//! Whether the test's runtime has stopped its clock, under which a client's timeout comes before any answer.

use std::time::{Duration, Instant};

/// Longer than the step of any system's clock.
const MOMENT: Duration = Duration::from_millis(1);

/// Whether tokio's clock stands still on this thread; `false` outside a runtime.
///
/// Tokio does not tell, so this waits for a moment and looks whether the clock has gone on: for a test that fails, to
/// which that time does not matter.
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
    fn a_clock_that_goes_is_not_paused() {
        assert!(!is_paused());
        assert!(!runtime().block_on(async { is_paused() }));
    }
}
