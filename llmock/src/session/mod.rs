//! One test's use of its fixture: opened before the test runs, settled after it.
//!
//! [`Session`] owns everything that must be released: the address, the environment guard, the variables, the user's
//! mocks. [`open`] gathers what it needs, [`respond`] responds to requests with [`state`] while the test runs,
//! [`ledger`] keeps what happened, [`settle`] makes the report, [`save`] writes what was recorded, if [`verify`] can replay it. Nothing here panics
//! in `Drop`.

pub(crate) mod announce;
pub(crate) mod audited;
#[cfg(feature = "record")]
mod budget;
mod causes;
mod child;
pub(crate) mod clock;
pub(crate) mod current;
mod deliver;
pub(crate) mod editing;
pub(crate) mod elsewhere;
mod enter;
pub(crate) mod env_lock;
pub(crate) mod envs;
pub(crate) mod fields;
pub(crate) mod fixture;
pub(crate) mod keys;
pub(crate) mod last_run;
pub(crate) mod layered;
pub(crate) mod ledger;
pub(crate) mod matcher;
pub(crate) mod open;
pub(crate) mod other_model;
pub(crate) mod pending;
pub(crate) mod previous_test;
pub(crate) mod proxied;
#[cfg(feature = "record")]
pub(crate) mod recording;
pub(crate) mod redacted;
mod reframed;
pub(crate) mod refresh;
pub(crate) mod refuse;
#[cfg(feature = "websocket")]
pub(crate) mod replayed;
mod requests;
pub(crate) mod respond;
pub(crate) mod save;
pub(crate) mod scripted;
pub(crate) mod scripts;
pub(crate) mod settle;
mod similar;
#[cfg(feature = "websocket")]
pub(crate) mod socket_scripts;
#[cfg(feature = "websocket")]
mod sockets;
pub(crate) mod state;
mod stored;
pub(crate) mod sweep;
pub(crate) mod unreached;
mod unused;
pub(crate) mod verification;
pub(crate) mod verify;
pub(crate) mod verifying;
pub(crate) mod wait;

use std::sync::{Arc, Weak};
use std::time::Duration;

use crate::env::TestVars;
use crate::fixture::store;
use crate::overlay::Overlay;
use crate::provider::Provider;
use crate::report::{Outcome, Report, Surface, sentences};
use crate::session::env_lock::EnvGuard;
use crate::session::state::State;
use crate::session::unreached::Ending;

/// How long a cancelled session waits, so that the message about it can name the file with its recordings.
const CANCELLED_DRAIN: Duration = Duration::from_secs(2);

/// An open session.
#[derive(Debug)]
pub(crate) struct Session {
    /// `None` in mode `off`, and once it has ended.
    state: Option<Arc<State>>,
    access: Access,
    env: Option<EnvAccess>,
    /// While it is the session of a test with the attribute.
    known: Option<current::Known>,
}

/// A test's exclusive use of the environment.
#[derive(Debug)]
pub(crate) struct EnvAccess {
    pub(crate) guard: EnvGuard,
    pub(crate) variables: TestVars,
}

impl Session {
    /// A session of mode `off`: it changes and reports nothing.
    ///
    /// Between tests that use llmock it holds the environment guard, so that its variables stay the original ones.
    pub(crate) fn off(bases: Vec<(Provider, String)>, env: Option<EnvAccess>) -> Self {
        Self { state: None, access: Access::Off(bases, Arc::default()), env, known: None }
    }

    /// Makes a session reachable.
    pub(crate) fn begin(state: Arc<State>, env: Option<EnvAccess>) -> Self {
        let access = Access::Open(Arc::downgrade(&state), Arc::clone(&state.overlay));
        let registry = state.front.registry();
        if state.setup.by_env {
            let test = state.setup.owner.as_deref().unwrap_or_default();
            registry.begin_env_session(Arc::clone(&state) as Arc<_>, test);
        } else {
            registry.register(&state.id, Arc::clone(&state) as Arc<_>);
        }
        Self { state: Some(state), access, env, known: None }
    }

    /// Makes it the current session of this thread's test.
    pub(crate) fn enter(mut self, by_env: bool) -> Self {
        self.known = Some(current::enter(&self.access, by_env));
        self
    }

    /// What handles of this session need.
    pub(crate) fn access(&self) -> &Access {
        &self.access
    }

    /// Ends the session; `None` in mode `off`.
    pub(crate) fn end(&mut self, outcome: Outcome) -> Option<Report> {
        self.end_with(outcome, "")
    }

    /// The same for a body that failed with these words.
    pub(crate) fn end_with(&mut self, outcome: Outcome, words: &str) -> Option<Report> {
        let Some(state) = self.state.take() else {
            self.release_env();
            return None;
        };
        if child::is_child() {
            sweep::write_result(&state, outcome);
        }
        // Hundreds of variables are compared, which only a test without requests needs.
        let is_reached = state.ledger().exchanges.iter().any(|exchange| !exchange.is_stray());
        let env = self.env.as_ref().filter(|_| !is_reached);
        let changed = env.map(|env| env.variables.changed()).unwrap_or_default();
        let ending = Ending { outcome, words, changed };
        let mut report = settle::settle(&state, &ending);
        TestVars::put_back(&ending.changed);
        self.release(&state);
        let package = state.setup.package.as_deref();
        if report.fails() {
            elsewhere::look(&state, &mut report);
            report.same_as = causes::shown_by(&report);
            report.others = last_run::failures(package);
        }
        if state.setup.is_encrypted() {
            report = report.hidden();
        }
        if !child::is_child() {
            last_run::append(&report, package, &state.secrets.redactor());
        }
        Some(report)
    }

    /// Whether the body of the test ran to its end; `None` if no one can tell.
    pub(crate) fn note_end(&self, is_reached: Option<bool>) {
        let Some(state) = &self.state else { return };
        match is_reached {
            Some(true) => state.reach_end(),
            Some(false) => {}
            None => state.hide_end(),
        }
    }

    /// What is to follow the test if it passes.
    pub(crate) fn sweep(&self) -> Option<sweep::Prepared> {
        self.state.as_deref().and_then(sweep::prepare)
    }

    fn release(&mut self, state: &State) {
        let registry = state.front.registry();
        if state.setup.by_env {
            registry.end_env_session();
            previous_test::remember(state);
        } else {
            registry.unregister(&state.id);
        }
        self.release_env();
    }

    fn release_env(&mut self) {
        if let Some(EnvAccess { guard, variables }) = self.env.take() {
            variables.restore();
            drop(guard);
        }
    }

    /// Releases everything without a report: the test was cancelled, or its session was dropped.
    fn abandon(&mut self) {
        let Some(state) = self.state.take() else { return self.release_env() };
        state.close();
        state.traffic.close();
        editing::abandon(&state);
        state.ledger().is_settled = true;
        state.in_flight.drain(CANCELLED_DRAIN);
        redacted::look_again(&state);
        state.overlay.close();
        self.release(&state);
        let setup = &state.setup;
        let failed = store::failed_path(&setup.write_to);
        let has_kept = state.ledger().attempts.kept > 0 && save::count_attempts(&state) > 0;
        let kept = has_kept.then(|| setup.shown_path(&failed));
        let sentence = match setup.surface {
            Surface::Attribute => sentences::cancelled,
            Surface::Builder => sentences::dropped_unfinished,
        };
        let sentence = sentence(setup.test(), kept.as_deref());
        if !child::is_child() {
            let of = (setup.test(), &*setup.shown);
            let redactor = state.secrets.redactor();
            last_run::append_unfinished(of, &sentence, setup.package.as_deref(), &redactor);
        }
        announce::line(&sentence);
    }
}

/// How a handle reaches its session, without keeping it open.
#[derive(Clone, Debug)]
#[cfg_attr(not(feature = "wiremock"), expect(dead_code, reason = "the overlay is empty then"))]
pub(crate) enum Access {
    Open(Weak<State>, Arc<Overlay>),
    /// Mode `off`: every provider at its own address.
    Off(Vec<(Provider, String)>, Arc<Overlay>),
}

impl Drop for Session {
    fn drop(&mut self) {
        self.abandon();
    }
}
