//! Answers that a person writes, rendered into any provider's wire format.
//!
//! A [`Reply`] says what is answered, a [`RequestShape`] what was asked; the format and whether it is
//! streamed follow from the request, as they do at the provider. Each wire format has a module of its
//! own here, beside the one in `provider` that reads it. No clock and no chance: the same request and
//! reply give the same bytes.

mod anthropic;
mod asked;
mod bedrock;
mod bedrock_text;
mod check;
mod cohere;
mod cohere_v1;
mod completions;
mod content;
mod conversation;
mod embeddings;
mod errors;
mod gemini;
mod limits;
mod models;
mod moderations;
mod object;
mod ollama;
mod openai_chat;
mod openai_responses;
mod pieces;
mod plain;
mod reading;
mod rendered;
mod sse;
mod target;
mod template;
#[cfg(test)]
mod tests;
mod tokens;
mod vectors;

pub use asked::RequestShape;
pub use content::{Finish, Reply};
pub use conversation::{Role, Turn};
pub use models::Model;
pub use pieces::Chunks;
pub use plain::{CompressionError, uncompressed};
pub use reading::{Endpoint, Reading};
pub use rendered::{Rendered, RenderedBody};
pub use target::Target;
pub use template::Template;

use asked::Asked;

use crate::provider::{self, Family, Provider};

impl Reply {
    /// The answer as this provider would send it to this request.
    ///
    /// Known are chat completions, Responses, completions, embeddings, moderations and models in
    /// OpenAI's format; messages, token counts and models in Anthropic's; Gemini's and Vertex's
    /// contents, token counts, embeddings and models; Ollama's, Cohere's and Bedrock's own endpoints
    /// for the same. Anything else gets the provider's error with status 404, and what would be longer than
    /// 32 MiB one with status 400.
    pub fn render(&self, provider: Provider, request: &RequestShape<'_>) -> Rendered {
        request.read(provider).render(self)
    }
}

fn answer(asked: &Asked<'_>) -> Rendered {
    match asked.family {
        Family::OpenAiCompletions if asked.path.contains("/fim/") => openai_chat::render(asked),
        Family::OpenAiChat => openai_chat::render(asked),
        Family::OpenAiCompletions => completions::render(asked),
        Family::OpenAiResponses => openai_responses::render(asked),
        Family::OpenAiEmbeddings => embeddings::openai(asked),
        Family::Anthropic => anthropic::render(asked),
        Family::AnthropicCount => anthropic::count(asked),
        Family::Gemini => gemini::render(asked),
        Family::Ollama => ollama::render(asked),
        Family::Cohere => cohere::render(asked),
        Family::Bedrock => bedrock::render(asked),
        Family::Models => models::render(asked),
        Family::Plain => no_conversation(asked),
    }
}

/// Endpoints in which there is no conversation.
fn no_conversation(asked: &Asked<'_>) -> Rendered {
    if asked.endpoint() == "moderations" {
        return moderations::render(asked);
    }
    // the ids of some models have slashes
    if asked.method == "GET" && asked.path.contains("/models/") {
        return models::render(asked);
    }
    harmless(asked)
}

/// The answer to an endpoint whose answers say nothing, or an error.
fn harmless(asked: &Asked<'_>) -> Rendered {
    match provider::empty_answer(asked.provider, asked.path) {
        Some(body) => Rendered::json(body),
        None => errors::unknown_endpoint(asked),
    }
}
