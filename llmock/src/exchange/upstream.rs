//! Where the requests of a recording go.

use crate::env::Originals;
use crate::provider::{self, Declared, Provider};

/// What the program and its settings say about the addresses of providers; variables fill the gaps.
#[derive(Clone, Debug, Default)]
pub(crate) struct Upstreams {
    /// Addresses that the program names.
    pub(crate) named: Vec<(Provider, String)>,
    /// Providers that the settings declare.
    pub(crate) declared: Vec<Declared>,
    /// Addresses of this process: a variable that leads back to one of them is no upstream.
    pub(crate) own: Vec<String>,
}

impl Upstreams {
    /// The base URL of a provider: the one that the program names, else the variable as it was before llmock wrote to
    /// it, else the declared one, else `seen`, else the provider's own host.
    pub(crate) fn base(
        &self,
        provider: Provider,
        originals: &Originals,
        seen: impl FnOnce() -> Option<String>,
    ) -> Option<String> {
        if let Some((_, url)) = self.named.iter().find(|(known, _)| *known == provider) {
            return Some(url.trim_end_matches('/').to_owned());
        }
        let declared = self.declared(provider);
        let own = declared.map(Declared::variables).unwrap_or_default();
        let names = provider.entry().variables.iter().map(|(name, _)| *name);
        let names = names.chain(own.iter().map(|(name, _)| name.as_str()));
        originals
            .upstream_of(names, &self.own)
            .map(|(name, value)| provider::upstream_base(provider, name, value))
            .or_else(|| declared.map(|declared| declared.url.clone()))
            .or_else(seen)
            .or_else(|| default_base(provider, originals))
    }

    /// The variable that sets the address of a provider, and whether it does.
    pub(crate) fn variable(
        &self,
        provider: Provider,
        originals: &Originals,
    ) -> Option<(String, bool)> {
        if self.named.iter().any(|(known, _)| *known == provider) {
            return None;
        }
        let own = self.declared(provider).map(Declared::variables).unwrap_or_default();
        let names = provider.entry().variables.iter().map(|(name, _)| *name);
        let names: Vec<&str> = names.chain(own.iter().map(|(name, _)| name.as_str())).collect();
        match originals.upstream_of(names.iter().copied(), &self.own) {
            Some((name, _)) => Some((name.to_owned(), true)),
            None => names.first().map(|name| ((*name).to_owned(), false)),
        }
    }

    /// The variable that usually holds the provider's key, and whether it is set.
    pub(crate) fn key_variable(
        &self,
        provider: Provider,
        originals: &Originals,
    ) -> Option<(String, bool)> {
        if let Some((name, _)) = self.key(provider, originals) {
            return Some((name, true));
        }
        let own = self.declared(provider).and_then(Declared::key);
        let known = provider.entry().keys.first().map(|(name, _)| (*name).to_owned());
        known.or(own).map(|name| (name, false))
    }

    /// The URL of a request when the provider is reached at `base`.
    pub(crate) fn url(&self, provider: Provider, base: &str, target: &str) -> String {
        match self.declared(provider) {
            Some(declared) if matches!(provider, Provider::Other(_)) => {
                declared.upstream_url(base, target)
            }
            _ => provider::upstream_url(provider, base, target),
        }
    }

    pub(crate) fn declared(&self, provider: Provider) -> Option<&Declared> {
        self.declared.iter().find(|declared| declared.provider == provider)
    }

    /// Every provider whose address the program or the settings name.
    pub(crate) fn providers(&self) -> impl Iterator<Item = Provider> {
        let declared = self.declared.iter().map(|declared| declared.provider);
        declared.chain(self.named.iter().map(|(provider, _)| *provider))
    }

    /// Whether the program or the settings name the address of a provider.
    pub(crate) fn names(&self, provider: Provider) -> bool {
        self.providers().any(|known| known == provider)
    }

    /// The variable that holds the provider's key, if one is set, with the key.
    pub(crate) fn key<'o>(
        &self,
        provider: Provider,
        originals: &'o Originals,
    ) -> Option<(String, &'o str)> {
        let own = self.declared(provider).and_then(Declared::key);
        let names = provider.entry().keys.iter().map(|(name, _)| (*name).to_owned()).chain(own);
        let mut set = names.filter_map(|name| originals.get(&name).map(|key| (name, key)));
        set.find(|(_, key)| !key.is_empty())
    }
}

/// The provider's own host.
pub(crate) fn default_base(provider: Provider, originals: &Originals) -> Option<String> {
    provider::default_upstream(provider, |name| originals.get(name).map(str::to_owned))
}
