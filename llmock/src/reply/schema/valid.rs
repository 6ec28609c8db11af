//! Whether a schema allows a value: JSON Schema 2020-12 with what older drafts and Gemini write differently.

use std::cmp::Ordering;

use super::decimal::Decimal;
use super::pattern::Pattern;
use super::texts;
use crate::json::number::canonical;
use crate::json::{self, Json};

/// References may lead in a circle.
const DEEPEST: usize = 128;

/// Checks values by the schemas of one document.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Validator<'a, 'b> {
    pub(crate) root: &'b Json<'a>,
}

/// Whether a text is JSON that the schema allows.
pub(crate) fn allows(schema: &Json<'_>, text: &str) -> bool {
    json::parse(text).is_ok_and(|value| Validator { root: schema }.allows(schema, &value))
}

impl<'a, 'b> Validator<'a, 'b> {
    pub(crate) fn allows(self, schema: &'b Json<'a>, value: &Json<'_>) -> bool {
        self.check(schema, value, 0)
    }

    /// `#/$defs/Name`, `#Name` of an anchor, the `$id` of a schema, or `#` alone.
    pub(crate) fn referenced(self, reference: &str) -> Option<&'b Json<'a>> {
        let Some(path) = reference.strip_prefix('#') else {
            return identified(self.root, "$id", reference);
        };
        if !path.is_empty() && !path.starts_with('/') {
            return ["$anchor", "$dynamicAnchor"]
                .iter()
                .find_map(|keyword| identified(self.root, keyword, path));
        }
        path.split('/').skip(1).try_fold(self.root, |value, step| {
            let step = percent_encoding::percent_decode_str(step).decode_utf8_lossy();
            let step = step.replace("~1", "/").replace("~0", "~");
            match value {
                Json::Array(items) => items.get(step.parse::<usize>().ok()?),
                _ => value.get(&step),
            }
        })
    }

    fn check(self, schema: &'b Json<'a>, value: &Json<'_>, depth: usize) -> bool {
        match schema {
            Json::Bool(allowed) => return *allowed,
            Json::Object(_) if depth < DEEPEST => {}
            _ => return true,
        }
        if value.is_null() && schema.get("nullable") == Some(&Json::Bool(true)) {
            return true;
        }
        has_type(schema, value)
            && is_listed(schema, value)
            && self.fits_others(schema, value, depth)
            && match value {
                Json::Number(token) => fits_bounds(schema, token),
                Json::String(text) => texts::fits_all(schema, &text.decode()),
                Json::Array(items) => self.fits_items(schema, items, depth),
                Json::Object(_) => self.fits_members(schema, value, depth),
                _ => true,
            }
    }

    /// The schemas that apply to the same value.
    fn fits_others(self, schema: &'b Json<'a>, value: &Json<'_>, depth: usize) -> bool {
        let check = |one: &'b Json<'a>| self.check(one, value, depth + 1);
        let list = |name: &str| schema.get(name).and_then(Json::as_array);
        let reference = ["$ref", "$dynamicRef"].iter().find_map(|name| schema.text(name));
        let target = reference.map(|reference| self.referenced(&reference));
        let branch = schema
            .get("if")
            .and_then(|condition| schema.get(if check(condition) { "then" } else { "else" }));
        target.is_none_or(|target| target.is_none_or(check))
            && list("allOf").is_none_or(|all| all.iter().all(check))
            && list("anyOf").is_none_or(|any| any.iter().any(check))
            && list("oneOf").is_none_or(|one| one.iter().filter(|one| check(one)).count() == 1)
            && schema.get("not").is_none_or(|not| !check(not))
            && branch.is_none_or(check)
    }

    fn fits_items(self, schema: &'b Json<'a>, items: &[Json<'_>], depth: usize) -> bool {
        let unique = schema.get("uniqueItems") == Some(&Json::Bool(true));
        let is_repeated = |at: usize| items[..at].iter().any(|before| equal(before, &items[at]));
        let contains = schema.get("contains").is_none_or(|wanted| {
            let count = items.iter().filter(|item| self.check(wanted, item, depth + 1)).count();
            (count_of(schema, "minContains").unwrap_or(1)
                ..=count_of(schema, "maxContains").unwrap_or(usize::MAX))
                .contains(&count)
        });
        (count_of(schema, "minItems").unwrap_or(0)
            ..=count_of(schema, "maxItems").unwrap_or(usize::MAX))
            .contains(&items.len())
            && !(unique && (0..items.len()).any(is_repeated))
            && contains
            && items.iter().enumerate().all(|(at, item)| {
                item_schema(schema, at).is_none_or(|one| self.check(one, item, depth + 1))
            })
            && schema.get("unevaluatedItems").is_none_or(|rest| {
                let is_known = |at: usize| self.covers_item(schema, at, depth);
                items
                    .iter()
                    .enumerate()
                    .all(|(at, item)| is_known(at) || self.check(rest, item, depth + 1))
            })
    }

    fn covers_item(self, schema: &'b Json<'a>, at: usize, depth: usize) -> bool {
        depth < DEEPEST
            && (item_schema(schema, at).is_some()
                || self.beside(schema).iter().any(|one| self.covers_item(one, at, depth + 1)))
    }

    fn fits_members(self, schema: &'b Json<'a>, value: &Json<'_>, depth: usize) -> bool {
        let members = value.as_object().unwrap_or_default();
        let has = |name: &str| value.get(name).is_some();
        let limits = count_of(schema, "minProperties").unwrap_or(0)
            ..=count_of(schema, "maxProperties").unwrap_or(usize::MAX);
        let names = schema.get("propertyNames");
        limits.contains(&members.len())
            && schema.items("required").iter().filter_map(Json::as_str).all(|name| has(&name))
            && names.is_none_or(|rule| {
                members.iter().all(|(name, _)| self.check(rule, &Json::String(*name), depth + 1))
            })
            && members.iter().all(|(name, member)| {
                let name = name.decode();
                let own = property_schemas(schema, &name);
                own.iter().all(|one| self.check(one, member, depth + 1))
                    && schema.get("unevaluatedProperties").is_none_or(|rest| {
                        self.covers_member(schema, &name, value, depth)
                            || self.check(rest, member, depth + 1)
                    })
            })
            && self.fits_dependencies(schema, value, depth)
    }

    fn fits_dependencies(self, schema: &'b Json<'a>, value: &Json<'_>, depth: usize) -> bool {
        ["dependentRequired", "dependentSchemas", "dependencies"].iter().all(|keyword| {
            let all = schema.get(keyword).and_then(Json::as_object).unwrap_or_default();
            all.iter().filter(|(name, _)| value.get(&name.decode()).is_some()).all(
                |(_, demanded)| match demanded.as_array() {
                    Some(names) => {
                        names.iter().filter_map(Json::as_str).all(|name| value.get(&name).is_some())
                    }
                    None => self.check(demanded, value, depth + 1),
                },
            )
        })
    }

    /// Whether a schema says anything about a member.
    fn covers_member(
        self,
        schema: &'b Json<'a>,
        name: &str,
        value: &Json<'_>,
        depth: usize,
    ) -> bool {
        depth < DEEPEST
            && (!property_schemas(schema, name).is_empty()
                || self.beside(schema).iter().any(|one| {
                    self.covers_member(one, name, value, depth + 1)
                        && self.check(one, value, depth + 1)
                }))
    }

    /// Schemas of the same value, whether or not it must fit them.
    fn beside(self, schema: &'b Json<'a>) -> Vec<&'b Json<'a>> {
        let lists = ["allOf", "anyOf", "oneOf"].iter().flat_map(|name| schema.items(name));
        let single = ["if", "then", "else"].iter().filter_map(|name| schema.get(name));
        let target = schema.text("$ref").and_then(|reference| self.referenced(&reference));
        lists.chain(single).chain(target).collect()
    }
}

fn has_type(schema: &Json<'_>, value: &Json<'_>) -> bool {
    let kinds = types(schema);
    kinds.is_empty() || kinds.iter().any(|kind| is_of_type(kind, value))
}

fn is_listed(schema: &Json<'_>, value: &Json<'_>) -> bool {
    schema.get("const").is_none_or(|one| equal(one, value))
        && schema
            .get("enum")
            .and_then(Json::as_array)
            .is_none_or(|all| all.iter().any(|one| equal(one, value)))
}

/// The schema with that value of a keyword, anywhere in the document.
fn identified<'a, 'b>(schema: &'b Json<'a>, keyword: &str, value: &str) -> Option<&'b Json<'a>> {
    match schema {
        Json::Object(members) => {
            if schema.get(keyword).and_then(Json::as_str).as_deref() == Some(value) {
                return Some(schema);
            }
            members.iter().find_map(|(_, inner)| identified(inner, keyword, value))
        }
        Json::Array(items) => items.iter().find_map(|inner| identified(inner, keyword, value)),
        _ => None,
    }
}

/// The types that a schema names, in lower case: Gemini writes them in capitals.
pub(crate) fn types(schema: &Json<'_>) -> Vec<String> {
    let lower = |kind: &Json<'_>| kind.as_str().map(|kind| kind.to_lowercase());
    match schema.get("type") {
        Some(Json::Array(several)) => several.iter().filter_map(lower).collect(),
        // of which Gemini's stands for any
        Some(one) => lower(one).filter(|kind| kind != "type_unspecified").into_iter().collect(),
        None => Vec::new(),
    }
}

fn is_of_type(kind: &str, value: &Json<'_>) -> bool {
    match (kind, value) {
        ("null", Json::Null)
        | ("boolean", Json::Bool(_))
        | ("number", Json::Number(_))
        | ("string", Json::String(_))
        | ("array", Json::Array(_))
        | ("object", Json::Object(_)) => true,
        ("integer", Json::Number(token)) => {
            Decimal::parse(token).map_or_else(|| !token.contains(['.', '-']), Decimal::is_integer)
        }
        _ => false,
    }
}

/// A number of a schema; Gemini writes some as texts.
pub(crate) fn count_of(schema: &Json<'_>, name: &str) -> Option<usize> {
    let number = match schema.get(name)? {
        Json::Number(token) => Decimal::parse(token)?.to_string().parse().ok()?,
        Json::String(text) => text.decode().parse().ok()?,
        _ => return None,
    };
    Some(number)
}

/// A bound, and whether it is excluded.
pub(crate) type Bound = (Decimal, bool);

/// The lower and the upper bounds of a schema, with the booleans of draft 4.
pub(crate) fn bounds(schema: &Json<'_>) -> (Vec<Bound>, Vec<Bound>) {
    let number = |name: &str| match schema.get(name) {
        Some(Json::Number(token)) => Decimal::parse(token),
        _ => None,
    };
    let side = |included: &str, excluded: &str| {
        let is_excluded = schema.get(excluded) == Some(&Json::Bool(true));
        let first = number(included).map(|bound| (bound, is_excluded));
        first.into_iter().chain(number(excluded).map(|bound| (bound, true))).collect()
    };
    (side("minimum", "exclusiveMinimum"), side("maximum", "exclusiveMaximum"))
}

pub(crate) fn fits_bounds(schema: &Json<'_>, token: &str) -> bool {
    let Some(number) = Decimal::parse(token) else { return true };
    let (low, high) = bounds(schema);
    let is = |bound: &Bound, side: Ordering| match number.compare(bound.0) {
        Some(Ordering::Equal) => !bound.1,
        Some(order) => order == side,
        None => true,
    };
    let step = match schema.get("multipleOf") {
        Some(Json::Number(token)) => Decimal::parse(token).filter(|step| *step != Decimal::ZERO),
        _ => None,
    };
    low.iter().all(|bound| is(bound, Ordering::Greater))
        && high.iter().all(|bound| is(bound, Ordering::Less))
        && step.is_none_or(|step| number.is_multiple_of(step))
}

/// The schema of the element at this place; `None` if there is none.
pub(crate) fn item_schema<'a, 'b>(schema: &'b Json<'a>, at: usize) -> Option<&'b Json<'a>> {
    // draft 7 has the first elements in `items`, and the others in `additionalItems`
    let (first, others) = match schema.get("items") {
        Some(Json::Array(first)) => (first.as_slice(), schema.get("additionalItems")),
        others => (schema.items("prefixItems"), others),
    };
    first.get(at).or(others)
}

/// The schemas that apply to a member of this name.
pub(crate) fn property_schemas<'a, 'b>(schema: &'b Json<'a>, name: &str) -> Vec<&'b Json<'a>> {
    let mut found: Vec<&Json<'_>> =
        schema.get("properties").and_then(|all| all.get(name)).into_iter().collect();
    for (pattern, one) in
        schema.get("patternProperties").and_then(Json::as_object).unwrap_or_default()
    {
        if Pattern::new(&pattern.decode()).is_some_and(|pattern| pattern.is_match(name)) {
            found.push(one);
        }
    }
    if found.is_empty() {
        found.extend(schema.get("additionalProperties"));
    }
    found
}

/// Whether two values are the same: `1` is `1.0`, and members have no order.
pub(crate) fn equal(a: &Json<'_>, b: &Json<'_>) -> bool {
    match (a, b) {
        (Json::Number(a), Json::Number(b)) => canonical(a) == canonical(b),
        (Json::String(a), Json::String(b)) => a.decode() == b.decode(),
        (Json::Array(a), Json::Array(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| equal(a, b))
        }
        (Json::Object(members), Json::Object(others)) => {
            members.len() == others.len()
                && members.iter().all(|(name, value)| {
                    b.get(&name.decode()).is_some_and(|other| equal(value, other))
                })
        }
        (Json::Null, Json::Null) => true,
        (Json::Bool(a), Json::Bool(b)) => a == b,
        _ => false,
    }
}
