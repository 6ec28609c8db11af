//! What makes two requests the same, and how the closest recording differs from a request.
//!
//! [`key`] identifies a request: [`target`] is the canonical address, [`body`] applies a test's own
//! [`rules`], and [`canonical`] walks the result. [`nearest`] finds the recording closest to a miss among those
//! of a [`shortlist`], and [`diff`] lists the differences, all over [`tree`]; [`divergence`] finds where a conversation leaves the recorded one. [`placeholders`] compares a request that matches nothing once more.
//! `docs/matching.md` is the specification; its tables are the tests.

mod align;
pub(crate) mod binary;
mod body;
mod canonical;
mod contents;
mod diff;
mod difference;
mod divergence;
mod elements;
mod key;
pub(crate) mod labels;
pub(crate) mod lexical;
mod long;
mod nearest;
#[cfg(test)]
mod norm;
mod order;
pub(crate) mod placeholders;
mod resemblance;
mod rules;
mod shortlist;
mod target;
mod tree;

pub(crate) use llmock_rules::Order;

pub(crate) use diff::diff;
#[cfg(feature = "server")]
pub(crate) use diff::diff_of_json;
pub(crate) use difference::{Difference, ElementChange, Elements, Reordered};
pub(crate) use divergence::Divergence;
pub(crate) use key::{Key, key};
pub(crate) use lexical::{Lexicon, are_opposed};
pub(crate) use nearest::nearest;
pub(crate) use rules::{Contains, MatchRules, Normalize};
