//! What a valid handshake of a WebSocket is: <https://www.rfc-editor.org/rfc/rfc6455#section-4.2.1>.

use http::{HeaderMap, header};
#[cfg(feature = "websocket")]
use http::{Method, Version};

use super::request;

/// Whether a request asks for a WebSocket.
pub(crate) fn is_websocket(headers: &HeaderMap) -> bool {
    let value = request::text(headers, header::UPGRADE.as_str()).unwrap_or_default();
    value.split(',').any(|protocol| protocol.trim().eq_ignore_ascii_case("websocket"))
}

/// What is wrong with a handshake.
#[cfg(feature = "websocket")]
pub(crate) fn invalid(method: &Method, headers: &HeaderMap, version: Version) -> Option<String> {
    let text = |name: header::HeaderName| request::text(headers, name.as_str());
    if version != Version::HTTP_11 {
        return Some("it must be sent over HTTP/1.1".to_owned());
    }
    if method != Method::GET {
        return Some(format!("its method is {method}, not GET"));
    }
    if text(header::SEC_WEBSOCKET_KEY).is_none() {
        return Some("it has no `Sec-WebSocket-Key`".to_owned());
    }
    match text(header::SEC_WEBSOCKET_VERSION) {
        Some("13") => None,
        other => {
            let version = other.unwrap_or("none");
            Some(format!("its `Sec-WebSocket-Version` is {version}, not 13"))
        }
    }
}
