//! Texts that are too long to be compared word by word: images and files in a prompt.
//!
//! A person reads neither, and a client waits for the description. Such texts are compared by their hash, looked at in
//! samples, and shown around the first and the last place where they differ.

/// Longer texts are not looked at as a whole.
const LONG: usize = 64 * 1024;
/// How much of a long text is looked at: so many pieces of so many bytes.
const SAMPLES: usize = 8;
const SAMPLE: usize = 2048;
/// How much is shown on both sides of a difference, and of what differs.
const CONTEXT: usize = 64;
const MOST_SHOWN: usize = 1024;

pub(super) fn is_long(text: &str) -> bool {
    text.len() > LONG
}

/// The pieces of a text that its likeness to another one is measured by: all of it, unless it is long.
pub(super) fn samples(text: &str) -> impl Iterator<Item = &str> {
    let is_long = is_long(text);
    let length = if is_long { SAMPLE } else { text.len() };
    (0..if is_long { SAMPLES } else { 1 }).map(move |at| {
        let start = at * (text.len() - length) / (SAMPLES - 1);
        &text[boundary(text, start)..boundary(text, start + length)]
    })
}

/// A hash for texts without an adversary, many times faster than one with: a tenth of a second less for 100 MB.
pub(super) fn hash(text: &str) -> u64 {
    const FACTOR: u64 = 0x9e37_79b9_7f4a_7c15;
    let mix = |hash: u64, word: u64| {
        let mixed = (hash ^ word).wrapping_mul(FACTOR);
        mixed ^ (mixed >> 29)
    };
    // Four hashes side by side do not wait for each other.
    let (blocks, rest) = text.as_bytes().as_chunks::<32>();
    let mut lanes = [text.len() as u64, 1, 2, 3];
    for block in blocks {
        for (lane, word) in lanes.iter_mut().zip(block.as_chunks::<8>().0) {
            *lane = mix(*lane, u64::from_le_bytes(*word));
        }
    }
    let hash = lanes.into_iter().reduce(mix).unwrap_or_default();
    rest.iter().fold(hash, |hash, byte| mix(hash, u64::from(*byte)))
}

/// A text with its middle left out, if it is long.
pub(super) fn shortened(text: &str) -> String {
    if !is_long(text) {
        return text.to_owned();
    }
    let (head, tail) = (boundary(text, MOST_SHOWN), boundary(text, text.len() - MOST_SHOWN));
    format!("{}…{}", &text[..head], &text[tail..])
}

/// Both sides around the places where they differ; `None` unless one is long.
pub(super) fn around_difference(old: &str, new: &str) -> Option<(String, String)> {
    if !is_long(old) && !is_long(new) {
        return None;
    }
    let (a, b) = (old.as_bytes(), new.as_bytes());
    let head = common(a, b);
    let most = a.len().min(b.len()) - head;
    let tail = common_end(&a[a.len() - most..], &b[b.len() - most..]);
    let start = head.saturating_sub(CONTEXT);
    let shown = |text: &str| {
        let end = (text.len() - tail + CONTEXT).min(text.len());
        let (start, end) = (boundary(text, start), boundary(text, end));
        let middle = &text[start..end.max(start)];
        let middle = if middle.len() > 2 * MOST_SHOWN {
            let (head, tail) = (MOST_SHOWN, middle.len() - MOST_SHOWN);
            format!("{}…{}", &middle[..boundary(middle, head)], &middle[boundary(middle, tail)..])
        } else {
            middle.to_owned()
        };
        let before = if start > 0 { "…" } else { "" };
        let after = if end < text.len() { "…" } else { "" };
        format!("{before}{middle}{after}")
    };
    Some((shown(old), shown(new)))
}

/// How many bytes both have in common from the start.
pub(super) fn common(a: &[u8], b: &[u8]) -> usize {
    // Blocks are compared many times faster than bytes.
    const BLOCK: usize = 4096;
    let blocks = a.chunks(BLOCK).zip(b.chunks(BLOCK)).take_while(|(a, b)| a == b);
    let length: usize = blocks.map(|(a, _)| a.len()).sum();
    let rest = a[length..].iter().zip(&b[length..]).take_while(|(a, b)| a == b);
    length + rest.count()
}

fn common_end(a: &[u8], b: &[u8]) -> usize {
    const BLOCK: usize = 4096;
    let blocks = a.rchunks(BLOCK).zip(b.rchunks(BLOCK)).take_while(|(a, b)| a == b);
    let length: usize = blocks.map(|(a, _)| a.len()).sum();
    let (a, b) = (&a[..a.len() - length], &b[..b.len() - length]);
    length + a.iter().rev().zip(b.iter().rev()).take_while(|(a, b)| a == b).count()
}

/// The end of the last character that ends at or before a place.
fn boundary(text: &str, at: usize) -> usize {
    let at = at.min(text.len());
    (0..=at).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn samples_cover_both_ends_of_a_long_text() {
        let short = "é".repeat(10);
        assert_eq!(samples(&short).collect::<Vec<_>>(), [short.as_str()]);
        let long = format!("start {} end", "é".repeat(LONG));
        let pieces: Vec<_> = samples(&long).collect();
        assert_eq!(pieces.len(), SAMPLES);
        assert!(pieces[0].starts_with("start") && pieces[SAMPLES - 1].ends_with("end"));
        assert!(pieces.iter().map(|piece| piece.len()).sum::<usize>() <= SAMPLES * (SAMPLE + 4));
    }

    #[test]
    fn long_texts_are_shown_where_they_differ() {
        let text = |middle: &str| format!("{}{middle}{}", "aé".repeat(LONG), "éz".repeat(LONG));
        let (old, new) = around_difference(&text("old"), &text("new word")).unwrap();
        assert!(old.contains("aéoldé") && new.contains("aénew wordé"), "{old} {new}");
        assert!(old.starts_with('…') && old.ends_with('…') && old.len() < 4 * CONTEXT, "{old}");
        let (old, new) = around_difference(&text(""), &text(&"n".repeat(LONG))).unwrap();
        assert!(
            old.len() < 4 * CONTEXT && new.len() < 3 * MOST_SHOWN,
            "{} {}",
            old.len(),
            new.len()
        );
        assert_eq!(around_difference("short", "texts"), None);
        let (empty, long) = around_difference("", &text("")).unwrap();
        assert!(empty.is_empty() && long.len() < 3 * MOST_SHOWN);
    }

    #[test]
    fn hashes_tell_texts_apart() {
        let long = "x".repeat(LONG + 3);
        for other in [&long[1..], &format!("{long}x"), &long.replacen('x', "y", 1)] {
            assert_ne!(hash(&long), hash(other));
        }
        assert_eq!(hash(&long), hash(&long.clone()));
    }
}
