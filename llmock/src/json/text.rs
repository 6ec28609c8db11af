//! JSON strings from text and back, and places in a text.

use std::borrow::Cow;
use std::ops::Range;

/// Line and column, both counted from one, of a byte offset.
pub(crate) fn position(text: &str, offset: usize) -> (usize, usize) {
    let before = &text.as_bytes()[..offset.min(text.len())];
    let line = before.rsplit(|byte| *byte == b'\n').next().unwrap_or_default();
    let lines = before.split(|byte| *byte == b'\n').count();
    (lines, 1 + String::from_utf8_lossy(line).chars().count())
}

/// Where `part`, a slice of `text`, begins; `None` if it is a slice of something else.
pub(crate) fn offset_in(text: &str, part: &str) -> Option<usize> {
    let offset = (part.as_ptr() as usize).checked_sub(text.as_ptr() as usize)?;
    (offset + part.len() <= text.len()).then_some(offset)
}

/// Puts replacements, in their order, into a text; borrows it if there are none.
pub(crate) fn splice(
    text: &str,
    edits: impl IntoIterator<Item = (Range<usize>, String)>,
) -> Cow<'_, str> {
    let mut out = String::new();
    let mut copied = 0;
    for (range, replacement) in edits {
        out.push_str(&text[copied..range.start]);
        out.push_str(&replacement);
        copied = range.end;
    }
    if copied == 0 { Cow::Borrowed(text) } else { Cow::Owned(out + &text[copied..]) }
}

/// What JSON allows between tokens.
pub(crate) fn is_blank(character: char) -> bool {
    matches!(character, ' ' | '\t' | '\n' | '\r')
}

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

/// Prints a Rust string as a JSON string with quotes, unescaped UTF-8 wherever JSON allows it.
pub(crate) fn quote(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    push_quoted(&mut out, text);
    out
}

pub(crate) fn push_quoted(out: &mut String, text: &str) {
    out.push('"');
    let mut rest = text;
    loop {
        let (plain, special) = rest.split_at(plain_length(rest.as_bytes()));
        out.push_str(plain);
        let mut characters = special.chars();
        match characters.next() {
            None => break,
            Some('"') => out.push_str("\\\""),
            Some('\\') => out.push_str("\\\\"),
            Some('\n') => out.push_str("\\n"),
            Some('\r') => out.push_str("\\r"),
            Some('\t') => out.push_str("\\t"),
            Some(control) => {
                use std::fmt::Write as _;
                let _ = write!(out, "\\u{:04x}", u32::from(control));
            }
        }
        rest = characters.as_str();
    }
    out.push('"');
}

/// Resolves the escapes of what stands between the quotes of a valid JSON string.
pub(crate) fn unescape(raw: &str) -> String {
    let mut out = String::with_capacity(raw.len());
    let mut rest = raw;
    while let Some(at) = rest.find('\\') {
        out.push_str(&rest[..at]);
        let escape = rest.as_bytes().get(at + 1).copied().unwrap_or(b'\\');
        rest = rest.get(at + 2..).unwrap_or("");
        match escape {
            b'n' => out.push('\n'),
            b't' => out.push('\t'),
            b'r' => out.push('\r'),
            b'b' => out.push('\u{8}'),
            b'f' => out.push('\u{c}'),
            b'u' => {
                let (character, used) = unicode_escape(rest);
                out.push(character);
                rest = rest.get(used..).unwrap_or("");
            }
            other => out.push(char::from(other)),
        }
    }
    out.push_str(rest);
    out
}

/// Reads four hexadecimal digits, or a surrogate pair `d83d\ude00`; returns the character and the bytes used.
fn unicode_escape(rest: &str) -> (char, usize) {
    let unit = |from: usize| u16::from_str_radix(rest.get(from..from + 4)?, 16).ok();
    let Some(high) = unit(0) else { return (char::REPLACEMENT_CHARACTER, 0) };
    let low = if rest.get(4..6) == Some("\\u") { unit(6) } else { None };
    match char::decode_utf16([Some(high), low].into_iter().flatten()).next() {
        Some(Ok(character)) => (character, if character > '\u{ffff}' { 10 } else { 4 }),
        _ => (char::REPLACEMENT_CHARACTER, 4),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn resolves_surrogate_pairs_and_replaces_lone_ones() {
        for (raw, decoded) in [
            (r"\ud83d\ude00", "😀"),
            (r"\ud83d", "\u{fffd}"),
            (r"\ud83dx", "\u{fffd}x"),
            (r"a\n\t\\\u0041", "a\n\t\\A"),
        ] {
            assert_eq!(unescape(raw), decoded, "{raw}");
        }
    }

    #[test]
    fn quotes_what_json_demands_and_nothing_else() {
        assert_eq!(quote("é \"\\\n\u{1}😀/"), r#""é \"\\\n\u0001😀/""#);
    }

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
