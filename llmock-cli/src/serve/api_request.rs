//! A request as strategies receive it.

use std::sync::{Arc, OnceLock};
use std::time::SystemTime;

use bytes::Bytes;
use http::header::{AsHeaderName, HOST};
use http::uri::Authority;
use http::{HeaderMap, HeaderName, Method, Uri};
use llmock::Provider;
use llmock::playback::{Playback, Request, UnreadableBody};
use tokio::time::Instant;

use super::client::ClientLeft;
use super::routes::Route;
use super::sessions::SessionId;

/// A request to a provider's API.
#[derive(Debug)]
pub(crate) struct ApiRequest {
    pub(crate) route: Arc<Route>,
    pub(crate) method: Method,
    /// Whether it is the handshake of a WebSocket, whose method is another one then.
    pub(crate) is_handshake: bool,
    /// As sent.
    pub(crate) uri: Uri,
    pub(crate) headers: HeaderMap,
    /// Whether any header starts with `x-llmock-`, so that others need not be searched.
    pub(crate) has_commands: bool,
    /// Without compression.
    pub(crate) body: Bytes,
    /// As sent, if it was compressed.
    pub(crate) compressed_body: Option<Bytes>,
    /// The session of the request. Each session has its own positions in the recordings.
    pub(crate) session: SessionId,
    /// `http` or `https`.
    pub(crate) scheme: &'static str,
    /// What stands in front of the path to name the session.
    pub(crate) prefix: Option<Box<str>>,
    /// How many requests arrived before it.
    pub(crate) number: u64,
    /// The time at which the head of the request had been read.
    pub(crate) arrived: Instant,
    /// The same as a calendar time.
    pub(crate) arrived_at: SystemTime,
    /// Made when a strategy first compares it with recordings. In a box, so that other requests stay small: each of
    /// them is moved a few times.
    pub(crate) compared: OnceLock<Box<Result<Compared, UnreadableBody>>>,
    /// Tells when its client has disconnected, if the server forwards requests.
    pub(crate) client_left: Option<ClientLeft>,
}

/// A request in the form in which requests are compared, and the recordings to compare it with. A request uses the
/// recordings that were loaded when it started.
#[derive(Debug)]
pub(crate) struct Compared {
    pub(crate) playback: Arc<Playback>,
    pub(crate) request: Request,
}

impl ApiRequest {
    /// A request of the same client that is part of this one, such as one of a batch.
    pub(crate) fn within(&self, path: &str, body: Bytes) -> Self {
        Self {
            route: Arc::new(Route::of_provider(self.provider(), Method::POST, path)),
            method: Method::POST,
            is_handshake: false,
            uri: path.parse().unwrap_or_default(),
            headers: HeaderMap::new(),
            has_commands: false,
            body,
            compressed_body: None,
            session: self.session.clone(),
            scheme: self.scheme,
            prefix: self.prefix.clone(),
            number: self.number,
            arrived: self.arrived,
            arrived_at: self.arrived_at,
            compared: OnceLock::new(),
            client_left: None,
        }
    }

    /// The provider whose API it uses.
    pub(crate) fn provider(&self) -> Provider {
        self.route.target.provider()
    }

    /// The value of a header, if it is text.
    pub(crate) fn header(&self, name: impl AsHeaderName) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    pub(crate) fn has_commands(headers: &HeaderMap) -> bool {
        headers.keys().any(|name| name.as_str().starts_with("x-llmock-"))
    }

    /// The value of a header for this server.
    pub(crate) fn command(&self, name: &HeaderName) -> Option<&str> {
        if self.has_commands { self.header(name) } else { None }
    }

    /// The address at which the client reached this server.
    pub(crate) fn origin(&self) -> Option<String> {
        // HTTP/2 has it in the address.
        let host = self.header(HOST).or_else(|| self.uri.authority().map(Authority::as_str));
        let prefix = self.prefix.as_deref().unwrap_or_default();
        host.map(|host| format!("{}://{host}{prefix}", self.scheme))
    }
}
