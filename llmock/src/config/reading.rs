//! Reading values of settings, and laying those of two layers over each other.

use llmock_rules::{ContainedText, FieldProblem, JsonPath, Place, Problem, StreamRule};
use regex::Regex;

use super::origin::{Origin, Sourced};
use super::settings::Wrong;
use crate::matching::{Contains, Normalize};

/// The words in braces that stand for an address; anything else in braces is text.
pub(super) fn placeholders(template: &str) -> impl Iterator<Item = &str> {
    let is_id =
        |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-_".contains(&byte);
    let inner = template.split('{').skip(1).filter_map(|rest| rest.split_once('}'));
    inner.map(|(inner, _)| inner).filter(move |inner| {
        inner.starts_with(|first: char| first.is_ascii_lowercase()) && inner.bytes().all(is_id)
    })
}

pub(super) fn normalize(
    (place, pattern, replacement): &(&str, &str, &str),
) -> Result<Normalize, Problem> {
    let place = Place::parse(place)?;
    let pattern = Regex::new(pattern).map_err(|error| {
        // The library draws the pattern with a caret over several lines; its last line has the reason.
        let message = error.to_string();
        let last = message.lines().last().unwrap_or_default().trim_start_matches("error: ");
        Problem::new(format!("invalid regular expression `{pattern}`: {last}"))
    })?;
    Ok(Normalize { place, pattern, replacement: (*replacement).to_owned() })
}

pub(super) fn contains((path, text): &(&str, &str)) -> Result<Contains, Problem> {
    let path = JsonPath::parse(path)?;
    let text = ContainedText::parse(text)?.as_str().to_owned();
    Ok(Contains { path, text })
}

pub(super) fn each<S, T>(
    key: &'static str,
    values: &[S],
    read: impl Fn(&S) -> Result<T, Problem>,
) -> Result<Vec<T>, Wrong> {
    let read = |(index, value)| read(value).map_err(|problem| Wrong { key, index, problem });
    values.iter().enumerate().map(read).collect()
}

pub(super) fn of_field(key: &'static str, wrong: FieldProblem) -> Wrong {
    Wrong { key, index: wrong.index, problem: wrong.problem }
}

pub(super) fn or_field_by_field(
    inner: Sourced<StreamRule>,
    outer: Sourced<StreamRule>,
) -> Sourced<StreamRule> {
    let origin = if inner.origin == Origin::Default { outer.origin } else { inner.origin };
    Sourced { value: inner.value.or(outer.value), origin }
}

/// Of several with one name the first, which is the nearest.
pub(super) fn first_of_each<T, N: PartialEq>(
    all: Vec<Sourced<T>>,
    name: impl Fn(&T) -> N,
) -> Vec<Sourced<T>> {
    let mut first: Vec<Sourced<T>> = Vec::new();
    for one in all {
        if !first.iter().any(|nearer| name(&nearer.value) == name(&one.value)) {
            first.push(one);
        }
    }
    first
}
