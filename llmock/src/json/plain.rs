//! Which bytes of a text need no escape in a JSON string.

/// The number of bytes before the first quote, backslash, or control character.
///
/// Most bytes of fixtures and responses pass through here, so it reads eight at a time.
pub(crate) fn plain_length(bytes: &[u8]) -> usize {
    let mut at = 0;
    while let Some(word) = bytes[at..].first_chunk() {
        let special = special(u64::from_le_bytes(*word));
        if special != 0 {
            return at + special.trailing_zeros() as usize / 8;
        }
        at += 8;
    }
    while at < bytes.len() && !matches!(bytes[at], b'"' | b'\\' | 0..b' ') {
        at += 1;
    }
    at
}

const ONES: u64 = u64::from_ne_bytes([1; 8]);
const HIGHEST_BITS: u64 = ONES << 7;
const QUOTES: u64 = ONES * b'"' as u64;
const BACKSLASHES: u64 = ONES * b'\\' as u64;
const SPACES: u64 = ONES * b' ' as u64;

/// The highest bit of every byte that is special. Above the lowest such byte others may be marked too: what is
/// borrowed in a subtraction comes from there.
fn special(word: u64) -> u64 {
    let below = |word: u64, least: u64| word.wrapping_sub(least) & !word;
    let found = below(word ^ QUOTES, ONES) | below(word ^ BACKSLASHES, ONES) | below(word, SPACES);
    found & HIGHEST_BITS
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_byte_at_every_place_is_special_or_not() {
        for byte in 0..=u8::MAX {
            let is_plain = byte >= b' ' && byte != b'"' && byte != b'\\';
            for before in 0..20 {
                for behind in 0..10 {
                    // neighbours on both sides of each limit
                    for filler in [b' ', b'!', b'#', b'[', b']', 0x7f, 0x80, 0xff] {
                        let mut text = vec![filler; before + 1 + behind];
                        text[before] = byte;
                        let expected = if is_plain { text.len() } else { before };
                        assert_eq!(plain_length(&text), expected, "{text:?}");
                    }
                }
            }
        }
        assert_eq!(plain_length(b""), 0);
        assert_eq!(plain_length(b"\"\\\""), 0);
    }
}
