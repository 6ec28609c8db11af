//! Whose request it is, when a client was led here by a proxy variable: its URL names a host, not a provider.

use crate::provider::{self, Address, Provider, below};
use crate::session::state::State;
use crate::sync::lock;

impl State {
    /// The provider at the host of a URL, and the path as at the provider's own host.
    ///
    /// `origin` is `http://127.0.0.1:11434`, `target` a path with its query. Two providers of one host, as a local
    /// server may be, are told apart by their paths, then by which of them the test uses.
    pub(crate) fn provider_at(&self, origin: &str, target: &str) -> Option<(Provider, String)> {
        let server = Address::parse(origin)?;
        let used = self.providers();
        let here = self.addresses().filter(|(_, base)| base.is_same_server(&server));
        let fit = |(provider, base): &(Provider, Address)| {
            let length = below(target, base.path()).map_or(0, |_| base.path().len() + 1);
            (length, used.contains(provider))
        };
        // Of equals the first, in the order of the table.
        let best = here.reduce(|best, next| if fit(&next) > fit(&best) { next } else { best });
        if let Some((provider, base)) = best {
            return Some((provider, self.canonical_target(provider, &base, target)));
        }
        // A customer's or a region's own host, at which paths are the provider's own.
        let provider = Provider::all().find(|provider| provider.owns_host(server.host()))?;
        let usual = provider.entry().upstream.and_then(Address::parse);
        let base = format!("{origin}{}", usual.as_ref().map_or("", Address::path));
        lock(&self.met).insert(provider, base);
        Some((provider, target.to_owned()))
    }

    /// The host that a client meant, where every customer has one: what it is recorded from if nothing else is said.
    pub(crate) fn met(&self, provider: Provider) -> Option<String> {
        lock(&self.met).get(&provider).cloned()
    }

    /// Every address at which a provider may be meant: where it is recorded from, and its usual one.
    fn addresses(&self) -> impl Iterator<Item = (Provider, Address)> {
        let setup = &self.setup;
        let declared = setup.in_force.declared.iter().map(|one| one.value.provider);
        let named = setup.upstreams.iter().map(|(provider, _)| *provider);
        Provider::all().chain(declared).chain(named).flat_map(|provider| {
            let declared = setup.in_force.declared(provider).map(|one| one.url.clone());
            let read = |name: &str| setup.originals.get(name).map(str::to_owned);
            let usual = provider::default_upstream(provider, read);
            let urls = [self.upstream_base(provider), declared, usual];
            let bases = urls.into_iter().flatten().filter_map(|url| Address::parse(&url));
            bases.map(move |base| (provider, base))
        })
    }

    fn canonical_target(&self, provider: Provider, base: &Address, target: &str) -> String {
        if let (Provider::Other(_), Some(declared)) =
            (provider, self.setup.in_force.declared(provider))
        {
            return declared.canonical_of(base.path(), target);
        }
        let usual = provider.entry().upstream.and_then(Address::parse);
        let is_usual = usual.is_some_and(|usual| usual.path() == base.path());
        // Below a gateway's own path stands what a client appends to its base URL.
        let rest = below(target, base.path()).filter(|_| !is_usual);
        rest.unwrap_or(target).to_owned()
    }
}
