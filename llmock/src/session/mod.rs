//! One test's use of its fixture: opened before the body, concluded after it.
//!
//! [`Session`] owns everything that must be given back: the address, the turn, the variables, the user's
//! Mocks. [`open`] gathers what it needs, [`respond`] answers requests from [`state`] while the test runs, [`ledger`]
//! keeps what happened, [`settle`] draws the balance, [`save`] writes what was recorded. Nothing here panics in `Drop`.

pub(crate) mod announce;
pub(crate) mod before;
pub(crate) mod clock;
pub(crate) mod envs;
pub(crate) mod fields;
pub(crate) mod last_run;
pub(crate) mod ledger;
pub(crate) mod links;
pub(crate) mod miss;
pub(crate) mod open;
pub(crate) mod proxied;
#[cfg(feature = "record")]
pub(crate) mod recording;
pub(crate) mod reply;
pub(crate) mod respond;
pub(crate) mod save;
pub(crate) mod settle;
pub(crate) mod state;
pub(crate) mod streams;
pub(crate) mod turnstile;

use std::sync::{Arc, Weak};
use std::time::Duration;

use crate::env::TurnVars;
use crate::fixture::store;
use crate::overlay::Overlay;
use crate::provider::Provider;
use crate::report::{Outcome, Report, Surface};
use crate::session::state::State;
use crate::session::turnstile::Turn;

/// How long a cancelled session waits, so that an answer that was complete is in its file when it says so.
const LAST_WORDS: Duration = Duration::from_secs(2);

/// An open session.
#[derive(Debug)]
pub(crate) struct Session {
    /// `None` in mode `off`, and once it has ended.
    state: Option<Arc<State>>,
    access: Access,
    turn: Option<Turn>,
    variables: Option<TurnVars>,
    drain: Duration,
    surface: Surface,
}

impl Session {
    /// A session of mode `off`: it touches nothing and has nothing to say.
    ///
    /// Between tests that use llmock it holds the turn, so that its variables stay the original ones.
    pub(crate) fn off(
        bases: Vec<(Provider, String)>,
        turn: Option<Turn>,
        variables: Option<TurnVars>,
    ) -> Self {
        let (drain, surface) = (Duration::ZERO, Surface::Attribute);
        Self {
            state: None,
            access: Access::Off(bases, Arc::default()),
            turn,
            variables,
            drain,
            surface,
        }
    }

    /// Makes a session reachable.
    pub(crate) fn begin(
        state: Arc<State>,
        turn: Option<Turn>,
        variables: Option<TurnVars>,
        drain: Duration,
        surface: Surface,
    ) -> Self {
        let access = Access::Open(Arc::downgrade(&state), Arc::clone(&state.overlay));
        let registry = state.front.registry();
        if state.setup.by_env {
            state.take_turn(registry.next_turn());
            let test = state.setup.owner.as_deref().unwrap_or_default();
            registry.begin_turn(Arc::clone(&state) as Arc<_>, test);
        } else {
            registry.register(&state.id, Arc::clone(&state) as Arc<_>);
        }
        Self { state: Some(state), access, turn, variables, drain, surface }
    }

    /// What handles of this session need.
    pub(crate) fn access(&self) -> &Access {
        &self.access
    }

    /// Ends the session; `None` in mode `off`.
    pub(crate) fn end(&mut self, outcome: Outcome) -> Option<Report> {
        let Some(state) = self.state.take() else {
            self.give_back();
            return None;
        };
        let report = settle::settle(&state, outcome, self.surface, self.drain);
        self.release(&state);
        last_run::append(&report, state.setup.package.as_deref());
        Some(report)
    }

    fn release(&mut self, state: &State) {
        let registry = state.front.registry();
        if state.setup.by_env {
            registry.end_turn();
            before::keep(state);
        } else {
            registry.unregister(&state.id);
        }
        self.give_back();
    }

    fn give_back(&mut self) {
        if let Some(variables) = self.variables.take() {
            variables.restore();
        }
        if let Some(turn) = self.turn.take() {
            turn.give_back();
        }
    }

    /// Gives everything back without a verdict: the test was cancelled. Says where its traffic is.
    pub(crate) fn abandon(&mut self) -> Option<Abandoned> {
        let Some(state) = self.state.take() else {
            self.give_back();
            return None;
        };
        state.mark_closing();
        state.book().balanced = true;
        state.streams.drain(LAST_WORDS);
        state.overlay.close();
        self.release(&state);
        let failed = store::failed_path(&state.setup.write_to);
        let recorded = !state.book().ledger.recordings.is_empty();
        let kept = (recorded && failed.exists()).then(|| state.setup.shown_path(&failed));
        let test = state.setup.owner.clone().unwrap_or_else(|| state.setup.shown.clone());
        Some(Abandoned { test, kept })
    }
}

/// How a handle reaches its session, without keeping it open.
#[derive(Clone, Debug)]
pub(crate) enum Access {
    Open(Weak<State>, Arc<Overlay>),
    /// Mode `off`: every provider at its own address.
    Off(Vec<(Provider, String)>, Arc<Overlay>),
}

/// What is left of a session that nobody concluded.
#[derive(Debug)]
pub(crate) struct Abandoned {
    pub(crate) test: String,
    /// Where its paid traffic is.
    pub(crate) kept: Option<String>,
}

impl Drop for Session {
    fn drop(&mut self) {
        // Whoever owns the session says something first; this only gives back what is left.
        let _ = self.abandon();
    }
}
