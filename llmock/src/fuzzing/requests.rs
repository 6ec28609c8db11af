//! The canonical form of requests, by which they are compared.

use crate::fixture::interaction::{Body, Request};
use crate::matching::{self, MatchRules};
use crate::provider::{self, Provider};

/// The first byte selects the provider, the first line is the path, the rest is the body.
pub(super) fn canonicalize(data: &[u8]) {
    let Some((selector, rest)) = data.split_first() else { return };
    let provider = Provider::all().nth(usize::from(*selector) % Provider::all().len());
    let provider = provider.expect("the table is not empty");
    let line = rest.iter().position(|byte| *byte == b'\n').unwrap_or(rest.len());
    let (path, body) = (String::from_utf8_lossy(&rest[..line]), rest.get(line + 1..));
    let canonical = provider::canonical_path(provider, &path);
    assert!(canonical.starts_with('/'), "{path:?} became {canonical:?}");
    stays_below_the_upstream(provider, &canonical);
    for content_type in ["application/json", "multipart/form-data; boundary=b", "text/plain"] {
        let body = Body::from_wire(Some(content_type), body.unwrap_or_default().to_vec());
        let request = Request {
            method: "POST".to_owned(),
            path: canonical.clone(),
            range: None,
            headers: Vec::new(),
            body,
        };
        let key = |request| matching::key(provider, request, &MatchRules::default());
        assert_eq!(key(&request), key(&request.clone()));
    }
}

/// `url` resolves dot segments. Every path with one that it resolves must be refused.
fn stays_below_the_upstream(provider: Provider, path: &str) {
    let url = provider::upstream_url(provider, "http://gateway.example/tenant-a/v1", path);
    let leaves = |url: &url::Url| {
        url.host_str() != Some("gateway.example") || !url.path().starts_with("/tenant-a")
    };
    if url::Url::parse(&url).is_ok_and(|url| leaves(&url)) {
        assert!(provider::has_dot_segment(path), "{path:?} leads to {url}");
    }
}
