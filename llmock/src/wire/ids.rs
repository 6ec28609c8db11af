//! Ids inside a rendered response: derived from a seed, so that the same request gets the same ids.

use sha2::{Digest, Sha256};

use crate::hex;
use crate::random::SplitMix64;

/// An id as it was made, for templates, which replace it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct DerivedId {
    /// The part that follows from the seed.
    pub(crate) text: String,
    pub(crate) slot: u64,
    pub(crate) is_uuid: bool,
}

/// A seed that depends on all bytes of both.
pub(crate) fn seed_of(first: &[u8], second: &[u8]) -> u64 {
    let digest =
        Sha256::new().chain_update(first).chain_update([0]).chain_update(second).finalize();
    digest.iter().take(8).fold(0, |sum, byte| (sum << 8) | u64::from(*byte))
}

/// What distinguishes the ids of one response: their prefix and their number.
pub(crate) fn slot(prefix: &str, number: usize) -> u64 {
    prefix.bytes().fold(number as u64, |sum, byte| sum.rotate_left(8) ^ u64::from(byte))
}

/// The part of an id behind its prefix.
pub(crate) fn hex_id(seed: u64, slot: u64) -> [u8; 24] {
    *digits(seed, slot).first_chunk().expect("there are 32 digits")
}

pub(crate) fn uuid_id(seed: u64, slot: u64) -> String {
    let hex = digits(seed, slot);
    let groups = [&hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]];
    groups.map(text_of).join("-")
}

/// Ids need not be hard to guess, so mixing bits is enough. A digest for each id takes longer than the rest of a
/// response.
fn digits(seed: u64, slot: u64) -> [u8; 32] {
    let first = SplitMix64(seed ^ slot).next();
    let both = (u128::from(first) << 64) | u128::from(SplitMix64(first ^ seed).next());
    let mut hex = [0; 32];
    for (digits, byte) in hex.chunks_exact_mut(2).zip(both.to_be_bytes()) {
        digits.copy_from_slice(&hex::digits(byte));
    }
    hex
}

pub(crate) fn text_of(hex: &[u8]) -> &str {
    std::str::from_utf8(hex).expect("digits are ASCII")
}
