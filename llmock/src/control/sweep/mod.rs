//! The sweep: a test against every way in which its own recording could have failed.
//!
//! [`trials`] chooses faults from what the test has received, a child process runs the test with each of them, and
//! [`judge`] says what its program did wrong.

pub(crate) mod judge;
pub(crate) mod ran;
pub(crate) mod trials;
