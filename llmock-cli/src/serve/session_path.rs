//! `/session/NAME/…` in front of any path selects a session, so that a base URL alone names one.

use http::{Request, Uri};

/// The session in the path of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SessionPath {
    pub(crate) name: String,
    /// As it was sent: `/session/NAME`.
    pub(crate) prefix: Box<str>,
}

/// Moves the session from the path of a request to its extensions.
pub(crate) fn take<B>(request: &mut Request<B>) {
    if !request.uri().path().starts_with(BEGIN) {
        return;
    }
    if let Some((session, uri)) = divided(request.uri()) {
        *request.uri_mut() = uri;
        request.extensions_mut().insert(session);
    }
}

const BEGIN: &str = "/session/";

fn divided(uri: &Uri) -> Option<(SessionPath, Uri)> {
    let sent = uri.path_and_query()?.as_str();
    let after = sent.strip_prefix(BEGIN)?;
    let (segment, rest) = after.split_at(after.find(['/', '?']).unwrap_or(after.len()));
    let name = percent_encoding::percent_decode_str(segment).decode_utf8_lossy().into_owned();
    if name.trim().is_empty() {
        return None;
    }
    let rest = if rest.starts_with('/') { rest.to_owned() } else { format!("/{rest}") };
    let mut parts = uri.clone().into_parts();
    parts.path_and_query = Some(rest.parse().ok()?);
    let prefix = format!("{BEGIN}{segment}").into();
    Some((SessionPath { name: name.trim().to_owned(), prefix }, Uri::from_parts(parts).ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn divides_the_path_and_keeps_the_query() {
        for (sent, name, rest) in [
            ("/session/a/v1/models?x=1", "a", "/v1/models?x=1"),
            ("/session/a%20b/", "a b", "/"),
            ("/session/a", "a", "/"),
            ("/session/a?x=1", "a", "/?x=1"),
            ("http://127.0.0.1:1/session/a/v1", "a", "http://127.0.0.1:1/v1"),
        ] {
            let (session, uri) = divided(&sent.parse().unwrap()).unwrap();
            assert_eq!((session.name.as_str(), uri.to_string().as_str()), (name, rest), "{sent}");
        }
        for sent in ["/session/", "/session//v1", "/sessions/a", "/v1/session/a"] {
            assert_eq!(divided(&sent.parse().unwrap()), None, "{sent}");
        }
    }
}
