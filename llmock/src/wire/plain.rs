//! Endpoints without a format of their own: files, audio, batches.

use super::failure;
use super::format::{At, Format, GET, Messages, Operation, RenderContext, Rendered, Streaming};
use super::{models, openai_chat};

pub(super) static FORMAT: Format = Format {
    name: "anything else",
    operations: &[
        streamed("converse-stream"),
        streamed("invoke-with-response-stream"),
        streamed("text_stream"),
        // the ids of some models have slashes
        Operation::fallback(At::Containing("/models/"), model),
        Operation::fallback(At::Any, empty),
    ],
    messages: Messages::None,
    read_event: openai_chat::read_event,
    may_hold_links: true,
    ..Format::DEFAULT
};

/// Endpoints that stream at every provider, also at those that the table does not know.
const fn streamed(verb: &'static str) -> Operation {
    Operation::fallback(At::Verb(verb), empty).streams(Streaming::Always)
}

fn model(context: &RenderContext<'_>) -> Rendered {
    if context.method == GET { models::render(context) } else { empty(context) }
}

/// An empty response if the endpoint has one, otherwise an error.
pub(super) fn empty(context: &RenderContext<'_>) -> Rendered {
    match context.api.empty_response(context.path_alone) {
        Some(body) => Rendered::json(body.to_owned()),
        None => failure::unknown_endpoint(context),
    }
}
