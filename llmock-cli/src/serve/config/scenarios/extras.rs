//! What a reply has beyond its text and calls. Not every API can express it.

use serde::Deserialize;
use serde::de::{Deserializer, Error as _};

use super::json::JsonText;

/// The extras of a reply, in the order in which they are written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct StepExtras {
    /// Output items, content blocks or parts in the provider's own format, as JSON.
    pub(crate) items: Vec<String>,
    /// Events of streams in the provider's own format, as JSON.
    pub(crate) events: Vec<String>,
    /// What the provider has searched the web for.
    pub(crate) searches: Vec<String>,
    pub(crate) citations: Vec<Citation>,
}

/// A source of the text.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Citation {
    pub(crate) url: String,
    #[serde(default)]
    pub(crate) title: String,
}

/// A mapping as JSON.
pub(super) struct ObjectText(pub(super) String);

impl<'de> Deserialize<'de> for ObjectText {
    fn deserialize<D: Deserializer<'de>>(value: D) -> Result<Self, D::Error> {
        let JsonText(text) = JsonText::deserialize(value)?;
        if text.starts_with('{') {
            Ok(Self(text))
        } else {
            Err(D::Error::custom("expected a mapping, in the format of the provider"))
        }
    }
}

/// A text, or a list of them.
#[derive(Deserialize)]
#[serde(untagged)]
pub(super) enum Texts {
    One(String),
    All(Vec<String>),
}

impl StepExtras {
    pub(super) fn new(
        items: Option<Vec<ObjectText>>,
        events: Option<Vec<ObjectText>>,
        searches: Option<Texts>,
        citations: Option<Vec<Citation>>,
    ) -> Self {
        let texts = |all: Option<Vec<ObjectText>>| {
            all.unwrap_or_default().into_iter().map(|one| one.0).collect()
        };
        let searches = match searches {
            None => Vec::new(),
            Some(Texts::One(query)) => vec![query],
            Some(Texts::All(queries)) => queries,
        };
        let citations = citations.unwrap_or_default();
        Self { items: texts(items), events: texts(events), searches, citations }
    }

    pub(super) fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}
