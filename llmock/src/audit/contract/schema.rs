//! Schemas under strict rules: every object lists its properties and allows no others.
//!
//! <https://developers.openai.com/api/docs/guides/structured-outputs> and
//! <https://platform.claude.com/docs/en/build-with-claude/structured-outputs>

use std::borrow::Cow;

use super::check::is;
use crate::json::Json;

/// Deeper schemas are rejected for that reason alone.
const DEEPEST: usize = 64;

/// The place of the first object that allows other properties: `.properties.a`, empty for the schema itself.
pub(super) fn open_object(schema: &Json<'_>) -> Option<String> {
    find(schema, String::new(), 0, &|object| {
        object.get("additionalProperties").and_then(Json::as_bool) != Some(false)
    })
}

/// The place of the first object that does not require one of its properties, and the name of that property.
pub(super) fn optional_property(schema: &Json<'_>) -> Option<(String, String)> {
    let missing = |object: &Json<'_>| {
        let required: Vec<_> = object.items("required").iter().filter_map(Json::as_str).collect();
        let properties = object.get("properties")?.as_object()?;
        let mut names = properties.iter().map(|(name, _)| name.decode());
        names.find(|name| !required.contains(name)).map(Cow::into_owned)
    };
    let place = find(schema, String::new(), 0, &|object| missing(object).is_some())?;
    let name = at(schema, &place).and_then(missing).unwrap_or_default();
    Some((place, name))
}

fn at<'j>(schema: &'j Json<'j>, place: &str) -> Option<&'j Json<'j>> {
    place.split('.').skip(1).try_fold(schema, |value, step| match step.strip_suffix(']') {
        Some(step) => {
            let (name, index) = step.split_once('[')?;
            value.get(name)?.at(index.parse().ok()?)
        }
        None => value.get(step),
    })
}

fn find(
    schema: &Json<'_>,
    place: String,
    depth: usize,
    is_wrong: &dyn Fn(&Json<'_>) -> bool,
) -> Option<String> {
    if depth > DEEPEST {
        return None;
    }
    let types = schema.items("type").iter().filter_map(Json::as_str);
    let is_object = is(schema, "type", "object") || types.into_iter().any(|one| one == "object");
    if is_object && is_wrong(schema) {
        return Some(place);
    }
    let below = |value: &Json<'_>, step: String| {
        find(value, format!("{place}.{step}"), depth + 1, is_wrong)
    };
    for group in ["properties", "$defs", "definitions"] {
        let members = schema.get(group).and_then(Json::as_object).unwrap_or_default();
        for (name, value) in members {
            let name = name.decode();
            // A name with a dot would not be found again.
            let step = if name.contains(['.', '[']) { continue } else { format!("{group}.{name}") };
            if let Some(found) = below(value, step) {
                return Some(found);
            }
        }
    }
    if let Some(found) = schema.get("items").and_then(|items| below(items, "items".to_owned())) {
        return Some(found);
    }
    let groups = ["anyOf", "oneOf", "allOf"];
    groups.into_iter().find_map(|group| {
        let variants = schema.items(group).iter().enumerate();
        variants.into_iter().find_map(|(index, one)| below(one, format!("{group}[{index}]")))
    })
}
