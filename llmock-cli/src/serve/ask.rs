//! A request as the strategies see it: whose API it speaks, and what is asked there.

use std::sync::Arc;
use std::time::SystemTime;

use bytes::Bytes;
use http::header::{AsHeaderName, HOST};
use http::{HeaderMap, HeaderName, Method, Uri};
use llmock::Provider;
use tokio::time::Instant;

use super::routes::Route;
use super::sessions::SessionId;

/// A request to a provider's API.
#[derive(Debug)]
pub(crate) struct Ask {
    pub(crate) route: Arc<Route>,
    pub(crate) method: Method,
    /// As it was sent.
    pub(crate) uri: Uri,
    pub(crate) headers: HeaderMap,
    /// Whether any header is meant for us, so that nobody has to look for one.
    pub(crate) has_commands: bool,
    /// Without compression.
    pub(crate) body: Bytes,
    /// As it was sent.
    pub(crate) wire_body: Bytes,
    /// Whose request it is: of clients that share none, none sees another's queues.
    pub(crate) session: SessionId,
    /// How many requests came before it.
    pub(crate) number: u64,
    /// When its head had been read.
    pub(crate) arrived: Instant,
    /// The same on the calendar.
    pub(crate) arrived_at: SystemTime,
}

impl Ask {
    /// Whose API it speaks.
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

    /// The value of a header that is meant for us.
    pub(crate) fn command(&self, name: &HeaderName) -> Option<&str> {
        if self.has_commands { self.header(name) } else { None }
    }

    /// Where the client reaches this server, by its own account.
    pub(crate) fn origin(&self) -> Option<String> {
        self.headers.get(HOST)?.to_str().ok().map(|host| format!("http://{host}"))
    }

    /// The query, without the question mark.
    pub(crate) fn query(&self) -> Option<&str> {
        self.uri.query()
    }
}
