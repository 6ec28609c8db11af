//! Requests as they are received and as they are compared.

use bytes::Bytes;
use http::{HeaderMap, Method};

#[cfg(feature = "record")]
use crate::exchange::client::Client;
use crate::exchange::request::RawRequest;
use crate::exchange::{headers, secrets};
use crate::fixture::redact::{Found, Redactor};
use crate::fixture::{encoding, interaction};
use crate::matching::{self, Key};
use crate::provider::Provider;
use crate::rules::Rules;

/// A request as a server received it.
#[derive(Clone, Copy, Debug)]
pub struct Sent<'a> {
    /// The provider whose API the request uses.
    pub provider: Provider,
    /// The HTTP method.
    pub method: &'a Method,
    /// The path and the query relative to the provider's host, in any spelling that its clients use.
    pub path: &'a str,
    /// The headers, including credentials.
    pub headers: &'a HeaderMap,
    /// The body as received, which may be compressed.
    pub body: &'a Bytes,
}

/// A request in the form in which requests are compared: with a canonical path, decompressed, and redacted.
#[derive(Clone, Debug)]
pub struct Request {
    pub(super) provider: Provider,
    pub(super) compared: interaction::Request,
    pub(super) key: Key,
    /// A header that it needs and does not have: no recording responds to it.
    pub(super) missing_header: Option<String>,
    /// The secrets that it held.
    pub(super) found: Found,
    /// Knows its own credentials, which its response may quote.
    pub(super) redactor: Redactor,
    /// Secrets in its body were looked for.
    is_redacted: bool,
    #[cfg(feature = "record")]
    pub(super) client: Client,
}

/// The error for a request body that cannot be decoded, so that the request cannot be compared.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub struct UnreadableBody(#[from] encoding::DecodeError);

impl Request {
    /// Reads a request with the secrets in its body: one that a recording matches as it is holds none that counts.
    pub(super) fn read(
        sent: &Sent<'_>,
        redactor: &Redactor,
        rules: &Rules,
        max_body: usize,
    ) -> Result<Self, UnreadableBody> {
        let raw = RawRequest {
            provider: sent.provider,
            method: sent.method.as_str(),
            target: sent.path,
            headers: sent.headers,
            body: sent.body,
        };
        let redactor = secrets::redactor_for(redactor, &raw);
        let (mut compared, found) = raw.read_unredacted(&redactor, max_body)?;
        let rules_of_headers = &rules.matching.headers;
        if !rules_of_headers.is_empty() {
            let counts = |name: &str| rules_of_headers.iter().any(|one| one.matches(name));
            headers::add(&mut compared.headers, sent.headers, &redactor, counts);
        }
        let key = matching::key(sent.provider, &compared, &rules.matching);
        Ok(Self {
            provider: sent.provider,
            compared,
            key,
            missing_header: rules.missing_header(sent.headers).map(str::to_owned),
            found,
            redactor,
            is_redacted: false,
            #[cfg(feature = "record")]
            client: Client::default(),
        })
    }

    /// Redacts secrets in the body; returns whether it held any.
    pub(super) fn redact(&mut self) -> bool {
        if std::mem::replace(&mut self.is_redacted, true) {
            return false;
        }
        let found = self.redactor.request(&mut self.compared);
        let is_changed = !found.redactions.is_empty();
        self.found.extend(found);
        is_changed
    }

    /// Lets a [`Recorder`](super::Recorder) know when the client has disconnected: `has_left` becomes `true`, or its
    /// sender is dropped. Without this, a client counts as disconnected when the body of its response is dropped.
    ///
    /// A client that has closed only its sending side looks the same. If `has_left` is `false` again when its sender is
    /// dropped, such a client has received the whole response.
    #[cfg(feature = "record")]
    #[must_use]
    pub fn client(mut self, has_left: tokio::sync::watch::Receiver<bool>) -> Self {
        self.client = Client::watched(has_left);
        self
    }

    /// Returns the provider whose API the request uses.
    pub fn provider(&self) -> Provider {
        self.provider
    }

    /// Returns the redacted path and query, relative to the provider's own host.
    pub fn path(&self) -> &str {
        &self.compared.path
    }
}
