//! The keys of a configuration as serde reads them. Every value is optional: null and absent mean the default.

use std::collections::BTreeMap;
use std::fmt;
use std::marker::PhantomData;
use std::str::FromStr;

use llmock_rules::{BaseUrl, Duration, FieldName, JsonPath, Problem, Share, Size};
use serde::Deserialize;
use serde::de::value::{MapAccessDeserializer, SeqAccessDeserializer};
use serde::de::{
    DeserializeOwned, Deserializer, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor,
};
use serde_json::Value;

use super::parts::{CustomReply, Model, Normalize, Origin, StrategyName, UpstreamId, number};
use crate::serve::fault::Kind;

/// A value that its own parser reads from text.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Parsed<T>(pub(super) T);

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct Settings {
    #[serde(deserialize_with = "some")]
    pub(super) strategies: Option<Vec<Parsed<StrategyName>>>,
    pub(super) models: Option<Vec<Model>>,
    #[serde(deserialize_with = "strict")]
    pub(super) api_key: Option<String>,
    pub(super) cors: Option<Cors>,
    #[serde(deserialize_with = "strict")]
    pub(super) host: Option<String>,
    #[serde(deserialize_with = "strict")]
    pub(super) port: Option<u16>,
    #[serde(rename = "customReplies")]
    pub(super) custom_replies: Option<Vec<CustomReply>>,
    #[serde(deserialize_with = "strict")]
    pub(super) fixtures: Option<String>,
    #[serde(deserialize_with = "strict")]
    pub(super) record: Option<bool>,
    #[serde(deserialize_with = "strict")]
    pub(super) watch: Option<bool>,
    pub(super) matching: Option<Matching>,
    pub(super) upstreams: Option<BTreeMap<Parsed<UpstreamId>, Option<Parsed<BaseUrl>>>>,
    pub(super) pace: Option<Pace>,
    pub(super) faults: Option<Faults>,
    #[serde(deserialize_with = "strict")]
    pub(super) history: Option<HistorySize>,
    #[serde(deserialize_with = "scalar")]
    pub(super) body_limit: Option<Size>,
    #[serde(deserialize_with = "scalar")]
    pub(super) read_timeout: Option<Duration>,
    #[serde(deserialize_with = "scalar")]
    pub(super) shutdown_timeout: Option<Duration>,
    /// A key of the Python server, whose files still work.
    pub(super) debug: Option<IgnoredAny>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct Cors {
    #[serde(deserialize_with = "list")]
    pub(super) allow_origins: Option<Vec<Parsed<Origin>>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Matching {
    #[serde(deserialize_with = "list")]
    pub(super) ignore: Option<Vec<Parsed<JsonPath>>>,
    pub(super) normalize: Option<Vec<Normalize>>,
    #[serde(deserialize_with = "some")]
    pub(super) match_on: Option<Vec<Parsed<FieldName>>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct Pace {
    #[serde(deserialize_with = "scalar")]
    pub(super) time_to_first_token: Option<Duration>,
    #[serde(deserialize_with = "scalar")]
    pub(super) tokens_per_second: Option<Rate>,
    #[serde(deserialize_with = "scalar")]
    pub(super) jitter: Option<Share>,
    #[serde(deserialize_with = "strict")]
    pub(super) seed: Option<u64>,
    #[serde(deserialize_with = "strict")]
    pub(super) recorded: Option<bool>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Faults {
    #[serde(deserialize_with = "scalar")]
    pub(super) rate: Option<Share>,
    #[serde(deserialize_with = "list")]
    pub(super) kinds: Option<Vec<Parsed<Kind>>>,
    #[serde(deserialize_with = "strict")]
    pub(super) seed: Option<u64>,
}

/// How many requests the history keeps.
#[derive(Debug, Deserialize)]
#[serde(try_from = "u64")]
pub(super) struct HistorySize(pub(super) usize);

impl TryFrom<u64> for HistorySize {
    type Error = &'static str;

    fn try_from(size: u64) -> Result<Self, &'static str> {
        // More would be memory by the gigabyte before the first request.
        let size = usize::try_from(size).ok().filter(|size| *size <= 1_000_000);
        size.map(Self).ok_or("expected at most 1000000 requests")
    }
}

/// A number that is not negative.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rate(pub(super) f64);

impl FromStr for Rate {
    type Err = Problem;

    fn from_str(text: &str) -> Result<Self, Problem> {
        number(text).map(Self)
    }
}

impl<'de, T: FromStr<Err = Problem>> Deserialize<'de> for Parsed<T> {
    fn deserialize<D: Deserializer<'de>>(value: D) -> Result<Self, D::Error> {
        String::deserialize(value)?.parse().map(Self).map_err(D::Error::custom)
    }
}

/// A value whose type is not coerced: `'true'` is a string.
fn strict<'de, D: Deserializer<'de>, T: DeserializeOwned>(value: D) -> Result<Option<T>, D::Error> {
    let value = Value::deserialize(value)?;
    serde_json::from_value(value).map_err(D::Error::custom)
}

/// A value that its own parser reads from text or a number.
fn scalar<'de, D: Deserializer<'de>, T: FromStr<Err = Problem>>(
    value: D,
) -> Result<Option<T>, D::Error> {
    let text = match Value::deserialize(value)? {
        Value::Null => return Ok(None),
        Value::String(text) => text,
        other => other.to_string(),
    };
    text.parse().map(Some).map_err(D::Error::custom)
}

/// A list of strings; one string is a list of itself.
fn list<'de, D: Deserializer<'de>, T: DeserializeOwned>(
    value: D,
) -> Result<Option<Vec<T>>, D::Error> {
    value.deserialize_any(ListVisitor(PhantomData))
}

/// The same with at least one element.
fn some<'de, D: Deserializer<'de>, T: DeserializeOwned>(
    value: D,
) -> Result<Option<Vec<T>>, D::Error> {
    match list(value)? {
        Some(all) if all.is_empty() => Err(D::Error::custom("empty list: name at least one")),
        all => Ok(all),
    }
}

struct ListVisitor<T>(PhantomData<T>);

impl<'de, T: DeserializeOwned> Visitor<'de> for ListVisitor<T> {
    type Value = Option<Vec<T>>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list")
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Self::Value, E> {
        let element = T::deserialize(serde::de::value::StrDeserializer::new(text))?;
        Ok(Some(vec![element]))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, elements: A) -> Result<Self::Value, A::Error> {
        Vec::deserialize(SeqAccessDeserializer::new(elements)).map(Some)
    }
}

impl<'de> Deserialize<'de> for Model {
    fn deserialize<D: Deserializer<'de>>(value: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Fields {
            id: String,
            #[serde(default)]
            created: u64,
            owned_by: Option<String>,
        }

        /// An id, or a mapping.
        struct ModelVisitor;

        impl<'de> Visitor<'de> for ModelVisitor {
            type Value = Fields;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("the id of a model, or a mapping with its `id`")
            }

            fn visit_str<E>(self, id: &str) -> Result<Fields, E> {
                Ok(Fields { id: id.to_owned(), created: 0, owned_by: None })
            }

            fn visit_map<A: MapAccess<'de>>(self, members: A) -> Result<Fields, A::Error> {
                Fields::deserialize(MapAccessDeserializer::new(members))
            }
        }

        let Fields { id, created, owned_by } = value.deserialize_any(ModelVisitor)?;
        if id.is_empty() {
            return Err(D::Error::custom("the `id` of a model is empty"));
        }
        Ok(Self { id, created, owned_by: owned_by.unwrap_or_else(|| "llmock".to_owned()) })
    }
}
