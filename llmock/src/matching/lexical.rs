//! How alike two texts are by their words, without a model.
//!
//! Words, pairs of words, and groups of three letters are hashed and weighed by how rare they are among the texts of a
//! fixture (TF-IDF); the similarity is the cosine of both. It knows no meaning: "enable" and "disable" differ by two
//! letters. So texts whose numbers, negations, or opposites differ are never accepted for each other.

#![cfg_attr(
    not(feature = "server"),
    allow(unreachable_pub, reason = "the command searches with it")
)]

use std::collections::{BTreeMap, HashMap, HashSet};

/// The weights of words, of pairs of words, and of groups of letters.
const WORD: f32 = 1.0;
const PAIR: f32 = 0.5;
const LETTERS: f32 = 0.35;

/// Words that turn the meaning of a text.
const NEGATIONS: [&str; 14] = [
    "not", "no", "never", "without", "none", "nothing", "neither", "nor", "cannot", "cant", "dont",
    "doesnt", "isnt", "wont",
];

/// Pairs of which a text has one half or the other.
const OPPOSITES: [(&str, &str); 36] = [
    ("add", "remove"),
    ("after", "before"),
    ("allow", "deny"),
    ("allow", "forbid"),
    ("always", "never"),
    ("ascending", "descending"),
    ("begin", "end"),
    ("best", "worst"),
    ("buy", "sell"),
    ("cold", "hot"),
    ("create", "delete"),
    ("decrease", "increase"),
    ("disable", "enable"),
    ("disconnect", "connect"),
    ("down", "up"),
    ("encrypt", "decrypt"),
    ("export", "import"),
    ("first", "last"),
    ("fast", "slow"),
    ("high", "low"),
    ("highest", "lowest"),
    ("in", "out"),
    ("install", "uninstall"),
    ("left", "right"),
    ("lock", "unlock"),
    ("lower", "raise"),
    ("max", "min"),
    ("maximum", "minimum"),
    ("more", "less"),
    ("most", "least"),
    ("off", "on"),
    ("open", "close"),
    ("start", "stop"),
    ("subscribe", "unsubscribe"),
    ("true", "false"),
    ("upload", "download"),
];

/// How rare words are among the texts of a fixture.
#[derive(Clone, Debug, Default)]
pub struct Lexicon {
    texts: usize,
    /// In how many texts a feature is.
    frequencies: HashMap<u64, u32>,
}

impl Lexicon {
    /// Counts the features of all texts.
    pub fn new<'t>(texts: impl IntoIterator<Item = &'t str>) -> Self {
        let mut lexicon = Self::default();
        for text in texts {
            lexicon.texts += 1;
            for feature in features(text).into_keys() {
                *lexicon.frequencies.entry(feature).or_default() += 1;
            }
        }
        lexicon
    }

    /// From 0, nothing in common, to 1, the same words.
    pub fn similarity(&self, left: &str, right: &str) -> f32 {
        cosine(&self.vector(left), &self.vector(right))
    }

    /// The similarity of a text with each of the others.
    pub fn similarities(&self, text: &str, others: &[&str]) -> Vec<f32> {
        let vector = self.vector(text);
        others.iter().map(|other| cosine(&vector, &self.vector(other))).collect()
    }

    fn vector(&self, text: &str) -> BTreeMap<u64, f32> {
        let mut vector = features(text);
        for (feature, weight) in &mut vector {
            let seen = self.frequencies.get(feature).copied().unwrap_or_default();
            #[expect(clippy::cast_precision_loss, reason = "counts of texts")]
            let rarity = ((1.0 + self.texts as f32) / (1.0 + seen as f32)).ln() + 1.0;
            *weight = (1.0 + weight.ln().max(0.0)) * rarity * weight.min(1.0);
        }
        vector
    }
}

fn cosine(left: &BTreeMap<u64, f32>, right: &BTreeMap<u64, f32>) -> f32 {
    let dot: f32 =
        left.iter().filter_map(|(feature, weight)| Some(weight * right.get(feature)?)).sum();
    let length = |vector: &BTreeMap<u64, f32>| {
        vector.values().map(|weight| weight * weight).sum::<f32>().sqrt()
    };
    let lengths = length(left) * length(right);
    if lengths > 0.0 { (dot / lengths).clamp(0.0, 1.0) } else { 0.0 }
}

/// Whether two texts say different things by their numbers, negations, or opposites, however alike they are.
pub fn are_opposed(left: &str, right: &str) -> bool {
    let [left, right] = [words(left), words(right)];
    let numbers = |words: &[String]| {
        let mut numbers: Vec<_> =
            words.iter().filter(|word| word.chars().any(char::is_numeric)).cloned().collect();
        numbers.sort();
        numbers
    };
    let negations = |words: &[String]| {
        words.iter().filter(|word| NEGATIONS.contains(&word.as_str())).count() % 2
    };
    if numbers(&left) != numbers(&right) || negations(&left) != negations(&right) {
        return true;
    }
    let set = |words: &[String]| words.iter().cloned().collect::<HashSet<String>>();
    let [only_left, only_right] = {
        let (left, right) = (set(&left), set(&right));
        [
            left.difference(&right).cloned().collect(),
            right.difference(&left).cloned().collect::<HashSet<_>>(),
        ]
    };
    let is_half =
        |words: &HashSet<String>, word: &str| words.iter().any(|one| is_form_of(one, word));
    OPPOSITES.iter().any(|(one, other)| {
        (is_half(&only_left, one) && is_half(&only_right, other))
            || (is_half(&only_left, other) && is_half(&only_right, one))
    })
}

/// `enable`, `enables`, `enabled`, `enabling`.
fn is_form_of(word: &str, base: &str) -> bool {
    let stem = base.strip_suffix('e').unwrap_or(base);
    let doubled =
        || base.chars().last().and_then(|last| word.strip_prefix(base)?.strip_prefix(last));
    word == base
        || word.strip_prefix(stem).is_some_and(|end| matches!(end, "s" | "es" | "ed" | "ing" | "d"))
        || doubled().is_some_and(|end| matches!(end, "ed" | "ing"))
}

/// Words in lower case, without punctuation; apostrophes are left out.
fn words(text: &str) -> Vec<String> {
    let plain: String = text.chars().filter(|char| !matches!(char, '\'' | '’')).collect();
    plain
        .split(|char: char| !char.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_lowercase)
        .collect()
}

fn features(text: &str) -> BTreeMap<u64, f32> {
    let words = words(text);
    let mut features = BTreeMap::new();
    let mut add = |kind: u8, parts: &[&str], weight: f32| {
        *features.entry(hash(kind, parts)).or_insert(0.0) += weight;
    };
    for word in &words {
        add(0, &[word], WORD);
        let padded: Vec<char> = std::iter::once(' ').chain(word.chars()).chain([' ']).collect();
        for group in padded.windows(3) {
            let group: String = group.iter().collect();
            add(2, &[&group], LETTERS);
        }
    }
    for pair in words.windows(2) {
        add(1, &[&pair[0], &pair[1]], PAIR);
    }
    features
}

/// FNV-1a: the same on every system.
fn hash(kind: u8, parts: &[&str]) -> u64 {
    let bytes = parts.iter().flat_map(|part| part.bytes().chain([0xff]));
    std::iter::once(kind).chain(bytes).fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_with_the_same_rare_words_are_alike() {
        let texts = [
            "Translate the poem into French",
            "Translate the letter into German",
            "List the moons of Jupiter",
        ];
        let lexicon = Lexicon::new(texts);
        let of = |right| lexicon.similarity("Translate the poem into French", right);
        assert!((of("translate the poem, into french!") - 1.0).abs() < 0.001);
        assert!(
            of("Please translate this poem into French") > of("Translate the letter into German")
        );
        assert!(of("List the moons of Jupiter") < 0.3);
        assert!(lexicon.similarity("", "x").abs() < f32::EPSILON);
    }

    #[test]
    fn opposites_are_never_the_same() {
        for (left, right, opposed) in [
            ("enable the cache", "disable the cache", true),
            ("Enabling the cache", "It disables the cache", true),
            ("wait 5 seconds", "wait 50 seconds", true),
            ("do this", "do not do this", true),
            ("don't stop", "do not stop", false),
            ("list the first ten", "list the last ten", true),
            ("please stop the server", "could you stop the server", false),
            ("stopping the server", "starting the server", true),
        ] {
            assert_eq!(are_opposed(left, right), opposed, "{left} / {right}");
        }
    }

    /// How many of the pairs with the same meaning are accepted, and how many of the others.
    fn accepted(least: f32) -> (usize, usize) {
        let pairs: Vec<Vec<&str>> =
            include_str!("pairs.tsv").lines().map(|line| line.split('\t').collect()).collect();
        let lexicon = Lexicon::new(pairs.iter().flat_map(|pair| [pair[1], pair[2]]));
        let is_accepted = |pair: &&Vec<&str>| {
            !are_opposed(pair[1], pair[2]) && lexicon.similarity(pair[1], pair[2]) >= least
        };
        let count =
            |label: &str| pairs.iter().filter(|pair| pair[0] == label).filter(is_accepted).count();
        (count("same"), count("other"))
    }

    /// `docs/teams.md` publishes these numbers. No threshold has half of the pairs with the same meaning and no other one,
    /// so there is no default.
    #[test]
    fn no_threshold_of_words_tells_meanings_apart() {
        let page = include_str!("../../../docs/teams.md");
        for (least, shown) in [(0.9, "0.9"), (0.7, "0.7"), (0.5, "0.5"), (0.3, "0.3")] {
            let (same, other) = accepted(least);
            #[expect(clippy::cast_precision_loss, reason = "counts of pairs")]
            let precision =
                if same + other == 0 { 0.0 } else { same as f64 / (same + other) as f64 };
            let row = format!(
                "| words | {shown} | {precision:.2} | {:.2} |\n",
                f64::from(u32::try_from(same).unwrap()) / 100.0
            );
            assert!(page.contains(&row), "docs/teams.md should have {row}");
        }
        let thresholds = (1_u8..=100).map(|percent| accepted(f32::from(percent) / 100.0));
        assert!(thresholds.into_iter().all(|(same, other)| other > 0 || same < 50));
    }
}
