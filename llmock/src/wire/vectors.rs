//! Vectors for texts: the same text has the same one, and texts with words in common are close.
//!
//! Every word changes a few coordinates, which its hash selects. The whole text adds a little noise, so that no two texts
//! have the same vector. Vectors have length one, like those of real models.

use sha2::{Digest, Sha256};

use crate::random::SplitMix64;

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
