//! Rules that would make missed requests match, ready to be pasted.
//!
//! A rule must work: it makes the two sides of a difference equal, whichever run it is pasted after. It covers the text of a
//! prompt, which is what a test checks, only where a date, an id, or the like changed. `ignore` is offered only for what
//! cannot change the response.

use std::sync::LazyLock;

use regex::Regex;

use super::Surface;
use super::miss::{Miss, MissReason};
use crate::matching::Difference;
use crate::provider::Provider;
use crate::wire;

/// Differences of one miss that are looked at: more are no detail.
const PLACES: usize = 12;
/// Rules that are offered at once.
const RULES: usize = 6;

/// A kind of value that usually changes from run to run.
struct Shape {
    pattern: &'static str,
    placeholder: &'static str,
    name: &'static str,
    /// Whether such a value is as often one of the application's own.
    is_common: bool,
}

const fn shape(pattern: &'static str, placeholder: &'static str, name: &'static str) -> Shape {
    Shape { pattern, placeholder, name, is_common: false }
}

/// The most specific first.
const SHAPES: [Shape; 10] = [
    shape(
        "[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}",
        "<uuid>",
        "a UUID",
    ),
    shape(
        "[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}(:[0-9]{2}([.][0-9]+)?)?(Z|[+-][0-9]{2}:?[0-9]{2})?",
        "<time>",
        "a time",
    ),
    shape("(/private)?(/tmp|/var/folders)/[A-Za-z0-9._/+-]+", "<tmp>", "a temporary path"),
    shape("(127[.]0[.]0[.]1|localhost):[0-9]+", "<address>", "a local address"),
    shape("[0-9]{4}-[0-9]{2}-[0-9]{2}", "<date>", "a date"),
    shape(
        "([0-9]{1,2} )?(Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]*[.]?( [0-9]{1,2},?)? [0-9]{4}",
        "<date>",
        "a date",
    ),
    shape("[0-9]{1,2}:[0-9]{2}:[0-9]{2}([.][0-9]+)?", "<time>", "a time"),
    // Opening hours, appointments, scores.
    Shape { is_common: true, ..shape("[0-9]{1,2}:[0-9]{2}", "<time>", "a time") },
    shape("[0-9a-f]{16,64}", "<hex>", "a random id"),
    shape("[0-9]{10,19}", "<number>", "a timestamp"),
];

static PATTERNS: LazyLock<[Regex; SHAPES.len()]> = LazyLock::new(|| {
    SHAPES.map(|shape| Regex::new(shape.pattern).expect("a constant pattern, compiled in a test"))
});

/// Why a rule is offered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Why {
    /// A value of this kind usually changes on every run.
    Varies(&'static str),
    /// It cannot change the response.
    Idle,
    /// Its order may change on every run.
    Order,
    /// Its digits, or a value of its kind, may change on every run.
    MayVary,
    /// A request in the background.
    Side,
}

/// What would make the missed requests match.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Hints {
    /// In the syntax of the attribute or of the builder, each with its reason.
    pub(super) rules: Vec<(String, Why)>,
    /// Where a request differs that no rule should cover; a path is a text if both sides are.
    pub(super) open: Vec<(String, bool)>,
    /// There is more to a miss than its differences.
    pub(super) has_other: bool,
}

impl Hints {
    /// Whether the rules make all requests match.
    pub(super) fn cover(&self) -> bool {
        !self.rules.is_empty() && self.open.is_empty() && !self.has_other
    }

    /// The kinds of values that change on every run, each once.
    pub(super) fn varying(&self) -> Vec<&'static str> {
        let mut names = Vec::new();
        for (_, why) in &self.rules {
            if let Why::Varies(name) = why
                && !names.contains(name)
            {
                names.push(*name);
            }
        }
        names
    }
}

/// A rule before it is written down.
#[derive(Clone, Debug, PartialEq)]
struct Rule {
    key: &'static str,
    place: String,
    /// Pattern and replacement of a `normalize`.
    replace: Option<(String, String)>,
    why: Why,
}

impl Rule {
    fn new(key: &'static str, place: &str, why: Why) -> Self {
        Self { key, place: place.to_owned(), replace: None, why }
    }

    fn normalize(place: &str, pattern: &str, replacement: &str, why: Why) -> Self {
        let replace = Some((pattern.to_owned(), replacement.to_owned()));
        Self { replace, ..Self::new("normalize", place, why) }
    }

    fn text(&self, surface: Surface) -> String {
        let place = literal(&self.place);
        let arguments = match &self.replace {
            Some((pattern, replacement)) => {
                let arrow = if surface == Surface::Attribute { " =>" } else { "," };
                format!("{place}, {}{arrow} {}", literal(pattern), literal(replacement))
            }
            None => place,
        };
        let dot = if surface == Surface::Attribute { "" } else { "." };
        format!("{dot}{}({arguments})", self.key)
    }
}

/// The rules for some misses, in the syntax of the attribute or of the builder.
pub(super) fn hints(misses: &[Miss], surface: Surface) -> Hints {
    let mut hints = Hints::default();
    let mut rules: Vec<Rule> = Vec::new();
    for miss in misses {
        let found = match &miss.reason {
            MissReason::BodyDiffers { differences, .. } if differences.len() > PLACES => {
                hints.has_other = true;
                continue;
            }
            MissReason::BodyDiffers { differences, .. } => {
                for difference in differences {
                    let is_text = texts(difference).is_some()
                        && difference.binary.is_none()
                        && !difference.path.starts_with("header ");
                    match of_difference(miss, difference) {
                        Some(found) => rules.extend(found),
                        None => hints.open.push((difference.path.clone(), is_text)),
                    }
                }
                continue;
            }
            MissReason::EndpointUnknown { .. } if miss.method == "GET" => {
                let path = miss.path.split('?').next().unwrap_or_default();
                Rule::new("side", &format!("GET {path}"), Why::Side)
            }
            _ => {
                hints.has_other = true;
                continue;
            }
        };
        rules.push(found);
    }
    hints.open.dedup();
    let rules = for_any_element(rules);
    if rules.len() > RULES {
        hints.has_other = true;
        return hints;
    }
    hints.rules = rules.iter().map(|rule| (rule.text(surface), rule.why)).collect();
    hints
}

/// Each rule once; one with `[*]` in place of several that differ only in the indices of their places.
fn for_any_element(rules: Vec<Rule>) -> Vec<Rule> {
    static INDEX: LazyLock<Regex> =
        LazyLock::new(|| Regex::new(r"\[[0-9]+\]").expect("a constant pattern"));
    let mut each: Vec<Rule> = Vec::new();
    for rule in rules {
        if !each.contains(&rule) {
            each.push(rule);
        }
    }
    let wide = |rule: &Rule| Rule {
        place: INDEX.replace_all(&rule.place, "[*]").into_owned(),
        ..rule.clone()
    };
    let mut shown: Vec<Rule> = Vec::new();
    for rule in &each {
        let any = wide(rule);
        let alike = each.iter().filter(|other| wide(other) == any).count();
        let rule = if alike > 2 { any } else { rule.clone() };
        if !shown.contains(&rule) {
            shown.push(rule);
        }
    }
    shown
}

/// Names with numbers and dates that a person chooses: they never change by themselves.
const CHOICES: [&str; 3] = ["$.model", "query.api-version", "query.model"];

/// The rules that make both sides of a difference equal.
fn of_difference(miss: &Miss, difference: &Difference) -> Option<Vec<Rule>> {
    let path = difference.path.as_str();
    if difference.reordered.is_some() {
        return may_be_unordered(path).then(|| vec![Rule::new("unordered", path, Why::Order)]);
    }
    let provider = Provider::from_id(miss.provider);
    if wire::format(provider, &miss.method, &miss.path).is_idle(provider, path) {
        return Some(vec![Rule::new("ignore", path, Why::Idle)]);
    }
    let is_text = path.starts_with('$') || path == "path" || path.starts_with("query.");
    let is_fixed = difference.binary.is_some() || CHOICES.contains(&path);
    let (recorded, sent) = texts(difference).filter(|_| is_text && !is_fixed)?;
    let shapes = shapes(&recorded, &sent);
    if !shapes.is_empty() {
        let rule = |shape: &Shape| {
            let why = if shape.is_common { Why::MayVary } else { Why::Varies(shape.name) };
            Rule::normalize(path, shape.pattern, shape.placeholder, why)
        };
        return Some(shapes.into_iter().map(rule).collect());
    }
    let segment = || Some(vec![segment(path, &recorded, &sent)?]);
    segment().or_else(|| digits(path, &recorded, &sent))
}

/// Whether the order of an array has no meaning of its own; that of messages has.
fn may_be_unordered(path: &str) -> bool {
    const TURNS: [&str; 4] = ["messages", "input", "contents", "chat_history"];
    !path.strip_prefix("$.").is_some_and(|member| TURNS.contains(&member))
}

/// The kinds of values without which two texts are equal, as few as it takes; none if they still differ.
fn shapes(recorded: &str, sent: &str) -> Vec<&'static Shape> {
    let without = |text: &str, used: &[usize]| {
        used.iter().fold(text.to_owned(), |text, at| {
            PATTERNS[*at].replace_all(&text, SHAPES[*at].placeholder).into_owned()
        })
    };
    let evens = |used: &[usize]| without(recorded, used) == without(sent, used);
    let occurs = |at: &usize| PATTERNS[*at].is_match(recorded) && PATTERNS[*at].is_match(sent);
    let mut used: Vec<usize> = (0..SHAPES.len()).filter(occurs).collect();
    if !evens(&used) {
        return Vec::new();
    }
    for at in (0..SHAPES.len()).rev() {
        let fewer: Vec<usize> = used.iter().copied().filter(|known| *known != at).collect();
        if evens(&fewer) {
            used = fewer;
        }
    }
    used.into_iter().map(|at| &SHAPES[at]).collect()
}

/// The segment in which two paths differ, if it looks like an id, with the segment in front of it: `/jobs/[^/]+`.
fn segment(place: &str, recorded: &str, sent: &str) -> Option<Rule> {
    if place != "path" {
        return None;
    }
    let [old, new]: [Vec<&str>; 2] = [recorded, sent].map(|path| path.split('/').collect());
    let differs = |at: &usize| old[*at] != new[*at];
    let mut places = (0..old.len().min(new.len())).filter(differs);
    let (at, None) = (places.next()?, places.next()) else { return None };
    let before = old.get(at.checked_sub(1)?).filter(|before| !before.is_empty())?;
    if old.len() != new.len() || !has_digit(old[at]) || !has_digit(new[at]) {
        return None;
    }
    // What is neither a letter nor a digit may mean something in a pattern.
    let before: String = before
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() || "-_".contains(c) { c } else { '.' })
        .collect();
    let (pattern, replacement) = (format!("/{before}/[^/]+"), format!("/{before}/<id>"));
    Some(Rule::normalize(place, &pattern, &replacement, Why::Varies("an id in the path")))
}

/// Words with digits in which two texts differ: each with the word in front of it, so that no other number is
/// affected.
fn digits(place: &str, recorded: &str, sent: &str) -> Option<Vec<Rule>> {
    const WORDS: usize = 3;
    const LONGEST: usize = 64;
    let [old, new]: [Vec<&str>; 2] =
        [recorded, sent].map(|text| text.split(char::is_whitespace).collect());
    if place == "path" || old.len() != new.len() {
        return None;
    }
    let mut rules: Vec<Rule> = Vec::new();
    for at in (0..old.len()).filter(|at| old[*at] != new[*at]) {
        let (head, tail) = shared_ends(old[at], new[at]);
        let is_id = |word: &str| {
            has_digit(&word[head.len()..word.len() - tail.len()]) && word.len() <= LONGEST
        };
        if rules.len() == WORDS || !is_id(old[at]) || !is_id(new[at]) {
            return None;
        }
        let before = at.checked_sub(1).map(|before| old[before]).filter(|word| !word.is_empty());
        let before = before.filter(|word| word.chars().count() <= 24);
        let (pattern_before, text_before) = match before {
            Some(word) => (format!("{}\\s", regex::escape(word)), format!("{word} ")),
            None if at == 0 => ("^".to_owned(), String::new()),
            None => return None,
        };
        let pattern =
            format!("{pattern_before}{}\\S*?{}", regex::escape(head), regex::escape(tail));
        // The end of the word: without it, `\S*?` would match nothing.
        let pattern = format!("{pattern}(\\s|$)");
        let replacement = format!("{text_before}{head}<number>{tail}").replace('$', "$$");
        let rule = Rule::normalize(place, &pattern, &format!("{replacement}$1"), Why::MayVary);
        if !rules.contains(&rule) {
            rules.push(rule);
        }
    }
    let apply = |text: &str| {
        rules.iter().filter_map(|rule| rule.replace.as_ref()).try_fold(
            text.to_owned(),
            |text, (pattern, replacement)| {
                let pattern = Regex::new(pattern).ok()?;
                Some(pattern.replace_all(&text, replacement.as_str()).into_owned())
            },
        )
    };
    (!rules.is_empty() && apply(recorded)? == apply(sent)?).then_some(rules)
}

fn has_digit(word: &str) -> bool {
    word.bytes().any(|byte| byte.is_ascii_digit())
}

/// The beginning and the end that two words share, without digits and letters next to what differs.
fn shared_ends<'t>(old: &'t str, new: &str) -> (&'t str, &'t str) {
    let is_mark = |c: char| !c.is_alphanumeric();
    let head = old.chars().zip(new.chars()).take_while(|(a, b)| a == b);
    let head: usize = head.map(|(a, _)| a.len_utf8()).sum();
    let head = old[..head]
        .rfind(is_mark)
        .map_or(0, |at| at + old[at..].chars().next().map_or(0, char::len_utf8));
    let rest = (&old[head..], &new[head..]);
    let tail = rest.0.chars().rev().zip(rest.1.chars().rev()).take_while(|(a, b)| a == b);
    let tail: usize = tail.map(|(a, _)| a.len_utf8()).sum();
    let from = old.len() - tail;
    let from = old[from..].find(is_mark).map_or(old.len(), |at| from + at);
    (&old[..head], &old[from..])
}

fn texts(difference: &Difference) -> Option<(String, String)> {
    let text = |json: &Option<String>| serde_json::from_str::<String>(json.as_deref()?).ok();
    Some((text(&difference.recorded)?, text(&difference.sent)?))
}

fn literal(text: &str) -> String {
    format!("\"{}\"", text.escape_default().to_string().replace("\\'", "'"))
}

#[cfg(test)]
mod tests;
