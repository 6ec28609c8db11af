//! When a connection was opened and when its request began: which test held the environment guard then.
//!
//! All tests without a handle share one address, and a task that one of them has left behind may send a request while
//! the next one runs. A request that began before a test cannot be that test's. A connection that was only opened
//! before proves nothing: a client in a `static` may have opened it for later.

use std::sync::Arc;

/// A moment in the sequence of tests that hold the environment guard.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Moment {
    /// How many such tests had begun.
    pub(crate) env_sessions: u64,
    /// The test that held the guard; `None` between two tests.
    pub(crate) test: Option<Arc<str>>,
}

/// When a request and its connection began.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Arrival {
    /// When the connection was opened.
    pub(crate) opened: Moment,
    /// When the first byte of the request arrived.
    pub(crate) began: Moment,
}
