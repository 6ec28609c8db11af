//! Where a recorder finds a provider, and with whose key.

use http::{HeaderMap, HeaderValue};

use crate::env::Originals;
use crate::provider::{self, Provider};

/// What the program says about providers; variables fill the gaps.
#[derive(Clone, Debug, Default)]
pub(super) struct Upstreams {
    pub(super) named: Vec<(Provider, String)>,
    /// Addresses of the program itself: a variable that leads back to it is no upstream.
    pub(super) own: Vec<String>,
    /// The key that clients show to the program itself.
    pub(super) own_key: Option<String>,
}

impl Upstreams {
    /// What the program names, else a variable, else the provider's own host.
    pub(super) fn base(&self, provider: Provider, originals: &Originals) -> Option<String> {
        if let Some((_, url)) = self.named.iter().find(|(known, _)| *known == provider) {
            return Some(url.trim_end_matches('/').to_owned());
        }
        let set = provider.entry().variables.iter().find_map(|(variable, _)| {
            let leads_away = |own: &str| originals.upstream_of([*variable], own);
            let found = leads_away("")?;
            self.own.iter().all(|own| leads_away(own).is_some()).then_some(found)
        });
        let read = |name: &str| originals.get(name).map(str::to_owned);
        set.map(|(name, value)| provider::upstream_base(provider, name, value))
            .or_else(|| provider::default_upstream(provider, read))
    }

    /// Takes the program's own key out of what goes to a provider, who gets `key` in its place.
    pub(super) fn credentials(
        &self,
        key: Option<&str>,
        headers: &mut HeaderMap,
        target: &mut String,
    ) {
        let Some(own) = self.own_key.as_deref().filter(|key| !key.is_empty()) else { return };
        let shown: Vec<_> = headers
            .iter()
            .filter(|(_, value)| value.to_str().is_ok_and(|value| is_shown(value, own)))
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect();
        for (name, value) in shown {
            let instead = value.to_str().ok().zip(key).map(|(value, key)| value.replace(own, key));
            match instead.and_then(|value| HeaderValue::from_str(&value).ok()) {
                Some(value) => drop(headers.insert(name, value)),
                None => drop(headers.remove(name)),
            }
        }
        replace_in_query(target, own, key);
    }
}

/// The key that the provider's own variable holds.
pub(super) fn key_of(provider: Provider, originals: &Originals) -> Option<&str> {
    let keys = provider.entry().keys.iter();
    keys.filter_map(|(name, _)| originals.get(name)).find(|key| !key.is_empty())
}

/// The header holds the key and, at most, a scheme.
fn is_shown(value: &str, key: &str) -> bool {
    value.rsplit(' ').next() == Some(key)
}

fn replace_in_query(target: &mut String, own: &str, key: Option<&str>) {
    let Some((path, query)) = target.split_once('?') else { return };
    let pairs: Vec<String> = query
        .split('&')
        .filter_map(|pair| match pair.split_once('=') {
            Some((name, value)) if value == own => key.map(|key| format!("{name}={key}")),
            _ => Some(pair.to_owned()),
        })
        .collect();
    let mark = if pairs.is_empty() { "" } else { "?" };
    *target = format!("{path}{mark}{}", pairs.join("&"));
}

#[cfg(test)]
mod tests {
    use http::HeaderName;

    use super::*;

    #[test]
    fn a_provider_gets_its_own_key_and_never_the_servers() {
        type Case =
            (&'static str, &'static str, Option<&'static str>, Option<&'static str>, &'static str);
        let upstreams = Upstreams { own_key: Some("server".to_owned()), ..Upstreams::default() };
        let target = "/v1/x?key=server&alt=sse";
        let cases: &[Case] = &[
            (
                "authorization",
                "Bearer server",
                Some("real"),
                Some("Bearer real"),
                "?key=real&alt=sse",
            ),
            ("authorization", "bearer server", None, None, "?alt=sse"),
            ("x-api-key", "server", Some("real"), Some("real"), "?key=real&alt=sse"),
            ("x-api-key", "server", None, None, "?alt=sse"),
            ("x-api-key", "sk-of-the-client", None, Some("sk-of-the-client"), "?alt=sse"),
            ("user-agent", "server/1.0", None, Some("server/1.0"), "?alt=sse"),
        ];
        for (name, value, key, expected, query) in cases {
            let mut headers = HeaderMap::new();
            headers.insert(
                HeaderName::from_bytes(name.as_bytes()).expect("a name"),
                HeaderValue::from_str(value).expect("a value"),
            );
            let mut sent = target.to_owned();
            upstreams.credentials(*key, &mut headers, &mut sent);
            let left = headers.get(*name).map(|value| value.to_str().expect("text"));
            assert_eq!(left, *expected, "{name}: {value}");
            assert_eq!(sent, format!("/v1/x{query}"), "{name}: {value}");
        }
    }

    #[test]
    fn without_a_key_of_its_own_a_server_passes_on_what_the_client_sent() {
        let mut headers = HeaderMap::new();
        headers.insert("authorization", HeaderValue::from_static("Bearer sk-1"));
        let mut target = "/v1/x?key=1".to_owned();
        Upstreams::default().credentials(Some("other"), &mut headers, &mut target);
        assert_eq!(
            (&headers["authorization"], target.as_str()),
            (&HeaderValue::from_static("Bearer sk-1"), "/v1/x?key=1")
        );
    }
}
