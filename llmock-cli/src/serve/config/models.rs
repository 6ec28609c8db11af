//! The models that a configuration lists: ids, or mappings.

use std::fmt;

use serde::Deserialize;
use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserializer, Error as _, MapAccess, Visitor};

/// A model that exists.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Model {
    pub(crate) id: String,
    /// Seconds since 1970.
    pub(crate) created: u64,
    pub(crate) owned_by: String,
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
