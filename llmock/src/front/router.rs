//! What every connection needs to find its session.

use std::net::SocketAddr;
use std::sync::Arc;

use http::{Method, StatusCode};

use super::refused::Refused;
use super::registry::Registry;
use crate::exchange::response::{self, Response};
use crate::provider::{self, Provider};

/// What every connection needs to find its session.
#[derive(Debug)]
pub(super) struct Router {
    pub(super) registry: Arc<Registry>,
    pub(super) own: SocketAddr,
}

impl Router {
    /// Rejects a request that is for no session, and remembers it.
    pub(super) async fn reject(
        &self,
        provider: Option<Provider>,
        method: &Method,
        target: &str,
        message: &str,
    ) -> Response {
        let path = match provider {
            Some(provider) => provider::canonical_path(provider, target),
            None => target.to_owned(),
        };
        self.registry.refusals.add(Refused::new(provider, method, &path, message)).await;
        // The error shape of any provider is better than none.
        refusal(provider.unwrap_or(Provider::OpenAI), &path, message)
    }
}

/// An error in the provider's shape with a status that no client retries.
pub(super) fn refusal(provider: Provider, path: &str, message: &str) -> Response {
    response::refusal(provider, path, StatusCode::IM_A_TEAPOT, message)
}
