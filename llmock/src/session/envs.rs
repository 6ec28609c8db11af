//! Variables that lead clients to an address of the front.

use llmock_rules::Network;

use crate::config::Settings;
use crate::env;
use crate::front::proxy;
use crate::provider::{Declared, Provider, is_address};
use crate::session::state::State;

/// Name and value of every base-URL variable of the declared providers. A variable that holds a word and not an address is left alone.
pub(crate) fn declared_urls(in_force: &Settings, base: &str) -> Vec<(String, String)> {
    let originals = env::originals();
    let is_word = |name: &str| {
        originals.get(name).is_some_and(|old| !old.trim().is_empty() && !is_address(name, old))
    };
    let variables = in_force.declared.iter().flat_map(|one| one.value.variables());
    variables
        .filter(|(name, _)| !is_word(name))
        .map(|(name, template)| (name, template.replace("{base}", base)))
        .collect()
}

/// The providers whose clients find a placeholder key: those that the fixture or the test names.
///
/// Without a fixture and a name it is every provider. Such a test can only miss, so its client may start, whichever it
/// chooses, and the report of its first request says what to do. A test with replies of its own can pass, as can
/// one that declares to call no model, which may depend on a key that is not there.
pub(crate) fn keyed(state: &State) -> Vec<Provider> {
    let providers = state.providers();
    let in_force = &state.setup.in_force;
    let can_only_miss =
        state.fixture.is_missing() && !in_force.scripted.value && in_force.calls.value != Some(0);
    if providers.is_empty() && can_only_miss { Provider::all().collect() } else { providers }
}

/// Placeholder keys of these providers.
pub(crate) fn placeholders(
    in_force: &Settings,
    providers: impl IntoIterator<Item = Provider>,
) -> Vec<(String, String)> {
    let mut all: Vec<(String, String)> = Vec::new();
    for provider in providers {
        let entry = provider.entry();
        let own = in_force.declared(provider).and_then(Declared::placeholder);
        let table = entry.keys.iter().chain(entry.settings);
        let table = table.map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        for (name, value) in table.chain(own) {
            if !all.iter().any(|(known, _)| *known == name) {
                all.push((name, value));
            }
        }
    }
    all
}

/// Variables that lead clients with a fixed address to the session, if its test enables them.
pub(crate) fn through(state: &State) -> Vec<(String, String)> {
    let in_force = &state.setup.in_force;
    let (originals, proxy) = (state.originals, proxy_url(state));
    let mut variables = Vec::new();
    if let Some(trust) = &state.trust {
        variables.extend(env::intercepted(&proxy, &trust.path().display().to_string()));
    }
    let is_guarded = state.trust.is_none() && in_force.network.value == Network::Block;
    if is_guarded {
        variables.extend(env::guarded(&proxy));
    } else if state.trust.is_none() {
        variables.extend(originals.unguarded());
    }
    match (in_force.proxy.value, in_force.intercept.value || is_guarded) {
        (true, _) => variables.extend(originals.through(&proxy)),
        (false, true) => variables.extend(originals.exceptions()),
        (false, false) => {}
    }
    variables
}

/// The front as a proxy: for a test with a handle, the credentials name the session.
fn proxy_url(state: &State) -> String {
    let origin = state.front.origin();
    if state.setup.by_env {
        return origin;
    }
    origin.replacen("://", &format!("://{}:{}@", proxy::USER, &state.id), 1)
}

/// For a child process: everything that leads to the front, and what a keyless program needs to start.
pub(crate) fn for_child(state: &State) -> Vec<(String, String)> {
    let in_force = &state.setup.in_force;
    let mut variables = Provider::base_urls(&state.base);
    variables.push((env::BASE_URL.to_owned(), state.base.clone()));
    let through = through(state);
    let is_through = |name: &str| through.iter().any(|(known, _)| known == name);
    variables.extend(env::no_proxy().into_iter().filter(|(name, _)| !is_through(name)));
    variables.extend(declared_urls(in_force, &state.base));
    if state.setup.mode().only_replays() {
        let absent = |name: &str| env::read(name).is_none_or(|value| value.is_empty());
        let keys = placeholders(in_force, keyed(state));
        variables.extend(keys.into_iter().filter(|(name, _)| absent(name)));
    }
    variables.extend(through);
    variables
}
