//! Patterns of schemas: whether a text matches, and a text that does.

#[cfg(feature = "server")]
use fancy_regex::Regex;
#[cfg(not(feature = "server"))]
use regex::Regex;
use regex_syntax::hir::{Capture, Class, Hir, HirKind, Repetition};

/// A pattern in the syntax of ECMAScript, as far as the syntaxes agree.
#[derive(Debug)]
pub(crate) struct Pattern(Regex);

impl Pattern {
    /// `None` if it cannot be read.
    pub(crate) fn new(pattern: &str) -> Option<Self> {
        Regex::new(&ascii(pattern)).ok().map(Self)
    }

    #[cfg(feature = "server")]
    pub(crate) fn is_match(&self, text: &str) -> bool {
        // it gives up on patterns that take too long
        self.0.is_match(text).unwrap_or(false)
    }

    #[cfg(not(feature = "server"))]
    pub(crate) fn is_match(&self, text: &str) -> bool {
        self.0.is_match(text)
    }
}

/// Digits and letters of ECMAScript are those of ASCII.
fn ascii(pattern: &str) -> String {
    let mut out = String::with_capacity(pattern.len());
    let mut chars = pattern.chars();
    let mut in_class = false;
    while let Some(char) = chars.next() {
        match char {
            '\\' => {
                let escaped = chars.next();
                let class = match escaped {
                    Some('d') => Some("0-9"),
                    Some('w') => Some("A-Za-z0-9_"),
                    _ => None,
                };
                match (class, in_class) {
                    (Some(class), true) => out.push_str(class),
                    (Some(class), false) => out.extend(["[", class, "]"]),
                    (None, _) if escaped == Some('Z') => out.push_str("\\z"),
                    (None, _) => out.extend(['\\'].into_iter().chain(escaped)),
                }
                continue;
            }
            // the syntax of sets has nested classes and operators that ECMAScript has not
            '[' | '&' | '~' if in_class => out.push('\\'),
            '[' => in_class = true,
            ']' => in_class = false,
            _ => {}
        }
        out.push(char);
    }
    out
}

/// Texts that match the pattern but for what it looks around for, short ones first.
pub(crate) fn texts(pattern: &str, least: usize) -> Vec<String> {
    let plain = without_lookaround(&ascii(pattern));
    let Ok(hir) = regex_syntax::parse(&plain) else { return Vec::new() };
    let mut found: Vec<String> = Vec::new();
    for variant in 0..VARIANTS {
        let mut maker = Maker { out: String::new(), more: more(variant, least), variant };
        if maker.add(&hir).is_some() && !found.contains(&maker.out) {
            found.push(maker.out);
        }
    }
    found
}

/// How many texts are made of a pattern.
const VARIANTS: usize = 24;

/// How many repetitions beyond the least.
fn more(variant: usize, least: usize) -> usize {
    match variant % 6 {
        0 => 0,
        1 => 1,
        2 => least,
        3 => least.div_ceil(2),
        4 => 3,
        _ => 8,
    }
}

/// Longer texts are not made.
const LONGEST: usize = 1 << 20;

struct Maker {
    out: String,
    more: usize,
    /// Chooses between alternatives and characters.
    variant: usize,
}

impl Maker {
    /// Adds a text of this part; `None` if there is none.
    fn add(&mut self, hir: &Hir) -> Option<()> {
        if self.out.len() > LONGEST {
            return None;
        }
        match hir.kind() {
            HirKind::Empty | HirKind::Look(_) => Some(()),
            HirKind::Literal(literal) => {
                self.out.push_str(std::str::from_utf8(&literal.0).ok()?);
                Some(())
            }
            HirKind::Class(class) => {
                let char = self.one_of(class)?;
                self.out.push(char);
                Some(())
            }
            HirKind::Repetition(Repetition { min, max, sub, .. }) => {
                let most = max.map_or(usize::MAX, |max| max as usize);
                let least = *min as usize;
                // A first text shows what may be repeated at least once.
                let count = least.saturating_add(self.more).min(most);
                (0..count).try_for_each(|_| self.add(sub))
            }
            HirKind::Capture(Capture { sub, .. }) => self.add(sub),
            HirKind::Concat(all) => all.iter().try_for_each(|one| self.add(one)),
            HirKind::Alternation(all) => {
                let first = self.variant / 6 % all.len();
                (0..all.len()).find_map(|at| {
                    let start = self.out.len();
                    let done = self.add(&all[(first + at) % all.len()]);
                    if done.is_none() {
                        self.out.truncate(start);
                    }
                    done
                })
            }
        }
    }

    /// A character of a class: a letter or a digit if it has any.
    fn one_of(&self, class: &Class) -> Option<char> {
        let preferred: [&str; 4] = ["a0A", "0aA", "Aa0", "bZ9_-. "];
        let preferred = preferred[self.variant / 6 % 4].chars().chain("azAZ019_-.@:/ ".chars());
        let ranges: Vec<(char, char)> = match class {
            Class::Unicode(class) => {
                class.ranges().iter().map(|one| (one.start(), one.end())).collect()
            }
            Class::Bytes(class) => {
                class.ranges().iter().map(|one| (one.start().into(), one.end().into())).collect()
            }
        };
        let has = |char: &char| ranges.iter().any(|(from, to)| (*from..=*to).contains(char));
        preferred.into_iter().find(has).or_else(|| {
            let is_visible = |(from, to): &&(char, char)| *from > ' ' || *to > ' ';
            let range = ranges.iter().find(is_visible).or(ranges.first())?;
            Some(if range.0 > ' ' || range.1 <= ' ' { range.0 } else { '!' })
        })
    }
}

/// The pattern without groups that look ahead or back, which take no text.
fn without_lookaround(pattern: &str) -> String {
    let mut out = String::new();
    let mut rest = pattern;
    while let Some(first) = rest.chars().next() {
        let starts = ["(?=", "(?!", "(?<=", "(?<!"];
        if starts.iter().any(|start| rest.starts_with(start)) {
            rest = &rest[end_of_group(rest)..];
            continue;
        }
        let length = match first {
            '\\' => 1 + rest[1..].chars().next().map_or(0, char::len_utf8),
            '[' => end_of_class(rest),
            _ => first.len_utf8(),
        };
        out.push_str(&rest[..length]);
        rest = &rest[length..];
    }
    out
}

fn end_of_group(text: &str) -> usize {
    let (mut depth, mut at) = (0, 0);
    while let Some(char) = text[at..].chars().next() {
        match char {
            '\\' => at += 1 + text[at + 1..].chars().next().map_or(0, char::len_utf8),
            '[' => at += end_of_class(&text[at..]),
            '(' => (depth, at) = (depth + 1, at + 1),
            ')' if depth == 1 => return at + 1,
            ')' => (depth, at) = (depth - 1, at + 1),
            other => at += other.len_utf8(),
        }
    }
    text.len()
}

fn end_of_class(text: &str) -> usize {
    let mut chars = text.char_indices().skip(1);
    while let Some((at, char)) = chars.next() {
        match char {
            '\\' => {
                chars.next();
            }
            ']' => return at + 1,
            _ => {}
        }
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn makes_texts_that_match() {
        for pattern in [
            "^[A-Z]{3}$",
            r"^\d{4}-\d{2}-\d{2}$",
            "^[a-f0-9]{40}$",
            "^#[0-9a-f]{6}$",
            "^llmock-(x|y)!$",
            r"^[\w.+-]+@[\w-]+\.[\w.]+$",
            r"^\+?[1-9]\d{1,14}$",
            "^(foo|bar)?baz$",
            r"^\/v\d+\/$",
            "^[^a-z]+$",
            "^[[&~]$",
            "b",
        ] {
            let known = Pattern::new(pattern).unwrap();
            let made = texts(pattern, 0);
            assert!(made.iter().any(|text| known.is_match(text)), "{pattern} {made:?}");
        }
    }

    #[test]
    fn leaves_out_what_is_looked_around_for() {
        for (pattern, plain) in [
            ("^(?!^[-+.]*$)[+-]?0*a$", "^[+-]?0*a$"),
            ("^(?=.*[)])(?=(a)b)x$", "^x$"),
            (r"a\(?=b", r"a\(?=b"),
        ] {
            assert_eq!(without_lookaround(pattern), plain);
        }
    }
}
