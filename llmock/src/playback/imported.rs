//! Exchanges that another tool has recorded, as the interactions that llmock would have recorded from them.
//!
//! The bytes take the path of a recording: the request is read as a session reads it, the response as it would have
//! arrived, and both are redacted. So an imported fixture and a recorded one differ in nothing.

use std::borrow::Cow;
use std::path::Path;
use std::sync::Mutex;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};

use crate::exchange::forward::UpstreamResponse;
use crate::exchange::request::{HANDSHAKE, MAX_BODY, RawRequest};
use crate::exchange::verify::OriginalRequest;
use crate::exchange::{record, recorded_socket, secrets};
use crate::fixture::interaction::{Body, Content, Interaction, Origin};
use crate::fixture::redact::{Redaction, Redactor};
use crate::fixture::socket::{Close, Message, Side, Socket};
use crate::fixture::{FormatError, encoding, format, store};
use crate::provider::Provider;
use crate::stream::{Chunk, End};
use crate::sync::lock;

/// One exchange of another recorder, with the bytes that it kept.
#[derive(Clone, Debug, Default)]
pub struct Foreign {
    /// In any case.
    pub method: String,
    /// Path and query at the host of the provider.
    pub target: String,
    /// Names and values of the request's headers.
    pub request_headers: Vec<(String, String)>,
    /// Compressed if the headers say so and the recorder kept it that way.
    pub request_body: Vec<u8>,
    /// From 200 to 999.
    pub status: u16,
    /// Names and values of the response's headers.
    pub response_headers: Vec<(String, String)>,
    /// Compressed if the headers say so and the recorder kept it that way.
    pub response_body: Vec<u8>,
    /// Milliseconds from the request to the end of the response.
    pub ms: u64,
    /// Whether the connection broke before the response was complete.
    pub is_cut: bool,
    /// RFC 3339 in UTC, whole seconds.
    pub recorded_at: Option<String>,
    /// The test that owns the interaction.
    pub test: Option<String>,
    /// The messages of a WebSocket, whose handshake the rest is.
    pub socket: Option<Vec<ForeignMessage>>,
}

/// A message of a WebSocket that another recorder kept.
#[derive(Clone, Debug, PartialEq)]
pub struct ForeignMessage {
    /// Whether the client sent it.
    pub is_from_client: bool,
    /// Milliseconds since the handshake.
    pub ms: u64,
    /// Whether it is a binary message.
    pub is_binary: bool,
    /// Its data.
    pub bytes: Vec<u8>,
}

/// An interaction, and what a fixture does not keep of its exchange.
#[derive(Debug)]
pub struct Imported {
    /// What goes into the fixture.
    pub interaction: Interaction,
    /// The names in the placeholders of redacted secrets.
    pub redacted: Vec<String>,
    /// Names of response headers that are not kept and that a program may read.
    pub dropped_headers: Vec<String>,
    /// Whether a fixture keeps digests of the files in the request.
    pub has_files: bool,
}

/// Why an exchange is no interaction.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// A status that no response has.
    #[error("invalid status {0}: expected 200 to 999")]
    Status(u16),
    /// Its method has letters that no method has.
    #[error("invalid method `{0}`")]
    Method(String),
    /// The body of its request cannot be decoded.
    #[error("the body of the request cannot be decoded: {0}")]
    Body(String),
}

/// Makes interactions, with the secrets of this process redacted.
#[derive(Debug)]
pub struct Importer {
    redactor: Redactor,
}

impl Importer {
    /// Reads the variables of the process.
    #[must_use]
    pub fn new() -> Self {
        Self { redactor: secrets::redactor() }
    }

    /// The interaction of an exchange with this provider.
    ///
    /// # Errors
    ///
    /// Returns an error if the exchange cannot be HTTP.
    pub fn interaction(
        &self,
        provider: Provider,
        exchange: Foreign,
    ) -> Result<Imported, ImportError> {
        if exchange.socket.is_some() {
            return self.socket(provider, exchange);
        }
        let status = StatusCode::from_u16(exchange.status).ok().filter(|it| it.as_u16() >= 200);
        let status = status.ok_or(ImportError::Status(exchange.status))?;
        let is_method = http::Method::from_bytes(exchange.method.as_bytes()).is_ok();
        if !is_method {
            return Err(ImportError::Method(exchange.method));
        }
        let (headers, received) =
            (header_map(&exchange.request_headers), header_map(&exchange.response_headers));
        let target = escaped(&exchange.target);
        let raw = RawRequest {
            provider,
            method: &exchange.method,
            target: &target,
            headers: &headers,
            body: &exchange.request_body,
        };
        let redactor = secrets::redactor_for(&self.redactor, &raw);
        let read =
            raw.read(&redactor, MAX_BODY).map_err(|error| ImportError::Body(error.to_string()))?;
        let has_files = matches!(&read.0.body, Body::Form(parts) if parts.iter().any(|part|
            matches!(part.value, crate::fixture::interaction::PartValue::File { .. })));
        let ms = exchange.ms;
        let upstream = UpstreamResponse {
            status,
            headers: received,
            chunks: vec![Chunk { ms, bytes: exchange.response_body }],
            end: if exchange.is_cut { End::Cut } else { End::Complete },
            ms,
            was_given_up: false,
        };
        let owner = exchange.test.as_deref();
        let recorded =
            record::interaction(provider, read, &upstream, owner, &redactor, MAX_BODY, &|_| false);
        let dropped_headers = record::dropped_headers(&upstream, &|_| false);
        let mut interaction = recorded.interaction;
        interaction.recorded_at = exchange.recorded_at;
        interaction.origin = Origin::Imported;
        if ms == 0 {
            interaction.response.ms = None;
        }
        if recorded.redacted.response.is_empty() {
            keep_blanks(&mut interaction, &upstream);
        }
        let found = recorded.redacted.request.iter().chain(&recorded.redacted.response);
        let redacted = names(found);
        Ok(Imported { interaction, redacted, dropped_headers, has_files })
    }

    fn socket(&self, provider: Provider, exchange: Foreign) -> Result<Imported, ImportError> {
        let (headers, received) =
            (header_map(&exchange.request_headers), header_map(&exchange.response_headers));
        let sent = OriginalRequest {
            provider,
            method: HANDSHAKE.to_owned(),
            target: escaped(&exchange.target),
            headers,
            body: Bytes::new(),
        };
        let raw = RawRequest {
            provider,
            method: &sent.method,
            target: &sent.target,
            headers: &sent.headers,
            body: &[],
        };
        let redactor = secrets::redactor_for(&self.redactor, &raw);
        let read =
            raw.read(&redactor, MAX_BODY).map_err(|error| ImportError::Body(error.to_string()))?;
        let protocol = received.get(http::header::SEC_WEBSOCKET_PROTOCOL);
        let message = |one: ForeignMessage| {
            let from = if one.is_from_client { Side::Client } else { Side::Server };
            Message::received(from, one.ms, one.is_binary, one.bytes.into())
        };
        let socket = Socket {
            protocol: protocol.and_then(|it| it.to_str().ok()).map(str::to_owned),
            messages: exchange.socket.unwrap_or_default().into_iter().map(message).collect(),
            close: Close::Open,
        };
        let owner = exchange.test.as_deref();
        let (recorded, _) =
            recorded_socket::recorded(sent, read, &received, socket, owner, &redactor, &|_| false);
        let mut interaction = recorded.interaction;
        interaction.recorded_at = exchange.recorded_at;
        interaction.origin = Origin::Imported;
        let found = recorded.redacted.request.iter().chain(&recorded.redacted.response);
        let redacted = names(found);
        Ok(Imported { interaction, redacted, dropped_headers: Vec::new(), has_files: false })
    }

    /// The interactions of a file that llmock reads as it is, such as one of `llm-mock`, redacted.
    ///
    /// # Errors
    ///
    /// Returns an error if the text is not such a file.
    pub fn fixture(
        &self,
        text: &str,
        owner: Option<&str>,
    ) -> Result<Vec<Interaction>, FormatError> {
        let mut interactions = format::read(text)?;
        for interaction in &mut interactions {
            self.redactor.interaction(interaction);
            interaction.hash = interaction.hash();
            interaction.origin = Origin::Imported;
            if owner.is_some() {
                interaction.test = owner.map(str::to_owned);
            }
        }
        Ok(interactions)
    }
}

impl Default for Importer {
    fn default() -> Self {
        Self::new()
    }
}

/// A recorder that cannot record again keeps JSON with blanks of its own byte for byte, as text.
fn keep_blanks(interaction: &mut Interaction, received: &UpstreamResponse) {
    let Content::Body(Body::Json(text)) = &interaction.response.content else { return };
    let Some(chunk) = received.chunks.first() else { return };
    let coding = received.headers.get(http::header::CONTENT_ENCODING);
    let coding = coding.and_then(|value| value.to_str().ok());
    let limit = MAX_BODY.saturating_mul(4);
    let plain = encoding::decompress(coding, &chunk.bytes, limit).unwrap_or(Cow::Borrowed(&[]));
    if !plain.is_empty()
        && text.as_bytes() != &*plain
        && let Ok(exact) = String::from_utf8(plain.into_owned())
    {
        interaction.response.content = Content::Body(Body::Text(exact));
    }
}

fn names<'r>(found: impl Iterator<Item = &'r Redaction>) -> Vec<String> {
    let mut names: Vec<String> = found.map(|one| one.name.clone()).collect();
    names.sort_unstable();
    names.dedup();
    names
}

/// Headers that HTTP allows; recorders also keep pseudo headers of HTTP/2, which are parts of the request line.
fn header_map(headers: &[(String, String)]) -> HeaderMap {
    let valid = headers.iter().filter_map(|(name, value)| {
        let name = HeaderName::from_bytes(name.trim().as_bytes()).ok()?;
        Some((name, HeaderValue::from_bytes(value.trim().as_bytes()).ok()?))
    });
    let mut map = HeaderMap::new();
    for (name, value) in valid {
        map.append(name, value);
    }
    map
}

/// A target as a client sends it: what no URL may hold is escaped.
fn escaped(target: &str) -> String {
    let target = target.split('#').next().unwrap_or_default();
    let is_plain = |letter: char| matches!(letter, '!'..='~') && !"\"<>\\^`{|}".contains(letter);
    if target.chars().all(is_plain) {
        return target.to_owned();
    }
    let mut out = String::with_capacity(target.len() + 16);
    for letter in target.chars() {
        if is_plain(letter) {
            out.push(letter);
        } else {
            let mut bytes = [0; 4];
            for byte in letter.encode_utf8(&mut bytes).bytes() {
                use std::fmt::Write as _;
                let _ = write!(out, "%{byte:02X}");
            }
        }
    }
    out
}

/// The provider of the table that owns a host, with its port if it has one.
#[must_use]
pub fn provider_of_host(host: &str) -> Option<Provider> {
    Provider::all().find(|provider| provider.owns_host(host))
}

/// The provider of the table with this id.
#[must_use]
pub fn known_provider(id: &str) -> Option<Provider> {
    Provider::all().find(|provider| provider.id() == id)
}

/// Scheme and host of the provider's API, if every customer has the same.
#[must_use]
pub fn origin_of(provider: Provider) -> Option<String> {
    let upstream = provider.entry().upstream?;
    let (scheme, rest) = upstream.split_once("://")?;
    let host = rest.split('/').next().unwrap_or(rest);
    Some(format!("{scheme}://{host}"))
}

/// The request of an interaction as other tools keep it: its body, unless that is a form, whose files are digests.
#[must_use]
pub fn request_body(interaction: &Interaction) -> Option<Bytes> {
    match &interaction.request.body {
        Body::Form(_) => None,
        body => Some(Bytes::from(body.to_wire().into_owned())),
    }
}

/// The subprotocol and the messages of an interaction that is a WebSocket.
#[must_use]
pub fn socket(interaction: &Interaction) -> Option<(Option<&str>, Vec<ForeignMessage>)> {
    let Content::Socket(socket) = &interaction.response.content else { return None };
    let message = |one: &Message| ForeignMessage {
        is_from_client: one.from == Side::Client,
        ms: one.ms,
        is_binary: one.is_binary,
        bytes: one.bytes().to_vec(),
    };
    Some((socket.protocol.as_deref(), socket.messages.iter().map(message).collect()))
}

/// The headers of the request that a fixture keeps: those that choose the version of an API.
#[must_use]
pub fn request_headers(interaction: &Interaction) -> Vec<(String, String)> {
    interaction.request.headers.clone()
}

/// The text of a fixture with these interactions.
#[must_use]
pub fn text_of(interactions: &mut [Interaction]) -> String {
    for interaction in interactions.iter_mut() {
        interaction.hash = interaction.hash();
    }
    format::write(interactions)
}

/// Writes a fixture in one step, under its lock. Several threads may write fixtures at once.
///
/// # Errors
///
/// Returns an error if the file exists and `overwrite` is not set, or if it cannot be written.
pub fn save(
    path: &Path,
    interactions: &[Interaction],
    overwrite: bool,
) -> Result<(), store::SaveError> {
    // The lock of a folder is polled, so that threads of one process had better wait for each other.
    static WRITING: Mutex<()> = Mutex::new(());
    // Without the lock: other threads write meanwhile.
    let text = store::composed(path, interactions)?;
    let _writing = lock(&WRITING);
    let file = store::lock(path)?;
    if !overwrite && path.exists() {
        let source = std::io::Error::new(std::io::ErrorKind::AlreadyExists, "the file exists");
        return Err(store::SaveError { path: path.to_owned(), source });
    }
    file.save_composed(interactions, &text)
}

#[cfg(test)]
mod tests;
