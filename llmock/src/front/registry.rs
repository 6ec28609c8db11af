//! Which sessions are open, and at which address each is reached.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard};

use crate::front::arrival::Moment;
use crate::front::handler::Handler;
use crate::front::refused::Refusals;
use crate::sync::lock;

/// Open sessions by id, and the one at the address of the variables.
#[derive(Debug, Default)]
pub(crate) struct Registry {
    open: Mutex<Open>,
    /// Requests without a session.
    pub(crate) refusals: Refusals,
}

#[derive(Debug, Default)]
struct Open {
    sessions: HashMap<String, Arc<dyn Handler>>,
    env: Option<EnvSession>,
    /// How many sessions there have been at the address of the variables.
    env_sessions: u64,
}

/// The session of the test that holds the environment guard.
#[derive(Debug)]
struct EnvSession {
    handler: Arc<dyn Handler>,
    test: Arc<str>,
}

impl Registry {
    fn lock(&self) -> MutexGuard<'_, Open> {
        // A panic while the map was held cannot leave it half changed.
        lock(&self.open)
    }

    pub(crate) fn register(&self, id: &str, handler: Arc<dyn Handler>) {
        self.lock().sessions.insert(id.to_owned(), handler);
    }

    pub(crate) fn unregister(&self, id: &str) {
        self.lock().sessions.remove(id);
    }

    /// The number of the next session at the address of the variables. The caller holds the environment guard, so no
    /// other test begins one.
    pub(crate) fn next_env_session(&self) -> u64 {
        self.lock().env_sessions + 1
    }

    pub(crate) fn begin_env_session(&self, handler: Arc<dyn Handler>, test: &str) {
        let mut open = self.lock();
        open.env_sessions += 1;
        open.env = Some(EnvSession { handler, test: test.into() });
    }

    pub(crate) fn end_env_session(&self) {
        self.lock().env = None;
    }

    pub(crate) fn session(&self, id: &str) -> Option<Arc<dyn Handler>> {
        self.lock().sessions.get(id).cloned()
    }

    /// The session at the address of the variables.
    pub(crate) fn env_session(&self) -> Option<Arc<dyn Handler>> {
        self.lock().env.as_ref().map(|session| Arc::clone(&session.handler))
    }

    /// Which test holds the environment guard now.
    pub(crate) fn now(&self) -> Moment {
        let open = self.lock();
        let test = open.env.as_ref().map(|session| Arc::clone(&session.test));
        Moment { env_sessions: open.env_sessions, test }
    }
}
