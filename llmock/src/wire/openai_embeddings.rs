//! OpenAI's embeddings.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::embeddings::{embedded, inputs};
use super::format::{
    At, Format, Limit, Messages, Operation, RenderContext, Rendered, Requirements,
};
use super::{openai, openai_chat};
use crate::json::Json;
use crate::json::write::{Object, list, nested, object};
use crate::provider::Provider;

pub(super) static FORMAT: Format = Format {
    name: "OpenAI embeddings",
    owns: |line| line.last == "embeddings",
    operations: &[Operation::other(At::Any, render)
        .requires(Requirements::member("input").model())
        .limits(Limit::vectors("input", "dimensions", |model| {
            if model.contains("large") { 3072 } else { 1536 }
        }))],
    api: Some(&openai::API),
    volatile: openai::VOLATILE,
    prompts: &[openai_chat::INPUT],
    messages: Messages::None,
    read_event: openai_chat::read_event,
    ..Format::DEFAULT
};

fn render(context: &RenderContext<'_>) -> Rendered {
    let texts = inputs(context, "input");
    let encoded =
        context.member("encoding_format").and_then(Json::as_str).as_deref() == Some("base64");
    let vectors = embedded(context, &texts);
    let data = list(|add| {
        for (index, vector) in vectors.iter().enumerate() {
            if encoded {
                let numbers = vector.numbers();
                let bytes: Vec<u8> = numbers.iter().flat_map(|value| value.to_le_bytes()).collect();
                let text = STANDARD.encode(bytes);
                add(&nested! { "object": "embedding", "index": index, "embedding": text });
            } else {
                add(&nested! { "object": "embedding", "index": index, "embedding": vector });
            }
        }
    });
    let tokens = context.input_tokens();
    // Mistral's clients insist on it: <https://docs.mistral.ai/api/#tag/embeddings>
    let id = (context.provider == Provider::Mistral).then(|| context.uuid());
    Object::new()
        .with_some("id", id.as_ref())
        .joined(&object! {
            "object": "list",
            "data": data,
            "model": context.model,
            "usage": nested! { "prompt_tokens": tokens, "total_tokens": tokens },
        })
        .into()
}
