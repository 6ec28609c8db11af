//! Rewrites URLs of a provider's API in responses so that they point to the server.

use std::borrow::Cow;

use bytes::Bytes;

use super::{Playback, Played, PlayedBody, Request};
use crate::exchange::links::{self, GivenLinks};
use crate::provider::Links;
#[cfg(feature = "record")]
use crate::provider::{self, Provider};

/// Rewrites URLs of a provider's API in responses so that clients follow them to the server: URLs of the results of
/// a batch, of an upload, or of the next page of a list.
///
/// Recordings keep the original URLs. A client may also send a rewritten URL in a later request. `Redirects` remembers
/// the original of each URL that it rewrites, and [`restored`](Self::restored) puts it back.
#[derive(Debug, Default)]
pub struct Redirects {
    given: GivenLinks,
}

impl Redirects {
    /// Replaces rewritten URLs in the body of a request with the original ones. Returns `None` if there are none.
    ///
    /// The body must not be compressed.
    pub fn restored(&self, body: &[u8]) -> Option<Bytes> {
        self.given.restored(body).map(Bytes::from)
    }

    /// Rewrites the URLs in a recorded response so that they point to `origin`, the address at which the client reaches
    /// the server, such as `http://127.0.0.1:8000`. The provider's id is the first segment of the rewritten paths.
    #[must_use]
    pub fn played(
        &self,
        played: Played,
        playback: &Playback,
        request: &Request,
        origin: &str,
    ) -> Played {
        if !played.may_hold_links() {
            return played;
        }
        let provider = request.provider;
        let is_answered = |path: &str| links::is_answered(playback.interactions(), provider, path);
        played.linked(&Links {
            provider,
            root: &links::root(origin, provider),
            request_path: request.path(),
            upstream: None,
            is_recorded: &|path| links::is_recorded(playback.interactions(), provider, path),
            replay: Some(&is_answered),
            given: &|ours, theirs| self.given.remember(ours, theirs),
        })
    }

    /// Calls `run` with the link rewriting for the response to a request with path `request_path`, which was forwarded
    /// to the base URL `upstream`.
    #[cfg(feature = "record")]
    pub(super) fn with_links<T>(
        &self,
        provider: Provider,
        request_path: &str,
        origin: &str,
        upstream: &str,
        run: impl FnOnce(&Links<'_>) -> T,
    ) -> T {
        let to_upstream = |path: &str| provider::upstream_url(provider, upstream, path);
        run(&Links {
            provider,
            root: &links::root(origin, provider),
            request_path,
            upstream: Some((upstream, &to_upstream)),
            is_recorded: &|_| false,
            replay: None,
            given: &|ours, theirs| self.given.remember(ours, theirs),
        })
    }
}

impl Played {
    /// Returns a copy with rewritten URLs.
    fn linked(&self, links: &Links<'_>) -> Self {
        self.changed(|status, headers, body| {
            links::rewrite_headers(status.as_u16(), headers, links);
            let PlayedBody::Whole { bytes, .. } = body else { return };
            let text = std::str::from_utf8(bytes).unwrap_or_default();
            if let Cow::Owned(text) = links.json(text) {
                *bytes = text.into();
            }
        })
    }
}
