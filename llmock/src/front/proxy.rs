//! Requests for another server, which a client sends here because of a proxy variable.
//!
//! Their request line names a whole URL (RFC 9112 §3.2.2), plain `http` alone; `https` asks for a tunnel instead
//! ([`intercept`](super::intercept)). The proxy's credentials name their session, since such a
//! URL has no room for a path of llmock's; without credentials they belong to the test that holds the environment guard.

use std::net::SocketAddr;
use std::sync::Arc;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use http::{HeaderMap, Uri, header};

use super::handler::Handler;
use super::registry::Registry;

/// The user of the credentials whose password is a session's id.
pub(crate) const USER: &str = "llmock";

/// The server that a request is meant for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Destination {
    /// `http://127.0.0.1:11434`, as the client wrote it.
    pub(crate) origin: String,
    /// Path and query.
    pub(crate) target: String,
}

/// The server that a request names; `None` if it is for the front itself, whatever form its target has.
pub(crate) fn destination(uri: &Uri, own: SocketAddr) -> Option<Destination> {
    let authority = uri.authority()?;
    let is_loopback = ["127.0.0.1", "localhost", "[::1]"].contains(&authority.host());
    if is_loopback && authority.port_u16() == Some(own.port()) {
        return None;
    }
    let target = uri.path_and_query().map_or("/", http::uri::PathAndQuery::as_str);
    let origin = format!("{}://{authority}", uri.scheme_str().unwrap_or("http"));
    Some(Destination { origin, target: target.to_owned() })
}

/// The session that a client with these headers belongs to.
pub(crate) fn session(headers: &HeaderMap, registry: &Registry) -> Option<Arc<dyn Handler>> {
    match session_id(headers) {
        Some(id) => registry.session(&id),
        None => registry.env_session(),
    }
}

fn session_id(headers: &HeaderMap) -> Option<String> {
    let value = headers.get(header::PROXY_AUTHORIZATION)?.to_str().ok()?;
    let (scheme, credentials) = value.split_once(' ')?;
    let decoded = BASE64_STANDARD.decode(credentials.trim()).ok()?;
    let decoded = String::from_utf8(decoded).ok()?;
    let (user, id) = decoded.split_once(':')?;
    (scheme.eq_ignore_ascii_case("basic") && user == USER).then(|| id.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn absolute_urls_name_another_server_unless_they_name_the_front() {
        let own = SocketAddr::from(([127, 0, 0, 1], 4000));
        let cases = [
            ("/v1/models", None),
            ("http://127.0.0.1:4000/env/openai/v1/models", None),
            ("http://localhost:4000/env/openai/v1/models", None),
            (
                "http://localhost:11434/api/chat?x=1",
                Some(("http://localhost:11434", "/api/chat?x=1")),
            ),
            ("http://llm.acme.dev", Some(("http://llm.acme.dev", "/"))),
            ("http://llm.acme.dev:4000/v1", Some(("http://llm.acme.dev:4000", "/v1"))),
        ];
        for (uri, expected) in cases {
            let found = destination(&uri.parse().expect("a target"), own);
            let found = found.as_ref().map(|found| (&*found.origin, &*found.target));
            assert_eq!(found, expected, "{uri}");
        }
    }

    #[test]
    fn only_llmock_credentials_name_a_session() {
        let cases = [("llmock:ab12", Some("ab12")), ("corp:secret", None), ("llmock", None)];
        for (credentials, expected) in cases {
            let value = format!("Basic {}", BASE64_STANDARD.encode(credentials));
            let mut headers = HeaderMap::new();
            headers.insert(header::PROXY_AUTHORIZATION, value.parse().expect("a header"));
            assert_eq!(session_id(&headers).as_deref(), expected, "{credentials}");
        }
        assert_eq!(session_id(&HeaderMap::new()), None);
    }
}
