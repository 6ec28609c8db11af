//! A request as the strategies see it: whose API it speaks, and what is asked there.

use std::time::SystemTime;

use bytes::Bytes;
use http::header::HOST;
use http::{HeaderMap, Method};
use llmock::Provider;
use tokio::time::Instant;

/// A request to a provider's API.
#[derive(Debug)]
pub(crate) struct Ask {
    pub(crate) provider: Provider,
    pub(crate) method: Method,
    /// Path and query, without the segment that named the provider.
    pub(crate) path: String,
    pub(crate) headers: HeaderMap,
    /// Without compression.
    pub(crate) body: Bytes,
    /// As it was sent.
    pub(crate) wire_body: Bytes,
    /// Whose request it is: of clients that share none, none sees another's queues.
    pub(crate) session: String,
    /// How many requests came before it.
    pub(crate) number: u64,
    /// When its head had been read.
    pub(crate) arrived: Instant,
    /// The same on the calendar.
    pub(crate) arrived_at: SystemTime,
}

impl Ask {
    /// The value of a header, if it is text.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// Where the client reaches this server, by its own account.
    pub(crate) fn origin(&self) -> Option<String> {
        self.headers.get(HOST)?.to_str().ok().map(|host| format!("http://{host}"))
    }

    /// The query, without the question mark.
    pub(crate) fn query(&self) -> Option<&str> {
        self.path.split_once('?').map(|(_, query)| query)
    }
}
