//! Refuses what a page in a browser can make its reader send to a server on the same machine.
//!
//! A page can let its own name resolve to `127.0.0.1` (DNS rebinding): then the browser takes this server for the
//! page's own, and `Host` has the page's name. A page can also send requests here under its own `Origin`, without
//! being able to read the responses.

use std::borrow::Cow;

use http::header::{HOST, ORIGIN};
use http::{HeaderMap, HeaderValue, Request, Uri, Version};
use llmock::__server::has_dot_segment;
use llmock_rules::is_trusted_host;

use super::config::Config;

/// Names in messages are cut to this length.
const SHOWN: usize = 100;

/// Why a request is refused before anything else is done with it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Refusal {
    #[error("requests to the host `{0}` are refused; to allow them, add it to `allowed-hosts`")]
    Host(String),
    #[error(
        "requests of pages from `{0}` are refused; to allow them, add it to `cors.allow-origins`"
    )]
    Origin(String),
    #[error("a path with the segment `.` or `..` is refused")]
    DotSegment,
}

impl Refusal {
    pub(crate) fn status(&self) -> u16 {
        match self {
            Self::Host(_) | Self::Origin(_) => 403,
            Self::DotSegment => 400,
        }
    }
}

/// The rules of a server that listens on a loopback address or on another one.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Boundary {
    pub(crate) is_on_loopback: bool,
}

impl Boundary {
    /// Why a request is refused. A route `is_own` if it shows or changes what other clients did.
    pub(crate) fn refusal<B>(
        self,
        config: &Config,
        request: &Request<B>,
        is_own: bool,
    ) -> Option<Refusal> {
        let headers = request.headers();
        self.foreign_host(config, request, is_own)
            .or_else(|| foreign_origin(config, headers, is_own))
            .or_else(|| has_dot_segment(request.uri().path()).then_some(Refusal::DotSegment))
    }

    fn foreign_host<B>(
        self,
        config: &Config,
        request: &Request<B>,
        is_own: bool,
    ) -> Option<Refusal> {
        // Elsewhere clients use names that the server cannot know, such as that of a service of Kubernetes.
        if !self.is_on_loopback && config.allowed_hosts.is_empty() {
            return None;
        }
        let is_trusted = |host: &str| {
            is_trusted_host(host, &config.allowed_hosts)
                || without_port(host).eq_ignore_ascii_case(&config.host)
        };
        // A client that uses the server as its proxy names the host that it wants to reach. No page can do that.
        let names_whole_url = request.uri().authority().is_some();
        if names_whole_url && request.version() <= Version::HTTP_11 && !is_own {
            return None;
        }
        let foreign = hosts(request.uri(), request.headers())
            .find(|host| !host.is_empty() && !is_trusted(host))?;
        Some(Refusal::Host(shown(&foreign)))
    }
}

/// Every host that a request names. There should be one; a client with several is up to no good.
fn hosts<'r>(uri: &'r Uri, headers: &'r HeaderMap) -> impl Iterator<Item = Cow<'r, str>> {
    let authority = uri.authority().map(|authority| authority.as_str().into());
    authority.into_iter().chain(headers.get_all(HOST).iter().map(text))
}

fn foreign_origin(config: &Config, headers: &HeaderMap, is_own: bool) -> Option<Refusal> {
    let allowed = &config.cors.allow_origins;
    let is_named = |origin: &str| allowed.iter().any(|known| known == origin);
    let is_allowed = |origin: &HeaderValue| {
        let origin = text(origin);
        let host = headers.get(HOST).map(text);
        is_named(&origin)
            || (!is_own && is_named("*"))
            || host.is_some_and(|host| is_same_host(&origin, &host))
    };
    let foreign = headers.get_all(ORIGIN).iter().find(|origin| !is_allowed(origin))?;
    Some(Refusal::Origin(shown(&text(foreign))))
}

/// Whether a page comes from this server. Its scheme is another one behind a proxy that ends TLS.
fn is_same_host(origin: &str, host: &str) -> bool {
    origin.split_once("://").is_some_and(|(_, origin)| origin.eq_ignore_ascii_case(host))
}

fn without_port(host: &str) -> &str {
    host.rsplit_once(':').map_or(host, |(name, _)| name)
}

fn text(value: &HeaderValue) -> Cow<'_, str> {
    String::from_utf8_lossy(value.as_bytes())
}

fn shown(text: &str) -> String {
    let end = text.char_indices().nth(SHOWN).map_or(text.len(), |(end, _)| end);
    text[..end].to_owned()
}
