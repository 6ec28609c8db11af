//! Which words of two texts differ, at a cost that stays small for prompts of any length.

use similar::{Algorithm, DiffOp, capture_diff_slices};

/// More words than this, of both sides together, are compared by line first.
const WORDS: usize = 2_000;
/// More lines than this are not compared.
const LINES: usize = 8_000;
/// Texts longer than this, in bytes, are compared by their ends only.
const LONGEST: usize = 512 * 1024;
/// Changed passages longer than this are narrowed by character: base64, or text without blanks.
const NARROW: usize = 40;

/// A passage that both texts share, or in which they differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Segment<'a> {
    pub(super) old: &'a str,
    pub(super) new: &'a str,
    pub(super) changed: bool,
}

/// The two texts as passages in order; each side put together gives its text again.
pub(super) fn diff<'a>(old: &'a str, new: &'a str) -> Vec<Segment<'a>> {
    if old.len().max(new.len()) > LONGEST {
        return narrowed(Segment { old, new, changed: old != new });
    }
    let mut out = Vec::new();
    let head = common_head(old, new);
    let (old_rest, new_rest) = (&old[head..], &new[head..]);
    let tail = common_tail(old_rest, new_rest);
    let old_middle = &old_rest[..old_rest.len() - tail];
    let new_middle = &new_rest[..new_rest.len() - tail];
    push(&mut out, Segment { old: &old[..head], new: &new[..head], changed: false });
    middle(&mut out, old_middle, new_middle);
    let (old_tail, new_tail) = (&old_rest[old_middle.len()..], &new_rest[new_middle.len()..]);
    push(&mut out, Segment { old: old_tail, new: new_tail, changed: false });
    joined(&out, old, new)
}

/// Compares by word if that is cheap, else by line and then by word within what changed.
fn middle<'a>(out: &mut Vec<Segment<'a>>, old: &'a str, new: &'a str) {
    let (old_words, new_words) = (words(old), words(new));
    if old_words.len() + new_words.len() <= WORDS {
        compare(out, &old_words, &new_words, old, new);
        return;
    }
    let old_lines: Vec<&str> = old.split_inclusive('\n').collect();
    let new_lines: Vec<&str> = new.split_inclusive('\n').collect();
    if old_lines.len() + new_lines.len() > LINES {
        push(out, Segment { old, new, changed: true });
        return;
    }
    let mut lines = Vec::new();
    compare(&mut lines, &old_lines, &new_lines, old, new);
    for line in lines {
        let (old_words, new_words) = (words(line.old), words(line.new));
        if line.changed && old_words.len() + new_words.len() <= WORDS {
            compare(out, &old_words, &new_words, line.old, line.new);
        } else {
            push(out, line);
        }
    }
}

/// `old` and `new` are what the pieces put together give.
fn compare<'a>(
    out: &mut Vec<Segment<'a>>,
    old_pieces: &[&'a str],
    new_pieces: &[&'a str],
    old: &'a str,
    new: &'a str,
) {
    let (mut old_at, mut new_at) = (0, 0);
    for op in capture_diff_slices(Algorithm::Myers, old_pieces, new_pieces) {
        let length = |pieces: &[&str]| pieces.iter().map(|piece| piece.len()).sum::<usize>();
        let old_end = old_at + length(&old_pieces[op.old_range()]);
        let new_end = new_at + length(&new_pieces[op.new_range()]);
        let changed = !matches!(op, DiffOp::Equal { .. });
        push(out, Segment { old: &old[old_at..old_end], new: &new[new_at..new_end], changed });
        (old_at, new_at) = (old_end, new_end);
    }
}

fn push<'a>(out: &mut Vec<Segment<'a>>, segment: Segment<'a>) {
    if !segment.old.is_empty() || !segment.new.is_empty() {
        out.push(segment);
    }
}

/// Joins neighbours, and changes that only a blank or a comma keeps apart: they read as one.
fn joined<'a>(segments: &[Segment<'a>], old: &'a str, new: &'a str) -> Vec<Segment<'a>> {
    let mut merged = merged(segments, old, new);
    let inner = 1..merged.len().saturating_sub(1);
    for at in inner {
        merged[at].changed |= merged[at].old.len() <= 2;
    }
    self::merged(&merged, old, new).into_iter().flat_map(narrowed).collect()
}

/// Neighbours of the same kind as one.
fn merged<'a>(segments: &[Segment<'a>], old: &'a str, new: &'a str) -> Vec<Segment<'a>> {
    let mut out: Vec<Segment<'a>> = Vec::new();
    let (mut old_at, mut new_at) = (0, 0);
    for segment in segments {
        let (old_end, new_end) = (old_at + segment.old.len(), new_at + segment.new.len());
        if let Some(previous) = out.last_mut().filter(|last| last.changed == segment.changed) {
            previous.old = &old[old_at - previous.old.len()..old_end];
            previous.new = &new[new_at - previous.new.len()..new_end];
        } else {
            out.push(*segment);
        }
        (old_at, new_at) = (old_end, new_end);
    }
    out
}

/// Takes what both sides share out of the ends of a long changed passage.
fn narrowed(segment: Segment<'_>) -> Vec<Segment<'_>> {
    let long = segment.old.len() > NARROW && segment.new.len() > NARROW;
    if !segment.changed || !long {
        return vec![segment];
    }
    let (old, new) = (segment.old, segment.new);
    let head = shared(old.chars(), new.chars());
    let (old_rest, new_rest) = (&old[head..], &new[head..]);
    let tail = shared(old_rest.chars().rev(), new_rest.chars().rev());
    let (old_end, new_end) = (old_rest.len() - tail, new_rest.len() - tail);
    let mut out = Vec::new();
    push(&mut out, Segment { old: &old[..head], new: &new[..head], changed: false });
    push(&mut out, Segment { old: &old_rest[..old_end], new: &new_rest[..new_end], changed: true });
    push(
        &mut out,
        Segment { old: &old_rest[old_end..], new: &new_rest[new_end..], changed: false },
    );
    out
}

/// Bytes of the characters that both begin with.
fn shared(old: impl Iterator<Item = char>, new: impl Iterator<Item = char>) -> usize {
    old.zip(new).take_while(|(a, b)| a == b).map(|(a, _)| a.len_utf8()).sum()
}

fn common_head(old: &str, new: &str) -> usize {
    let (old, new) = (words(old), words(new));
    old.iter().zip(&new).take_while(|(a, b)| a == b).map(|(a, _)| a.len()).sum()
}

fn common_tail(old: &str, new: &str) -> usize {
    let (old, new) = (words(old), words(new));
    old.iter().rev().zip(new.iter().rev()).take_while(|(a, b)| a == b).map(|(a, _)| a.len()).sum()
}

/// Runs of letters and digits, runs of blanks, and every other character by itself.
fn words(text: &str) -> Vec<&str> {
    #[derive(PartialEq)]
    enum Class {
        Word,
        Blank,
        Mark,
    }
    let class = |character: char| match character {
        '_' => Class::Word,
        other if other.is_alphanumeric() => Class::Word,
        other if other.is_whitespace() => Class::Blank,
        _ => Class::Mark,
    };
    let mut out = Vec::new();
    let mut start = 0;
    let mut previous: Option<Class> = None;
    for (at, character) in text.char_indices() {
        let now = class(character);
        let goes_on = previous.as_ref().is_some_and(|before| *before == now && now != Class::Mark);
        if at > 0 && !goes_on {
            out.push(&text[start..at]);
            start = at;
        }
        previous = Some(now);
    }
    if start < text.len() {
        out.push(&text[start..]);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `[old|new]` marks what changed.
    fn marked(old: &str, new: &str) -> String {
        diff(old, new)
            .iter()
            .map(|s| if s.changed { format!("[{}|{}]", s.old, s.new) } else { s.old.to_owned() })
            .collect()
    }

    #[test]
    fn changes_are_found_by_word() {
        let cases = [
            ("the quick brown fox", "the quick brown foxes", "the quick brown [fox|foxes]"),
            ("a b c", "a c", "a [b |]c"),
            ("same", "same", "same"),
            ("", "new", "[|new]"),
            ("old", "", "[old|]"),
            ("", "", ""),
            ("one, two, three", "one, 2, 3", "one, [two, three|2, 3]"),
            ("naïve café", "naïve cafés", "naïve [café|cafés]"),
        ];
        for (old, new, expected) in cases {
            assert_eq!(marked(old, new), expected, "{old:?} against {new:?}");
        }
    }

    #[test]
    fn a_long_word_is_narrowed_to_what_changed() {
        let (old, new) =
            ("x".repeat(60) + "A" + &"y".repeat(60), "x".repeat(60) + "B" + &"y".repeat(60));
        let expected = "x".repeat(60) + "[A|B]" + &"y".repeat(60);
        assert_eq!(marked(&old, &new), expected);
    }

    #[test]
    fn far_apart_changes_of_a_huge_text_stay_apart() {
        use std::fmt::Write as _;
        let text = (0..5_000).fold(String::new(), |mut text, number| {
            let _ = writeln!(text, "this is line {number} of a long prompt");
            text
        });
        assert!(text.len() > 100_000);
        let old = format!("from Monday on\n{}until Friday", &text[..60_000]);
        let new = format!("from Tuesday on\n{}until Sunday", &text[..60_000]);
        let changed: Vec<_> = diff(&old, &new).into_iter().filter(|s| s.changed).collect();
        assert_eq!(
            changed,
            [
                Segment { old: "Monday", new: "Tuesday", changed: true },
                Segment { old: "Friday", new: "Sunday", changed: true }
            ]
        );
    }

    #[test]
    fn passages_put_together_give_both_texts() {
        let many = |word: &str| format!("{word} and some more\n").repeat(3_900);
        let texts =
            [String::new(), "a".into(), "a\nb\n\nc".into(), "é…ü".into(), many("x"), many("y")];
        for old in &texts {
            for new in &texts {
                let segments = diff(old, new);
                assert_eq!(segments.iter().map(|s| s.old).collect::<String>(), *old);
                assert_eq!(segments.iter().map(|s| s.new).collect::<String>(), *new);
                assert!(segments.iter().filter(|s| !s.changed).all(|s| s.old == s.new));
            }
        }
    }
}
