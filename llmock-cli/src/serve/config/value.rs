//! Reads values of every source: typed scalars of YAML and JSON, and the text of variables and flags.

use std::fmt;
use std::marker::PhantomData;

use llmock_rules::{BaseUrl, Duration, FieldName, JsonPath, Problem, Share, Size, Switch};
use serde::de::value::StrDeserializer;
use serde::de::{DeserializeOwned, Deserializer, Error as _, IntoDeserializer as _};
use serde::de::{SeqAccess, Unexpected, Visitor};
use serde::{Deserialize, forward_to_deserialize_any};

/// A single value before its meaning is checked.
#[derive(Clone, Debug)]
pub(super) enum Scalar {
    Bool(bool),
    Integer(u64),
    Number(f64),
    Text(String),
    /// The text of a variable or a flag, which may stand for any of the others.
    Untyped(String),
}

/// What a single value can be read as.
pub(super) trait FromScalar: Sized {
    fn from_scalar(scalar: &Scalar) -> Result<Self, Problem>;
}

/// A value of a list or a mapping that is a single one.
pub(super) struct One<T>(pub(super) T);

/// Reads a single value; null is none.
pub(super) fn one<'de, T: FromScalar, D: Deserializer<'de>>(
    value: D,
) -> Result<Option<T>, D::Error> {
    let scalar = value.deserialize_any(ScalarVisitor)?;
    // An empty string in a file is as good as null.
    let scalar = scalar.filter(|scalar| !matches!(scalar, Scalar::Text(text) if text.is_empty()));
    scalar.map(|scalar| T::from_scalar(&scalar)).transpose().map_err(D::Error::custom)
}

/// Which texts stand for a list.
#[derive(Clone, Copy)]
pub(super) enum Texts {
    /// None: a variable has to hold JSON.
    No,
    /// That of a variable, which separates elements by one of these characters.
    InVariables(&'static [char]),
    /// The same, and in a file a text is a list of itself.
    Anywhere(&'static [char]),
}

/// Reads a list; null is none.
pub(super) fn list<'de, T: DeserializeOwned, D: Deserializer<'de>>(
    value: D,
    texts: Texts,
) -> Result<Option<Vec<T>>, D::Error> {
    value.deserialize_any(ListVisitor { texts, element: PhantomData })
}

impl<'de, T: FromScalar> Deserialize<'de> for One<T> {
    fn deserialize<D: Deserializer<'de>>(value: D) -> Result<Self, D::Error> {
        let scalar = value.deserialize_any(ScalarVisitor)?;
        let scalar = scalar.ok_or_else(|| D::Error::custom("expected a value, not null"))?;
        T::from_scalar(&scalar).map(Self).map_err(D::Error::custom)
    }
}

impl fmt::Display for Scalar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bool(switch) => switch.fmt(f),
            Self::Integer(integer) => integer.fmt(f),
            Self::Number(number) => number.fmt(f),
            Self::Text(text) | Self::Untyped(text) => f.write_str(text.trim()),
        }
    }
}

impl Scalar {
    /// The text of a number, or of what may be one.
    fn digits(&self, expected: &str) -> Result<String, Problem> {
        match self {
            Self::Integer(_) | Self::Number(_) | Self::Untyped(_) => Ok(self.to_string()),
            Self::Bool(_) | Self::Text(_) => Err(self.invalid("number", expected)),
        }
    }

    pub(super) fn invalid(&self, what: &str, expected: &str) -> Problem {
        Problem::new(format!("invalid {what} `{self}`: {expected}"))
    }
}

/// A number that is not negative.
pub(in crate::serve) fn number(text: &str) -> Result<f64, Problem> {
    let is_plain = text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    text.parse().ok().filter(|_| is_plain).ok_or_else(|| {
        Problem::new(format!("invalid number `{text}`: expected a number that is not negative"))
    })
}

impl FromScalar for String {
    fn from_scalar(scalar: &Scalar) -> Result<Self, Problem> {
        match scalar {
            Scalar::Text(text) | Scalar::Untyped(text) => Ok(text.clone()),
            _ => Err(scalar.invalid("value", "expected a string, in quotes")),
        }
    }
}

impl FromScalar for bool {
    fn from_scalar(scalar: &Scalar) -> Result<Self, Problem> {
        match scalar {
            Scalar::Bool(switch) => Ok(*switch),
            Scalar::Untyped(text) => Switch::parse(text).map(|switch| switch.0),
            _ => Err(scalar.invalid("switch", "expected `true` or `false`")),
        }
    }
}

impl FromScalar for u64 {
    fn from_scalar(scalar: &Scalar) -> Result<Self, Problem> {
        let expected = "expected a whole number that is not negative";
        let digits = scalar.digits(expected)?;
        digits.parse().map_err(|_| scalar.invalid("number", expected))
    }
}

impl FromScalar for u16 {
    fn from_scalar(scalar: &Scalar) -> Result<Self, Problem> {
        let number = u64::from_scalar(scalar)?;
        Self::try_from(number).map_err(|_| scalar.invalid("number", "expected at most 65535"))
    }
}

impl FromScalar for f64 {
    fn from_scalar(scalar: &Scalar) -> Result<Self, Problem> {
        number(&scalar.digits("expected a number that is not negative")?)
    }
}

impl FromScalar for Share {
    fn from_scalar(scalar: &Scalar) -> Result<Self, Problem> {
        Self::parse(&scalar.digits("expected a number from 0 to 1")?)
    }
}

/// Types whose parser is in `llmock-rules` and takes any text.
macro_rules! parsed {
    ($($name:ident)*) => {$(
        impl FromScalar for $name {
            fn from_scalar(scalar: &Scalar) -> Result<Self, Problem> {
                Self::parse(&scalar.to_string())
            }
        }
    )*};
}

parsed!(Duration Size BaseUrl FieldName JsonPath);

struct ScalarVisitor;

impl<'de> Visitor<'de> for ScalarVisitor {
    type Value = Option<Scalar>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a single value")
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Self::Value, E> {
        Ok(Some(Scalar::Bool(value)))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Self::Value, E> {
        Ok(Some(Scalar::Integer(value)))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Self::Value, E> {
        #[expect(clippy::cast_precision_loss, reason = "negative, so it is only shown")]
        let scalar = u64::try_from(value).map_or(Scalar::Number(value as f64), Scalar::Integer);
        Ok(Some(scalar))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Self::Value, E> {
        Ok(Some(Scalar::Number(value)))
    }

    fn visit_str<E>(self, value: &str) -> Result<Self::Value, E> {
        Ok(Some(Scalar::Text(value.to_owned())))
    }

    fn visit_newtype_struct<D: Deserializer<'de>>(self, text: D) -> Result<Self::Value, D::Error> {
        String::deserialize(text).map(|text| Some(Scalar::Untyped(text)))
    }
}

#[derive(Clone, Copy)]
struct ListVisitor<T> {
    texts: Texts,
    element: PhantomData<T>,
}

impl<'de, T: DeserializeOwned> Visitor<'de> for ListVisitor<T> {
    type Value = Option<Vec<T>>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list")
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<Self::Value, A::Error> {
        let mut list = Vec::new();
        while let Some(element) = elements.next_element()? {
            list.push(element);
        }
        Ok(Some(list))
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Self::Value, E> {
        match self.texts {
            Texts::Anywhere(_) => Ok(Some(vec![T::deserialize(text.into_deserializer())?])),
            _ => Err(E::invalid_type(Unexpected::Str(text), &self)),
        }
    }

    fn visit_newtype_struct<D: Deserializer<'de>>(self, text: D) -> Result<Self::Value, D::Error> {
        let text = String::deserialize(text)?;
        let separators = match self.texts {
            Texts::InVariables(separators) | Texts::Anywhere(separators)
                if !text.trim_start().starts_with('[') =>
            {
                separators
            }
            _ => return from_json(&text, self).map_err(D::Error::custom),
        };
        let parts = text.split(separators).map(str::trim).filter(|part| !part.is_empty());
        let element = |part: &str| T::deserialize(StrDeserializer::new(part));
        parts.map(element).collect::<Result<_, _>>().map(Some)
    }
}

/// Reads the text of a variable or a flag that is more than a single value.
pub(super) fn from_json<V: for<'a> Visitor<'a, Value = T>, T>(
    text: &str,
    visitor: V,
) -> Result<T, String> {
    let mut json = serde_json::Deserializer::from_str(text);
    let value = json.deserialize_any(visitor).and_then(|value| json.end().map(|()| value));
    value.map_err(|error| {
        if error.is_data() { error.to_string() } else { format!("invalid JSON: {error}") }
    })
}

/// The text of a variable or a flag, which has no type. Empty and `null` are null.
pub(super) struct Text<'a>(pub(super) &'a str);

impl<'de> Deserializer<'de> for Text<'_> {
    type Error = serde_json::Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Self::Error> {
        match self.0.trim() {
            "" | "null" => visitor.visit_unit(),
            _ => visitor.visit_newtype_struct(self.0.into_deserializer()),
        }
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit
        unit_struct newtype_struct seq tuple tuple_struct map struct enum identifier ignored_any
    }
}
