//! How serde reads the values of a configuration. Null is the default of the type; the tree that makes the
//! configuration has none.

use std::fmt;
use std::marker::PhantomData;
use std::str::FromStr;
use std::time;

use llmock_rules::{Duration, Problem, Share};
use serde::Deserialize;
use serde::de::{DeserializeOwned, Deserializer, Error as _, SeqAccess, Visitor};
use serde_json::Value;

/// A value that its own parser reads from a string.
#[derive(PartialEq, Eq, Hash)]
pub(super) struct Parsed<T>(pub(super) T);

impl<'de, T: FromStr<Err = Problem>> Deserialize<'de> for Parsed<T> {
    fn deserialize<D: Deserializer<'de>>(value: D) -> Result<Self, D::Error> {
        String::deserialize(value)?.parse().map(Self).map_err(D::Error::custom)
    }
}

/// A value as serde reads it.
pub(super) fn nullable<'de, D, T>(value: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de> + Default,
{
    Option::deserialize(value).map(Option::unwrap_or_default)
}

/// A value whose type is not coerced: `'true'` is a string.
pub(in crate::serve) fn strict<'de, D, T>(value: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: DeserializeOwned + Default,
{
    let value: Option<T> =
        serde_json::from_value(Value::deserialize(value)?).map_err(D::Error::custom)?;
    Ok(value.unwrap_or_default())
}

/// A value that `parse` reads from text or a number.
pub(super) fn scalar<'de, D: Deserializer<'de>, T: Default>(
    value: D,
    parse: impl FnOnce(&str) -> Result<T, Problem>,
) -> Result<T, D::Error> {
    let read = match Value::deserialize(value)? {
        Value::Null => return Ok(T::default()),
        Value::String(text) => parse(&text),
        other => parse(&other.to_string()),
    };
    read.map_err(D::Error::custom)
}

pub(in crate::serve) fn duration<'de, D: Deserializer<'de>>(
    value: D,
) -> Result<time::Duration, D::Error> {
    scalar(value, |text| Duration::parse(text).map(|duration| duration.0))
}

pub(in crate::serve) fn share<'de, D: Deserializer<'de>>(value: D) -> Result<f64, D::Error> {
    scalar(value, |text| Share::parse(text).map(|share| share.0))
}

pub(in crate::serve) fn rate<'de, D: Deserializer<'de>>(value: D) -> Result<f64, D::Error> {
    scalar(value, number)
}

/// A number that is not negative.
pub(in crate::serve) fn number(text: &str) -> Result<f64, Problem> {
    let is_plain = text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    text.parse().ok().filter(|_| is_plain).ok_or_else(|| no_number(text))
}

pub(super) fn no_number(text: &str) -> Problem {
    Problem::new(format!("invalid number `{text}`: expected a number that is not negative"))
}

/// A list of strings; one string is a list of itself.
pub(in crate::serve) fn list<'de, D, T>(value: D) -> Result<Vec<T>, D::Error>
where
    D: Deserializer<'de>,
    T: FromStr<Err = Problem>,
{
    value.deserialize_any(ListVisitor(PhantomData)).map(Option::unwrap_or_default)
}

/// The same with at least one element.
pub(super) fn some<'de, D, T>(value: D) -> Result<Vec<T>, D::Error>
where
    D: Deserializer<'de>,
    T: FromStr<Err = Problem>,
{
    match value.deserialize_any(ListVisitor(PhantomData))? {
        Some(all) if all.is_empty() => Err(D::Error::custom("empty list: name at least one")),
        all => Ok(all.unwrap_or_default()),
    }
}

struct ListVisitor<T>(PhantomData<T>);

impl<'de, T: FromStr<Err = Problem>> Visitor<'de> for ListVisitor<T> {
    type Value = Option<Vec<T>>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list")
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Self::Value, E> {
        text.parse().map(|one| Some(vec![one])).map_err(E::custom)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<Self::Value, A::Error> {
        let mut all = Vec::new();
        while let Some(Parsed(one)) = elements.next_element()? {
            all.push(one);
        }
        Ok(Some(all))
    }
}
