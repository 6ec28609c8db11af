//! What the client receives: a stored response, or an error of llmock's own.

use std::time::Duration;

use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};

use crate::exchange::body::{Piece, ReceivedAfter, ResponseBody};
use crate::exchange::links;
use crate::fixture::interaction::{self, Body, Content};
use crate::provider::{Address, Links, Provider};
use crate::report::answer;
use crate::stream::{End, Framing};
use crate::wire;

/// A response on its way to the client.
pub(crate) type Response = http::Response<ResponseBody>;

/// Every response has a framing of its own, so a recorded or imported framing header never applies.
const FRAMING: [&str; 5] =
    ["connection", "content-length", "keep-alive", "transfer-encoding", "trailer"];

pub(crate) fn response(status: StatusCode, headers: HeaderMap, body: ResponseBody) -> Response {
    let mut response = http::Response::new(body);
    *response.status_mut() = status;
    *response.headers_mut() = headers;
    response
}

/// A stored response to a request with this method; `has_links` says that a whole body may hold addresses of the
/// provider's API.
pub(crate) fn stored(
    stored: &interaction::Response,
    method: &str,
    links: &Links<'_>,
    has_links: bool,
) -> Response {
    let (status, headers) = head(stored, method);
    let (body, has_links) = match &stored.content {
        Content::Body(body) => (ResponseBody::full(body.to_wire().into_owned()), has_links),
        Content::Stream(stream) => {
            let pieces = stream.to_chunks().into_iter().map(|chunk| Piece {
                after: Some(Duration::from_millis(chunk.ms)),
                bytes: chunk.bytes.into(),
            });
            (ResponseBody::pieces(pieces, stream.end == End::Cut), false)
        }
        // The messages follow on the connection.
        #[cfg(feature = "websocket")]
        Content::Socket(_) => (ResponseBody::full(""), false),
    };
    let mut response = response(status, headers, body);
    links::rewrite(&mut response, links, has_links);
    if let Some(ms) = stored.ms {
        response.extensions_mut().insert(ReceivedAfter(Duration::from_millis(ms)));
    }
    response
}

/// Status and headers of a stored response to a request with this method.
pub(crate) fn head(stored: &interaction::Response, method: &str) -> (StatusCode, HeaderMap) {
    // It describes the body that a `GET` gets, not this message.
    let has_length = method == "HEAD" && matches!(stored.content, Content::Body(Body::Empty));
    let mut headers = HeaderMap::with_capacity(stored.headers.len() + 1);
    for (name, value) in &stored.headers {
        if !FRAMING.contains(&name.as_str()) || (has_length && name == "content-length") {
            append(&mut headers, name, value);
        }
    }
    if !headers.contains_key(header::CONTENT_TYPE)
        && let Some(guess) = guessed_type(&stored.content)
    {
        append(&mut headers, "content-type", guess);
    }
    (StatusCode::from_u16(stored.status).unwrap_or(StatusCode::OK), headers)
}

/// For responses that a person wrote or another tool recorded without headers.
fn guessed_type(content: &Content) -> Option<&'static str> {
    match content {
        Content::Body(Body::Json(_)) => Some("application/json"),
        Content::Body(Body::Text(_)) => Some("text/plain; charset=utf-8"),
        Content::Body(_) => None,
        Content::Stream(stream) => match stream.framing {
            Framing::Sse => Some("text/event-stream"),
            Framing::Ndjson => Some("application/x-ndjson"),
            Framing::JsonArray => Some("application/json"),
            Framing::AwsEventStream => Some("application/vnd.amazon.eventstream"),
            Framing::Bytes => None,
        },
        #[cfg(feature = "websocket")]
        Content::Socket(_) => None,
    }
}

/// The address, without secrets, to which a redirection sends the client past llmock at `base`.
pub(crate) fn foreign_redirection(response: &Response, base: &str) -> Option<String> {
    let location = response.headers().get(header::LOCATION)?.to_str().ok()?;
    let address = Address::parse(location).filter(|_| response.status().is_redirection())?;
    let own = Address::parse(base).is_some_and(|base| base.is_same_server(&address));
    (!own).then(|| address.root_without_secrets())
}

/// A JSON body with status 200.
pub(crate) fn json(body: String) -> Response {
    let mut headers = HeaderMap::new();
    append(&mut headers, "content-type", "application/json");
    response(StatusCode::OK, headers, ResponseBody::full(body))
}

/// An error as the provider sends it, with the kind that it has for this status.
pub(crate) fn error(provider: Provider, path: &str, status: StatusCode, message: &str) -> Response {
    let format = wire::format(provider, "POST", path);
    let (body, kind) = format.usual_error(provider, status.as_u16(), message);
    let mut headers = HeaderMap::new();
    append(&mut headers, "content-type", "application/json");
    if let Some((name, value)) = kind {
        append(&mut headers, name, value);
    }
    response(status, headers, ResponseBody::full(body))
}

/// An error of llmock's own in the provider's shape. The status must be one that no client retries.
pub(crate) fn refusal(
    provider: Provider,
    path: &str,
    status: StatusCode,
    message: &str,
) -> Response {
    // The path alone decides about the shape: a wrong method does not change what the client can read.
    let format = wire::format(provider, "POST", path);
    let (body, kind) = format.error_body(provider, status.as_u16(), answer::KIND, message);
    let mut headers = HeaderMap::new();
    append(&mut headers, "content-type", "application/json");
    append(&mut headers, "x-should-retry", "false");
    append(&mut headers, "x-llmock", "unmatched");
    if let Some((name, value)) = kind {
        append(&mut headers, name, value);
    }
    response(status, headers, ResponseBody::full(body))
}

/// Statuses that are recorded only on request: they tell about an account, a quota or an outage.
pub(crate) fn is_outage(status: u16) -> bool {
    matches!(
        StatusCode::from_u16(status),
        Ok(StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN | StatusCode::TOO_MANY_REQUESTS)
    ) || status >= 500
}

/// Appends a header; a name or value that HTTP does not allow is left out rather than failing the response.
fn append(headers: &mut HeaderMap, name: &str, value: &str) {
    if let (Ok(name), Ok(value)) =
        (HeaderName::from_bytes(name.as_bytes()), HeaderValue::from_bytes(value.as_bytes()))
    {
        headers.append(name, value);
    }
}
