//! Lists of models, and one model by its id.

use super::format::{Api, At, Format, GET, Messages, Model, Operation, RenderContext, Rendered};
use super::{failure, openai, openai_chat};
use crate::json::write::Object;
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
        Some(known) => (api.model)(known, context.created).into(),
        None if models.is_empty() => (api.model)(&id.into(), context.created).into(),
        None => failure::unknown_model(context, id),
    }
}

fn list(context: &RenderContext<'_>, api: &Api) -> Object {
    let alone = [Model::from(&*context.model)];
    let given = context.reply.models.as_slice();
    let models = if given.is_empty() { &alone } else { given };
    let objects: Vec<Object> =
        models.iter().map(|model| (api.model)(model, context.created)).collect();
    (api.model_list)(&objects, models)
}
