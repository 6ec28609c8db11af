//! What an operation requires of a request body and how much it returns at once, as data.
#![cfg_attr(
    not(feature = "server"),
    allow(dead_code, reason = "only the feature `server` checks requests")
)]

use crate::json::Json;

/// The most that `n` may be in OpenAI's reference of chat completions and completions.
pub(crate) const CHOICES: u64 = 128;

/// Inputs or prompts of one request: OpenAI's reference of embeddings allows arrays of 2,048 elements.
pub(crate) const INPUTS: usize = 2048;

/// Coordinates of one vector. OpenAI's and Gemini's models have up to 3,072, others up to 4,096.
pub(crate) const DIMENSIONS: usize = 4096;

/// Coordinates of all vectors: as many inputs as there may be, in the dimensions of OpenAI's small model.
pub(crate) const COORDINATES: usize = INPUTS * 1536;

#[derive(Clone, Copy, Debug)]
pub(crate) struct Requirements {
    /// Whether the body or the path has to name a model.
    pub(crate) model: bool,
    pub(crate) member: Option<&'static str>,
    /// The member that holds the conversation.
    pub(crate) messages: Option<&'static str>,
    /// Whether messages must have one of the roles of chat completions.
    pub(crate) has_strict_roles: bool,
    pub(crate) max_temperature: Option<f64>,
}

impl Requirements {
    pub(crate) const NONE: Self = Self {
        model: false,
        member: None,
        messages: None,
        has_strict_roles: false,
        max_temperature: None,
    };

    pub(crate) const MESSAGES: Self = Self::member("messages").messages("messages");

    pub(super) const fn member(name: &'static str) -> Self {
        Self { member: Some(name), ..Self::NONE }
    }

    pub(super) const fn messages(self, name: &'static str) -> Self {
        Self { messages: Some(name), ..self }
    }

    pub(super) const fn model(self) -> Self {
        Self { model: true, ..self }
    }

    pub(super) const fn temperature(self, most: f64) -> Self {
        Self { max_temperature: Some(most), ..self }
    }
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum Limit {
    None,
    /// The number of choices, in `n`.
    Choices,
    /// The same, and the number of prompts.
    ChoicesOfPrompts,
    Elements {
        member: &'static str,
        most: usize,
    },
    Vectors(Vectors),
}

impl Limit {
    pub(super) const fn vectors(
        inputs: &'static str,
        dimensions: &'static str,
        default_dimensions: fn(&str) -> usize,
    ) -> Self {
        Self::Vectors(Vectors { inputs, dimensions, default_dimensions })
    }
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Vectors {
    /// The member with the texts.
    pub(crate) inputs: &'static str,
    /// The [path](Json::find) of the number of dimensions.
    pub(crate) dimensions: &'static str,
    /// The dimensions of a model's vectors if the request does not name them.
    pub(crate) default_dimensions: fn(model: &str) -> usize,
}

impl Vectors {
    pub(crate) fn wanted<'a, 'b>(&self, body: &'b Json<'a>) -> Option<&'b Json<'a>> {
        body.find(self.dimensions).filter(|value| !value.is_null())
    }

    pub(crate) fn count(&self, body: &Json<'_>, model: &str) -> usize {
        let wanted = self.wanted(body).and_then(Json::as_u64);
        let wanted = wanted.and_then(|wanted| usize::try_from(wanted).ok());
        wanted.unwrap_or_else(|| (self.default_dimensions)(model)).min(DIMENSIONS)
    }
}

/// Whether an array is one text that the client has split into tokens.
pub(crate) fn is_tokens(items: &[Json<'_>]) -> bool {
    items.iter().any(|item| matches!(item, Json::Number(_)))
}
