//! The recorded requests that are worth an exact comparison with a miss: those that share its rare words.
//!
//! A fixture may hold thousands, and a client waits.

use std::cmp::Ordering;

use super::long;
use super::tree::{word_hash, words};
use crate::fixture::interaction::{Body, Part, PartValue, Request};

const FINALISTS: usize = 8;
/// The bodies of all finalists together, unless the first one alone is longer.
const MOST_BYTES: usize = 16 << 20;
/// Words are known by so many bits of their hashes.
const BITS: u32 = 16;

/// The candidates with the most rare words in common with the request, in their own order: not more than can be compared
/// while a client waits.
pub(super) fn finalists<'i>(
    request: &Request,
    pool: Vec<(usize, &'i Request)>,
) -> Vec<(usize, &'i Request)> {
    let total: usize = pool.iter().map(|(_, candidate)| size(candidate)).sum();
    if pool.len() <= FINALISTS && total <= MOST_BYTES {
        return pool;
    }
    let scores = scores(request, &pool);
    let mut order: Vec<usize> = (0..pool.len()).collect();
    order.sort_by(|one, other| {
        scores[*other].partial_cmp(&scores[*one]).unwrap_or(Ordering::Equal).then(one.cmp(other))
    });
    let mut bytes = 0;
    let mut chosen: Vec<usize> = Vec::new();
    for at in order.into_iter().take(FINALISTS) {
        bytes += size(pool[at].1);
        if !chosen.is_empty() && bytes > MOST_BYTES {
            break;
        }
        chosen.push(at);
    }
    chosen.sort_unstable();
    chosen.into_iter().map(|at| pool[at]).collect()
}

fn size(request: &Request) -> usize {
    match &request.body {
        Body::Json(text) | Body::Text(text) => text.len(),
        Body::Bytes(bytes) => bytes.len(),
        Body::Form(_) | Body::Empty => 0,
    }
}

/// How much each candidate has in common with the request. A word counts by how rare it is among the candidates: what all
/// of them have, such as a system prompt, tells nothing.
fn scores(request: &Request, pool: &[(usize, &Request)]) -> Vec<f32> {
    let mut seen = Seen::new();
    let mut sent = vec![false; 1 << BITS];
    let own = seen.distinct(request, |word| sent[word] = true);
    let mut frequencies = vec![0_u32; 1 << BITS];
    let found: Vec<(Vec<usize>, usize)> = pool
        .iter()
        .map(|(_, candidate)| {
            let mut shared = Vec::new();
            let all = seen.distinct(candidate, |word| {
                if sent[word] {
                    frequencies[word] += 1;
                    shared.push(word);
                }
            });
            (shared, all)
        })
        .collect();
    let rarity = |word: &usize| {
        // Of candidates with the same words the one with most of them counts.
        const LEAST: f32 = 0.05;
        ((1.0 + real(pool.len())) / (1.0 + real(frequencies[*word] as usize))).ln() + LEAST
    };
    found
        .iter()
        // A long body must not win because it has every word: its other words count against it.
        .map(|(shared, all)| shared.iter().map(rarity).sum::<f32>() / real(own + all))
        .collect()
}

#[expect(clippy::cast_precision_loss, reason = "counts")]
fn real(count: usize) -> f32 {
    count as f32
}

/// Tells the first occurrence of a word in a request from later ones.
struct Seen {
    last: Vec<u32>,
    request: u32,
}

impl Seen {
    fn new() -> Self {
        Self { last: vec![0; 1 << BITS], request: 0 }
    }

    /// Calls `note` once for each word of a request, and returns how many there are.
    fn distinct(&mut self, request: &Request, mut note: impl FnMut(usize)) -> usize {
        self.request += 1;
        let mut count = 0;
        each_word(request, |word| {
            if self.last[word] != self.request {
                self.last[word] = self.request;
                count += 1;
                note(word);
            }
        });
        count.max(1)
    }
}

/// Calls `note` with every word of a request.
fn each_word(request: &Request, mut note: impl FnMut(usize)) {
    let mut then = |text: &str| {
        for hash in long::samples(text).flat_map(words).map(word_hash) {
            note((hash >> (u32::BITS - BITS)) as usize);
        }
    };
    then(&request.path);
    match &request.body {
        Body::Json(text) | Body::Text(text) => then(text),
        Body::Form(parts) => parts.iter().for_each(|Part { name, value, .. }| {
            then(name);
            match value {
                PartValue::Text(text) => then(text),
                PartValue::File { sha256, .. } => then(sha256),
            }
        }),
        Body::Empty | Body::Bytes(_) => {}
    }
}
