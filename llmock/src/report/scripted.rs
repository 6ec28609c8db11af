//! What a report says about replies that a test wrote.

use super::miss::UnmetRule;
use super::sentences::{ITEMS, MESSAGE, PATH};
use super::values::{count, excerpt, limited};

/// A rule of which not every reply was given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct UnusedReply {
    pub(crate) place: String,
    pub(crate) rule: String,
    pub(crate) given: usize,
    pub(crate) expected: usize,
    /// What they are, in the singular: `reply`.
    pub(crate) what: &'static str,
}

/// Why none of the replies fits a request.
pub(super) fn no_reply(rules: &[UnmetRule]) -> String {
    match rules {
        [] => "the test has no reply for it".to_owned(),
        [UnmetRule { place, part, .. }] => {
            format!(
                "it does not match the reply at {}: `{}`",
                excerpt(place, PATH),
                excerpt(part, PATH)
            )
        }
        several => format!("it matches none of {}", count(several.len(), "reply rule")),
    }
}

/// Each rule with the part that did not hold, for a request that matched none of several.
pub(super) fn unmet(rules: &[UnmetRule]) -> Vec<String> {
    if rules.len() < 2 {
        return Vec::new();
    }
    let more = |rest| format!("and {}", count(rest, "more rule"));
    limited(rules, ITEMS, more, |UnmetRule { place, part, .. }| {
        format!("{}: `{}` does not hold", excerpt(place, PATH), excerpt(part, PATH))
    })
}

pub(super) fn used_up(place: &str, replies: usize) -> String {
    let replies = match replies {
        1 => "the only reply".to_owned(),
        more => format!("all {more} replies"),
    };
    format!(
        "{replies} of {} {} given to earlier requests; `.repeat()` gives the last one again",
        excerpt(place, PATH),
        if replies.starts_with("the") { "was" } else { "were" }
    )
}

pub(super) fn refused(place: &str, why: &str) -> String {
    format!("the reply at {} cannot be sent: {}", excerpt(place, PATH), excerpt(why, MESSAGE))
}

pub(super) fn panicked(why: &str) -> String {
    format!("a function of the test panicked: {}", excerpt(why, MESSAGE))
}

pub(super) fn unused(replies: &[UnusedReply]) -> Vec<String> {
    let more = |rest| format!("and {}", count(rest, "more rule"));
    limited(replies, ITEMS, more, |UnusedReply { place, rule, given, expected, what }| {
        let (place, rule) = (excerpt(place, PATH), excerpt(rule, PATH));
        let done = if *what == "reply" { "given" } else { "used" };
        format!("{place}: {given} of {} {done}, by `{rule}`", count(*expected, what))
    })
}
