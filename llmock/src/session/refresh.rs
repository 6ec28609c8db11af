//! Mode `refresh`: which interactions a test that passed no longer uses.
//!
//! An interaction leaves the fixture only if the test shows that it does not need it: it passed, was not skipped, sent a
//! request, and reached the end of its body. A test that returns early, for example because a key is missing, shows nothing.

use std::collections::HashMap;

use crate::fixture::Position;
use crate::fixture::merge::{Arrived, Refresh};
use crate::matching::{Key, Order};
use crate::mode::Mode;
use crate::session::ledger::{Ledger, Recording};
use crate::session::state::State;

/// Interactions of this test that it no longer uses; none unless the mode is `refresh`.
#[derive(Debug, Default)]
pub(crate) struct Outdated(Vec<Position>);

/// Whether what the test did not request may be removed; or why not, if the mode is `refresh`.
pub(super) fn may_remove(state: &State, ledger: &Ledger) -> Result<(), Option<&'static str>> {
    if state.setup.mode() != Mode::Refresh {
        return Err(None);
    }
    if state.skipped().is_some() {
        return Err(Some("the test was skipped"));
    }
    if ledger.counted().next().is_none() {
        return Err(Some("the test sent no request"));
    }
    if state.is_end_hidden() {
        return Err(Some("the end of its body is hidden from #[llm_replay]"));
    }
    if !state.has_reached_end() {
        return Err(Some("the test returned before the end of its body"));
    }
    Ok(())
}

/// What a test that passed no longer uses.
pub(super) fn outdated(state: &State) -> Outdated {
    let ledger = state.ledger();
    if may_remove(state, &ledger).is_err() {
        return Outdated::default();
    }
    let (fixture, used) = (&state.fixture, ledger.used());
    let owner = &state.setup.owner;
    // An interaction without an owner may belong to every test.
    let own = fixture.own().filter(|at| fixture.get(*at).test == *owner);
    Outdated(own.filter(|at| !used.contains(at)).collect())
}

impl Outdated {
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// What changes in the file.
    pub(super) fn changes(&self, state: &State, recorded: &[Recording], order: Order) -> Refresh {
        let fixture = &state.fixture;
        let key = |at: Position| {
            let interaction = fixture.get(at);
            fixture.key(interaction.provider, &interaction.request)
        };
        let mut outdated: HashMap<Key, usize> = HashMap::new();
        for at in &self.0 {
            *outdated.entry(key(*at)).or_default() += 1;
        }
        let arrived = || {
            let ledger = state.ledger();
            let exchanges = ledger.exchanges.iter().enumerate();
            exchanges
                .filter_map(|(index, exchange)| match exchange.used {
                    Some(used) if used.is_repeated => None,
                    Some(used) => Some(Arrived::Stored(key(used.interaction))),
                    None => {
                        let is_recorded = recorded.iter().any(|one| one.request.index() == index);
                        is_recorded.then_some(Arrived::Recorded)
                    }
                })
                .collect()
        };
        Refresh { outdated, order: (order == Order::Strict).then(arrived) }
    }
}
