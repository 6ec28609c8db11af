//! Owners of interactions against the tests that exist: orphans, and tests that were renamed.

use std::collections::{BTreeMap, BTreeSet};

use llmock::Fixture;

use crate::suite::Suite;

/// An owner without a test.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Gone {
    pub(crate) owner: String,
    /// The test that it most likely is now.
    pub(crate) now: Option<String>,
}

/// Every owner in these fixtures that is no test, in order.
pub(crate) fn gone(fixtures: &[Fixture], suite: &Suite) -> Vec<Gone> {
    let interactions = fixtures.iter().flat_map(Fixture::interactions);
    let owners: BTreeSet<&str> = interactions.filter_map(llmock::Interaction::test).collect();
    let missing: Vec<&str> = owners.iter().copied().filter(|owner| !suite.has(owner)).collect();
    // A test that has recordings of its own is not another one under a new name.
    let has_recordings = |test: &str| {
        owners.iter().any(|owner| {
            *owner == test || test.strip_prefix(owner).is_some_and(|rest| rest.starts_with("::"))
        })
    };
    let free: Vec<&str> = suite.tests().filter(|test| !has_recordings(test)).collect();
    let mut wanted: BTreeMap<&str, usize> = BTreeMap::new();
    let guesses: Vec<Option<&str>> = missing.iter().map(|owner| successor(owner, &free)).collect();
    for guess in guesses.iter().flatten() {
        *wanted.entry(guess).or_default() += 1;
    }
    let gone = missing.iter().zip(guesses).map(|(owner, guess)| Gone {
        owner: (*owner).to_owned(),
        // Two tests cannot both have become the same one.
        now: guess.filter(|guess| wanted[guess] == 1).map(str::to_owned),
    });
    gone.collect()
}

/// The one test without recordings that has the same function in another module, or a similar name in the same one.
fn successor<'t>(owner: &str, free: &[&'t str]) -> Option<&'t str> {
    let (module, function) = owner.rsplit_once("::").unwrap_or(("", owner));
    let split = |test: &'t str| test.rsplit_once("::").unwrap_or(("", test));
    let moved: Vec<&str> = free.iter().copied().filter(|test| split(test).1 == function).collect();
    if let [only] = moved.as_slice() {
        return Some(only);
    }
    let here = || free.iter().copied().filter(|test| split(test).0 == module);
    let names: Vec<&str> = here().map(|test| split(test).1).collect();
    if let Some(near) = llmock_rules::nearest(function, names.iter().copied()) {
        return here().find(|test| split(test).1 == near);
    }
    let words = |name: &'t str| name.split('_').collect::<BTreeSet<_>>();
    let own: BTreeSet<&str> = function.split('_').collect();
    let shares = |test: &&'t str| 2 * words(split(test).1).intersection(&own).count() > own.len();
    let alike: Vec<&str> = here().filter(shares).collect();
    if let [only] = alike.as_slice() { Some(only) } else { None }
}
