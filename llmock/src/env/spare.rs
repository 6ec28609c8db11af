//! Room in the environment: variables without meaning that give their place to others.
//!
//! A C library that reads the environment walks an array. Adding a name may move that array under its feet: a stress
//! test with three readers crashed in 11 of 18 runs, although the names had been there before. Taking one name out
//! before putting another in keeps the array's size, and with it its place: no crash in 21 runs.

use std::ffi::OsStr;

use super::names::SPARE;
use super::write;

/// The spare variables of this process.
pub(super) const SPARES: Spares = Spares { prefix: SPARE, count: 24 };

/// A row of numbered variables, some of them there, some of them out.
pub(super) struct Spares {
    prefix: &'static str,
    /// How many there are at first: more than one test needs at once, the keys of a few providers and some `env(..)`.
    count: usize,
}

impl Spares {
    /// Puts them in; part of the burst.
    pub(super) fn make(&self) {
        for spare in self.names().take(self.count) {
            write(&spare, Some(OsStr::new("")));
        }
    }

    /// Takes one out, before a name that is not there yet is written.
    pub(super) fn take(&self) {
        if let Some(spare) = self.names().find(|spare| is_there(spare)) {
            write(&spare, None);
        }
    }

    /// Puts one in, after a name was removed.
    pub(super) fn give(&self) {
        if let Some(spare) = self.names().find(|spare| !is_there(spare)) {
            write(&spare, Some(OsStr::new("")));
        }
    }

    /// Beyond those made at first, for a test that removes more than it adds: giving back the whole burst does.
    fn names(&self) -> impl Iterator<Item = String> {
        (0..8 * self.count).map(|number| format!("{}{number}", self.prefix))
    }
}

fn is_there(name: &str) -> bool {
    std::env::var_os(name).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_taken_out_is_put_back_in() {
        let spares = Spares { prefix: "LLMOCK_TEST_SPARE_", count: 2 };
        let there = || spares.names().filter(|spare| is_there(spare)).count();
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
