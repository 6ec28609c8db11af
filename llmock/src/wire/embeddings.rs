//! Vectors of texts: the same text has the same one, and texts with words in common are close.
//!
//! Every word changes a few coordinates, which its hash selects. The whole text adds a little noise, so that no two texts
//! have the same vector. Vectors have length one, like those of real models.

use std::borrow::Cow;

use sha2::{Digest, Sha256};

use super::context::RenderContext;
use super::requirements::is_tokens;
use crate::json::Json;
use crate::json::layout::{self, Layout};
use crate::json::write::ToJson;
use crate::random::SplitMix64;

/// A vector that is computed when it is written, since all vectors of a request together are large.
pub(super) enum Vector<'a> {
    Given(&'a [f32]),
    Of { text: &'a str, dimensions: usize },
}

impl Vector<'_> {
    pub(super) fn numbers(&self) -> Cow<'_, [f32]> {
        match *self {
            Self::Given(numbers) => Cow::Borrowed(numbers),
            Self::Of { text, dimensions } => Cow::Owned(embed(text, dimensions)),
        }
    }
}

impl ToJson for Vector<'_> {
    fn write(&self, out: &mut String) {
        self.numbers().write(out);
    }
}

/// The only vector of a response; empty without an input.
pub(super) fn first<'a>(vectors: &'a [Vector<'a>]) -> &'a Vector<'a> {
    vectors.first().unwrap_or(&Vector::Given(&[]))
}

/// A vector for each text: the one of the reply, or one made of its words.
pub(super) fn embedded<'a>(context: &'a RenderContext<'_>, texts: &'a [String]) -> Vec<Vector<'a>> {
    let given = &context.reply.embeddings;
    let body = context.body.unwrap_or(&Json::Null);
    let dimensions = context.vectors.map_or(0, |vectors| vectors.count(body, &context.model));
    let vector = |(at, text)| match given.get(at).or(given.last()) {
        Some(numbers) => Vector::Given(numbers),
        None => Vector::Of { text, dimensions },
    };
    texts.iter().map(String::as_str).enumerate().map(vector).collect()
}

/// The texts in a member: a text, texts, the tokens of one, or those of several.
pub(super) fn inputs(context: &RenderContext<'_>, member: &str) -> Vec<String> {
    match context.member(member) {
        Some(Json::Array(items)) if !is_tokens(items) => items.iter().map(text_of).collect(),
        Some(one) => vec![text_of(one)],
        None => Vec::new(),
    }
}

/// What the vector of a value depends on: its text, otherwise all of it.
pub(super) fn text_of(value: &Json<'_>) -> String {
    match value {
        Json::String(text) => text.decode().into_owned(),
        Json::Object(_) => {
            match ["content", "text", "parts"].iter().find_map(|name| value.get(name)) {
                Some(inner) => text_of(inner),
                None => layout::print(value, Layout::Compact),
            }
        }
        Json::Array(items) if items.iter().all(|item| item.get("text").is_some()) => {
            items.iter().map(text_of).collect::<Vec<_>>().join("\n")
        }
        other => layout::print(other, Layout::Compact),
    }
}

const PUSHED: usize = 24;

/// The strength of the noise relative to a word.
const NOISE: f64 = 0.02;

pub(crate) fn embed(text: &str, dimensions: usize) -> Vec<f32> {
    let mut random = seeded(text);
    let mut vector: Vec<f64> = (0..dimensions).map(|_| NOISE * random.signed()).collect();
    if dimensions > 0 {
        let separates = |character: char| !character.is_alphanumeric();
        for word in text.split(separates).filter(|word| !word.is_empty()) {
            let mut random = seeded(&word.to_lowercase());
            for _ in 0..PUSHED {
                let at = random.below(dimensions);
                vector[at] += random.signed();
            }
        }
    }
    let length = vector.iter().map(|value| value * value).sum::<f64>().sqrt();
    // precision is lost on purpose: vectors are of single precision everywhere
    #[allow(clippy::cast_possible_truncation)]
    vector.iter().map(|value| if length > 0.0 { (value / length) as f32 } else { 0.0 }).collect()
}

/// How close two vectors of length one are: 1 for the same, about 0 for unrelated ones.
pub(crate) fn closeness(one: &[f32], other: &[f32]) -> f32 {
    one.iter().zip(other).map(|(a, b)| a * b).sum()
}

fn seeded(text: &str) -> SplitMix64 {
    let hash: [u8; 32] = Sha256::digest(text.as_bytes()).into();
    let seed = hash.first_chunk().expect("a digest has 32 bytes");
    SplitMix64(u64::from_be_bytes(*seed))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn vectors_have_length_one_and_depend_on_the_text() {
        for text in ["", "cat", "The cat sat on the mat.", "日本語"] {
            for dimensions in [1, 2, 3, 1536] {
                let vector = embed(text, dimensions);
                assert_eq!(vector.len(), dimensions);
                assert_eq!(vector, embed(text, dimensions));
                assert!((closeness(&vector, &vector) - 1.0).abs() < 1e-4, "{text} {dimensions}");
            }
        }
        assert!(embed("cat", 0).is_empty());
    }

    #[test]
    fn texts_with_common_words_are_close() {
        let close = |one: &str, other: &str| closeness(&embed(one, 1536), &embed(other, 1536));
        let cats = close("the cat sat on the mat", "A cat slept on a mat!");
        let money = close("the cat sat on the mat", "quarterly revenue rose");
        // two vectors of length √8 that have three words in common
        assert!((cats - 0.375).abs() < 0.1 && money.abs() < 0.1, "{cats} {money}");
        assert!(close("cat", "cat.") > 0.9);
        assert_ne!(embed("cat", 8), embed("cat.", 8));
    }
}
