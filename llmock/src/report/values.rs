//! Values as a report shows them: short, on one line, with nothing invisible in them.

mod words;

use std::error::Error;
use std::path::Path;

use words::Segment;

/// Values up to this many characters are shown whole.
const WHOLE: usize = 100;
/// What is kept on each side of a change, or of a gap.
const CONTEXT: usize = 24;
const HEAD: usize = 80;
const TAIL: usize = 30;
const CHANGES: usize = 3;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Span {
    pub(crate) text: String,
    pub(crate) changed: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Pair {
    pub(crate) recorded: Vec<Span>,
    pub(crate) sent: Vec<Span>,
}

/// Shows the two sides of a difference, given as JSON text.
pub(crate) fn pair(recorded: Option<&str>, sent: Option<&str>) -> Pair {
    let (Some(old), Some(new)) = (recorded, sent) else {
        return Pair { recorded: lone(recorded), sent: lone(sent) };
    };
    let shown = show(old, new, Escape::Invisible);
    if shown.recorded == shown.sent && old != new {
        // They differ in letters that look alike, such as an accent composed and decomposed.
        return show(old, new, Escape::NotAscii);
    }
    shown
}

/// Shows one line of text that llmock did not write: a path, a message, a prompt.
pub(crate) fn excerpt(text: &str, longest: usize) -> String {
    let tail = longest / 4;
    let is_whole = is_within(text, longest);
    shortened(text, is_whole, (longest - tail, tail), &|part| {
        escaped(part, Escape::Invisible, false)
    })
}

pub(crate) fn quote(text: &str, longest: usize) -> String {
    format!("\"{}\"", excerpt(text, longest).replace('"', "\\\""))
}

/// A path with forward slashes, relative to the folder if it is inside.
pub(crate) fn path(path: &Path, folder: Option<&Path>) -> String {
    let short = folder.and_then(|folder| path.strip_prefix(folder).ok()).unwrap_or(path);
    short.display().to_string().replace('\\', "/")
}

/// An error and what caused it, on one line: `failed to read x: permission denied`.
pub(crate) fn chain(error: &dyn Error) -> String {
    let causes = std::iter::successors(error.source(), |&cause| cause.source());
    causes.fold(error.to_string(), |text, cause| format!("{text}: {cause}"))
}

/// `1st`, `2nd`, `3rd`, `11th`.
pub(crate) fn ordinal(number: usize) -> String {
    let suffix = match (number % 10, number % 100) {
        (_, 11..=13) => "th",
        (1, _) => "st",
        (2, _) => "nd",
        (3, _) => "rd",
        _ => "th",
    };
    format!("{number}{suffix}")
}

/// `1 request`, `2 requests`.
pub(crate) fn count(number: usize, noun: &str) -> String {
    match noun.strip_suffix("ply") {
        _ if number == 1 => format!("1 {noun}"),
        Some(stem) => format!("{} {stem}plies", thousands(number)),
        None => format!("{} {noun}s", thousands(number)),
    }
}

pub(crate) fn were(number: usize) -> &'static str {
    if number == 1 { "was" } else { "were" }
}

/// `a`, `a and b`, `a, b, and c`.
pub(crate) fn list(items: &[String]) -> String {
    match items {
        [] => String::new(),
        [one] => one.clone(),
        [one, other] => format!("{one} and {other}"),
        [most @ .., last] => format!("{}, and {last}", most.join(", ")),
    }
}

/// A line for each of the first items, and one about the rest.
pub(super) fn limited<T>(
    items: &[T],
    most: usize,
    rest: impl Fn(usize) -> String,
    line: impl Fn(&T) -> String,
) -> Vec<String> {
    let beyond = items.len().checked_sub(most).filter(|count| *count > 0);
    items.iter().take(most).map(line).chain(beyond.map(rest)).collect()
}

/// `#1, #2, and #3`, or `#1, #2, and 7 more`.
pub(super) fn numbers(interactions: &[usize], most: usize) -> String {
    list(&limited(interactions, most, |rest| format!("{rest} more"), |at| format!("#{at}")))
}

/// `1,234,567`.
pub(crate) fn thousands(number: usize) -> String {
    let digits: Vec<char> = number.to_string().chars().collect();
    let groups = digits.rchunks(3).rev().map(|group| group.iter().collect::<String>());
    groups.collect::<Vec<_>>().join(",")
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Escape {
    /// Characters that a terminal does not show or interprets.
    Invisible,
    NotAscii,
}

fn show(old: &str, new: &str, escape: Escape) -> Pair {
    let (old_text, new_text) = (decoded(old), decoded(new));
    let quoted = old_text.is_some();
    if quoted != new_text.is_some() {
        return Pair { recorded: lone(Some(old)), sent: lone(Some(new)) };
    }
    let old_text = old_text.as_deref().unwrap_or(old);
    let new_text = new_text.as_deref().unwrap_or(new);
    let is_whole = is_within(old_text, WHOLE) && is_within(new_text, WHOLE);
    let segments = words::diff(old_text, new_text);
    let line = Line { escape, quoted, is_whole };
    Pair {
        recorded: line.spans(&segments, |segment| segment.old),
        sent: line.spans(&segments, |segment| segment.new),
    }
}

fn lone(value: Option<&str>) -> Vec<Span> {
    let Some(json) = value else { return vec![Span::same("(absent)")] };
    let text = decoded(json);
    let quoted = text.is_some();
    let text = text.as_deref().unwrap_or(json);
    let mark = if quoted { "\"" } else { "" };
    let is_whole = is_within(text, WHOLE);
    let escape = |part: &str| escaped(part, Escape::Invisible, quoted);
    let shown = shortened(text, is_whole, (HEAD, TAIL), &escape);
    let characters = || format!(" ({} characters)", thousands(text.chars().count()));
    let size = if is_whole { String::new() } else { characters() };
    vec![Span { text: format!("{mark}{shown}{mark}"), changed: true }, Span::same(&size)]
}

struct Line {
    escape: Escape,
    quoted: bool,
    is_whole: bool,
}

impl Line {
    /// One side of the segments. Of text that both sides share, only the parts next to a change matter.
    fn spans<'t>(&self, segments: &[Segment<'t>], side: fn(&Segment<'t>) -> &'t str) -> Vec<Span> {
        let mark = Span::same(if self.quoted { "\"" } else { "" });
        let mut spans = vec![mark.clone()];
        let changes = segments.iter().filter(|segment| segment.changed).count();
        let mut shown = 0;
        for (at, segment) in segments.iter().enumerate() {
            let (opens, closes) = (at == 0, at + 1 == segments.len());
            let (head, tail, longest) = if segment.changed {
                if shown == CHANGES && !self.is_whole {
                    break;
                }
                shown += 1;
                (HEAD, TAIL, HEAD + TAIL)
            } else {
                let kept = if opens || closes { CONTEXT } else { 2 * CONTEXT };
                (if opens { 0 } else { CONTEXT }, if closes { 0 } else { CONTEXT }, kept + 8)
            };
            let text = side(segment);
            let is_whole = self.is_whole || is_within(text, longest);
            let escape = |part: &str| escaped(part, self.escape, self.quoted);
            let text = shortened(text, is_whole, (head, tail), &escape);
            spans.push(Span { text, changed: segment.changed });
        }
        spans.push(mark);
        if shown < changes {
            let more = count(changes - shown, "more change");
            spans.push(Span::same(&format!(" (and {more})")));
        }
        spans
    }
}

impl Span {
    fn same(text: &str) -> Self {
        Self { text: text.to_owned(), changed: false }
    }
}

/// The text of a JSON string; `None` for every other value.
fn decoded(json: &str) -> Option<String> {
    if json.starts_with('"') { serde_json::from_str(json).ok() } else { None }
}

fn is_within(text: &str, characters: usize) -> bool {
    text.chars().nth(characters).is_none()
}

/// The text, or its two ends of so many characters.
fn shortened(
    text: &str,
    is_whole: bool,
    (head, tail): (usize, usize),
    escape: &dyn Fn(&str) -> String,
) -> String {
    if is_whole {
        return escape(text);
    }
    format!("{}…{}", escape(first(text, head)), escape(last(text, tail)))
}

fn first(text: &str, characters: usize) -> &str {
    text.char_indices().nth(characters).map_or(text, |(end, _)| &text[..end])
}

fn last(text: &str, characters: usize) -> &str {
    if characters == 0 {
        return "";
    }
    text.char_indices().rev().nth(characters - 1).map_or(text, |(start, _)| &text[start..])
}

/// Escapes characters that would not be visible or that a terminal would interpret.
fn escaped(text: &str, escape: Escape, quoted: bool) -> String {
    use std::fmt::Write as _;
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '"' if quoted => out.push_str("\\\""),
            '\\' if quoted => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            _ if hides(character) || (escape == Escape::NotAscii && !character.is_ascii()) => {
                // Infallible for a `String`.
                let _ = write!(out, "\\u{{{:04x}}}", u32::from(character));
            }
            _ => out.push(character),
        }
    }
    out
}

/// Control characters, white space other than a space, direction marks, and characters without width.
fn hides(character: char) -> bool {
    character.is_control()
        || (character.is_whitespace() && character != ' ')
        || matches!(character,
            '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(spans: &[Span]) -> String {
        spans.iter().map(|span| span.text.as_str()).collect()
    }

    fn both(recorded: &str, sent: &str) -> (String, String) {
        let pair = pair(Some(recorded), Some(sent));
        (text(&pair.recorded), text(&pair.sent))
    }

    fn json(text: &str) -> String {
        serde_json::to_string(text).expect("a string is JSON")
    }

    #[test]
    fn short_values_are_shown_whole() {
        let cases = [
            ("0.2", "0.7", "0.2", "0.7"),
            ("\"a\"", "\"b\"", "\"a\"", "\"b\""),
            ("\"5\"", "5", "\"5\"", "5"),
            ("null", "[]", "null", "[]"),
            (r#""a\nb""#, r#""a\n\"b\"""#, r#""a\nb""#, r#""a\n\"b\"""#),
        ];
        for (recorded, sent, left, right) in cases {
            assert_eq!(both(recorded, sent), (left.to_owned(), right.to_owned()));
        }
    }

    #[test]
    fn what_a_terminal_hides_or_obeys_is_escaped() {
        let cases = [
            ("a\u{a0}b", "\"a\\u{00a0}b\""),
            ("a\u{200b}b", "\"a\\u{200b}b\""),
            ("a\u{202e}b", "\"a\\u{202e}b\""),
            ("a\u{1b}[31mb", "\"a\\u{001b}[31mb\""),
            ("a\u{9b}31mb", "\"a\\u{009b}31mb\""),
            ("é, 日本, 👍", "\"é, 日本, 👍\""),
        ];
        for (value, expected) in cases {
            assert_eq!(both(&json(value), "\"other\"").0, expected);
        }
        assert_eq!(excerpt("/v1/a\u{1b}]0;b", 80), "/v1/a\\u{001b}]0;b");
    }

    #[test]
    fn letters_that_look_alike_are_told_apart() {
        let (left, right) = both("\"caf\u{e9}\"", "\"cafe\u{301}\"");
        assert_ne!(left, right);
        let (left, right) = both("\"\u{e9}\"", "\"\\u00e9\"");
        assert_eq!((left.as_str(), right.as_str()), ("\"\\u{00e9}\"", "\"\\u{00e9}\""));
    }

    #[test]
    fn long_strings_keep_what_stands_beside_a_change() {
        // Twenty-four characters on each side; `the ` and the blank after the change count among them.
        let filler = "lorem ipsum dolor sit amet ".repeat(20);
        let side = |word: &str| json(&format!("{filler}the {word} {filler}"));
        let (left, right) = both(&side("fox"), &side("dog"));
        assert_eq!(left, "\"…psum dolor sit amet the fox lorem ipsum dolor sit a…\"");
        assert_eq!(right, left.replace("fox", "dog"));
    }

    #[test]
    fn many_changes_are_counted() {
        let side = |word: &str| json(&format!("{word} and quite a few words between ").repeat(9));
        let (left, _) = both(&side("a1"), &side("b2"));
        assert!(left.ends_with("(and 6 more changes)"), "{left}");
    }

    #[test]
    fn a_value_without_its_like_is_shortened_and_measured() {
        let long = format!("[{}]", "1,".repeat(5_000));
        let shown = text(&pair(Some(&long), None).recorded);
        assert!(shown.ends_with("1,1,1,] (10,002 characters)"), "{shown}");
        assert!(shown.chars().count() < 160, "{shown}");
        assert_eq!(text(&pair(Some(&long), None).sent), "(absent)");
    }

    #[test]
    fn the_words_that_differ_are_marked() {
        let pair = pair(Some("\"a quick fox\""), Some("\"a quick dog\""));
        let changed: Vec<_> =
            pair.sent.iter().filter(|span| span.changed).map(|span| span.text.as_str()).collect();
        assert_eq!(changed, ["dog"]);
    }

    #[test]
    fn numbers_are_spoken() {
        let cases = [
            (1, "1st"),
            (2, "2nd"),
            (3, "3rd"),
            (4, "4th"),
            (11, "11th"),
            (12, "12th"),
            (13, "13th"),
            (21, "21st"),
            (102, "102nd"),
            (111, "111th"),
        ];
        for (number, expected) in cases {
            assert_eq!(ordinal(number), expected);
        }
        assert_eq!(count(1, "request"), "1 request");
        assert_eq!(count(0, "request"), "0 requests");
        assert_eq!(thousands(1_234_567), "1,234,567");
        assert_eq!(list(&["a".into(), "b".into(), "c".into()]), "a, b, and c");
    }

    #[test]
    fn excerpts_keep_both_ends() {
        assert_eq!(excerpt("abcdefghijkl", 12), "abcdefghijkl");
        assert_eq!(excerpt("abcdefghijklm", 12), "abcdefghi…klm");
        assert_eq!(quote("say \"hi\"", 80), "\"say \\\"hi\\\"\"");
    }
}
