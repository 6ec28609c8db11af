//! Lists of models, and one model by its id.

use super::format::{Api, At, Format, GET, Messages, Model, Operation, RenderContext, Rendered};
use super::{failure, openai, openai_chat};
use crate::json::write::{Null, Object, object};
use crate::provider::Provider;

pub(crate) static FORMAT: Format = Format {
    name: "models",
    owns: |line| {
        let is_list = matches!(line.last, "models" | "tags");
        line.method == GET && (is_list || line.before_last == "models")
    },
    operations: &[Operation::other(At::Any, render).for_method(GET)],
    messages: Messages::None,
    read_event: openai_chat::read_event,
    may_hold_links: true,
    ..Format::DEFAULT
};

pub(super) fn render(context: &RenderContext<'_>) -> Rendered {
    let api = api(context);
    match context.path_alone.split_once("/models/") {
        Some((_, id)) if !id.is_empty() => one(context, api, &id.replace("%2F", "/")),
        _ => list(context, api).into(),
    }
}

/// The provider's API, or OpenAI's for the paths of its compatible API.
fn api(context: &RenderContext<'_>) -> &'static Api {
    let path = context.path;
    let is_openai = path.contains("/openai/")
        || path.contains("/compatibility/")
        || (context.provider == Provider::Ollama && path.starts_with("/v1/"));
    if is_openai { &openai::API } else { context.api }
}

fn one(context: &RenderContext<'_>, api: &Api, id: &str) -> Rendered {
    let models = &context.reply.models;
    match models.iter().find(|model| model.id == id) {
        Some(known) => card(context, api, known).into(),
        None if models.is_empty() => card(context, api, &id.into()).into(),
        None => failure::unknown_model(context, id),
    }
}

/// A model; Mistral's clients insist on what it can do: <https://docs.mistral.ai/api/#tag/models>.
fn card(context: &RenderContext<'_>, api: &Api, model: &Model) -> Object {
    let card = (api.model)(model, context.created);
    if context.provider != Provider::Mistral {
        return card;
    }
    let capabilities = object! {
        "completion_chat": true,
        "completion_fim": false,
        "function_calling": true,
        "fine_tuning": false,
        "vision": true,
        "classification": false,
    };
    card.with("name", &model.id)
        .with("description", &model.id)
        .with("max_context_length", &131_072_u64)
        .with("aliases", &[Null; 0])
        .with("capabilities", &capabilities)
        .with("type", "base")
}

fn list(context: &RenderContext<'_>, api: &Api) -> Object {
    let alone = [Model::from(&*context.model)];
    let given = context.reply.models.as_slice();
    let models = if given.is_empty() { &alone } else { given };
    let objects: Vec<Object> = models.iter().map(|model| card(context, api, model)).collect();
    (api.model_list)(&objects, models)
}
