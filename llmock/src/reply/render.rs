//! Renders a reply as the response to a request.

use std::borrow::Cow;
use std::cell::{OnceCell, RefCell};

use super::reading::{Reading, RequestShape};
use crate::provider::Provider;
use crate::wire::content::{Failure, Reply};
use crate::wire::context::RenderContext;
use crate::wire::format::Kind;
use crate::wire::ids::{DerivedId, seed_of};
use crate::wire::rendered::Rendered;
use crate::wire::requirements::Limit;
use crate::wire::{failure, size};

/// The time of a response unless the reply or the server sets it: the beginning of 2025.
const CREATED: u64 = 1_735_689_600;

impl Reply {
    /// The response that this provider would send to this request.
    ///
    /// Known are chat completions, Responses, completions, embeddings, moderations and models in
    /// OpenAI's format; messages, token counts and models in Anthropic's; Gemini's and Vertex's
    /// contents, token counts, embeddings and models; Ollama's, Cohere's and Bedrock's own endpoints
    /// for the same. Any other request gets the provider's error with status 404, and a response that would be longer
    /// than 32 MiB becomes one with status 400.
    pub fn render(&self, provider: Provider, request: &RequestShape<'_>) -> Rendered {
        request.read(provider).render(self)
    }
}

impl Reading<'_> {
    /// The response that the provider would send; see [`Reply::render`].
    pub fn render(&self, reply: &Reply) -> Rendered {
        self.render_collecting(reply, None)
    }

    /// The same, and collects every id that was made for it.
    pub(super) fn render_collecting(
        &self,
        reply: &Reply,
        derived: Option<&RefCell<Vec<DerivedId>>>,
    ) -> Rendered {
        let context = self.context(reply, derived);
        let operation = self.target().operation;
        let is_whole_error = |failure: &&Failure| !(failure.midway && context.streams);
        let too_long = || match operation.kind {
            Kind::Conversation => size::too_long(&context, operation.measure),
            _ => None,
        };
        let rendered = if let Some(failure) = reply.failure.as_ref().filter(is_whole_error) {
            failure::error(&context, failure)
        } else if let Some(message) = too_long() {
            failure::error(&context, &Failure { status: 400, message, midway: false })
        } else {
            (operation.render)(&context)
        };
        rendered.finish(&context)
    }

    pub(super) fn context<'c>(
        &'c self,
        reply: &'c Reply,
        derived: Option<&'c RefCell<Vec<DerivedId>>>,
    ) -> RenderContext<'c> {
        let target = self.target();
        let body = self.body.as_ref();
        let model = reply.model.as_deref().map(Cow::Borrowed).or_else(|| self.model());
        let seed = match (&reply.id, reply.seed.or(self.seed)) {
            (Some(id), _) => seed_of(id.as_bytes(), b""),
            (None, Some(given)) => given,
            (None, None) => seed_of(target.path.as_bytes(), self.bytes),
        };
        RenderContext {
            reply,
            provider: target.provider,
            api: target.format.api(target.provider),
            method: &target.method,
            path: &target.path,
            path_alone: target.path_alone(),
            body,
            streams: target.streams(body),
            model: model.unwrap_or(Cow::Borrowed("llmock")),
            vectors: match &target.operation.limit {
                Limit::Vectors(vectors) => Some(vectors),
                _ => None,
            },
            created: reply.created.or(self.created).unwrap_or(CREATED),
            seed,
            derived,
            id: OnceCell::new(),
            created_at: OnceCell::new(),
        }
    }
}
