//! What schemas of one value say about it together: its types, the values that they name, and the names of properties.

use super::choices::Together;
use super::valid;
use crate::json::{self, Json};

/// Values that the schemas name, and whether no other is allowed.
pub(super) fn given<'a, 'b>(together: &Together<'a, 'b>) -> Vec<(&'b Json<'a>, bool)> {
    let mut all = Vec::new();
    for schema in together {
        all.extend(schema.get("const").map(|value| (value, true)));
        all.extend(schema.items("enum").iter().map(|value| (value, true)));
    }
    if all.is_empty() {
        for schema in together {
            let default = schema.get("default").filter(|value| !value.is_null());
            all.extend(default.map(|value| (value, false)));
            all.extend(schema.items("examples").iter().map(|value| (value, false)));
            all.extend(schema.get("example").map(|value| (value, false)));
        }
    }
    all
}

/// The types that all of the schemas allow, the preferred one first.
pub(super) fn kinds(together: &Together<'_, '_>, ends: bool) -> Vec<String> {
    let mut kinds: Option<Vec<String>> = None;
    for schema in together {
        let mut own = valid::types(schema);
        if own.is_empty() {
            continue;
        }
        if schema.get("nullable") == Some(&Json::Bool(true)) {
            own.push("null".to_owned());
        }
        kinds = Some(match kinds {
            None => own,
            Some(known) => known.into_iter().filter_map(|kind| common(kind, &own)).collect(),
        });
    }
    let mut kinds = kinds.unwrap_or_else(|| implied(together));
    kinds.sort_by_key(|kind| (kind == "null") ^ ends);
    kinds.dedup();
    kinds
}

/// An integer is a number.
fn common(kind: String, own: &[String]) -> Option<String> {
    let has = |name: &str| own.iter().any(|one| one == name);
    match kind.as_str() {
        "number" if !has("number") && has("integer") => Some("integer".to_owned()),
        "integer" if has("number") => Some(kind),
        _ => has(&kind).then_some(kind),
    }
}

/// The types of what schemas without a type say.
fn implied(together: &Together<'_, '_>) -> Vec<String> {
    const OF_OBJECTS: [&str; 7] = [
        "properties",
        "required",
        "additionalProperties",
        "patternProperties",
        "propertyNames",
        "minProperties",
        "dependentRequired",
    ];
    const OF_ARRAYS: [&str; 5] = ["items", "prefixItems", "minItems", "contains", "uniqueItems"];
    const OF_NUMBERS: [&str; 5] =
        ["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"];
    let has = |names: &[&str]| {
        names.iter().any(|name| together.iter().any(|one| one.get(name).is_some()))
    };
    let all = [("object", &OF_OBJECTS[..]), ("array", &OF_ARRAYS), ("number", &OF_NUMBERS)];
    match all.iter().find(|(_, keywords)| has(keywords)) {
        Some((kind, _)) => vec![(*kind).to_owned()],
        None => {
            ["string", "object", "array", "number", "boolean", "null"].map(str::to_owned).into()
        }
    }
}

/// The names of the properties in the order of the schemas, or in Gemini's own.
pub(super) fn declared(together: &Together<'_, '_>) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for schema in together {
        for name in schema.items("propertyOrdering").iter().filter_map(Json::as_str) {
            names.push(name.into_owned());
        }
    }
    names.retain(|name| {
        together.iter().any(|one| one.get("properties").is_some_and(|all| all.get(name).is_some()))
    });
    for schema in together {
        let properties = schema.get("properties").and_then(Json::as_object).unwrap_or_default();
        for name in properties.iter().map(|(name, _)| name.decode()) {
            if !names.iter().any(|known| *known == name) {
                names.push(name.into_owned());
            }
        }
    }
    names
}

pub(super) fn required(together: &Together<'_, '_>) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for name in together.iter().flat_map(|one| one.items("required")).filter_map(Json::as_str) {
        if !names.iter().any(|known| *known == name) {
            names.push(name.into_owned());
        }
    }
    names
}

/// A value of the first type, for what cannot be made.
pub(super) fn fallback(schemas: &[&Json<'_>], word: &str) -> String {
    let first =
        schemas.iter().find_map(|one| valid::types(one).into_iter().find(|kind| kind != "null"));
    match first.as_deref() {
        Some("object") => "{}".to_owned(),
        Some("array") => "[]".to_owned(),
        Some("integer" | "number") => "0".to_owned(),
        Some("boolean") => "false".to_owned(),
        Some("string") => json::quote(word),
        _ => "null".to_owned(),
    }
}
