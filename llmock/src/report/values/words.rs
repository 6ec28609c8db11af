//! Which words of two texts differ, quickly even for long prompts.

use super::characters::is_combining;
use super::shapes::look_alike;
use crate::diff::{common_runs, numbered};

/// If more words than this may differ, on both sides together, the texts are compared by line first.
const WORDS: usize = 2_000;
/// Texts longer than this, in bytes, are compared by their ends only.
const LONGEST: usize = 512 * 1024;
/// Changed passages longer than this are narrowed by character: base64, or text without blanks.
const NARROW: usize = 40;

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
    let mut script = Script::default();
    if !script.compare_words(old, new) {
        let lines = |text: &'a str| text.split_inclusive('\n').collect::<Vec<_>>();
        let mut by_line = Script::default();
        by_line.compare(&lines(old), &lines(new));
        for line in by_line.passages(old, new) {
            if !line.changed || !script.compare_words(line.old, line.new) {
                script.push(line.old.len(), line.new.len(), line.changed);
            }
        }
    }
    let passages = script.joined().passages(old, new).into_iter();
    passages.flat_map(narrowed).flat_map(refined).collect()
}

/// Passages as bytes of the old text, bytes of the new one, and whether they differ.
#[derive(Default)]
struct Script(Vec<(usize, usize, bool)>);

impl Script {
    /// Neighbours of the same kind become one passage.
    fn push(&mut self, old: usize, new: usize, changed: bool) {
        match self.0.last_mut() {
            _ if old == 0 && new == 0 => {}
            Some(last) if last.2 == changed => (last.0, last.1) = (last.0 + old, last.1 + new),
            _ => self.0.push((old, new, changed)),
        }
    }

    fn compare(&mut self, old: &[&str], new: &[&str]) {
        let bytes = |pieces: &[&str]| pieces.iter().map(|piece| piece.len()).sum::<usize>();
        let (old_numbers, new_numbers) = numbered(old, new);
        let (mut old_at, mut new_at) = (0, 0);
        for run in common_runs(&old_numbers, &new_numbers) {
            self.push(bytes(&old[old_at..run.old]), bytes(&new[new_at..run.new]), true);
            (old_at, new_at) = (run.old + run.len, run.new + run.len);
            let same = bytes(&old[run.old..old_at]);
            self.push(same, same, false);
        }
        self.push(bytes(&old[old_at..]), bytes(&new[new_at..]), true);
    }

    /// Returns `false` without comparing anything if too many words may differ.
    fn compare_words(&mut self, old: &str, new: &str) -> bool {
        let (old, new) = (words(old), words(new));
        let head = old.iter().zip(&new).take_while(|(a, b)| a == b).count();
        let ends = old[head..].iter().rev().zip(new[head..].iter().rev());
        let tail = ends.take_while(|(a, b)| a == b).count();
        let is_cheap = old.len() + new.len() - 2 * (head + tail) <= WORDS;
        if is_cheap {
            self.compare(&old, &new);
        }
        is_cheap
    }

    /// Joins changes that only a space or a comma separates: they read as one.
    fn joined(&self) -> Self {
        let mut joined = Self::default();
        for (at, (old, new, changed)) in self.0.iter().copied().enumerate() {
            let is_inner = at > 0 && at + 1 < self.0.len();
            joined.push(old, new, changed || (is_inner && old <= 2));
        }
        joined
    }

    fn passages<'a>(&self, mut old: &'a str, mut new: &'a str) -> Vec<Segment<'a>> {
        let mut passages = Vec::with_capacity(self.0.len());
        for (old_bytes, new_bytes, changed) in &self.0 {
            let (old_part, old_rest) = old.split_at(*old_bytes);
            let (new_part, new_rest) = new.split_at(*new_bytes);
            passages.push(Segment { old: old_part, new: new_part, changed: *changed });
            (old, new) = (old_rest, new_rest);
        }
        passages
    }
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
    let mut script = Script::default();
    script.push(head, head, false);
    script.push(old_rest.len() - tail, new_rest.len() - tail, true);
    script.push(tail, tail, false);
    script.passages(old, new)
}

/// Takes what both sides of a changed word share out of its ends, if that is most of it or nothing else can be seen.
fn refined(segment: Segment<'_>) -> Vec<Segment<'_>> {
    let Segment { old, new, changed } = segment;
    if !changed || old.is_empty() || new.is_empty() {
        return vec![segment];
    }
    let mut head = shared(old.chars(), new.chars());
    let is_accent = |text: &str| text.chars().next().is_some_and(is_combining);
    if is_accent(&old[head..]) || is_accent(&new[head..]) {
        // An accent belongs to the letter before it.
        head -= old[..head].chars().next_back().map_or(0, char::len_utf8);
    }
    let (old_rest, new_rest) = (&old[head..], &new[head..]);
    let tail = shared(old_rest.chars().rev(), new_rest.chars().rev());
    let has_blank = |text: &str| text.contains(char::is_whitespace);
    let is_most =
        2 * (head + tail) >= old.len().max(new.len()) && !has_blank(old) && !has_blank(new);
    if !is_most && !look_alike(old, new) {
        return vec![segment];
    }
    let mut script = Script::default();
    script.push(head, head, false);
    script.push(old_rest.len() - tail, new_rest.len() - tail, true);
    script.push(tail, tail, false);
    script.passages(old, new)
}

fn shared(old: impl Iterator<Item = char>, new: impl Iterator<Item = char>) -> usize {
    old.zip(new).take_while(|(a, b)| a == b).map(|(a, _)| a.len_utf8()).sum()
}

/// Runs of letters and digits, runs of blanks, and every other character by itself.
fn words(mut text: &str) -> Vec<&str> {
    let is_word = |character: char| character == '_' || character.is_alphanumeric();
    let mut out = Vec::new();
    while let Some(first) = text.chars().next() {
        let end = if is_word(first) {
            text.find(|character| !is_word(character))
        } else if first.is_whitespace() {
            text.find(|character: char| !character.is_whitespace())
        } else {
            Some(first.len_utf8())
        };
        let (word, rest) = text.split_at(end.unwrap_or(text.len()));
        out.push(word);
        text = rest;
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
            ("the quick brown fox", "the quick brown foxes", "the quick brown fox[|es]"),
            ("a b c", "a c", "a [b |]c"),
            ("same", "same", "same"),
            ("", "new", "[|new]"),
            ("old", "", "[old|]"),
            ("", "", ""),
            ("one, two, three", "one, 2, 3", "one, [two, three|2, 3]"),
            ("naïve café", "naïve cafés", "naïve café[|s]"),
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
                Segment { old: "Fri", new: "Sun", changed: true }
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
