//! The usual cause of a break, told by where it is and what changed.

use std::sync::LazyLock;

use regex::Regex;

use super::compare::{Difference, Kind};

pub(super) fn of(difference: &Difference) -> String {
    let Difference { path, kind, .. } = difference;
    let is_tools = path.starts_with("$.tools") || path.starts_with("$.toolConfig");
    let is_whole_tool = path.rsplit('.').next().is_some_and(|last| last.starts_with("tools"));
    let is_schema = ["schema", "parameters", "Schema"].iter().any(|word| path.contains(word));
    match kind {
        Kind::Order if is_tools && is_whole_tool => {
            "the tools are in another order, as from a hash map: sort them"
        }
        Kind::Order => "members are in another order, as from a hash map: sort them",
        Kind::Added if is_whole_tool => "a tool was added in the middle of a conversation",
        Kind::Removed if is_whole_tool => "a tool was removed in the middle of a conversation",
        _ if is_schema => "a schema changed",
        Kind::Text { before, now } => return text(place(difference), before, now),
        Kind::Added | Kind::Removed | Kind::Other if is_tools => "the definition of a tool changed",
        Kind::Removed => "an earlier turn was removed",
        Kind::Added | Kind::Other => return place(difference).to_owned(),
    }
    .to_owned()
}

fn place(difference: &Difference) -> &'static str {
    let path = &difference.path;
    let is_system = difference.is_system
        || path.starts_with("$.system")
        || path.starts_with("$.instructions")
        || path.starts_with("$.preamble");
    match path {
        _ if is_system => "the system prompt changed",
        _ if path.starts_with("$.tools") || path.starts_with("$.toolConfig") => {
            "the definition of a tool changed"
        }
        _ => "an earlier turn was edited",
    }
}

static TIME: LazyLock<Regex> = LazyLock::new(|| {
    let pattern = r"(?i)\d{4}-\d\d-\d\d|\d{1,2}:\d\d|\b\d{10,13}\b|\b(mon|tues|wednes|thurs|fri|satur|sun)day\b|\b(january|february|march|april|may|june|july|august|september|october|november|december)\b|\b\d{1,2}/\d{1,2}/\d{2,4}\b";
    Regex::new(pattern).expect("a constant pattern")
});

static ID: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?i)[0-9a-f]{8}-[0-9a-f]{4}-|\b[0-9a-f]{16,}\b").expect("a constant pattern")
});

/// What changes on every request stands at the beginning of many prompts.
fn text(place: &str, before: &str, now: &str) -> String {
    let (old, new) = changed_words(before, now);
    if have_both(&TIME, &old, &new) {
        return format!("{place}: a date or a time in it; put it behind what stays the same");
    }
    if have_both(&ID, &old, &new) {
        return format!("{place}: an id in it that is new each time");
    }
    let is_number = |text: &str| {
        !text.is_empty() && text.chars().all(|c| c.is_ascii_digit() || ".,%".contains(c))
    };
    if is_number(&old) && is_number(&new) {
        return format!("{place}: a number in it that is new each time");
    }
    place.to_owned()
}

fn have_both(pattern: &Regex, old: &str, new: &str) -> bool {
    pattern.is_match(old) && pattern.is_match(new)
}

/// Whether two texts differ in a time or an id alone, so that they are the same text for a reader.
pub(super) fn is_time_or_id(kind: &Kind) -> bool {
    let Kind::Text { before, now } = kind else { return false };
    let (old, new) = changed_words(before, now);
    have_both(&TIME, &old, &new) || have_both(&ID, &old, &new)
}

/// What differs between two texts, widened to whole words.
fn changed_words(before: &str, now: &str) -> (String, String) {
    let same = before.bytes().zip(now.bytes()).take_while(|(a, b)| a == b).count();
    let end = before.bytes().rev().zip(now.bytes().rev()).take_while(|(a, b)| a == b).count();
    let end = end.min(before.len() - same).min(now.len() - same);
    let cut = |text: &str| {
        let is_blank = |at: usize| text.as_bytes()[at].is_ascii_whitespace();
        let start = (0..same).rev().find(|at| is_blank(*at)).map_or(0, |at| at + 1);
        let stop = (text.len() - end..text.len()).find(|at| is_blank(*at)).unwrap_or(text.len());
        // Whitespace of one byte is a boundary, so these are boundaries of characters.
        text.get(start..stop).unwrap_or_default().to_owned()
    };
    (cut(before), cut(now))
}
