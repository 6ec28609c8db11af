//! Lists of models, and one model by its id.

use super::asked::{Asked, rfc3339};
use super::object::{Null, Object, Raw, object};
use super::rendered::Rendered;
use super::{errors, ollama};
use crate::provider::{Provider, Shape};

/// A model of a list; a name alone is enough for one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Model {
    id: String,
    created: Option<u64>,
    owned_by: Option<String>,
}

impl<T: Into<String>> From<T> for Model {
    fn from(id: T) -> Self {
        Self { id: id.into(), created: None, owned_by: None }
    }
}

impl Model {
    /// When the model was made, in seconds since 1970.
    #[must_use]
    pub fn created(mut self, seconds: u64) -> Self {
        self.created = Some(seconds);
        self
    }

    /// Who made it, where the provider says so.
    #[must_use]
    pub fn owned_by(mut self, owner: impl Into<String>) -> Self {
        self.owned_by = Some(owner.into());
        self
    }
}

pub(super) fn render(asked: &Asked<'_>) -> Rendered {
    let shape = shape(asked);
    match asked.path_alone().split_once("/models/") {
        Some((_, id)) if !id.is_empty() => one(asked, shape, &id.replace("%2F", "/")),
        _ => list(asked, shape),
    }
}

/// The provider's shape; those that have OpenAI's API beside their own have its models there.
fn shape(asked: &Asked<'_>) -> Shape {
    let own = asked.provider.entry().shape;
    let openai = asked.path.contains("/openai/")
        || asked.path.contains("/compatibility/")
        || (asked.provider == Provider::Ollama && asked.path.starts_with("/v1/"));
    if openai { Shape::OpenAi } else { own }
}

fn one(asked: &Asked<'_>, shape: Shape, id: &str) -> Rendered {
    let models = &asked.reply.models;
    match models.iter().find(|model| model.id == id) {
        Some(known) => model(asked, shape, known).into(),
        None if models.is_empty() => model(asked, shape, &id.into()).into(),
        None => errors::no_model(asked, id),
    }
}

fn list(asked: &Asked<'_>, shape: Shape) -> Rendered {
    let alone = [Model::from(&*asked.model)];
    let given = asked.reply.models.as_slice();
    let known = if given.is_empty() { &alone } else { given };
    let models: Vec<Object> = known.iter().map(|known| model(asked, shape, known)).collect();
    match shape {
        Shape::OpenAi => object! { "object": "list", "data": models },
        Shape::Anthropic => object! {
            "data": models,
            "has_more": false,
            "first_id": known.first().map(|first| &first.id),
            "last_id": known.last().map(|last| &last.id),
        },
        Shape::Gemini | Shape::Ollama | Shape::Cohere => object! { "models": models },
        Shape::Bedrock => object! { "modelSummaries": models },
    }
    .into()
}

fn model(asked: &Asked<'_>, shape: Shape, model: &Model) -> Object {
    let id = model.id.as_str();
    let created = model.created.unwrap_or(asked.created);
    match shape {
        Shape::OpenAi => object! {
            "id": id,
            "object": "model",
            "created": created,
            "owned_by": model.owned_by.as_deref().unwrap_or("llmock"),
        },
        Shape::Anthropic => object! {
            "type": "model",
            "id": id,
            "display_name": id,
            "created_at": rfc3339(created),
            "lifecycle": "active",
        },
        Shape::Gemini => object! {
            "name": format!("models/{id}"),
            "version": "001",
            "displayName": id,
            "inputTokenLimit": 1_048_576_u64,
            "outputTokenLimit": 65_536_u64,
            "supportedGenerationMethods": ["generateContent", "countTokens", "embedContent"],
        },
        Shape::Ollama => object! {
            "name": id,
            "model": id,
            "modified_at": rfc3339(created),
            "size": 0_u64,
            "digest": "0".repeat(64),
            "details": ollama::details(),
        },
        Shape::Cohere => object! {
            "name": id,
            "endpoints": ["chat", "embed", "rerank"],
            "finetuned": false,
            "context_length": 128_000_u64,
            "tokenizer_url": Null,
        },
        Shape::Bedrock => object! {
            "modelId": id,
            "modelName": id,
            "inputModalities": Raw(r#"["TEXT"]"#),
            "outputModalities": Raw(r#"["TEXT"]"#),
        },
    }
}
