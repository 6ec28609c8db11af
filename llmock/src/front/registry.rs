//! Which sessions are open, and at which address each is reached.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::front::Responder;

/// Open sessions by id, and the one whose turn it is at the address of the variables.
#[derive(Debug, Default)]
pub(crate) struct Registry {
    open: Mutex<Open>,
}

#[derive(Debug, Default)]
struct Open {
    sessions: HashMap<String, Arc<dyn Responder>>,
    turn: Option<Arc<dyn Responder>>,
}

impl Registry {
    fn lock(&self) -> MutexGuard<'_, Open> {
        // A panic while the map was held cannot leave it half changed.
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn register(&self, id: &str, responder: Arc<dyn Responder>) {
        self.lock().sessions.insert(id.to_owned(), responder);
    }

    pub(crate) fn unregister(&self, id: &str) {
        self.lock().sessions.remove(id);
    }

    pub(crate) fn begin_turn(&self, responder: Arc<dyn Responder>) {
        self.lock().turn = Some(responder);
    }

    pub(crate) fn end_turn(&self) {
        self.lock().turn = None;
    }

    pub(crate) fn session(&self, id: &str) -> Option<Arc<dyn Responder>> {
        self.lock().sessions.get(id).cloned()
    }

    pub(crate) fn turn(&self) -> Option<Arc<dyn Responder>> {
        self.lock().turn.clone()
    }
}
