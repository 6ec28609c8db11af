//! The parts of a configuration that are more than one value.

use std::fmt;

use llmock::playback::Rules;
use llmock_rules::Problem;
use serde::Deserialize;
use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserializer, Error as _, MapAccess, Visitor};

use super::value::{FromScalar, One, Scalar};
use crate::serve::fault::Kind;

/// Whose pages may read responses in a browser.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Cors {
    /// Origins, or `*` alone for any. Empty: no CORS headers.
    pub(crate) allow_origins: Vec<String>,
}

/// A model that exists.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Model {
    pub(crate) id: String,
    /// Seconds since 1970.
    pub(crate) created: u64,
    pub(crate) owned_by: String,
}

/// What `CustomAnswersStrategy` answers to a question.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct CustomReply {
    #[serde(deserialize_with = "unquoted")]
    pub(crate) question: String,
    #[serde(deserialize_with = "unquoted")]
    pub(crate) answer: String,
}

/// A rule of `matching.normalize`.
#[derive(Debug, Default)]
pub(super) struct Normalize {
    pub(super) path: String,
    pub(super) pattern: String,
    pub(super) replacement: String,
}

/// A strategy by its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum StrategyName {
    Error,
    CustomAnswers,
    ToolCall,
    Mirror,
    Fixture,
    Proxy,
}

impl StrategyName {
    /// All of them, as they are spelled in a configuration.
    pub(crate) const ALL: [(&'static str, Self); 6] = [
        ("ErrorStrategy", Self::Error),
        ("CustomAnswersStrategy", Self::CustomAnswers),
        ("ToolCallStrategy", Self::ToolCall),
        ("MirrorStrategy", Self::Mirror),
        ("FixtureStrategy", Self::Fixture),
        ("ProxyStrategy", Self::Proxy),
    ];

    /// The name in a configuration.
    pub(crate) fn name(self) -> &'static str {
        let find = |(name, strategy): &(_, _)| (*strategy == self).then_some(*name);
        Self::ALL.iter().find_map(find).expect("the list has every strategy")
    }
}

impl FromScalar for StrategyName {
    fn from_scalar(scalar: &Scalar) -> Result<Self, Problem> {
        let name = String::from_scalar(scalar)?;
        let find = Self::ALL.iter().find(|(known, _)| *known == name);
        find.map(|(_, strategy)| *strategy)
            .ok_or_else(|| Problem::unknown("strategy", &name, &Self::ALL.map(|(name, _)| name)))
    }
}

impl FromScalar for Kind {
    fn from_scalar(scalar: &Scalar) -> Result<Self, Problem> {
        Self::read(&String::from_scalar(scalar)?)
    }
}

/// An origin of pages, or `*`.
pub(super) struct Origin(pub(super) String);

impl FromScalar for Origin {
    fn from_scalar(scalar: &Scalar) -> Result<Self, Problem> {
        let origin = String::from_scalar(scalar)?;
        let is_origin = origin == "*"
            || origin.split_once("://").is_some_and(|(scheme, host)| {
                !scheme.is_empty() && !host.is_empty() && !host.contains(['/', '*', ' '])
            });
        if is_origin && origin.is_ascii() {
            return Ok(Self(origin));
        }
        Err(scalar.invalid("origin", "expected a value such as `http://localhost:3000`, or `*`"))
    }
}

/// A string, or a value that people write without quotes although it is one: `answer: 42`.
fn unquoted<'de, D: Deserializer<'de>>(value: D) -> Result<String, D::Error> {
    struct Unquoted(String);

    impl FromScalar for Unquoted {
        fn from_scalar(scalar: &Scalar) -> Result<Self, Problem> {
            let text = String::from_scalar(scalar);
            Ok(Self(text.unwrap_or_else(|_| scalar.to_string())))
        }
    }

    super::value::one::<Unquoted, _>(value).map(|text| text.map_or_else(String::new, |text| text.0))
}

fn owned_by_us() -> String {
    "llmock".to_owned()
}

impl<'de> Deserialize<'de> for Model {
    fn deserialize<D: Deserializer<'de>>(value: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Fields {
            #[serde(deserialize_with = "unquoted")]
            id: String,
            #[serde(default)]
            created: Option<One<u64>>,
            #[serde(default = "owned_by_us", deserialize_with = "unquoted")]
            owned_by: String,
        }

        /// An id, or a mapping.
        struct ModelVisitor;

        impl<'de> Visitor<'de> for ModelVisitor {
            type Value = Fields;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("the id of a model, or a mapping with its `id`")
            }

            fn visit_str<E>(self, id: &str) -> Result<Fields, E> {
                Ok(Fields { id: id.to_owned(), created: None, owned_by: owned_by_us() })
            }

            fn visit_map<A: MapAccess<'de>>(self, members: A) -> Result<Fields, A::Error> {
                Fields::deserialize(MapAccessDeserializer::new(members))
            }
        }

        let Fields { id, created, owned_by } = value.deserialize_any(ModelVisitor)?;
        if id.is_empty() {
            return Err(D::Error::custom("the `id` of a model is empty"));
        }
        Ok(Self { id, created: created.map_or(0, |created| created.0), owned_by })
    }
}

impl<'de> Deserialize<'de> for Normalize {
    fn deserialize<D: Deserializer<'de>>(value: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Fields {
            path: One<String>,
            pattern: One<String>,
            /// May be empty.
            replacement: String,
        }

        let Fields { path: One(path), pattern: One(pattern), replacement } =
            Fields::deserialize(value)?;
        // Checked here, where the mistake has a line and a column.
        Rules::default()
            .normalize(&path, &pattern, &replacement)
            .map_err(|error| D::Error::custom(error.reason()))?;
        Ok(Self { path, pattern, replacement })
    }
}
