//! Addresses inside answers, for this session: what the client gets instead, and what it quotes of it later.

use std::borrow::Cow;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, header};

use crate::fixture::interaction::{Body, Request};
use crate::front::Incoming;
use crate::provider::{self, Links, Provider};
use crate::session::state::State;
use crate::sync::lock;
use crate::wire;

/// Of more addresses than this the oldest are forgotten: a server may hand them out for weeks.
const REMEMBERED: usize = 1024;

/// Addresses that clients were given, each with the one that the provider sent, the oldest first.
///
/// A client may quote one in a later request instead of following it. What only this process understands must
/// reach neither the provider nor the fixture.
#[derive(Debug, Default)]
pub(crate) struct Given(Mutex<VecDeque<(String, String)>>);

impl Given {
    pub(crate) fn remember(&self, ours: &str, theirs: &str) {
        let mut pairs = lock(&self.0);
        match pairs.iter_mut().find(|(known, _)| known == ours) {
            // The provider may be asked elsewhere by now: clients quote what they were given last.
            Some((_, known)) if known != theirs => theirs.clone_into(known),
            Some(_) => {}
            None => {
                if pairs.len() == REMEMBERED {
                    pairs.pop_front();
                }
                pairs.push_back((ours.to_owned(), theirs.to_owned()));
            }
        }
    }

    /// Puts the provider's addresses back into the body of a request that quotes ours.
    pub(crate) fn restore(&self, incoming: &mut Incoming) {
        if incoming.headers.contains_key(header::CONTENT_ENCODING) {
            return;
        }
        let Some(restored) = incoming.body.as_deref().ok().and_then(|body| self.restored(body))
        else {
            return;
        };
        if incoming.headers.contains_key(header::CONTENT_LENGTH) {
            incoming.headers.insert(header::CONTENT_LENGTH, HeaderValue::from(restored.len()));
        }
        incoming.body = Ok(Bytes::from(restored));
    }

    /// A body with the provider's addresses, if it quotes ours.
    pub(crate) fn restored(&self, body: &[u8]) -> Option<String> {
        let pairs = lock(&self.0);
        if pairs.is_empty() {
            return None;
        }
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

impl State {
    /// Runs something that needs the links of an answer to this request.
    pub(crate) fn with_links<T>(
        &self,
        provider: Provider,
        request: &Request,
        run: impl FnOnce(&Links<'_>) -> T,
    ) -> T {
        let upstream = self.upstream_base(provider);
        let to_upstream = upstream
            .as_deref()
            .map(|base| move |path: &str| self.upstream_url(provider, base, path));
        run(&Links {
            provider,
            root: &format!("{}/{}", self.base, provider.id()),
            request_path: &request.path,
            upstream: upstream.as_deref().zip(to_upstream.as_ref().map(|to| to as _)),
            is_recorded: &|path| {
                let interactions = Arc::clone(&self.book().interactions);
                interactions
                    .iter()
                    .any(|known| known.provider == provider && known.request.path == path)
            },
            given: &|ours, theirs| self.given.remember(ours, theirs),
        })
    }
}

/// Headers as the client gets them.
pub(crate) fn headers(status: u16, headers: &mut HeaderMap, links: &Links<'_>) {
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

/// Whether the body of an answer to this request may hold links; a stream never does.
pub(crate) fn may_be_in(provider: Provider, request: &Request) -> bool {
    wire::format(provider, &request.method, &request.path).may_hold_links
}

/// A stored body as the client gets it.
pub(crate) fn body<'a>(body: &'a Body, links: &Links<'_>) -> Cow<'a, [u8]> {
    match body {
        Body::Json(text) => match links.json(text) {
            Cow::Borrowed(text) => Cow::Borrowed(text.as_bytes()),
            Cow::Owned(text) => Cow::Owned(text.into_bytes()),
        },
        other => other.to_wire(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_address_that_is_quoted_is_put_back_first() {
        let given = Given::default();
        given.remember("http://l/p", "https://h/p");
        given.remember("http://l/p/cancel", "https://h/x");
        let restored = given.restored(b"stop http://l/p/cancel, not http://l/p");
        assert_eq!(restored.as_deref(), Some("stop https://h/x, not https://h/p"));
        assert_eq!(given.restored(b"http://l/q"), None);
    }

    #[test]
    fn an_address_is_put_back_as_it_was_spelt_and_as_it_was_given_last() {
        let given = Given::default();
        given.remember("http://l/p", "https://before/p");
        given.remember("http://l/p", "https://h/p");
        let restored = given.restored(br#"["http:\/\/l\/p","http://l/p"]"#);
        assert_eq!(restored.as_deref(), Some(r#"["https:\/\/h\/p","https://h/p"]"#));
    }

    #[test]
    fn of_too_many_addresses_the_oldest_is_forgotten() {
        let given = Given::default();
        for number in 0..=REMEMBERED {
            given.remember(&format!("http://l/{number}/"), &format!("https://h/{number}/"));
        }
        assert_eq!(given.restored(b"http://l/0/"), None);
        assert_eq!(given.restored(b"http://l/1/").as_deref(), Some("https://h/1/"));
    }
}
