//! Which endpoints there are, and for which methods.

use crate::provider::Provider;
use crate::wire;
use crate::wire::format::{GET, Kind};
use crate::wire::target::Target;

/// What a path and a method lead to at a provider.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Endpoint {
    /// A model replies to messages.
    Conversation,
    /// Another endpoint that [`Reply::render`](crate::reply::Reply::render) knows: models, embeddings, moderations, token
    /// counts.
    Other,
    /// The path exists, but only for this method.
    OnlyFor(&'static str),
    /// An endpoint that [`Reply::render`](crate::reply::Reply::render) does not know.
    Unknown,
}

impl Target {
    /// What is at this path for this method.
    pub fn endpoint(&self) -> Endpoint {
        let path = self.path_alone();
        let (only, endpoint) = match self.operation.kind {
            Kind::Conversation => (self.operation.method, Endpoint::Conversation),
            Kind::Other => (self.operation.method, Endpoint::Other),
            Kind::Fallback if wire::empty_response(self.provider, path).is_some() => {
                (GET, Endpoint::Other)
            }
            Kind::Unlisted | Kind::Fallback if is_models(self.provider, path) => {
                (GET, Endpoint::Other)
            }
            Kind::Unlisted | Kind::Fallback => return Endpoint::Unknown,
        };
        if self.method == only || (only == GET && self.method == "HEAD") {
            endpoint
        } else {
            Endpoint::OnlyFor(only)
        }
    }

    /// Whether responses and errors are in OpenAI's format, which most providers have.
    pub fn is_openai(&self) -> bool {
        std::ptr::eq(self.format.api(self.provider), &raw const wire::openai::API)
    }

    /// Whether requests are in the format of OpenAI's Responses.
    pub fn is_responses(&self) -> bool {
        self.format == &wire::openai_responses::FORMAT
    }
}

/// Whether the path is of a list of models or of one model, whatever the method. Some ids contain slashes, others
/// colons; Google's `M:verb` is not a model.
fn is_models(provider: Provider, path: &str) -> bool {
    let is_google = matches!(provider, Provider::Gemini | Provider::Vertex);
    match path.split_once("/models/") {
        Some((_, id)) if is_google && id.contains(':') => false,
        Some((_, id)) => !id.is_empty(),
        None => wire::format(provider, GET, path) == &wire::models::FORMAT,
    }
}
