//! Values as a report shows them: short, on one line, with nothing invisible in them.

pub(crate) mod characters;
mod shapes;
mod unfolded;
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
    /// Changes that the eye does not see.
    pub(crate) notes: Vec<String>,
}

/// Shows the two sides of a difference, given as JSON text.
pub(crate) fn pair(recorded: Option<&str>, sent: Option<&str>) -> Pair {
    match (recorded, sent) {
        (Some(old), Some(new)) => show(old, new),
        _ => unlike(recorded, sent),
    }
}

fn unlike(recorded: Option<&str>, sent: Option<&str>) -> Pair {
    Pair { recorded: lone(recorded), sent: lone(sent), notes: Vec::new() }
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
    /// Accents too, which join a letter that may have been there before.
    Accents,
    /// Everything by which look-alikes differ.
    NotAscii,
}

fn show(old: &str, new: &str) -> Pair {
    let (old_text, new_text) = (decoded(old), decoded(new));
    let quoted = old_text.is_some();
    if quoted != new_text.is_some() {
        return unlike(Some(old), Some(new));
    }
    let old_text = old_text.as_deref().unwrap_or(old);
    let new_text = new_text.as_deref().unwrap_or(new);
    let is_whole = is_within(old_text, WHOLE) && is_within(new_text, WHOLE);
    let segments = words::diff(old_text, new_text);
    let line = Line { quoted, is_whole };
    Pair {
        recorded: line.spans(&segments, |segment| segment.old),
        sent: line.spans(&segments, |segment| segment.new),
        notes: notes(&segments),
    }
}

/// What the first changes have that cannot be seen, each said once.
fn notes(segments: &[Segment<'_>]) -> Vec<String> {
    let mut notes: Vec<String> = Vec::new();
    for (at, segment) in segments.iter().enumerate().filter(|(_, segment)| segment.changed) {
        let before = at.checked_sub(1).map_or("", |at| segments[at].new);
        let after = segments.get(at + 1).map_or("", |next| next.new);
        let note = characters::explain(segment.old, segment.new, before, after);
        notes.extend(note.filter(|note| !notes.contains(note)));
        if notes.len() == CHANGES {
            break;
        }
    }
    notes
}

fn lone(value: Option<&str>) -> Vec<Span> {
    let Some(json) = value else { return vec![Span::same("(absent)")] };
    let readable = unfolded::unfolded(json).filter(|_| !json.starts_with('"'));
    let json = readable.as_deref().unwrap_or(json);
    let text = decoded(json);
    let quoted = text.is_some();
    let text = text.as_deref().unwrap_or(json);
    // JSON in a string is easier to read without its escapes.
    let is_json = quoted && text.starts_with(['{', '[']) && crate::json::parse(text).is_ok();
    let quoted = quoted && !is_json;
    let mark = if quoted { "\"" } else { "" };
    let is_whole = is_within(text, WHOLE);
    let escape = |part: &str| escaped(part, Escape::Invisible, quoted);
    let shown = shortened(text, is_whole, (HEAD, TAIL), &escape);
    let characters = || format!(" ({} characters)", thousands(text.chars().count()));
    let size = if is_whole { String::new() } else { characters() };
    let size = if is_json { format!("{size} (JSON in a string)") } else { size };
    vec![Span { text: format!("{mark}{shown}{mark}"), changed: true }, Span::same(&size)]
}

struct Line {
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
            let escape = if !segment.changed {
                Escape::Invisible
            } else if shapes::look_alike(segment.old, segment.new) {
                Escape::NotAscii
            } else {
                Escape::Accents
            };
            let escape = |part: &str| escaped(part, escape, self.quoted);
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
            _ if is_escaped(character, escape) => {
                // Infallible for a `String`.
                let _ = write!(out, "\\u{{{:04x}}}", u32::from(character));
            }
            _ => out.push(character),
        }
    }
    out
}

fn is_escaped(character: char, escape: Escape) -> bool {
    characters::is_invisible(character)
        || match escape {
            Escape::Invisible => false,
            Escape::Accents => characters::is_combining(character),
            Escape::NotAscii => !character.is_ascii(),
        }
}

#[cfg(test)]
mod tests;
