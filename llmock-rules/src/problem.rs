//! The error of every parser, and the phrases that errors share: suggestions and lists.

use std::error::Error;
use std::fmt;

/// Why a value is not valid: a lower-case fragment that names the value and at most one way out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem(String);

impl Problem {
    /// A problem with its message.
    pub fn new(message: impl Into<String>) -> Self {
        Self(message.into())
    }

    /// ``invalid duration `x`: expected a value such as `200ms` ``.
    pub(crate) fn invalid(what: &str, value: &str, reason: impl fmt::Display) -> Self {
        Self(format!("invalid {what} `{value}`: {reason}"))
    }

    /// ``unknown key `x` `` with the closest known word, or all of them.
    pub fn unknown(what: &str, word: &str, known: &[&str]) -> Self {
        Self(format!("unknown {what} `{word}`{}", hint(word, known)))
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Error for Problem {}

/// The end of a message that named `word`: ``; did you mean `x`?``, or all known words where none is close. The only word
/// that starts with `word` counts as close.
pub fn hint(word: &str, known: &[&str]) -> String {
    let start = plain(word);
    let mut longer =
        known.iter().filter(|known| start.len() > 2 && plain(known).starts_with(&start));
    let only = longer.next().filter(|_| longer.next().is_none()).copied();
    match nearest(word, known.iter().copied()).or(only) {
        Some(candidate) => format!("; did you mean `{candidate}`?"),
        None => format!(": expected {}", list(known)),
    }
}

/// The closest of `known` within two edits of `word`, ignoring case and the difference between `_` and `-`.
pub fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    // More than two edits, and a suggestion is more often wrong than right.
    const MAX_DISTANCE: usize = 2;
    let word = plain(word);
    let length = word.chars().count();
    known
        .into_iter()
        // Each edit changes the length by one at most, and comparing letters is slow in a debug build.
        .filter(|candidate| candidate.chars().count().abs_diff(length) <= MAX_DISTANCE)
        .map(|candidate| (strsim::osa_distance(&word, &plain(candidate)), candidate))
        // A word of two letters is within two edits of every other one.
        .filter(|(distance, candidate)| *distance <= MAX_DISTANCE && *distance < candidate.len())
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

fn plain(word: &str) -> String {
    word.to_lowercase().replace('_', "-")
}

/// `` `a` ``, `` `a` or `b` ``, `` `a`, `b`, or `c` ``.
pub fn list(known: &[&str]) -> String {
    match known {
        [] => "nothing".to_owned(),
        [only] => format!("`{only}`"),
        [one, other] => format!("`{one}` or `{other}`"),
        [front @ .., last] => format!("`{}`, or `{last}`", front.join("`, `")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn suggests_only_close_words() {
        let known = ["replay", "record", "off", "api-key", "MirrorStrategy", "port"];
        for (word, expected) in [
            ("recrod", Some("record")),
            ("Replay", Some("replay")),
            ("relpay", Some("replay")),
            ("of", Some("off")),
            ("api_key", Some("api-key")),
            ("mirrorstrategi", Some("MirrorStrategy")),
            ("live", None),
            ("re", None),
            ("", None),
        ] {
            assert_eq!(nearest(word, known), expected, "{word}");
        }
    }

    #[test]
    fn lists_read_as_english() {
        assert_eq!(list(&["a"]), "`a`");
        assert_eq!(list(&["a", "b"]), "`a` or `b`");
        assert_eq!(list(&["a", "b", "c"]), "`a`, `b`, or `c`");
    }

    #[test]
    fn hints_at_one_word_or_at_all() {
        assert_eq!(hint("strct", &["any", "strict"]), "; did you mean `strict`?");
        assert_eq!(hint("zzz", &["any", "strict"]), ": expected `any` or `strict`");
        assert_eq!(hint("mirror", &["any", "MirrorStrategy"]), "; did you mean `MirrorStrategy`?");
        assert_eq!(hint("str", &["strict", "strong"]), ": expected `strict` or `strong`");
    }
}
