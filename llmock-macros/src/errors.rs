//! Collects every mistake of one use of the attribute, so that all of them show at once.

use proc_macro2::{Span, TokenStream};

/// The mistakes found so far, in the order they stand in the source.
#[derive(Default)]
pub(crate) struct Errors(Option<syn::Error>);

impl Errors {
    /// Adds a mistake that one token or a span has made.
    pub(crate) fn at(&mut self, span: Span, message: impl std::fmt::Display) {
        self.push(syn::Error::new(span, message));
    }

    /// Adds a mistake that a whole run of tokens has made.
    pub(crate) fn over(&mut self, tokens: impl quote::ToTokens, message: impl std::fmt::Display) {
        self.push(syn::Error::new_spanned(tokens, message));
    }

    /// Adds a mistake that a parser reported.
    pub(crate) fn push(&mut self, error: syn::Error) {
        match &mut self.0 {
            Some(first) => first.combine(error),
            none => *none = Some(error),
        }
    }

    /// One `compile_error!` a mistake; nothing if there is none.
    pub(crate) fn into_tokens(self) -> TokenStream {
        self.0.map_or_else(TokenStream::new, |error| error.to_compile_error())
    }

    /// Every message, for unit tests.
    #[cfg(test)]
    pub(crate) fn messages(self) -> Vec<String> {
        self.0.into_iter().flatten().map(|error| error.to_string()).collect()
    }
}

/// The known word that `written` most likely means, if one is at most two edits away.
pub(crate) fn nearest<'a>(written: &str, known: &[&'a str]) -> Option<&'a str> {
    known
        .iter()
        .map(|word| {
            (strsim::damerau_levenshtein(&written.to_lowercase(), &word.to_lowercase()), *word)
        })
        .filter(|(distance, word)| *distance <= 2 && *distance < word.len())
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, word)| word)
}

/// `; did you mean ...` where a known word is near, else `; expected one of ...`.
pub(crate) fn suggestion(written: &str, known: &[&str]) -> String {
    if let Some(word) = nearest(written, known) {
        return format!("; did you mean `{word}`?");
    }
    let all: Vec<String> = known.iter().map(|word| format!("`{word}`")).collect();
    match all.as_slice() {
        [one] => format!("; expected {one}"),
        all => format!("; expected one of {}", all.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_near_word_is_suggested() {
        let known = ["fixture", "mode", "env"];
        let cases = [
            ("fixtur", Some("fixture")),
            ("Fixture", Some("fixture")),
            ("fxiture", Some("fixture")),
            ("moed", Some("mode")),
            ("cassette", None),
            ("x", None),
        ];
        for (written, expected) in cases {
            assert_eq!(nearest(written, &known), expected, "{written}");
        }
    }

    #[test]
    fn a_far_word_gets_the_whole_list() {
        assert_eq!(suggestion("zzz", &["any", "strict"]), "; expected one of `any`, `strict`");
        assert_eq!(suggestion("strct", &["any", "strict"]), "; did you mean `strict`?");
    }
}
