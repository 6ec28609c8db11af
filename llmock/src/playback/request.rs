//! A request on its way into the comparison.

use bytes::Bytes;
use http::{HeaderMap, Method};

use crate::exchange::request::RawRequest;
use crate::fixture::redact::Redactor;
use crate::fixture::{encoding, interaction};
use crate::matching::{self, Key, Rules};
use crate::provider::Provider;

/// A request as a server has received it.
#[derive(Clone, Copy, Debug)]
pub struct Sent<'a> {
    /// Whose API it speaks.
    pub provider: Provider,
    /// Its method.
    pub method: &'a Method,
    /// Path and query as below the provider's host, in any of the spellings of its clients.
    pub path: &'a str,
    /// Its headers, credentials included.
    pub headers: &'a HeaderMap,
    /// Its body as sent, compressed if the client has compressed it.
    pub body: &'a Bytes,
}

/// A request in the form in which requests are compared: canonical path, no compression, no secrets.
#[derive(Clone, Debug)]
pub struct Request {
    pub(super) provider: Provider,
    pub(super) compared: interaction::Request,
    pub(super) key: Key,
}

/// The body of a request cannot be read, so the request cannot be compared.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub struct UnreadableBody(#[from] encoding::DecodeError);

impl Request {
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
        let compared = raw.read(redactor, max_body)?;
        let key = matching::key(sent.provider, &compared, rules);
        Ok(Self { provider: sent.provider, compared, key })
    }

    /// Whose API it speaks.
    pub fn provider(&self) -> Provider {
        self.provider
    }

    /// The path as at the provider's own host, query included, secrets taken out.
    pub fn path(&self) -> &str {
        &self.compared.path
    }
}
