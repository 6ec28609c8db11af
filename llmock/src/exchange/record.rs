//! The response of a provider on its way to the client and into a fixture.

use std::borrow::Cow;
use std::time::SystemTime;

use http::{HeaderName, HeaderValue, header};

use crate::exchange::forward::UpstreamResponse;
use crate::exchange::response::Response as Relayed;
use crate::exchange::secrets::Redacted;
use crate::exchange::verify::{Original, OriginalRequest, ReceivedBytes, Unredacted};
use crate::exchange::{links, request};
use crate::fixture::encoding;
use crate::fixture::interaction::{Body, Content, Interaction, Origin, Request, Response};
use crate::fixture::redact::{Found, Redactor};
use crate::json;
use crate::matching::{self, MatchRules};
use crate::provider::{self, Address, Links, Provider};
use crate::stream::{Chunk, End, Framing, Stream, concat, framing_in, framing_of};
use crate::wire::{self, ReportedError};

/// A response as a fixture keeps it.
#[derive(Debug)]
pub(crate) struct Recorded {
    pub(crate) interaction: Interaction,
    /// The error that the response reports, by its status or inside a success.
    pub(crate) error: Option<ReportedError>,
    pub(crate) redacted: Redacted,
    /// The response before it was redacted; `None` if nothing was.
    pub(crate) unredacted: Option<Unredacted>,
}

/// The interaction that a fixture keeps of a request, with what was redacted in it, and its response.
pub(crate) fn interaction(
    provider: Provider,
    (request, found): (Request, Found),
    received: &UpstreamResponse,
    owner: Option<&str>,
    redactor: &Redactor,
    max_body: usize,
    keeps_header: &dyn Fn(&str) -> bool,
) -> Recorded {
    let mut response = response_of(provider, &request, received, max_body, keeps_header);
    let before = response.clone();
    let in_response = redactor.response(&mut response, &found);
    let unredacted = (!in_response.is_empty()).then(|| {
        let mut unredacted = Unredacted::new(before);
        unredacted.add_look(redactor, &found);
        unredacted
    });
    let redacted = Redacted { request: found.redactions, response: in_response };
    let error = reported_error(provider, &request, &response);
    let interaction = Interaction {
        // A file has the key under the default rules, whatever rules the session compares by.
        hash: matching::key(provider, &request, &MatchRules::default()).to_string(),
        provider,
        test: owner.map(str::to_owned),
        recorded_at: Some(humantime::format_rfc3339_seconds(SystemTime::now()).to_string()),
        origin: Origin::Recorded,
        written: None,
        request,
        response,
    };
    Recorded { interaction, error, redacted, unredacted }
}

/// The headers of a response that a fixture does not keep and a program may read, by name.
pub(crate) fn dropped_headers(
    received: &UpstreamResponse,
    keeps_header: &dyn Fn(&str) -> bool,
) -> Vec<String> {
    let names = received.headers.keys().map(http::HeaderName::as_str);
    names
        .filter(|name| provider::is_telling_header(name) && !keeps_header(name))
        .map(str::to_owned)
        .collect()
}

/// What went over the wire, to compare it with what the fixture replays.
pub(crate) fn original(
    request: OriginalRequest,
    received: &UpstreamResponse,
    unredacted: Option<Unredacted>,
    max_body: usize,
) -> Original {
    let text = |name: &str| received.headers.get(name).and_then(|value| value.to_str().ok());
    let chunks = plain(received, text("content-encoding"), max_body);
    let chunks = chunks.as_ref().unwrap_or(&received.chunks);
    let header = |(name, value): (&HeaderName, &HeaderValue)| {
        (name.as_str().to_owned(), String::from_utf8_lossy(value.as_bytes()).into_owned())
    };
    let response = ReceivedBytes {
        status: received.status.as_u16(),
        headers: received.headers.iter().map(header).collect(),
        body: concat(chunks),
        unredacted,
    };
    Original { request, response }
}

/// Waits for the body of a response that may hold links to the provider's API; others go on while they arrive.
pub(crate) async fn buffered(mut response: Relayed, may_hold_links: bool) -> Relayed {
    let kind = request::text(response.headers(), header::CONTENT_TYPE.as_str());
    let is_json = kind.is_some_and(|kind| kind.contains("json"));
    let is_encoded = response.headers().contains_key(header::CONTENT_ENCODING);
    if may_hold_links && is_json && !is_encoded {
        let (parts, body) = response.into_parts();
        response = http::Response::from_parts(parts, body.buffered().await);
    }
    response
}

/// Puts llmock's addresses into a response that is being recorded.
pub(crate) fn relink(response: &mut Relayed, links: &Links<'_>) {
    // Only bodies that were buffered are complete.
    links::rewrite(response, links, true);
}

/// The address of an upstream without user info and query, which may hold a key.
pub(crate) fn redacted(redactor: &Redactor, base: &str) -> String {
    let base = Address::parse(base).map_or_else(
        || {
            // Not a URL: what may be user info or a query is removed all the same.
            let base = base.split(['?', '#']).next().unwrap_or(base);
            base.rsplit('@').next().unwrap_or(base).to_owned()
        },
        |address| address.without_secrets(),
    );
    redactor.text(&base).into_owned()
}

/// The error of a response: by its status, or reported inside a response with a good one.
fn reported_error(
    provider: Provider,
    request: &Request,
    response: &Response,
) -> Option<ReportedError> {
    let is_error = response.status >= 400;
    match &response.content {
        Content::Body(Body::Json(text)) => {
            let body = json::parse(text).ok();
            if !is_error {
                return wire::error_in_body(&request.method, &body?);
            }
            let format = wire::format(provider, &request.method, &request.path);
            let message = body.and_then(|body| (format.error_message)(&body));
            Some(ReportedError { status: response.status, message })
        }
        Content::Stream(stream) if !is_error => wire::error_in_stream(&request.method, stream),
        content => is_error.then(|| {
            let text =
                if let Content::Body(Body::Text(text)) = content { Some(text) } else { None };
            ReportedError { status: response.status, message: text.cloned() }
        }),
    }
}

/// The response as a fixture keeps it.
fn response_of(
    provider: Provider,
    request: &Request,
    received: &UpstreamResponse,
    max_body: usize,
    keeps_header: &dyn Fn(&str) -> bool,
) -> Response {
    let format = wire::format(provider, &request.method, &request.path);
    let text = |name: &str| received.headers.get(name).and_then(|value| value.to_str().ok());
    let parsed = match &request.body {
        Body::Json(text) => json::parse(text).ok(),
        _ => None,
    };
    let streamed = format.wants_stream(&request.path, parsed.as_ref());
    let content_type = text("content-type");
    let mut headers = kept_headers(request, received, keeps_header);
    let chunks = plain(received, text("content-encoding"), max_body).unwrap_or_else(|| {
        // It cannot be decoded: the client must learn how the bytes that it receives are encoded.
        let coding = text("content-encoding").unwrap_or_default().to_owned();
        headers.push(("content-encoding".to_owned(), coding));
        received.chunks.clone()
    });
    // The response to a streaming request may come in one piece: an error, or a gateway that does not stream.
    let is_array = |chunks: &[Chunk]| {
        let mut bytes = chunks.iter().flat_map(|chunk| &chunk.bytes);
        bytes.find(|byte| !byte.is_ascii_whitespace()) == Some(&b'[')
    };
    let is_error = received.status.is_client_error() || received.status.is_server_error();
    let framing = framing_of(content_type, streamed).filter(|framing| match framing {
        Framing::JsonArray => is_array(&chunks),
        Framing::Bytes => !is_error,
        Framing::Sse | Framing::Ndjson | Framing::AwsEventStream => true,
    });
    // Gateways send events under other types.
    let framing = match framing {
        None | Some(Framing::Bytes) => {
            framing_in(&concat(&chunks), content_type, streamed).or(framing)
        }
        known => known,
    };
    let (ms, content) = match framing {
        Some(framing) => {
            (None, Content::Stream(Stream::from_chunks(framing, &chunks, received.end)))
        }
        None if received.end != End::Complete => {
            (None, Content::Stream(Stream::from_chunks(Framing::Bytes, &chunks, received.end)))
        }
        None => {
            // Without its type: the parts of a multipart response are bytes to replay, not to compare.
            (Some(received.ms), Content::Body(Body::from_wire(None, concat(&chunks))))
        }
    };
    Response { status: received.status.as_u16(), headers, ms, content }
}

/// Name and value of the headers that a fixture keeps.
fn kept_headers(
    request: &Request,
    received: &UpstreamResponse,
    keeps_header: &dyn Fn(&str) -> bool,
) -> Vec<(String, String)> {
    let is_head = request.method == "HEAD";
    let is_kept = |name: &str| {
        provider::keeps_response_header(name)
            || keeps_header(name)
            || (is_head && name == "content-length")
    };
    let kept = received.headers.iter().filter(|(name, _)| is_kept(name.as_str()));
    kept.map(|(name, value)| {
        (name.as_str().to_owned(), String::from_utf8_lossy(value.as_bytes()).into_owned())
    })
    .collect()
}

/// The chunks without compression; `None` if they cannot be decoded.
///
/// llmock requests plain bytes; this is for providers that compress all the same. A compressed stream loses its
/// boundaries, which belong to the compressed bytes.
fn plain(received: &UpstreamResponse, coding: Option<&str>, max_body: usize) -> Option<Vec<Chunk>> {
    if coding.is_none_or(|coding| coding.trim().is_empty()) {
        return Some(received.chunks.clone());
    }
    let whole = concat(&received.chunks);
    // Responses may be larger than the requests that a client may send.
    let limit = max_body.saturating_mul(4);
    let bytes = encoding::decompress(coding, &whole, limit).ok()?;
    if matches!(bytes, Cow::Borrowed(_)) {
        // The header is false: the bytes are plain.
        return Some(received.chunks.clone());
    }
    Some(vec![Chunk { ms: received.ms, bytes: bytes.into_owned() }])
}
