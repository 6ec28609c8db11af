//! The previous test at the address of the variables, and the requests it did not send: a request that this test does
//! not know, and that the previous one was recorded with, may come from a task that it has left behind.

use std::sync::{Arc, Mutex};

use crate::fixture::Position;
use crate::fixture::interaction::Request;
use crate::provider::Provider;
use crate::session::fixture::OpenedFixture;
use crate::session::state::State;
use crate::sync::lock;

static PREVIOUS: Mutex<Option<Arc<Previous>>> = Mutex::new(None);

#[derive(Debug)]
struct Previous {
    test: String,
    fixture: Arc<OpenedFixture>,
    /// Its interactions that no request used.
    unused: Vec<Position>,
}

/// Remembers what the next test may have to know about this one.
pub(crate) fn remember(state: &State) {
    let fixture = Arc::clone(&state.fixture);
    let used = state.ledger().used();
    let unused: Vec<_> = fixture.own_or_ownerless().filter(|at| !used.contains(at)).collect();
    let test = state.setup.owner.clone().filter(|_| !unused.is_empty());
    let previous = test.map(|test| Arc::new(Previous { test, fixture, unused }));
    *lock(&PREVIOUS) = previous;
}

/// The previous test, if it was recorded with this request and did not send it.
pub(crate) fn expecting(provider: Provider, request: &Request) -> Option<String> {
    let previous = lock(&PREVIOUS).clone()?;
    let fixture = &previous.fixture;
    let key = fixture.key(provider, request);
    let mut unused = previous.unused.iter().map(|at| fixture.get(*at));
    unused
        .any(|unused| fixture.key(unused.provider, &unused.request) == key)
        .then(|| previous.test.clone())
}
