//! Room in the environment: variables without a meaning that make way for others.
//!
//! A C library that reads the environment walks an array. Adding a name may move that array meanwhile: a stress test
//! with three readers crashed in 11 of 18 runs, although the names had existed before. Removing one name before adding
//! another keeps the array's size, and with it its address: no crash in 21 runs.

use std::ffi::OsStr;

use super::names::SPARE;
use super::write;

/// The spare variables of this process.
pub(super) const SPARES: Spares = Spares { prefix: SPARE, count: 96 };

/// Numbered variables, some of them present, some absent.
pub(super) struct Spares {
    prefix: &'static str,
    /// How many are added at first: more than one test needs at once for the placeholder keys of every provider and
    /// some `env(..)`.
    count: usize,
}

impl Spares {
    pub(super) fn make(&self) {
        for spare in self.names().take(self.count) {
            write(&spare, Some(OsStr::new("")));
        }
    }

    /// Removes one, before a new name is written.
    pub(super) fn take(&self) {
        if let Some(spare) = self.names().find(|spare| is_present(spare)) {
            write(&spare, None);
        }
    }

    /// Adds one, after a name was removed.
    pub(super) fn give(&self) {
        if let Some(spare) = self.names().find(|spare| !is_present(spare)) {
            write(&spare, Some(OsStr::new("")));
        }
    }

    /// More than those added at first, for a test that removes more than it adds: restoring the whole setup does.
    fn names(&self) -> impl Iterator<Item = String> {
        (0..8 * self.count).map(|number| format!("{}{number}", self.prefix))
    }
}

fn is_present(name: &str) -> bool {
    std::env::var_os(name).is_some()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::provider::Provider;

    #[test]
    fn spares_are_enough_for_the_keys_of_every_provider() {
        /// What a test may write besides: proxies, certificates, and variables of its own.
        const OTHERS: usize = 24;
        let entries = Provider::all().map(Provider::entry);
        let names = entries.flat_map(|entry| entry.keys.iter().chain(entry.settings));
        let names: BTreeSet<&str> = names.map(|(name, _)| *name).collect();
        assert!(SPARES.count >= names.len() + OTHERS, "{} placeholders", names.len());
    }

    #[test]
    fn spare_variables_keep_the_number_of_variables() {
        let spares = Spares { prefix: "LLMOCK_TEST_SPARE_", count: 2 };
        let there = || spares.names().filter(|spare| is_present(spare)).count();
        spares.make();
        assert_eq!(there(), 2);
        spares.take();
        assert_eq!(there(), 1);
        spares.give();
        spares.give();
        assert_eq!(there(), 3);
        (0..4).for_each(|_| spares.take());
        assert_eq!(there(), 0);
    }
}
