//! Interactions in the order in which their texts are like one that is wanted, by their words.

use llmock::__command::Lexicon;

use crate::workspace;

/// Texts that have less in common are not alike.
const LEAST: f32 = 0.02;

/// The best `most` of so many interactions, each with its place and from 0 to 1 how alike its most similar text is; the
/// first of equals comes first.
pub(crate) fn ranked(wanted: &str, texts: &[Vec<String>], most: usize) -> Vec<(usize, f32)> {
    let lexicon = Lexicon::new(texts.iter().flatten().map(String::as_str));
    let scores = workspace::parallel(texts, |texts| {
        let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
        lexicon.similarities(wanted, &texts).into_iter().fold(0.0, f32::max)
    });
    let mut ranked: Vec<(usize, f32)> = scores.into_iter().enumerate().collect();
    ranked.retain(|(_, score)| *score >= LEAST);
    ranked.sort_by(|(_, left), (_, right)| right.total_cmp(left));
    ranked.truncate(most);
    ranked
}

/// Finds texts that share a word with one that is wanted, or its beginning: `customer` and `customers`. Much faster than
/// [`ranked`], which needs to see no others.
#[derive(Debug)]
pub(crate) struct Stems(Vec<String>);

impl Stems {
    pub(crate) fn of(wanted: &str) -> Self {
        let words =
            wanted.split(|char: char| !char.is_alphanumeric()).filter(|word| !word.is_empty());
        let stem = |word: &str| {
            let letters = word.chars().count();
            word.to_lowercase().chars().take(letters.saturating_sub(2).max(4)).collect()
        };
        Self(words.map(stem).collect())
    }

    /// How many of the words a text has.
    pub(crate) fn shared_with(&self, text: &str) -> usize {
        let text = text.to_lowercase();
        self.0.iter().filter(|stem| text.contains(stem.as_str())).count()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_found_in_other_forms() {
        let stems = Stems::of("Refund the customers!");
        assert_eq!(stems.shared_with("How do I refund a customer?"), 2);
        assert_eq!(stems.shared_with("List the moons"), 1);
        assert_eq!(stems.shared_with("日本"), 0);
        assert_eq!(Stems::of("日本の天気は？").shared_with("日本の天気と気温は？"), 1);
    }
}
