//! Waiting for what happens in a session, in any runtime and without one.

use std::time::Duration;

use tokio::time::sleep;

use crate::session::state::State;

/// How long a test waits for its program.
pub(crate) const LONGEST: Duration = Duration::from_secs(30);

/// Returns when `is_done` holds, which is looked at whenever something happens in the session; `false` if that takes
/// longer than [`LONGEST`].
pub(crate) async fn until(state: &State, is_done: impl Fn() -> bool) -> bool {
    let mut activity = state.activity.watch();
    if is_done() {
        return true;
    }
    // The clock of the test may be paused, or may not exist.
    let mut timeout = state.front.spawn(async { sleep(LONGEST).await });
    let is_over = loop {
        tokio::select! {
            biased;
            _ = activity.changed() => {
                if is_done() {
                    break true;
                }
            }
            _ = &mut timeout => break is_done(),
        }
    };
    timeout.abort();
    is_over
}
