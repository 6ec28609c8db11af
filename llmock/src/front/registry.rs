//! Which sessions are open, and at which address each is reached.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard};

use crate::front::Responder;
use crate::front::connection::Moment;
use crate::front::refused::Refusals;
use crate::sync::lock;

/// Open sessions by id, and the one whose turn it is at the address of the variables.
#[derive(Debug, Default)]
pub(crate) struct Registry {
    open: Mutex<Open>,
    /// Requests for which there is no session.
    pub(crate) refusals: Refusals,
}

#[derive(Debug, Default)]
struct Open {
    sessions: HashMap<String, Arc<dyn Responder>>,
    turn: Option<Turn>,
    /// How many turns have begun.
    turns: u64,
}

#[derive(Debug)]
struct Turn {
    responder: Arc<dyn Responder>,
    test: Arc<str>,
}

impl Registry {
    fn lock(&self) -> MutexGuard<'_, Open> {
        // A panic while the map was held cannot leave it half changed.
        lock(&self.open)
    }

    pub(crate) fn register(&self, id: &str, responder: Arc<dyn Responder>) {
        self.lock().sessions.insert(id.to_owned(), responder);
    }

    pub(crate) fn unregister(&self, id: &str) {
        self.lock().sessions.remove(id);
    }

    /// The number of the turn that begins next. Whoever asks holds the turnstile, so nobody else begins one.
    pub(crate) fn next_turn(&self) -> u64 {
        self.lock().turns + 1
    }

    pub(crate) fn begin_turn(&self, responder: Arc<dyn Responder>, test: &str) {
        let mut open = self.lock();
        open.turns += 1;
        open.turn = Some(Turn { responder, test: test.into() });
    }

    pub(crate) fn end_turn(&self) {
        self.lock().turn = None;
    }

    pub(crate) fn session(&self, id: &str) -> Option<Arc<dyn Responder>> {
        self.lock().sessions.get(id).cloned()
    }

    pub(crate) fn turn(&self) -> Option<Arc<dyn Responder>> {
        self.lock().turn.as_ref().map(|turn| Arc::clone(&turn.responder))
    }

    /// Whose turn it is now.
    pub(crate) fn now(&self) -> Moment {
        let open = self.lock();
        Moment { turns: open.turns, test: open.turn.as_ref().map(|turn| Arc::clone(&turn.test)) }
    }
}
