//! Vectors of texts, as the formats with embeddings write them.

use std::borrow::Cow;

use super::context::RenderContext;
use super::requirements::is_tokens;
use super::vectors;
use crate::json::Json;
use crate::json::layout::{self, Layout};
use crate::json::write::ToJson;

/// A vector that is computed when it is written, since all vectors of a request together are large.
pub(super) enum Vector<'a> {
    Given(&'a [f32]),
    Of { text: &'a str, dimensions: usize },
}

impl Vector<'_> {
    pub(super) fn numbers(&self) -> Cow<'_, [f32]> {
        match *self {
            Self::Given(numbers) => Cow::Borrowed(numbers),
            Self::Of { text, dimensions } => Cow::Owned(vectors::embed(text, dimensions)),
        }
    }
}

impl ToJson for Vector<'_> {
    fn write(&self, out: &mut String) {
        self.numbers().write(out);
    }
}

/// The only vector of a response; empty without an input.
pub(super) fn first<'a>(vectors: &'a [Vector<'a>]) -> &'a Vector<'a> {
    vectors.first().unwrap_or(&Vector::Given(&[]))
}

/// A vector for each text: the one of the reply, or one made of its words.
pub(super) fn embedded<'a>(context: &'a RenderContext<'_>, texts: &'a [String]) -> Vec<Vector<'a>> {
    let given = &context.reply.embeddings;
    let body = context.body.unwrap_or(&Json::Null);
    let dimensions = context.vectors.map_or(0, |vectors| vectors.count(body, &context.model));
    let vector = |(at, text)| match given.get(at).or(given.last()) {
        Some(numbers) => Vector::Given(numbers),
        None => Vector::Of { text, dimensions },
    };
    texts.iter().map(String::as_str).enumerate().map(vector).collect()
}

/// The texts in a member: a text, texts, the tokens of one, or those of several.
pub(super) fn inputs(context: &RenderContext<'_>, member: &str) -> Vec<String> {
    match context.member(member) {
        Some(Json::Array(items)) if !is_tokens(items) => items.iter().map(text_of).collect(),
        Some(one) => vec![text_of(one)],
        None => Vec::new(),
    }
}

/// What the vector of a value depends on: its text, otherwise all of it.
pub(super) fn text_of(value: &Json<'_>) -> String {
    match value {
        Json::String(text) => text.decode().into_owned(),
        Json::Object(_) => {
            match ["content", "text", "parts"].iter().find_map(|name| value.get(name)) {
                Some(inner) => text_of(inner),
                None => layout::print(value, Layout::Compact),
            }
        }
        Json::Array(items) if items.iter().all(|item| item.get("text").is_some()) => {
            items.iter().map(text_of).collect::<Vec<_>>().join("\n")
        }
        other => layout::print(other, Layout::Compact),
    }
}
