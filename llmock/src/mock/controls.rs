//! What a test does to the responses on their way: [`LlmMock::stream`] and its neighbours.

use std::panic::Location;
use std::sync::Arc;

use super::LlmMock;
use crate::control::traffic::Traffic;
use crate::control::{Fault, Hold, StreamControl};
use crate::front::Front;
use crate::session::wait;
use crate::waiting::block_on;

impl LlmMock {
    /// Sets pace and chunks of the responses to later requests; what the argument leaves open stays as it was.
    ///
    /// ```no_run
    /// # use llmock::LlmMock;
    /// use llmock::control::{Chunks, Pace, StreamControl};
    ///
    /// # fn test(mock: &LlmMock) {
    /// mock.stream(StreamControl::new().pace(Pace::Recorded).chunks(Chunks::Event));
    /// # }
    /// ```
    ///
    /// In mode `off` it has no effect.
    pub fn stream(&self, control: StreamControl) {
        if let Some(state) = self.state() {
            state.traffic.set_stream(control.rule);
        }
    }

    /// Lets something go wrong with the response to the next request that fits.
    ///
    /// Of several faults that fit, the one that was set first happens. The test fails if a fault never happens.
    ///
    /// ```no_run
    /// # use llmock::LlmMock;
    /// use llmock::control::Fault;
    ///
    /// # fn test(mock: &LlmMock) {
    /// mock.fault(Fault::status(429).retry_after(1).times(2));
    /// // ... the program waits twice, and succeeds ...
    /// # }
    /// ```
    ///
    /// In mode `off` it has no effect.
    #[track_caller]
    pub fn fault(&self, fault: Fault) {
        if let Some(state) = self.state() {
            state.traffic.add_fault(fault.rule, Some(Location::caller()));
        }
    }

    /// Describes a gate that holds a streamed response until the test releases it.
    ///
    /// ```no_run
    /// # use llmock::LlmMock;
    /// # async fn program() -> String { String::new() }
    /// # async fn test(mock: &LlmMock) {
    /// let gate = mock.hold_stream().at_event(3).start();
    /// let program = tokio::spawn(program());
    /// gate.reached().await;
    /// assert!(!program.is_finished());
    /// gate.release_all();
    /// # }
    /// ```
    ///
    /// # Panics
    ///
    /// If no port can be opened on 127.0.0.1, in mode `off`.
    pub fn hold_stream(&self) -> Hold {
        let traffic = self.state().map(|state| Arc::clone(&state.traffic));
        // Without a session, there is no stream to hold.
        let traffic = traffic.unwrap_or_else(|| Arc::new(Traffic::idle()));
        let front = Front::get().expect("a port on 127.0.0.1, as every session needs one");
        Hold::new(traffic, front.runtime().clone())
    }

    /// Waits until every request that has arrived has its whole response, or its client has left.
    ///
    /// Without a request, it returns at once.
    ///
    /// # Panics
    ///
    /// If that takes longer than 30 seconds.
    #[track_caller]
    pub fn settled(&self) -> impl Future<Output = ()> + use<> {
        let (state, line) = (self.state(), Location::caller());
        async move {
            let Some(state) = state else { return };
            let is_settled =
                || state.ledger().exchanges.iter().all(|one| !one.observation.is_open());
            let seconds = wait::LONGEST.as_secs();
            let has_settled = wait::until(&state, is_settled).await;
            assert!(
                has_settled,
                "a response was still on its way after {seconds} s, awaited at {line}"
            );
        }
    }

    /// [`settled`](Self::settled) for tests that are not `async`.
    #[track_caller]
    pub fn settled_blocking(&self) {
        block_on(self.settled());
    }
}
