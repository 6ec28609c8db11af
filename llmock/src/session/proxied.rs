//! Whose request it is, when a client was led here by a proxy variable: its URL names a host, not a provider.

use std::sync::PoisonError;

use crate::provider::{self, Provider, path_of};
use crate::session::state::State;

impl State {
    /// The provider at the host of a URL, and the path as at the provider's own host.
    ///
    /// `origin` is `http://127.0.0.1:11434`, `target` a path with its query. Two providers of one host, as a local
    /// server may be, are told apart by their paths, then by which of them the test uses.
    pub(crate) fn provider_at(&self, origin: &str, target: &str) -> Option<(Provider, String)> {
        let host = host_of(origin)?;
        let used = self.providers();
        let here = self.addresses().filter(|(_, url)| host_of(url).as_ref() == Some(&host));
        let fit = |(provider, url): &(Provider, String)| {
            let path = path_of(url.trim_end_matches('/'));
            let length = if lies_below(target, path) { path.len() + 1 } else { 0 };
            (length, used.contains(provider))
        };
        // Of equals the first, in the order of the table.
        let best = here.reduce(|best, next| if fit(&next) > fit(&best) { next } else { best });
        if let Some((provider, url)) = best {
            return Some((provider, self.canonical_target(provider, &url, target)));
        }
        // A customer's or a region's own host, at which paths are the provider's own.
        let name = provider::host_of(origin)?;
        let provider = Provider::all().find(|provider| provider.owns_host(name))?;
        let base = format!("{origin}{}", provider.entry().upstream.map_or("", path_of));
        self.met.lock().unwrap_or_else(PoisonError::into_inner).insert(provider, base);
        Some((provider, target.to_owned()))
    }

    /// The host that a client meant, where every customer has one: what it is recorded from if nothing else is said.
    pub(crate) fn met(&self, provider: Provider) -> Option<String> {
        self.met.lock().unwrap_or_else(PoisonError::into_inner).get(&provider).cloned()
    }

    /// Every address at which a provider may be meant: where it is recorded from, and its usual one.
    fn addresses(&self) -> impl Iterator<Item = (Provider, String)> {
        let setup = &self.setup;
        let declared = setup.in_force.declared.iter().map(|one| one.value.provider);
        let named = setup.upstreams.iter().map(|(provider, _)| *provider);
        Provider::all().chain(declared).chain(named).flat_map(|provider| {
            let declared = setup.in_force.declared(provider).map(|one| one.url.clone());
            let read = |name: &str| setup.originals.get(name).map(str::to_owned);
            let usual = provider::default_upstream(provider, read);
            let urls = [self.upstream_base(provider), declared, usual];
            urls.into_iter().flatten().map(move |url| (provider, url))
        })
    }

    fn canonical_target(&self, provider: Provider, url: &str, target: &str) -> String {
        let path = path_of(url.trim_end_matches('/'));
        if let (Provider::Other(_), Some(declared)) =
            (provider, self.setup.in_force.declared(provider))
        {
            return declared.canonical_of(url, target);
        }
        let is_usual = provider.entry().upstream.is_some_and(|usual| path_of(usual) == path);
        // Below a gateway's own path stands what a client appends to its base URL.
        match target.strip_prefix(path).filter(|_| !is_usual && lies_below(target, path)) {
            Some(rest) => rest.to_owned(),
            None => target.to_owned(),
        }
    }
}

fn lies_below(target: &str, path: &str) -> bool {
    let rest = target.strip_prefix(path);
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', '?']))
}

/// Host and port; all names of this machine are one.
fn host_of(url: &str) -> Option<(String, u16)> {
    let (scheme, rest) = url.split_once("://")?;
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let authority = authority.rsplit('@').next().unwrap_or_default();
    let usual = if scheme.eq_ignore_ascii_case("https") { 443 } else { 80 };
    // A colon inside brackets belongs to the host.
    let colon = authority.rfind(':').filter(|colon| !authority[*colon..].contains(']'));
    let (host, port) = match colon {
        Some(colon) => (&authority[..colon], authority[colon + 1..].parse().ok()?),
        None => (authority, usual),
    };
    let host = host.trim_end_matches('.').to_ascii_lowercase();
    let is_loopback = ["localhost", "127.0.0.1", "[::1]", "0.0.0.0"].contains(&&*host);
    let host = if is_loopback { "localhost".to_owned() } else { host };
    (!host.is_empty()).then_some((host, port))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_are_compared_with_their_ports_and_without_their_spelling() {
        let cases = [
            ("http://127.0.0.1:11434", "http://localhost:11434/api", true),
            ("http://[::1]:11434", "http://localhost:11434", true),
            ("http://localhost:11434", "http://localhost:11435", false),
            ("https://API.openai.com", "https://api.openai.com:443/v1", true),
            ("http://api.openai.com", "https://api.openai.com", false),
            ("http://user:pw@llm.acme.dev", "http://llm.acme.dev./v1", true),
            ("http://[::2]:80", "http://[::2]", true),
        ];
        for (one, other, same) in cases {
            assert_eq!(host_of(one) == host_of(other), same, "{one} {other}");
        }
        assert_eq!(host_of("http://:80"), None);
    }
}
