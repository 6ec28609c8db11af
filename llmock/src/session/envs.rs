//! Variables that lead clients to an address of the front.

use crate::env;
use crate::provider::Provider;

/// Name and value of every base-URL variable of every provider.
pub(crate) fn base_urls(base: &str) -> Vec<(String, String)> {
    Provider::all()
        .flat_map(|provider| provider.entry().variables)
        .map(|(name, template)| ((*name).to_owned(), template.replace("{base}", base)))
        .collect()
}

/// Placeholder keys of these providers.
pub(crate) fn placeholders(providers: impl IntoIterator<Item = Provider>) -> Vec<(String, String)> {
    let mut all: Vec<(String, String)> = Vec::new();
    for provider in providers {
        let entry = provider.entry();
        for (name, value) in entry.keys.iter().chain(entry.settings) {
            if !all.iter().any(|(known, _)| known == name) {
                all.push(((*name).to_owned(), (*value).to_owned()));
            }
        }
    }
    all
}

/// For a child process: everything that leads to the front, and what a keyless program needs to start.
pub(crate) fn for_child(
    base: &str,
    providers: &[Provider],
    replays: bool,
) -> Vec<(String, String)> {
    let mut variables = base_urls(base);
    variables.push((env::BASE_URL.to_owned(), base.to_owned()));
    variables.extend(env::no_proxy());
    if replays {
        let absent = |name: &str| env::read(name).is_none_or(|value| value.is_empty());
        let keys = placeholders(providers.iter().copied());
        variables.extend(keys.into_iter().filter(|(name, _)| absent(name)));
    }
    variables
}
