//! Arrays without the order of their elements, and texts that are JSON without the order of their members.
//!
//! Programs iterate over a hash map to fill an array, or serialize one into a text: the order differs in each process.

use llmock_rules::JsonPath;

use super::canonical::without_names_of_secrets;
use crate::json::path::{Location, Step, locate};
use crate::json::{self, Json, number};

/// The values that the paths select, inner ones first.
pub(super) fn located(paths: &[JsonPath], tree: &Json<'_>) -> Vec<Location> {
    let mut located: Vec<_> = paths.iter().flat_map(|path| locate(path, tree)).collect();
    located.sort_unstable_by(|a, b| b.0.len().cmp(&a.0.len()).then_with(|| a.cmp(b)));
    located.dedup();
    located
}

/// The quoted text of a string that is JSON, with members in the order of their names.
pub(super) fn sorted_text(value: &Json<'_>) -> Option<String> {
    canonical_text(&value.as_str()?).map(|text| json::quote(&text))
}

/// A JSON object or array in one spelling, in which members are in the order of their names.
pub(super) fn canonical_text(text: &str) -> Option<String> {
    if !text.trim_start().starts_with(['{', '[']) {
        return None;
    }
    let tree = json::parse(text).ok()?;
    let mut out = String::with_capacity(text.len());
    write(&tree, false, &mut out);
    Some(out)
}

/// Puts the elements of an array into an order that does not depend on the one they have.
pub(super) fn sort(value: &mut Json<'_>) {
    if let Json::Array(items) = value {
        items.sort_by_cached_key(|item| {
            let mut text = String::new();
            write(item, true, &mut text);
            text
        });
    }
}

/// `without_nulls`: a member that is `null` is equal to a missing one.
fn write(value: &Json<'_>, without_nulls: bool, out: &mut String) {
    match value {
        Json::Null => out.push_str("null"),
        Json::Bool(value) => out.push_str(if *value { "true" } else { "false" }),
        Json::Number(token) => out.push_str(&number::canonical(token)),
        Json::String(text) => {
            json::push_quoted(out, &without_names_of_secrets(&text.decode()));
        }
        Json::Array(items) => {
            out.push('[');
            for item in items {
                write(item, without_nulls, out);
                out.push(',');
            }
            out.push(']');
        }
        Json::Object(members) => {
            let mut members: Vec<_> = members
                .iter()
                .filter(|(_, value)| !(without_nulls && value.is_null()))
                .map(|(name, value)| (name.decode(), value))
                .collect();
            members.sort_by(|(a, _), (b, _)| a.cmp(b));
            out.push('{');
            for (name, value) in members {
                json::push_quoted(out, &name);
                out.push(':');
                write(value, without_nulls, out);
                out.push(',');
            }
            out.push('}');
        }
    }
}

/// The value at a location, to be changed.
pub(super) fn at<'t, 'a>(tree: &'t mut Json<'a>, location: &[Step]) -> Option<&'t mut Json<'a>> {
    location.iter().try_fold(tree, |value, step| match (value, step) {
        (Json::Array(items), Step::Index(at)) => items.get_mut(*at),
        (Json::Object(members), Step::Name(name)) => {
            members.iter_mut().find(|(key, _)| key.is(name)).map(|(_, value)| value)
        }
        _ => None,
    })
}
