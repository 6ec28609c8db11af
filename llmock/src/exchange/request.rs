//! A request in the form in which requests are compared.

use http::{HeaderMap, header};

use crate::fixture::encoding::{self, DecodeError};
use crate::fixture::interaction::{Body, Request};
use crate::fixture::redact::{Found, Redactor};
use crate::provider::{self, Provider};

/// The largest decoded request body that is compared, unless a setting names another limit.
#[cfg(any(feature = "server", feature = "wiremock"))]
pub(crate) const MAX_BODY: usize = 16 << 20;

/// The method of a handshake where requests are compared, stored and shown: `GET` is another request.
#[cfg(feature = "websocket")]
pub(crate) const HANDSHAKE: &str = "WEBSOCKET";

/// A request as it was received.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RawRequest<'a> {
    pub(crate) provider: Provider,
    pub(crate) method: &'a str,
    /// Path and query below the provider's host, in any of the spellings of its clients.
    pub(crate) target: &'a str,
    pub(crate) headers: &'a HeaderMap,
    /// Compressed if the client compressed it.
    pub(crate) body: &'a [u8],
}

impl RawRequest<'_> {
    /// The canonical request, body decompressed and secrets redacted, and what was redacted.
    pub(crate) fn read(
        &self,
        redactor: &Redactor,
        max_body: usize,
    ) -> Result<(Request, Found), DecodeError> {
        Ok(self.with_body(self.decoded(max_body)?, redactor))
    }

    /// The canonical request with the secrets in its body, and what was redacted elsewhere.
    #[cfg(feature = "server")]
    pub(crate) fn read_unredacted(
        &self,
        redactor: &Redactor,
        max_body: usize,
    ) -> Result<(Request, Found), DecodeError> {
        let body = self.decoded(max_body)?;
        let (request, found) = self.without_body(redactor);
        Ok((Request { body, ..request }, found))
    }

    fn decoded(&self, max_body: usize) -> Result<Body, DecodeError> {
        let coding = text(self.headers, header::CONTENT_ENCODING.as_str());
        let bytes = encoding::decompress(coding, self.body, max_body)?;
        let content_type = text(self.headers, header::CONTENT_TYPE.as_str());
        Ok(Body::from_wire(content_type, bytes.into_owned()))
    }

    /// The same without its body, for one that could not be read.
    pub(crate) fn without_body(&self, redactor: &Redactor) -> (Request, Found) {
        self.with_body(Body::Empty, redactor)
    }

    fn with_body(&self, body: Body, redactor: &Redactor) -> (Request, Found) {
        let mut request = Request {
            method: self.method.to_ascii_uppercase(),
            path: provider::canonical_path(self.provider, self.target),
            range: text(self.headers, header::RANGE.as_str()).map(range),
            headers: api_headers(self.headers),
            body,
        };
        let found = redactor.request(&mut request);
        (request, found)
    }
}

/// The headers that choose the version of an API, each once: a repeated one has its values in one list.
fn api_headers(headers: &HeaderMap) -> Vec<(String, String)> {
    let values = |name: &str| {
        let values = headers.get_all(name).into_iter();
        let values: Vec<_> =
            values.filter_map(|value| value.to_str().ok()).map(str::trim).collect();
        values.join(",")
    };
    let named = provider::API_HEADERS.iter().map(|name| ((*name).to_owned(), values(name)));
    named.filter(|(_, value)| !value.is_empty()).collect()
}

/// A `Range` in the one spelling that is compared: <https://www.rfc-editor.org/rfc/rfc9110#section-14.1>.
fn range(value: &str) -> String {
    value.chars().filter(|c| !c.is_whitespace()).collect::<String>().to_ascii_lowercase()
}

/// The value of a header, if it is text.
pub(crate) fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

/// The canonical path with the query as the client sent it, secrets included: for the provider and for mocks.
pub(crate) fn target(provider: Provider, sent: &str) -> String {
    let canonical = provider::canonical_path(provider, sent);
    let path = canonical.split('?').next().unwrap_or(&canonical);
    match sent.split_once('?') {
        Some((_, query)) => format!("{path}?{query}"),
        None => path.to_owned(),
    }
}

/// The same with the client's trailing slash: some servers respond to nothing else.
#[cfg(feature = "record")]
pub(crate) fn upstream_target(provider: Provider, sent: &str) -> String {
    let target = target(provider, sent);
    let (path, query) = target.split_at(target.find('?').unwrap_or(target.len()));
    let sent_path = sent.split(['?', '#']).next().unwrap_or_default();
    let slash = if sent_path.ends_with('/') && !path.ends_with('/') { "/" } else { "" };
    format!("{path}{slash}{query}")
}

/// Removes headers that are addressed to llmock itself, as a proxy or by their name.
pub(crate) fn remove_own_headers(headers: &mut HeaderMap) {
    headers.remove(header::PROXY_AUTHORIZATION);
    headers.remove("proxy-connection");
    let own: Vec<_> =
        headers.keys().filter(|name| name.as_str().starts_with("x-llmock-")).cloned().collect();
    for name in own {
        headers.remove(name);
    }
}
