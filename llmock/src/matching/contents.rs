//! `contains("$.path", "text")`: what counts of a value is which of the texts it contains.

use std::collections::BTreeMap;

use super::rules::Contains;
use crate::json::path::{Location, Step, locate};
use crate::json::{self, Json};

/// For each value that a path selects and that contains a text of it: the texts, as a JSON array.
pub(super) fn contained(tree: &Json<'_>, rules: &[Contains]) -> BTreeMap<Location, String> {
    let mut all = BTreeMap::new();
    for (at, rule) in rules.iter().enumerate() {
        if rules[..at].iter().any(|earlier| earlier.path == rule.path) {
            continue;
        }
        let same_path = || rules.iter().filter(|other| other.path == rule.path);
        for location in locate(&rule.path, tree) {
            let mut texts = Vec::new();
            if let Some(value) = at_location(tree, &location) {
                strings(value, &mut texts);
            }
            let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
            if let Some(found) = found(same_path(), &texts) {
                all.insert(location, found);
            }
        }
    }
    all
}

/// The texts of these rules that some of the strings contain, as a JSON array; `None` if there is none.
pub(super) fn found<'r>(
    rules: impl Iterator<Item = &'r Contains>,
    strings: &[&str],
) -> Option<String> {
    let is_contained = |rule: &&Contains| strings.iter().any(|text| text.contains(&rule.text));
    let mut texts: Vec<&str> = rules.filter(is_contained).map(|rule| rule.text.as_str()).collect();
    // The order in which a test lists them means nothing.
    texts.sort_unstable();
    texts.dedup();
    let quoted: Vec<_> = texts.into_iter().map(json::quote).collect();
    (!quoted.is_empty()).then(|| format!("[{}]", quoted.join(",")))
}

fn at_location<'t, 'a>(tree: &'t Json<'a>, location: &Location) -> Option<&'t Json<'a>> {
    location.0.iter().try_fold(tree, |value, step| match step {
        Step::Name(name) => value.get(name),
        Step::Index(at) => value.at(*at),
    })
}

fn strings(value: &Json<'_>, texts: &mut Vec<String>) {
    match value {
        Json::String(text) => texts.push(text.decode().into_owned()),
        Json::Array(items) => items.iter().for_each(|item| strings(item, texts)),
        Json::Object(members) => members.iter().for_each(|(_, value)| strings(value, texts)),
        Json::Null | Json::Bool(_) | Json::Number(_) => {}
    }
}
