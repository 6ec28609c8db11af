//! "Did you mean": the one known word that a mistyped one probably stands for.

/// Two slips of the finger; more and a suggestion is more often wrong than right.
const MAX_DISTANCE: usize = 2;

/// The rest of a sentence that named `word`: either one suggestion or what there is.
pub(in crate::serve) fn hint(word: &str, known: &[&str]) -> String {
    match nearest(word, known) {
        Some(candidate) => format!("did you mean `{candidate}`?"),
        None => format!("expected one of `{}`", known.join("`, `")),
    }
}

/// The closest within two edits, letters compared without case and `_` as `-`; or the only one that begins so.
pub(super) fn nearest<'a>(word: &str, known: &[&'a str]) -> Option<&'a str> {
    let plain = |word: &str| word.to_lowercase().replace('_', "-");
    let word = plain(word);
    let close = known
        .iter()
        .map(|candidate| (strsim::osa_distance(&word, &plain(candidate)), *candidate))
        // A word of two letters is within two edits of every other one.
        .filter(|(distance, candidate)| *distance <= MAX_DISTANCE && *distance < candidate.len())
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate);
    close.or_else(|| {
        let mut longer = known.iter().filter(|candidate| plain(candidate).starts_with(&word));
        longer.next().filter(|_| word.len() > 2 && longer.next().is_none()).copied()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_is_recognised_and_another_word_is_not() {
        let known = ["ErrorStrategy", "MirrorStrategy", "api-key", "port"];
        for (word, expected) in [
            ("ErorStrategy", Some("ErrorStrategy")),
            ("mirrorstrategy", Some("MirrorStrategy")),
            ("Mirror", Some("MirrorStrategy")),
            ("api_key", Some("api-key")),
            ("prot", Some("port")),
            ("strategies", None),
            ("", None),
        ] {
            assert_eq!(nearest(word, &known), expected, "{word}");
        }
    }
}
