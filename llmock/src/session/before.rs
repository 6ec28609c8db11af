//! The test that had the turn before, and what it did not ask: a request that the next test does not know, and that
//! this one was recorded with, may come from a task that it has left behind.

use std::sync::{Arc, Mutex};

use crate::fixture::interaction::{Interaction, Request};
use crate::matching::{self, Rules};
use crate::provider::Provider;
use crate::session::state::State;
use crate::sync::lock;

static BEFORE: Mutex<Option<Arc<Before>>> = Mutex::new(None);

/// What is kept of a test whose turn has ended.
#[derive(Debug)]
struct Before {
    test: String,
    interactions: Arc<Vec<Interaction>>,
    /// Positions of its own interactions that no request took.
    unused: Vec<usize>,
    rules: Rules,
}

/// Keeps what the next test may have to know of this one.
pub(crate) fn keep(state: &State) {
    let book = state.book();
    let owner = state.setup.owner.as_deref();
    let is_unused = |at: &usize| {
        let test = book.interactions[*at].test.as_deref();
        (test.is_none() || test == owner) && book.ledger.taker(*at).is_none()
    };
    let unused: Vec<usize> = (0..book.interactions.len()).filter(is_unused).collect();
    let before = owner.filter(|_| !unused.is_empty()).map(|test| {
        let (interactions, rules) = (Arc::clone(&book.interactions), state.rules.clone());
        Arc::new(Before { test: test.to_owned(), interactions, unused, rules })
    });
    drop(book);
    *lock(&BEFORE) = before;
}

/// The test before, if it was recorded with this request and has not sent it in its time.
pub(crate) fn awaits(provider: Provider, request: &Request) -> Option<String> {
    let before = lock(&BEFORE).clone()?;
    let key = matching::key(provider, request, &before.rules);
    let mut unused = before.unused.iter().map(|at| &before.interactions[*at]);
    unused
        .any(|at| matching::key(at.provider, &at.request, &before.rules) == key)
        .then(|| before.test.clone())
}
