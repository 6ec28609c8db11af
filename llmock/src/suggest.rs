//! "Did you mean": the one known word that a mistyped one probably stands for.

/// Two slips of the finger; more and a suggestion is more often wrong than right.
const MAX_DISTANCE: usize = 2;

/// The closest of `known` within two edits of `word`, letters compared without case.
pub(crate) fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let word = word.to_lowercase();
    known
        .into_iter()
        .map(|candidate| (strsim::osa_distance(&word, &candidate.to_lowercase()), candidate))
        // A word of two letters is within two edits of every other one.
        .filter(|(distance, candidate)| *distance <= MAX_DISTANCE && *distance < candidate.len())
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// The rest of a sentence that named `word`: either one suggestion or what there is.
pub(crate) fn hint(word: &str, known: &[&str]) -> String {
    match nearest(word, known.iter().copied()) {
        Some(candidate) => format!("did you mean `{candidate}`?"),
        None => format!("expected {}", list(known)),
    }
}

/// `` `a` ``, `` `a` or `b` ``, `` `a`, `b`, or `c` ``.
pub(crate) fn list(known: &[&str]) -> String {
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
    fn a_slip_is_recognised_and_another_word_is_not() {
        let known = ["replay", "record", "auto", "off"];
        let cases = [
            ("recrod", Some("record")),
            ("Replay", Some("replay")),
            ("relpay", Some("replay")),
            ("of", Some("off")),
            ("live", None),
            ("", None),
        ];
        for (word, expected) in cases {
            assert_eq!(nearest(word, known), expected, "{word}");
        }
    }

    #[test]
    fn a_list_reads_as_english() {
        assert_eq!(list(&["a"]), "`a`");
        assert_eq!(list(&["a", "b"]), "`a` or `b`");
        assert_eq!(list(&["a", "b", "c"]), "`a`, `b`, or `c`");
    }
}
