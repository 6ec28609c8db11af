//! Which sessions are open, and at which address each is reached.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use http::{Method, StatusCode};

use crate::exchange::response::{self, Response};
use crate::front::arrival::Moment;
use crate::front::handler::Handler;
use crate::front::refused::{Refusals, Refused};
use crate::front::silent::SilentConnections;
use crate::provider::{self, Provider};
use crate::sync::lock;

/// Open sessions by id, and the one at the address of the variables.
#[derive(Debug)]
pub(crate) struct Registry {
    /// The front's own address.
    pub(super) own: SocketAddr,
    open: Mutex<Open>,
    /// Requests without a session.
    pub(crate) refusals: Refusals,
    /// Connections without a request.
    pub(crate) silent: SilentConnections,
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
    pub(super) fn new(own: SocketAddr) -> Self {
        Self {
            own,
            open: Mutex::default(),
            refusals: Refusals::default(),
            silent: SilentConnections::default(),
        }
    }

    /// Rejects a request that is for no session, and remembers it.
    pub(super) async fn reject(
        &self,
        provider: Option<Provider>,
        method: &Method,
        target: &str,
        message: &str,
    ) -> Response {
        let path = match provider {
            Some(provider) => provider::canonical_path(provider, target),
            None => target.to_owned(),
        };
        self.refusals.add(Refused::new(provider, method, &path, message)).await;
        // The error shape of any provider is better than none.
        refusal(provider.unwrap_or(Provider::OpenAI), &path, message)
    }

    pub(crate) fn register(&self, id: &str, handler: Arc<dyn Handler>) {
        lock(&self.open).sessions.insert(id.to_owned(), handler);
    }

    pub(crate) fn unregister(&self, id: &str) {
        lock(&self.open).sessions.remove(id);
    }

    /// The number of the next session at the address of the variables. The caller holds the environment guard, so no
    /// other test begins one.
    pub(crate) fn next_env_session(&self) -> u64 {
        lock(&self.open).env_sessions + 1
    }

    pub(crate) fn begin_env_session(&self, handler: Arc<dyn Handler>, test: &str) {
        let mut open = lock(&self.open);
        open.env_sessions += 1;
        open.env = Some(EnvSession { handler, test: test.into() });
    }

    pub(crate) fn end_env_session(&self) {
        lock(&self.open).env = None;
    }

    pub(crate) fn session(&self, id: &str) -> Option<Arc<dyn Handler>> {
        lock(&self.open).sessions.get(id).cloned()
    }

    /// The session at the address of the variables.
    pub(crate) fn env_session(&self) -> Option<Arc<dyn Handler>> {
        lock(&self.open).env.as_ref().map(|session| Arc::clone(&session.handler))
    }

    /// Which test holds the environment guard now.
    pub(crate) fn now(&self) -> Moment {
        let open = lock(&self.open);
        let test = open.env.as_ref().map(|session| Arc::clone(&session.test));
        Moment { env_sessions: open.env_sessions, test }
    }
}

/// An error in the provider's shape with a status that no client retries.
pub(super) fn refusal(provider: Provider, path: &str, message: &str) -> Response {
    response::refusal(provider, path, StatusCode::IM_A_TEAPOT, message)
}
