//! Requests that a proxy variable led here: their URL names a host, not a provider.

use crate::exchange::upstream;
use crate::provider::{Address, Provider, below};
use crate::session::state::State;
use crate::sync::lock;

/// The provider at the host of a URL, and the path as at the provider's own host.
///
/// `origin` is `http://127.0.0.1:11434`, `target` a path with its query. Two providers at one host, such as a local
/// server, are distinguished by their paths, then by which of them the test uses.
pub(crate) fn provider_at(state: &State, origin: &str, target: &str) -> Option<(Provider, String)> {
    let server = Address::parse(origin)?;
    let used = state.providers();
    let here = addresses(state).filter(|(_, base)| base.is_same_server(&server));
    let fit = |(provider, base): &(Provider, Address)| {
        let length = below(target, base.path()).map_or(0, |_| base.path().len() + 1);
        (length, used.contains(provider))
    };
    // The first of equals, in the order of the table.
    let best = here.reduce(|best, next| if fit(&next) > fit(&best) { next } else { best });
    if let Some((provider, base)) = best {
        return Some((provider, canonical_target(state, provider, &base, target)));
    }
    // A customer's or a region's own host, at which paths are the provider's own.
    let provider = Provider::all().find(|provider| provider.owns_host(server.host()))?;
    let usual = provider.entry().upstream.and_then(Address::parse);
    let base = format!("{origin}{}", usual.as_ref().map_or("", Address::path));
    lock(&state.seen_hosts).insert(provider, base);
    Some((provider, target.to_owned()))
}

/// Every address at which a provider may be meant: where it is recorded from, and its usual one.
fn addresses(state: &State) -> impl Iterator<Item = (Provider, Address)> {
    let setup = &state.setup;
    Provider::all().chain(setup.upstreams.providers()).flat_map(|provider| {
        let declared = setup.upstreams.declared(provider).map(|declared| declared.url.clone());
        let usual = upstream::default_base(provider, state.originals);
        let urls = [state.upstream_base(provider), declared, usual];
        let bases = urls.into_iter().flatten().filter_map(|url| Address::parse(&url));
        bases.map(move |base| (provider, base))
    })
}

fn canonical_target(state: &State, provider: Provider, base: &Address, target: &str) -> String {
    if let (Provider::Other(_), Some(declared)) =
        (provider, state.setup.upstreams.declared(provider))
    {
        return declared.canonical_of(base.path(), target);
    }
    let usual = provider.entry().upstream.and_then(Address::parse);
    let is_usual = usual.is_some_and(|usual| usual.path() == base.path());
    // Below a gateway's own path follows what a client appends to its base URL.
    let rest = below(target, base.path()).filter(|_| !is_usual);
    rest.unwrap_or(target).to_owned()
}
