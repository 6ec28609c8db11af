//! A body after a test's own rules: without ignored values, with normalized texts, forms as objects.

use std::borrow::Cow;
use std::collections::BTreeMap;

use llmock_rules::{JsonPath, Place};
use url::form_urlencoded;

use super::contents;
use super::order;
use super::rules::{MatchRules, Normalize};
use crate::fixture::interaction::{Body, Part, PartValue};
use crate::json::path::{Location, Step, locate};
use crate::json::write::object;
use crate::json::{self, Json, JsonStr};

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
    rules: &MatchRules,
    then: impl FnOnce(ComparedBody<'_>) -> R,
) -> R {
    if rules.ignored_in_body().any(selects_everything) {
        return then(ComparedBody::Empty);
    }
    match body {
        Body::Empty => then(ComparedBody::Empty),
        Body::Bytes(bytes) => then(ComparedBody::Bytes(bytes)),
        Body::Text(text) => {
            let text = evened_text(text, rules);
            match fields_of(&text).as_deref().map(json::parse) {
                Some(Ok(tree)) => evened(tree, rules, |tree| then(ComparedBody::Form(tree))),
                _ => then(ComparedBody::Text(&text)),
            }
        }
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
fn evened_text<'t>(text: &'t str, rules: &MatchRules) -> Cow<'t, str> {
    let mut text = Cow::Borrowed(text);
    let reaches_text = |place: &Place| place.json_path().is_some_and(selects_everything);
    for rule in rules.normalize.iter().filter(|rule| reaches_text(&rule.place)) {
        text = Cow::Owned(rule.apply(&text).into_owned());
    }
    let reaching = rules.contains.iter().filter(|rule| selects_everything(&rule.path));
    match contents::found(reaching, &[&text]) {
        Some(found) => Cow::Owned(found),
        None => text,
    }
}

/// Every path is evaluated on the body as it was sent, so that rules do not depend on each other.
fn evened<R>(tree: Json<'_>, rules: &MatchRules, then: impl FnOnce(&Json<'_>) -> R) -> R {
    let has_no_rule = rules.ignore.is_empty()
        && rules.normalize.is_empty()
        && rules.unordered.is_empty()
        && rules.contains.is_empty();
    if has_no_rule {
        return then(&tree);
    }
    let mut ignored: Vec<_> =
        rules.ignored_in_body().flat_map(|path| locate(path, &tree)).collect();
    // From the end, so that an index still means what it meant.
    ignored.sort_unstable_by(|a, b| b.cmp(a));
    ignored.dedup();
    let texts = rewritten(&tree, &rules.normalize).into_iter();
    let texts: Vec<_> = texts.map(|(location, text)| (location, json::quote(&text))).collect();
    let contents = contents::contained(&tree, &rules.contains);
    let mut tree = tree;
    for (location, quoted) in &texts {
        if let Some(value) = order::at(&mut tree, &location.0) {
            *value = Json::String(JsonStr::from_quoted(quoted));
        }
    }
    for (location, texts) in &contents {
        if let (Some(value), Ok(texts)) = (order::at(&mut tree, &location.0), json::parse(texts)) {
            *value = texts;
        }
    }
    for location in &ignored {
        remove(&mut tree, &location.0);
    }
    without_order(tree, &rules.unordered, then)
}

/// After the other rules: what these remove or rewrite must not decide about the order.
fn without_order<R>(
    mut tree: Json<'_>,
    paths: &[JsonPath],
    then: impl FnOnce(&Json<'_>) -> R,
) -> R {
    let located = order::located(paths, &tree);
    let texts: Vec<_> = located
        .iter()
        .map(|at| order::at(&mut tree, &at.0).and_then(|value| order::sorted_text(value)))
        .collect();
    let mut tree = tree;
    for (location, text) in located.iter().zip(&texts) {
        let Some(value) = order::at(&mut tree, &location.0) else { continue };
        match text {
            Some(quoted) => *value = Json::String(JsonStr::from_quoted(quoted)),
            None => order::sort(value),
        }
    }
    then(&tree)
}

/// The new text of every string that a rule selects, also inside a selected value.
fn rewritten(tree: &Json<'_>, rules: &[Normalize]) -> BTreeMap<Location, String> {
    let mut texts = BTreeMap::new();
    for rule in rules {
        for location in rule.place.json_path().into_iter().flat_map(|path| locate(path, tree)) {
            let value = location.0.iter().try_fold(tree, |value, step| match step {
                Step::Name(name) => value.get(name),
                Step::Index(at) => value.at(*at),
            });
            let Some(value) = value else { continue };
            for (location, text) in strings(location, value) {
                let text = texts.entry(location).or_insert(text);
                *text = rule.apply(text).into_owned();
            }
        }
    }
    texts
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
        Json::Object(members) => {
            let step = |name: &JsonStr<'_>| Step::Name(name.decode().into_owned());
            members.iter().flat_map(|(name, value)| strings(inside(step(name)), value)).collect()
        }
        Json::Null | Json::Bool(_) | Json::Number(_) => Vec::new(),
    }
}

fn remove(tree: &mut Json<'_>, location: &[Step]) {
    let Some((last, above)) = location.split_last() else { return };
    match (order::at(tree, above), last) {
        (Some(Json::Array(items)), Step::Index(at)) if *at < items.len() => {
            items.remove(*at);
        }
        (Some(Json::Object(members)), Step::Name(name)) => members.retain(|(key, _)| !key.is(name)),
        _ => {}
    }
}

/// The fields of `application/x-www-form-urlencoded` text as JSON; `None` for any other text.
///
/// The content type of a request is not stored, so the text decides: nothing else consists of names and values in this
/// alphabet. <https://url.spec.whatwg.org/#urlencoded-serializing>, and what hand-written clients leave unescaped.
fn fields_of(text: &str) -> Option<String> {
    let is_encoded =
        |byte: u8| byte.is_ascii_alphanumeric() || b"*-._+%=&[]:~!'(),;/@$".contains(&byte);
    let has_name = |pair: &str| pair.split_once('=').is_some_and(|(name, _)| !name.is_empty());
    if !text.bytes().all(is_encoded) || !text.split('&').all(has_name) {
        return None;
    }
    let members = form_urlencoded::parse(text.as_bytes())
        .map(|(name, value)| format!("{}:{}", json::quote(&name), json::quote(&value)));
    Some(format!("{{{}}}", members.collect::<Vec<_>>().join(",")))
}

/// A form as JSON: a plain field is its text, everything with a file name is an object.
fn object_of(parts: &[Part]) -> String {
    let value = |part: &Part| {
        let value = match (&part.value, &part.filename) {
            (PartValue::Text(text), None) => return json::quote(text),
            (PartValue::Text(text), Some(_)) => object! { "text": text },
            (PartValue::File { sha256, bytes }, _) => object! { "bytes": bytes, "sha256": sha256 },
        };
        let value = value.with_some("content_type", part.content_type.as_ref());
        value.with_some("filename", part.filename.as_ref()).into_text()
    };
    let members = parts.iter().map(|part| format!("{}:{}", json::quote(&part.name), value(part)));
    format!("{{{}}}", members.collect::<Vec<_>>().join(","))
}
