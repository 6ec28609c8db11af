//! Opens the provider's side of a socket: with the proxies and the certificates of the HTTP path.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::{HeaderMap, HeaderValue, StatusCode, header};
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;

use crate::exchange::body::ResponseBody;
use crate::exchange::forward::{self, UpstreamError, UpstreamResponse};
use crate::exchange::response::{self, Response};
use crate::stream::{Chunk, End};

/// What the provider did with a handshake.
#[derive(Debug)]
pub(crate) enum Handshake {
    Accepted(Accepted),
    /// It sent another response.
    Refused(reqwest::Response),
}

/// A connection to the provider.
#[derive(Debug)]
pub(crate) struct Accepted {
    pub(crate) io: reqwest::Upgraded,
    pub(crate) headers: HeaderMap,
}

/// Sends a handshake with the headers of the client.
pub(crate) async fn connect(url: &str, client: &HeaderMap) -> Result<Handshake, UpstreamError> {
    let invalid = |why: &str| UpstreamError::Invalid(why.to_owned());
    let key = key();
    let mut headers = forward::end_to_end(client);
    for name in [header::HOST, header::CONTENT_LENGTH, header::SEC_WEBSOCKET_EXTENSIONS] {
        headers.remove(name);
    }
    headers.insert(header::CONNECTION, HeaderValue::from_static("Upgrade"));
    headers.insert(header::UPGRADE, HeaderValue::from_static("websocket"));
    headers.insert(header::SEC_WEBSOCKET_VERSION, HeaderValue::from_static("13"));
    let value = HeaderValue::from_str(&key).expect("base64 is visible ASCII");
    headers.insert(header::SEC_WEBSOCKET_KEY, value);
    let response = forward::handshake(&http_url(url), headers).await?;
    if response.status() != StatusCode::SWITCHING_PROTOCOLS {
        return Ok(Handshake::Refused(response));
    }
    let headers = response.headers().clone();
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    if text("sec-websocket-accept") != Some(derive_accept_key(key.as_bytes()).as_str()) {
        return Err(invalid("its `Sec-WebSocket-Accept` does not belong to the handshake"));
    }
    if let Some(extensions) = text("sec-websocket-extensions") {
        return Err(invalid(&format!(
            "it requires the extension `{extensions}`, which llmock does not offer"
        )));
    }
    let io = response.upgrade().await;
    let io = io.map_err(|error| UpstreamError::Network(error.to_string()))?;
    Ok(Handshake::Accepted(Accepted { io, headers }))
}

/// What a provider that refuses the handshake has sent.
pub(crate) async fn refusal(response: reqwest::Response) -> UpstreamResponse {
    let (status, headers) = (response.status(), forward::end_to_end(response.headers()));
    let (body, end) = match response.bytes().await {
        Ok(body) => (body, End::Complete),
        Err(_) => (bytes::Bytes::new(), End::Cut),
    };
    let chunks = vec![Chunk { ms: 0, bytes: body.to_vec() }];
    UpstreamResponse { status, headers, chunks, end, ms: 0, was_given_up: false }
}

/// The same for the client.
pub(crate) fn passed_on(received: &UpstreamResponse) -> Response {
    let body: Vec<u8> =
        received.chunks.iter().flat_map(|chunk| chunk.bytes.iter().copied()).collect();
    response::response(received.status, received.headers.clone(), ResponseBody::full(body))
}

/// The address for an HTTP client.
fn http_url(url: &str) -> String {
    match url.split_once("://") {
        Some((scheme, rest)) if scheme.eq_ignore_ascii_case("ws") => format!("http://{rest}"),
        Some((scheme, rest)) if scheme.eq_ignore_ascii_case("wss") => format!("https://{rest}"),
        _ => url.to_owned(),
    }
}

/// A random key: <https://www.rfc-editor.org/rfc/rfc6455#section-4.1>.
fn key() -> String {
    let mut bytes = [0_u8; 16];
    getrandom::fill(&mut bytes).expect("every system that runs tests has random bits");
    STANDARD.encode(bytes)
}
