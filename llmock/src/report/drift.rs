//! What mode `verify` found, in words.

use super::sentences::{ITEMS, MESSAGE, PATH};
use super::values::{count, excerpt, limited};

/// A recording to which the provider responds differently now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Drifted {
    pub(crate) interaction: usize,
    pub(crate) method: String,
    pub(crate) path: String,
    /// The code of each change, and what it is.
    pub(crate) changes: Vec<(&'static str, String)>,
}

/// A recording that could not be compared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Unverified {
    pub(crate) interaction: usize,
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) why: String,
}

pub(super) fn headline(interactions: &[Drifted], compared: usize) -> String {
    let number = interactions.len();
    let verb = if number == 1 { "has" } else { "have" };
    format!("the provider has changed: {number} of {} {verb} drifted", count(compared, "recording"))
}

pub(super) fn details(interactions: &[Drifted]) -> Vec<String> {
    let mut lines = Vec::new();
    let shown = interactions.iter().take(ITEMS);
    for Drifted { interaction, method, path, changes } in shown {
        lines.push(format!("#{interaction} {method} {}", excerpt(path, PATH)));
        let more = |rest| format!("  and {}", count(rest, "more change"));
        lines.extend(limited(changes, ITEMS, more, |(code, change)| {
            format!("  {code}: {}", excerpt(change, MESSAGE))
        }));
    }
    if interactions.len() > ITEMS {
        lines.push(format!("and {}", count(interactions.len() - ITEMS, "more recording")));
    }
    lines
}

pub(super) fn unverified(interactions: &[Unverified]) -> String {
    format!("{} could not be compared with the provider", count(interactions.len(), "recording"))
}

pub(super) fn reasons(interactions: &[Unverified]) -> Vec<String> {
    let more = |rest| format!("and {}", count(rest, "more recording"));
    limited(interactions, ITEMS, more, |one| {
        let (path, why) = (excerpt(&one.path, PATH), excerpt(&one.why, MESSAGE));
        format!("#{} {} {path}: {why}", one.interaction, one.method)
    })
}
