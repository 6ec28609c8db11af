//! The handshake of a WebSocket: <https://www.rfc-editor.org/rfc/rfc6455#section-4.2.1>.

#[cfg(feature = "websocket")]
use crate::exchange::handshake::invalid;
use crate::exchange::handshake::is_websocket;
#[cfg(not(feature = "websocket"))]
use http::StatusCode;
use http::request::Parts;

#[cfg(feature = "websocket")]
mod accepted {
    use http::{Method, StatusCode, header};
    use hyper::upgrade::OnUpgrade;

    use crate::exchange::handshake::{invalid, is_websocket};
    use crate::exchange::request;
    use crate::exchange::response::Response;

    /// The status of a handshake that is not valid.
    pub(in crate::front) const STATUS: StatusCode = StatusCode::BAD_REQUEST;

    /// Takes the connection out of a request, if it is a valid handshake.
    pub(in crate::front) fn taken<B>(
        mut request: http::Request<B>,
    ) -> (http::Request<B>, Option<OnUpgrade>) {
        let is_valid = is_websocket(request.headers())
            && invalid(request.method(), request.headers(), request.version()).is_none();
        let upgrade = is_valid.then(|| hyper::upgrade::on(&mut request));
        (request, upgrade)
    }

    /// The method under which a request is recorded.
    pub(in crate::front) fn method(sent: Method, upgrade: Option<&OnUpgrade>) -> Method {
        let handshake = || Method::from_bytes(request::HANDSHAKE.as_bytes());
        upgrade.map_or(sent, |_| handshake().expect("the name is a token"))
    }

    /// hyper would add `close` to the `Connection: Upgrade` of a handshake; [`closing`] adds it to all other responses.
    pub(in crate::front) const KEEP_ALIVE: bool = true;

    /// Makes a response the last one of its connection, unless it accepts a handshake.
    pub(in crate::front) fn closing(mut response: Response) -> Response {
        if response.status() != StatusCode::SWITCHING_PROTOCOLS {
            let close = http::HeaderValue::from_static("close");
            response.headers_mut().insert(header::CONNECTION, close);
        }
        response
    }
}

#[cfg(feature = "websocket")]
pub(super) use accepted::{KEEP_ALIVE, STATUS, closing, method, taken};

/// Each connection has one request.
#[cfg(not(feature = "websocket"))]
pub(super) const KEEP_ALIVE: bool = false;

#[cfg(not(feature = "websocket"))]
pub(super) fn taken<B>(request: http::Request<B>) -> (http::Request<B>, Option<()>) {
    (request, None)
}

#[cfg(not(feature = "websocket"))]
pub(super) fn method(sent: http::Method, _: Option<&()>) -> http::Method {
    sent
}

#[cfg(not(feature = "websocket"))]
pub(super) fn closing<T>(response: T) -> T {
    response
}

/// The status of every handshake.
#[cfg(not(feature = "websocket"))]
pub(super) const STATUS: StatusCode = StatusCode::NOT_IMPLEMENTED;

/// Why a request for a WebSocket is refused whatever the fixture holds.
pub(super) fn refusal(parts: &Parts) -> Option<String> {
    if !is_websocket(&parts.headers) {
        return None;
    }
    #[cfg(not(feature = "websocket"))]
    let why = Some(
        "llmock: WebSockets need the feature `websocket`: add it to the `llmock` dependency of this package"
            .to_owned(),
    );
    #[cfg(feature = "websocket")]
    let why = invalid(&parts.method, &parts.headers, parts.version)
        .map(|why| format!("llmock: the handshake of the WebSocket is not valid: {why}"));
    why
}
