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

/// The end of a message that named `word`: ``; did you mean `x`?``, or all known words where none is close.
pub fn hint(word: &str, known: &[&str]) -> String {
    match nearest(word, known.iter().copied()) {
        Some(candidate) => format!("; did you mean `{candidate}`?"),
        None => format!(": expected {}", list(known)),
    }
}

/// The closest of `known` within two edits of `word`, ignoring case and the difference between `_` and `-`; or the
/// only one that starts with `word`.
pub fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    // More than two edits, and a suggestion is more often wrong than right.
    const MAX_DISTANCE: usize = 2;
    let plain = |word: &str| word.to_lowercase().replace('_', "-");
    let word = plain(word);
    let mut closest: Option<(usize, &str)> = None;
    let mut longer: Vec<&str> = Vec::new();
    for candidate in known {
        let known = plain(candidate);
        let distance = strsim::osa_distance(&word, &known);
        // A word of two letters is within two edits of every other one.
        let is_close = distance <= MAX_DISTANCE && distance < candidate.len();
        if is_close && closest.is_none_or(|(least, _)| distance < least) {
            closest = Some((distance, candidate));
        }
        if word.len() > 2 && known.starts_with(&word) {
            longer.push(candidate);
        }
    }
    let only = if let [only] = *longer { Some(only) } else { None };
    closest.map(|(_, candidate)| candidate).or(only)
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
            ("Mirror", Some("MirrorStrategy")),
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
    }
}
