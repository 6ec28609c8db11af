//! When two requests are the same, which recording answers, and how the closest one differs.
//!
//! [`key`] identifies a request: [`target`] is the canonical address, [`body`] applies a test's own [`rules`], and
//! [`canonical`] walks the result. [`index`] returns the recordings of a key in order, [`nearest`] finds the recording
//! closest to a miss, and [`diff`] lists the differences, both over [`tree`]. `docs/matching.md` is the specification;
//! its tables are the tests.

mod align;
mod body;
mod canonical;
mod diff;
mod index;
mod key;
mod nearest;
#[cfg(test)]
mod norm;
mod rules;
mod target;
mod tree;

pub(crate) use llmock_rules::Order;

pub(crate) use diff::{Difference, diff};
pub(crate) use index::{Claim, Index, Ownership};
pub(crate) use key::{Key, key};
pub(crate) use nearest::nearest;
pub(crate) use rules::{Normalize, Rules};
