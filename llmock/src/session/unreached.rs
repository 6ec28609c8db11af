//! What is known about a test from which no request arrived.

use std::sync::atomic::Ordering;

use crate::env;
use crate::mode::Mode;
use crate::provider::{Address, Provider};
use crate::report::{Handle, Keys, Outcome, Overwritten, Through, Unreached};
use crate::session::clock;
use crate::session::state::State;

/// How the body of a test ended.
#[derive(Debug)]
pub(crate) struct Ending<'a> {
    pub(crate) outcome: Outcome,
    /// The message of its panic, if it has one.
    pub(crate) words: &'a str,
    /// Variables of llmock's that have another value now, or none.
    pub(crate) changed: Vec<(String, Option<String>)>,
}

/// Gathers what a report says about a missing request.
pub(crate) fn describe(state: &State, ending: &Ending<'_>) -> Unreached {
    let setup = &state.setup;
    let mode = setup.mode();
    let is_scripted = setup.in_force.scripted.value;
    let providers = state.providers();
    let variables = providers.iter().flat_map(|provider| {
        provider.entry().variables.iter().take(1).map(|(name, _)| (*name).to_owned())
    });
    let handle = match (setup.by_env, state.is_handle_used.load(Ordering::Relaxed)) {
        (true, _) => Handle::None,
        (false, false) => Handle::Unused,
        (false, true) => Handle::Used,
    };
    Unreached {
        handle,
        has_failed: ending.outcome != Outcome::Passed,
        is_recording: mode == Mode::Record,
        is_clock_paused: ending.outcome != Outcome::Passed && clock::is_paused(),
        is_scripted,
        is_fixture_missing: state.fixture.is_missing() && !is_scripted,
        variables: variables.collect(),
        overwritten: overwritten(state, ending, &providers),
        contacted: contacted(ending.words, &state.front.origin()),
        through: Through {
            proxy: setup.in_force.proxy.value,
            intercept: setup.in_force.intercept.value,
        },
        distrusted: state.take_distrusted(),
        silences: state.front.registry().silent.since(state.opened),
        proxies: proxies(state),
        keys: keys(state, ending, &providers),
    }
}

/// Base-URL and proxy variables that led to llmock and no longer do; those of the test's own providers first.
fn overwritten(state: &State, ending: &Ending<'_>, used: &[Provider]) -> Vec<Overwritten> {
    let origin = state.front.origin();
    let front = Address::parse(&origin);
    let is_ours = |url: &str| {
        let url = Address::parse(url);
        url.zip(front.as_ref()).is_some_and(|(url, front)| url.is_below(front))
    };
    let declared = &state.setup.upstreams.declared;
    let is_address = |name: &str| {
        name == env::BASE_URL
            || Provider::base_urls("").iter().any(|(known, _)| known == name)
            || declared.iter().any(|one| one.variables().iter().any(|(known, _)| known == name))
    };
    let is_used = |name: &str| {
        used.iter().any(|one| one.entry().variables.iter().any(|(known, _)| *known == name))
    };
    let elsewhere = |value: &Option<String>| !value.as_deref().is_some_and(is_ours);
    let mut changed: Vec<_> = ending
        .changed
        .iter()
        .filter(|(name, value)| is_address(name) && elsewhere(value))
        .collect();
    changed.sort_by_key(|(name, _)| !is_used(name));
    let shown = |value: &str| {
        // Not even a word is shown that may be a key.
        Address::parse(value).map_or_else(
            || "something that is no address".to_owned(),
            |address| address.root_without_secrets(),
        )
    };
    changed
        .into_iter()
        .map(|(name, value)| Overwritten {
            variable: name.clone(),
            now: value.as_deref().map(shown),
        })
        .collect()
}

/// The first address in the words of an error that may be an API's.
fn contacted(words: &str, own: &str) -> Option<String> {
    /// Where errors send their readers.
    const PAGES: [&str; 4] = ["docs.", "github.com", "crates.io", "rust-lang.org"];
    let own = Address::parse(own);
    let starts = words.match_indices("http").take(16).map(|(at, _)| &words[at..]);
    let addresses = starts.filter_map(|rest| {
        let is_end = |c: char| c.is_whitespace() || "\"'`,;()<>[]{}|\\".contains(c);
        // An IPv6 address has its brackets in the host only.
        let is_bracketed = rest.split_once("://").is_some_and(|(_, host)| host.starts_with('['));
        let end = if is_bracketed { rest.find(['"', ' ', ')']) } else { rest.find(is_end) };
        Address::parse(&rest[..end.unwrap_or(rest.len())])
    });
    let mut apis = addresses.filter(|address| {
        let is_own = own.as_ref().is_some_and(|own| address.is_below(own));
        !is_own && !PAGES.iter().any(|page| address.host().contains(page))
    });
    apis.next().map(|address| address.root_without_secrets())
}

/// Proxies that clients may use for llmock's address: as the process began, and set since by the program.
fn proxies(state: &State) -> Vec<(String, String)> {
    let mut proxies = state.originals.proxies_of_loopback();
    let origin = state.front.origin();
    let front = origin.split_once("://").map_or("", |(_, host)| host);
    for proxy in env::proxies_of_loopback_now() {
        if proxy.1 != front && !proxies.iter().any(|(known, _)| *known == proxy.0) {
            proxies.push(proxy);
        }
    }
    proxies
}

fn keys(state: &State, ending: &Ending<'_>, providers: &[Provider]) -> Keys {
    /// What errors about a missing key have in common, in lower case.
    const SIGNS: [&str; 9] = [
        "notpresent",
        "environment variable",
        "api key",
        "api_key",
        "apikey",
        "api-key",
        "credential",
        "nokey",
        "missing key",
    ];
    let words: String = ending.words.chars().take(4096).collect::<String>().to_lowercase();
    let are_mentioned = SIGNS.iter().any(|sign| words.contains(sign));
    let is_recording = state.setup.mode() == Mode::Record;
    let has_placeholders = state.setup.mode().only_replays() && !providers.is_empty();
    let ids = || providers.iter().map(|provider| provider.id().to_owned()).collect();
    let is_missing = |provider: &&Provider| state.key_variable(**provider).is_none();
    let names = providers.iter().filter(is_missing);
    let names = names.filter_map(|provider| Some(provider.entry().keys.first()?.0.to_owned()));
    Keys {
        are_mentioned,
        providers: has_placeholders.then(ids),
        missing: if is_recording { names.collect() } else { Vec::new() },
    }
}

#[cfg(test)]
mod tests {
    use super::contacted;

    #[test]
    fn finds_the_address_that_an_error_mentions() {
        let own = "http://127.0.0.1:4000";
        for (words, expected) in [
            ("assertion failed", None),
            (
                r#"Reqwest(Error { url: "https://api.openai.com/v1/chat/completions", source: x })"#,
                Some("https://api.openai.com"),
            ),
            (
                "error sending request for url (http://me:secret@127.0.0.1:9/v1/messages?key=secret)",
                Some("http://127.0.0.1:9"),
            ),
            ("status 418 from http://127.0.0.1:4000/env/openai/v1", None),
            (
                "see https://docs.rs/x, failed at https://llm.acme.dev:8443/v1",
                Some("https://llm.acme.dev:8443"),
            ),
            ("http://[::1]:8080/v1 refused", Some("http://[::1]:8080")),
        ] {
            assert_eq!(contacted(words, own).as_deref(), expected, "{words}");
        }
    }
}
