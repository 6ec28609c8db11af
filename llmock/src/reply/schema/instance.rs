//! An instance of a JSON schema.
//!
//! It has every property, so that a program sees each of them once; below [`DEEPEST`] only those that are required,
//! which ends schemas that contain themselves.

use std::fmt::Write as _;

use super::texts;
use crate::json::layout::{self, Layout};
use crate::json::{self, Json};

/// From this depth on objects have only what is required, and arrays only as many elements as they must.
const DEEPEST: usize = 6;

/// Schemas that demand more than this are endless.
const ENDLESS: usize = 64;

/// Why there is no instance.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("cannot make an instance of the JSON schema: {reason} at `{place}`")]
pub(crate) struct NoInstance {
    reason: String,
    /// As a path: `$.items.name`.
    place: String,
}

/// The compact JSON of an instance.
pub(crate) fn instance(schema: &Json<'_>) -> Result<String, NoInstance> {
    let mut maker = Maker { root: schema, out: String::new(), place: vec!["$".to_owned()] };
    maker.value(schema)?;
    Ok(maker.out)
}

struct Maker<'a, 'b> {
    root: &'b Json<'a>,
    out: String,
    place: Vec<String>,
}

impl<'a, 'b> Maker<'a, 'b> {
    fn fail<T>(&self, reason: impl Into<String>) -> Result<T, NoInstance> {
        Err(NoInstance { reason: reason.into(), place: self.place.join(".") })
    }

    fn inside(
        &mut self,
        step: impl Into<String>,
        make: impl FnOnce(&mut Self) -> Result<(), NoInstance>,
    ) -> Result<(), NoInstance> {
        if self.place.len() > ENDLESS {
            return self.fail("it has no end");
        }
        self.place.push(step.into());
        make(self)?;
        self.place.pop();
        Ok(())
    }

    fn is_deep(&self) -> bool {
        self.place.len() > DEEPEST
    }

    fn value(&mut self, schema: &'b Json<'a>) -> Result<(), NoInstance> {
        match schema {
            Json::Bool(false) => return self.fail("nothing is allowed"),
            Json::Object(_) => {}
            _ => {
                self.out.push_str("{}");
                return Ok(());
            }
        }
        if let Some(value) = given(schema) {
            self.out.push_str(&layout::print(value, Layout::Compact));
            return Ok(());
        }
        if let Some(reference) = schema.text("$ref") {
            let Some(target) = self.referenced(&reference) else {
                return self.fail(format!("`{reference}` is not defined"));
            };
            return self.inside("$ref", |maker| {
                // A reference alone is no step into the value, but it may lead back here.
                maker.value(target)
            });
        }
        if let Some(one) = ["anyOf", "oneOf"].iter().find_map(|name| self.alternative(schema, name))
        {
            return self.value(one);
        }
        match Self::kind(schema) {
            Some("object") => self.object(schema),
            Some("array") => self.array(schema),
            Some("string") | None => self.text(schema),
            Some("integer") => self.number(schema, true),
            Some("number") => self.number(schema, false),
            Some("boolean") => {
                self.out.push_str("true");
                Ok(())
            }
            Some("null") => {
                self.out.push_str("null");
                Ok(())
            }
            Some(other) => self.fail(format!("`{other}` is not a type")),
        }
    }

    /// `#/$defs/Name`, or `#` alone.
    fn referenced(&self, reference: &str) -> Option<&'b Json<'a>> {
        let path = reference.strip_prefix('#')?;
        path.split('/').skip(1).try_fold(self.root, |value, step| {
            value.get(&step.replace("~1", "/").replace("~0", "~"))
        })
    }

    /// The first alternative that is not `null`; the last one where schemas may have no end.
    fn alternative(&self, schema: &'b Json<'a>, name: &str) -> Option<&'b Json<'a>> {
        let all = schema.items(name);
        let is_null = |one: &&Json<'_>| one.text("type").as_deref() == Some("null");
        let ends = |one: &&Json<'_>| one.get("$ref").is_none() && one.get("properties").is_none();
        if self.is_deep() {
            return all.iter().find(is_null).or_else(|| all.iter().find(ends)).or(all.first());
        }
        all.iter().find(|one| !is_null(one)).or(all.first())
    }

    fn kind(schema: &Json<'_>) -> Option<&'static str> {
        const KINDS: [&str; 7] =
            ["object", "array", "string", "integer", "number", "boolean", "null"];
        let kinds = schema.get("type");
        let all: Vec<String> = match kinds {
            Some(Json::Array(several)) => {
                several.iter().filter_map(Json::as_str).map(|kind| kind.to_lowercase()).collect()
            }
            // Gemini writes types in capitals.
            Some(one) => one.as_str().map(|kind| kind.to_lowercase()).into_iter().collect(),
            None => Vec::new(),
        };
        let named = all.iter().find(|kind| *kind != "null").or(all.first());
        if let Some(named) = named {
            let known = KINDS.into_iter().find(|kind| kind == named);
            return Some(known.unwrap_or("unknown"));
        }
        let has = |names: &[&str]| names.iter().any(|name| schema.get(name).is_some());
        if has(&["properties", "required", "allOf", "additionalProperties"]) {
            Some("object")
        } else if has(&["items", "prefixItems", "minItems"]) {
            Some("array")
        } else if has(&["minimum", "maximum", "exclusiveMinimum", "multipleOf"]) {
            Some("number")
        } else {
            None
        }
    }

    fn object(&mut self, schema: &'b Json<'a>) -> Result<(), NoInstance> {
        let mut members: Vec<(String, &'b Json<'a>)> = Vec::new();
        let mut required: Vec<String> = Vec::new();
        self.members(schema, &mut members, &mut required, 0)?;
        for name in &required {
            if !members.iter().any(|(known, _)| known == name) {
                members.push((name.clone(), &Json::Null));
            }
        }
        self.out.push('{');
        let mut is_first = true;
        for (name, value) in members {
            if self.is_deep() && !required.contains(&name) {
                continue;
            }
            if !std::mem::take(&mut is_first) {
                self.out.push(',');
            }
            self.out.push_str(&json::quote(&name));
            self.out.push(':');
            self.inside(name, |maker| maker.value(value))?;
        }
        self.out.push('}');
        Ok(())
    }

    /// The properties of an object, and of the schemas that it must fulfil too.
    fn members(
        &self,
        schema: &'b Json<'a>,
        members: &mut Vec<(String, &'b Json<'a>)>,
        required: &mut Vec<String>,
        depth: usize,
    ) -> Result<(), NoInstance> {
        if depth > ENDLESS {
            return self.fail("`allOf` has no end");
        }
        required.extend(schema.items("required").iter().filter_map(Json::as_str).map(String::from));
        let properties = schema.get("properties").and_then(Json::as_object).unwrap_or_default();
        for (name, value) in properties {
            let name = name.decode().into_owned();
            match members.iter_mut().find(|(known, _)| *known == name) {
                Some((_, known)) => *known = value,
                None => members.push((name, value)),
            }
        }
        for more in schema.items("allOf") {
            let target = match more.text("$ref") {
                Some(reference) => self.referenced(&reference),
                None => Some(more),
            };
            match target {
                Some(target) => self.members(target, members, required, depth + 1)?,
                None => return self.fail("`allOf` refers to what is not defined"),
            }
        }
        Ok(())
    }

    fn array(&mut self, schema: &'b Json<'a>) -> Result<(), NoInstance> {
        let least = schema.get("minItems").and_then(Json::as_u64);
        let most = schema.get("maxItems").and_then(Json::as_u64).unwrap_or(u64::MAX);
        let prefix = schema.items("prefixItems");
        let usual = if self.is_deep() { 0 } else { prefix.len().max(1) as u64 };
        let count = least.unwrap_or(usual).max(prefix.len() as u64).min(most);
        if count > 1000 {
            return self.fail("it demands more than 1000 elements");
        }
        let is_unique = schema.get("uniqueItems") == Some(&Json::Bool(true));
        let mut made: Vec<String> = Vec::new();
        for at in 0..usize::try_from(count).unwrap_or_default() {
            let item = prefix.get(at).or_else(|| schema.get("items")).unwrap_or(&Json::Null);
            let start = self.out.len();
            self.inside(at.to_string(), |maker| maker.value(item))?;
            let mut element = self.out.split_off(start);
            if is_unique && made.contains(&element) {
                element = self.another(item, &element, at, &made)?;
            }
            made.push(element);
        }
        self.out.push('[');
        self.out.push_str(&made.join(","));
        self.out.push(']');
        Ok(())
    }

    /// An element that no other one is equal to.
    fn another(
        &self,
        item: &Json<'_>,
        element: &str,
        at: usize,
        made: &[String],
    ) -> Result<String, NoInstance> {
        let values = item.items("enum").iter().map(|value| layout::print(value, Layout::Compact));
        let number = element
            .parse::<i64>()
            .ok()
            .map(|number| number.saturating_add(i64::try_from(at).unwrap_or(i64::MAX)).to_string());
        let text = element.strip_suffix('"').map(|text| format!("{text}{}\"", at + 1));
        let is_new = |value: &String| !made.contains(value);
        match values.chain(number).chain(text).find(is_new) {
            Some(value) => Ok(value),
            None => self.fail("its elements cannot all differ"),
        }
    }

    fn text(&mut self, schema: &Json<'_>) -> Result<(), NoInstance> {
        let length = |name: &str| {
            let length = schema.get(name).and_then(Json::as_u64)?;
            usize::try_from(length).ok()
        };
        let demanded = texts::Demanded {
            format: schema.text("format"),
            pattern: schema.text("pattern"),
            least: length("minLength").unwrap_or_default(),
            most: length("maxLength").unwrap_or(usize::MAX),
        };
        match texts::text(&demanded) {
            Ok(text) => {
                json::push_quoted(&mut self.out, &text);
                Ok(())
            }
            Err(reason) => self.fail(reason),
        }
    }

    fn number(&mut self, schema: &Json<'_>, is_integer: bool) -> Result<(), NoInstance> {
        let bound = |name: &str| match schema.get(name) {
            Some(Json::Number(token)) => token.parse::<f64>().ok(),
            _ => None,
        };
        let step = bound("multipleOf").filter(|step| *step > 0.0);
        let unit = step.unwrap_or(if is_integer { 1.0 } else { 0.5 });
        let (least, above) = (bound("minimum"), bound("exclusiveMinimum"));
        let (most, below) = (bound("maximum"), bound("exclusiveMaximum"));
        let fits = |value: f64| {
            least.is_none_or(|least| value >= least)
                && above.is_none_or(|above| value > above)
                && most.is_none_or(|most| value <= most)
                && below.is_none_or(|below| value < below)
        };
        let up = |value: f64| (value / unit).ceil() * unit;
        let down = |value: f64| (value / unit).floor() * unit;
        let usual = [if step.is_some() { unit } else { 1.0 }, 0.0];
        let low = [least.or(above)].into_iter().flatten().flat_map(|low| [up(low), up(low) + unit]);
        let high = [most.or(below)].into_iter().flatten();
        let high = high.flat_map(|high| [down(high), down(high) - unit]);
        let middle = match (least.or(above), most.or(below)) {
            (Some(low), Some(high)) if !is_integer && step.is_none() => {
                Some(f64::midpoint(low, high))
            }
            _ => None,
        };
        let mut candidates = usual.into_iter().chain(low).chain(high).chain(middle);
        let Some(value) = candidates.find(|value| fits(*value)) else {
            return self.fail("no number is between its bounds");
        };
        // A float of a whole number has no point, which is right for integers too.
        let _ = write!(self.out, "{value}");
        Ok(())
    }
}

/// A value that the schema names.
fn given<'a, 'b>(schema: &'b Json<'a>) -> Option<&'b Json<'a>> {
    let first = |name: &str| schema.items(name).first();
    schema
        .get("const")
        .or_else(|| first("enum"))
        .or_else(|| schema.get("default"))
        .or_else(|| first("examples"))
}

#[cfg(test)]
mod tests;
