//! A body after a test's own rules: without ignored values, with normalized texts, forms as objects.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt::Write as _;

use llmock_rules::JsonPath;

use super::rules::{Normalize, Rules};
use crate::fixture::interaction::{Body, Part, PartValue};
use crate::json::path::{Location, Step, locate};
use crate::json::{self, Json, JsonStr};

/// A body as it is compared.
pub(crate) enum ComparedBody<'t> {
    Empty,
    Json(&'t Json<'t>),
    /// The parts of a form as the members of an object.
    Form(&'t Json<'t>),
    Text(&'t str),
    Bytes(&'t [u8]),
}

/// Calls `then` with the body as it is compared; everything that it borrows lives for that call.
pub(crate) fn examine<R>(
    body: &Body,
    rules: &Rules,
    then: impl FnOnce(ComparedBody<'_>) -> R,
) -> R {
    if rules.ignore.iter().any(selects_everything) {
        return then(ComparedBody::Empty);
    }
    match body {
        Body::Empty => then(ComparedBody::Empty),
        Body::Bytes(bytes) => then(ComparedBody::Bytes(bytes)),
        Body::Text(text) => then(ComparedBody::Text(&evened_text(text, rules))),
        Body::Form(parts) => match json::parse(&object_of(parts)) {
            Ok(tree) => evened(tree, rules, |tree| then(ComparedBody::Form(tree))),
            Err(_) => then(ComparedBody::Empty),
        },
        Body::Json(text) => match json::parse(text) {
            Ok(tree) => evened(tree, rules, |tree| then(ComparedBody::Json(tree))),
            // A fixture written by hand may claim more than its text keeps.
            Err(_) => then(ComparedBody::Text(&evened_text(text, rules))),
        },
    }
}

fn selects_everything(path: &JsonPath) -> bool {
    path.as_str() == "$"
}

/// Text has no members: only the path of the whole body selects it.
fn evened_text<'t>(text: &'t str, rules: &Rules) -> Cow<'t, str> {
    let mut text = Cow::Borrowed(text);
    for rule in rules.normalize.iter().filter(|rule| selects_everything(&rule.path)) {
        text = Cow::Owned(rule.apply(&text).into_owned());
    }
    text
}

/// Every path is evaluated on the body as it was sent, so that rules do not depend on each other.
fn evened<R>(tree: Json<'_>, rules: &Rules, then: impl FnOnce(&Json<'_>) -> R) -> R {
    if rules.ignore.is_empty() && rules.normalize.is_empty() {
        return then(&tree);
    }
    let mut ignored: Vec<_> = rules.ignore.iter().flat_map(|path| locate(path, &tree)).collect();
    // From the end, so that an index still means what it meant.
    ignored.sort_unstable_by(|a, b| b.cmp(a));
    ignored.dedup();
    let texts: Vec<(Location, String)> = rewritten(&tree, &rules.normalize)
        .into_iter()
        .map(|(location, text)| (location, json::quote(&text)))
        .collect();
    let mut tree: Json<'_> = tree;
    for (location, quoted) in &texts {
        replace(&mut tree, &location.0, JsonStr::from_quoted(quoted));
    }
    for location in &ignored {
        remove(&mut tree, &location.0);
    }
    then(&tree)
}

/// The new text of every string that a rule selects, also inside a selected value.
fn rewritten(tree: &Json<'_>, rules: &[Normalize]) -> BTreeMap<Location, String> {
    let mut texts = BTreeMap::new();
    for rule in rules {
        for location in locate(&rule.path, tree) {
            let Some(value) = resolve(tree, &location.0) else { continue };
            for (location, text) in strings(location, value) {
                let text = texts.entry(location).or_insert(text);
                *text = rule.apply(text).into_owned();
            }
        }
    }
    texts
}

impl Normalize {
    fn apply<'t>(&self, text: &'t str) -> Cow<'t, str> {
        self.pattern.replace_all(text, self.replacement.as_str())
    }
}

fn strings(from: Location, value: &Json<'_>) -> Vec<(Location, String)> {
    let inside = |step: Step| {
        let mut location = from.clone();
        location.0.push(step);
        location
    };
    match value {
        Json::String(text) => vec![(from, text.decode().into_owned())],
        Json::Array(items) => {
            let items = items.iter().enumerate();
            items.flat_map(|(at, item)| strings(inside(Step::Index(at)), item)).collect()
        }
        Json::Object(members) => members
            .iter()
            .flat_map(|(name, value)| {
                strings(inside(Step::Name(name.decode().into_owned())), value)
            })
            .collect(),
        Json::Null | Json::Bool(_) | Json::Number(_) => Vec::new(),
    }
}

fn resolve<'t, 'a>(tree: &'t Json<'a>, steps: &[Step]) -> Option<&'t Json<'a>> {
    steps.iter().try_fold(tree, |value, step| match step {
        Step::Name(name) => value.get(name),
        Step::Index(at) => value.at(*at),
    })
}

fn child<'t, 'a>(tree: &'t mut Json<'a>, step: &Step) -> Option<&'t mut Json<'a>> {
    match (tree, step) {
        (Json::Array(items), Step::Index(at)) => items.get_mut(*at),
        (Json::Object(members), Step::Name(name)) => {
            members.iter_mut().find(|(key, _)| key.is(name)).map(|(_, value)| value)
        }
        _ => None,
    }
}

fn replace<'a>(tree: &mut Json<'a>, steps: &[Step], text: JsonStr<'a>) {
    match steps {
        [] => *tree = Json::String(text),
        [step, rest @ ..] => {
            if let Some(value) = child(tree, step) {
                replace(value, rest, text);
            }
        }
    }
}

fn remove(tree: &mut Json<'_>, steps: &[Step]) {
    match (tree, steps) {
        (Json::Array(items), [Step::Index(at)]) if *at < items.len() => {
            items.remove(*at);
        }
        (Json::Object(members), [Step::Name(name)]) => members.retain(|(key, _)| !key.is(name)),
        (tree, [step, rest @ ..]) => {
            if let Some(value) = child(tree, step) {
                remove(value, rest);
            }
        }
        (_, []) => {}
    }
}

/// A form as JSON: a plain field is its text, everything with a file name is an object.
fn object_of(parts: &[Part]) -> String {
    let mut out = String::from("{");
    for (at, part) in parts.iter().enumerate() {
        let comma = if at == 0 { "" } else { "," };
        let _ = write!(out, "{comma}{}:", json::quote(&part.name));
        match (&part.value, &part.filename) {
            (PartValue::Text(text), None) => out.push_str(&json::quote(text)),
            (value, filename) => {
                match value {
                    PartValue::Text(text) => {
                        let _ = write!(out, "{{\"text\":{}", json::quote(text));
                    }
                    PartValue::File { sha256, bytes } => {
                        let _ =
                            write!(out, "{{\"bytes\":{bytes},\"sha256\":{}", json::quote(sha256));
                    }
                }
                for (name, value) in [("content_type", &part.content_type), ("filename", filename)]
                {
                    if let Some(value) = value {
                        let _ = write!(out, ",\"{name}\":{}", json::quote(value));
                    }
                }
                out.push('}');
            }
        }
    }
    out.push('}');
    out
}
