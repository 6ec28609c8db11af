//! Addresses inside responses: what the client receives in their place, and what it quotes of them later.

use std::borrow::Cow;
use std::collections::VecDeque;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

use http::{HeaderMap, HeaderValue, header};

use crate::exchange::body::ResponseBody;
use crate::exchange::response::Response;
use crate::fixture::interaction::{Interaction, Request};
use crate::provider::{self, Links, Provider};
use crate::sync::lock;
use crate::wire;

/// The oldest of more addresses than this are forgotten: a server may hand them out for weeks.
const REMEMBERED: usize = 1024;

/// Addresses that clients received, each with the one that the provider sent, the oldest first.
///
/// A client may quote one in a later request instead of following it. Addresses that only this process understands
/// must reach neither the provider nor the fixture.
#[derive(Debug, Default)]
pub(crate) struct GivenLinks {
    pairs: Mutex<VecDeque<(String, String)>>,
    /// Whether there are any, so that requests need not wait for the lock to learn that there are none.
    any: AtomicBool,
}

impl GivenLinks {
    pub(crate) fn remember(&self, ours: &str, theirs: &str) {
        let mut pairs = lock(&self.pairs);
        match pairs.iter_mut().find(|(known, _)| known == ours) {
            // The upstream may have changed: clients quote what they received last.
            Some((_, known)) if known != theirs => theirs.clone_into(known),
            Some(_) => {}
            None => {
                if pairs.len() == REMEMBERED {
                    pairs.pop_front();
                }
                pairs.push_back((ours.to_owned(), theirs.to_owned()));
            }
        }
        self.any.store(true, Ordering::Release);
    }

    /// The body of a request with the provider's addresses, if it quotes llmock's; compressed bodies are left alone.
    pub(crate) fn restored_body(&self, headers: &HeaderMap, body: &[u8]) -> Option<String> {
        if headers.contains_key(header::CONTENT_ENCODING) { None } else { self.restored(body) }
    }

    /// A body with the provider's addresses, if it quotes llmock's.
    pub(crate) fn restored(&self, body: &[u8]) -> Option<String> {
        if !self.any.load(Ordering::Acquire) {
            return None;
        }
        let pairs = lock(&self.pairs);
        let text = std::str::from_utf8(body).ok()?;
        let is_quoted = |(ours, _): &(Cow<'_, str>, Cow<'_, str>)| text.contains(&**ours);
        let mut quoted: Vec<_> = pairs
            .iter()
            .map(|(ours, theirs)| (Cow::Borrowed(&**ours), Cow::Borrowed(&**theirs)))
            .filter(is_quoted)
            .collect();
        // Some encoders of JSON escape every slash.
        if text.contains(":\\/\\/") {
            let escaped = |address: &str| Cow::Owned(address.replace('/', "\\/"));
            let pairs = pairs.iter().map(|(ours, theirs)| (escaped(ours), escaped(theirs)));
            quoted.extend(pairs.filter(is_quoted));
        }
        // An address may begin with another: `…/p` and `…/p/cancel`.
        quoted.sort_by_key(|(ours, _)| std::cmp::Reverse(ours.len()));
        let restored = quoted.into_iter().fold(Cow::Borrowed(text), |text, (ours, theirs)| {
            if text.contains(&*ours) { Cow::Owned(text.replace(&*ours, &theirs)) } else { text }
        });
        match restored {
            Cow::Borrowed(_) => None,
            Cow::Owned(text) => Some(text),
        }
    }
}

/// The address that stands for the provider's own, below `base`.
pub(crate) fn root(base: &str, provider: Provider) -> String {
    format!("{}/{}", base.trim_end_matches('/'), provider.id())
}

/// Whether one of these interactions responds to a request with that canonical path.
pub(crate) fn is_recorded<'i>(
    interactions: impl IntoIterator<Item = &'i Interaction>,
    provider: Provider,
    path: &str,
) -> bool {
    interactions.into_iter().any(|known| known.provider == provider && known.request.path == path)
}

/// Whether one of these interactions responds to such a request with something else than a redirection.
pub(crate) fn is_answered<'i>(
    interactions: impl IntoIterator<Item = &'i Interaction>,
    provider: Provider,
    path: &str,
) -> bool {
    is_recorded(
        interactions.into_iter().filter(|known| !(300..400).contains(&known.response.status)),
        provider,
        path,
    )
}

/// Puts llmock's addresses into a response; `in_body` says that its body may hold some too.
pub(crate) fn rewrite(response: &mut Response, links: &Links<'_>, in_body: bool) {
    rewrite_headers(response.status().as_u16(), response.headers_mut(), links);
    let bytes = if in_body { response.body().complete() } else { None };
    let text = bytes.as_deref().and_then(|bytes| std::str::from_utf8(bytes).ok());
    if let Some(Cow::Owned(text)) = text.map(|text| links.json(text)) {
        response.headers_mut().remove(header::CONTENT_LENGTH);
        *response.body_mut() = ResponseBody::full(text);
    }
}

/// The same for headers alone.
pub(crate) fn rewrite_headers(status: u16, headers: &mut HeaderMap, links: &Links<'_>) {
    for (name, value) in
        headers.iter_mut().filter(|(name, _)| provider::is_link_header(name.as_str()))
    {
        let replacement =
            value.to_str().ok().and_then(|text| links.header(status, name.as_str(), text));
        if let Some(replacement) = replacement.and_then(|text| HeaderValue::from_str(&text).ok()) {
            *value = replacement;
        }
    }
}

/// Whether the body of a response to this request may hold links; a stream never does.
pub(crate) fn may_be_in(provider: Provider, request: &Request) -> bool {
    wire::format(provider, &request.method, &request.path).may_hold_links
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn restores_the_longest_quoted_address_first() {
        let given = GivenLinks::default();
        given.remember("http://l/p", "https://h/p");
        given.remember("http://l/p/cancel", "https://h/x");
        let restored = given.restored(b"stop http://l/p/cancel, not http://l/p");
        assert_eq!(restored.as_deref(), Some("stop https://h/x, not https://h/p"));
        assert_eq!(given.restored(b"http://l/q"), None);
    }

    #[test]
    fn restores_addresses_as_spelled_and_as_last_given() {
        let given = GivenLinks::default();
        given.remember("http://l/p", "https://before/p");
        given.remember("http://l/p", "https://h/p");
        let restored = given.restored(br#"["http:\/\/l\/p","http://l/p"]"#);
        assert_eq!(restored.as_deref(), Some(r#"["https:\/\/h\/p","https://h/p"]"#));
    }

    #[test]
    fn forgets_the_oldest_of_too_many_addresses() {
        let given = GivenLinks::default();
        for number in 0..=REMEMBERED {
            given.remember(&format!("http://l/{number}/"), &format!("https://h/{number}/"));
        }
        assert_eq!(given.restored(b"http://l/0/"), None);
        assert_eq!(given.restored(b"http://l/1/").as_deref(), Some("https://h/1/"));
    }
}
