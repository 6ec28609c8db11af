//! A request on its way into the comparison.

use bytes::Bytes;
use http::{HeaderMap, Method};

use crate::fixture::encoding;
use crate::fixture::interaction::{self, Body};
use crate::fixture::redact::Redactor;
use crate::matching::{self, Key, Rules};
use crate::provider::{self, Provider};
use crate::session::respond::text_of;

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
        let coding = text_of(sent.headers, http::header::CONTENT_ENCODING.as_str());
        let content_type = text_of(sent.headers, http::header::CONTENT_TYPE.as_str());
        let bytes = encoding::decompress(coding, sent.body, max_body)?;
        let mut compared = interaction::Request {
            method: sent.method.as_str().to_ascii_uppercase(),
            path: provider::canonical_path(sent.provider, sent.path),
            body: Body::from_wire(content_type, bytes.into_owned()),
        };
        redactor.request(&mut compared);
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
