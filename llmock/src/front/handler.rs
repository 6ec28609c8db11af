//! What the front and a session exchange: a request, and the response to it.

use std::pin::Pin;
use std::sync::Arc;
use std::time::Instant;

use bytes::Bytes;
use http::{HeaderMap, Method};

use super::arrival::Arrival;
use crate::exchange::client::Client;
#[cfg(all(feature = "intercept", target_os = "linux"))]
use crate::exchange::in_flight::InFlightGuard;
#[cfg(feature = "wiremock")]
use crate::exchange::request;
use crate::exchange::request::RawRequest;
use crate::exchange::response::Response;
use crate::provider::Provider;

/// A request as the front received it, addressed to a session.
#[derive(Debug)]
pub(crate) struct Incoming {
    pub(crate) provider: Provider,
    pub(crate) method: Method,
    /// What followed the provider's segment, query included.
    pub(crate) rest: String,
    /// The host of a request that came through a proxy variable, if it is no provider's.
    pub(crate) unknown_host: Option<String>,
    /// Why it is refused: a page of another host has sent it.
    pub(crate) foreign: Option<String>,
    /// Without `x-llmock-*`.
    pub(crate) headers: HeaderMap,
    /// As sent, still compressed if the client compressed it; `Err` holds the limit it exceeded.
    pub(crate) body: Result<Bytes, TooLarge>,
    pub(crate) received: Instant,
    pub(crate) arrival: Arrival,
    pub(crate) client: Client,
    /// The connection, if the request is the handshake of a WebSocket.
    #[cfg(feature = "websocket")]
    pub(crate) upgrade: Option<hyper::upgrade::OnUpgrade>,
}

impl Incoming {
    /// The canonical path with the query as it was sent, secrets included: for mocks.
    #[cfg(feature = "wiremock")]
    pub(crate) fn target(&self) -> String {
        request::target(self.provider, &self.rest)
    }

    /// What is compared; without a body if that was too large.
    pub(crate) fn raw(&self) -> RawRequest<'_> {
        RawRequest {
            provider: self.provider,
            method: self.method.as_str(),
            target: &self.rest,
            headers: &self.headers,
            body: self.body.as_deref().unwrap_or_default(),
        }
    }
}

/// A request body exceeded the limit.
#[derive(Clone, Copy, Debug)]
pub(crate) struct TooLarge {
    pub(crate) limit: usize,
}

/// The connection closes without a byte, as a user's wiremock `Mock` may require.
#[derive(Debug, thiserror::Error)]
#[error("connection closed without a response")]
pub(crate) struct Aborted;

/// A response that is not decided yet.
pub(crate) type Responding = Pin<Box<dyn Future<Output = Result<Response, Aborted>> + Send>>;

/// Responds to requests: a session.
pub(crate) trait Handler: Send + Sync + std::fmt::Debug {
    /// The largest request body that it accepts, in bytes.
    fn max_body(&self) -> usize;

    /// The provider at a host, for a request that a proxy variable has led here, and the path as at the provider's own
    /// host.
    fn provider_at(&self, origin: &str, target: &str) -> Option<(Provider, String)>;

    /// Whether tunnels of its clients end at llmock.
    fn intercepts(&self) -> bool;

    /// A client that opened a tunnel is about to check llmock's certificate; the session waits for the result.
    #[cfg(all(feature = "intercept", target_os = "linux"))]
    fn begin_handshake(&self) -> InFlightGuard;

    /// A client refused llmock's certificate for this host.
    #[cfg(all(feature = "intercept", target_os = "linux"))]
    fn note_distrust(&self, host: &str);

    /// Notes a client that disconnected before it had sent all of its request.
    fn note_incomplete(&self, method: &Method, provider: Provider, target: &str);

    /// Responds to a request; runs on the front's runtime.
    fn respond(self: Arc<Self>, incoming: Incoming) -> Responding;
}
