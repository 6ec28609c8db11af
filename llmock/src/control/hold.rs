//! [`Hold`]: which streams a gate holds, and where.

use std::panic::Location;
use std::sync::Arc;

use llmock_rules::RequestSelector;
use tokio::runtime::Handle;

use super::gate::{Gate, GateState, Place};
use super::traffic::Traffic;
use crate::provider::Provider;

/// Describes a [`Gate`]; made by [`LlmMock::hold_stream`](crate::LlmMock::hold_stream).
///
/// By default it holds the next response, before its first event.
#[derive(Clone, Debug)]
#[must_use = "a gate stands after `start`"]
pub struct Hold {
    traffic: Arc<Traffic>,
    timers: Handle,
    selector: RequestSelector,
    is_for_all: bool,
    event: usize,
}

impl Hold {
    pub(crate) fn new(traffic: Arc<Traffic>, timers: Handle) -> Self {
        Self { traffic, timers, selector: RequestSelector::default(), is_for_all: false, event: 0 }
    }

    /// Holds the stream after this many events.
    ///
    /// An event is one with data: a server-sent event, a line of JSON, an element of a streamed array, or a frame. Comments
    /// do not count. A body in one piece is one event.
    pub fn at_event(mut self, events: usize) -> Self {
        self.event = events;
        self
    }

    /// Holds every response that fits, not only the next one.
    pub fn all(mut self) -> Self {
        self.is_for_all = true;
        self
    }

    /// Holds only the response to this request among those that fit, counted from one and from now on.
    ///
    /// # Panics
    ///
    /// If the number is zero.
    #[track_caller]
    pub fn request(mut self, number: usize) -> Self {
        assert!(number > 0, "requests are counted from one");
        self.selector.request = Some(number);
        self
    }

    /// Holds only responses of this provider.
    pub fn provider(mut self, provider: Provider) -> Self {
        self.selector.provider = Some(provider.id().to_owned());
        self
    }

    /// Holds only responses to this path, as at the provider's own host and without a query; `*` stands for any text.
    pub fn path(mut self, path: impl Into<String>) -> Self {
        self.selector.path = Some(path.into());
        self
    }

    /// Holds only responses of this model; `*` stands for any text.
    pub fn model(mut self, model: impl Into<String>) -> Self {
        self.selector.model = Some(model.into());
        self
    }

    /// Puts up the gate, for requests that arrive from now on.
    #[track_caller]
    pub fn start(self) -> Gate {
        let place = Place { line: Location::caller(), event: self.event };
        let state = Arc::new(GateState::new(self.selector, self.is_for_all, place));
        self.traffic.add_gate(Arc::clone(&state));
        Gate::new(state, self.timers)
    }
}
