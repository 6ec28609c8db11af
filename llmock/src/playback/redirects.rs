//! Addresses of a provider's API inside answers, which lead to the server itself.

use std::borrow::Cow;

use bytes::Bytes;

use super::{Playback, Played, PlayedBody, Request};
use crate::exchange::links::{self, GivenLinks};
use crate::provider::{self, Links, Provider};

/// Has clients come to a server where an answer tells them to go to the provider: for the results of a batch, an
/// upload, the next page of a list.
///
/// Recordings keep what the provider sent. A client may also quote such an address in a request: what it was
/// given is remembered, and [put back](Self::restored).
#[derive(Debug, Default)]
pub struct Redirects {
    given: GivenLinks,
}

impl Redirects {
    /// The body of a request with the provider's own addresses, if it quotes others.
    ///
    /// The body has to be without compression.
    pub fn restored(&self, body: &[u8]) -> Option<Bytes> {
        self.given.restored(body).map(Bytes::from)
    }

    /// A recorded answer for a client that reaches the server at `origin`, `http://127.0.0.1:8000`. Below it, a
    /// provider has its id as the first segment of its paths.
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
        let is_recorded = |path: &str| links::is_recorded(playback.interactions(), provider, path);
        self.with_links(provider, request.path(), origin, None, &is_recorded, |links| {
            played.linked(links)
        })
    }

    /// Runs something that needs the links of an answer to the request with that path. `upstream` is where the
    /// provider was asked.
    pub(super) fn with_links<T>(
        &self,
        provider: Provider,
        asked: &str,
        origin: &str,
        upstream: Option<&str>,
        is_recorded: &dyn Fn(&str) -> bool,
        run: impl FnOnce(&Links<'_>) -> T,
    ) -> T {
        let to_upstream =
            upstream.map(|base| move |path: &str| provider::upstream_url(provider, base, path));
        run(&Links {
            provider,
            root: &links::root(origin, provider),
            request_path: asked,
            upstream: upstream.zip(to_upstream.as_ref().map(|to| to as _)),
            is_recorded,
            given: &|ours, theirs| self.given.remember(ours, theirs),
        })
    }
}

impl Played {
    /// Itself with other addresses.
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
