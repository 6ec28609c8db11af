//! Lists of models, and one model by its id.

use super::asked::Asked;
use super::object::{Null, Object, Raw, object};
use super::rendered::Rendered;
use super::{errors, ollama};
use crate::provider::{Provider, Shape};

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
    if models.is_empty() || models.iter().any(|model| model == id) {
        return model(asked, shape, id).into();
    }
    errors::not_found(asked, format!("the model `{id}` does not exist"))
}

fn list(asked: &Asked<'_>, shape: Shape) -> Rendered {
    let given = asked.reply.models.as_slice();
    let ids = if given.is_empty() { std::slice::from_ref(&asked.model) } else { given };
    let models: Vec<Object> = ids.iter().map(|id| model(asked, shape, id)).collect();
    match shape {
        Shape::OpenAi => object! { "object": "list", "data": models },
        Shape::Anthropic => object! {
            "data": models,
            "has_more": false,
            "first_id": ids.first(),
            "last_id": ids.last(),
        },
        Shape::Gemini | Shape::Ollama | Shape::Cohere => object! { "models": models },
        Shape::Bedrock => object! { "modelSummaries": models },
    }
    .into()
}

fn model(asked: &Asked<'_>, shape: Shape, id: &str) -> Object {
    match shape {
        Shape::OpenAi => object! {
            "id": id,
            "object": "model",
            "created": asked.created,
            "owned_by": "llmock",
        },
        Shape::Anthropic => object! {
            "type": "model",
            "id": id,
            "display_name": id,
            "created_at": asked.created_at(),
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
            "modified_at": asked.created_at(),
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
