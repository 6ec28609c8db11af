//! What mode `verify` has found so far.

use crate::audit::drift::{Verdict, Verified};
use crate::audit::prices::UsageSummary;
use crate::exchange::RequestNumber;

/// Recordings that were compared, and those whose requests are at the provider.
#[derive(Debug, Default)]
pub(crate) struct Verification {
    pub(crate) verified: Vec<Verified>,
    open: Vec<(RequestNumber, Verified)>,
    pub(crate) usage: UsageSummary,
}

impl Verification {
    /// Begins a comparison; `unfinished` is its result unless it ends.
    pub(crate) fn open(&mut self, number: RequestNumber, unfinished: Verified) {
        self.open.push((number, unfinished));
    }

    /// Ends a comparison.
    pub(crate) fn close(&mut self, number: RequestNumber, verdict: Verdict) {
        if let Some(at) = self.open.iter().position(|(known, _)| *known == number) {
            let (_, verified) = self.open.swap_remove(at);
            self.verified.push(Verified { verdict, ..verified });
        }
    }

    /// All results, in the order of the file.
    pub(crate) fn all(self) -> Vec<Verified> {
        let unfinished = self.open.into_iter().map(|(_, unfinished)| unfinished);
        let mut all: Vec<Verified> = self.verified.into_iter().chain(unfinished).collect();
        all.sort_by_key(|one| one.interaction);
        all
    }
}
