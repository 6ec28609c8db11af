//! The front: one HTTP server per process that owns the address clients see.
//!
//! It has a thread and a runtime of its own, so that blocking clients, current-thread runtimes and sync tests all
//! work. It starts when it is first needed, never stops, and prints nothing of its own: text printed from its thread would appear
//! in the captured output of whichever test runs at that time. It knows requests, sessions by address ([`registry`])
//! and connections; a session decides how to respond ([`handler`]).

mod addressee;
pub(crate) mod arrival;
mod foreign;
pub(crate) mod handler;
mod handshake;
#[cfg(any(test, feature = "__fuzz"))]
pub(crate) mod in_memory;
pub(crate) mod intercept;
pub(crate) mod network;
pub(crate) mod proxy;
pub(crate) mod refused;
pub(crate) mod registry;
mod routing;
mod server;
pub(crate) mod silent;

use std::net::{SocketAddr, TcpListener};
use std::sync::{Arc, OnceLock};

use crate::front::registry::Registry;

/// The process-wide server.
#[derive(Debug)]
pub(crate) struct Front {
    registry: Arc<Registry>,
    runtime: tokio::runtime::Handle,
}

/// Why the front could not be started.
#[derive(Debug, thiserror::Error)]
#[error("failed to open a port on 127.0.0.1 for the mock server")]
pub(crate) struct BindError(#[source] std::io::Error);

static LISTENER: OnceLock<TcpListener> = OnceLock::new();
static FRONT: once_cell::sync::OnceCell<Front> = once_cell::sync::OnceCell::new();

/// Binds the port without starting a thread: the address is known before variables are written, and the first test
/// that needs them writes them before there is a thread. Connections made before [`Front::get`] wait in the backlog.
pub(crate) fn bind() -> Result<SocketAddr, BindError> {
    listener().and_then(TcpListener::local_addr).map_err(BindError)
}

fn listener() -> std::io::Result<&'static TcpListener> {
    if let Some(listener) = LISTENER.get() {
        return Ok(listener);
    }
    let listener = TcpListener::bind(("127.0.0.1", 0))?;
    Ok(LISTENER.get_or_init(|| listener))
}

impl Front {
    /// The running front; starts it at the first call.
    pub(crate) fn get() -> Result<&'static Self, BindError> {
        FRONT.get_or_try_init(Self::start)
    }

    fn start() -> Result<Self, BindError> {
        let own = bind()?;
        let listener = listener().and_then(TcpListener::try_clone).map_err(BindError)?;
        listener.set_nonblocking(true).map_err(BindError)?;
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .thread_name("llmock-blocking")
            .build()
            .map_err(BindError)?;
        let handle = runtime.handle().clone();
        let registry = Arc::new(Registry::new(own));
        let served = Arc::clone(&registry);
        std::thread::Builder::new()
            .name("llmock".into())
            .spawn(move || runtime.block_on(server::accept(listener, served)))
            .map_err(BindError)?;
        Ok(Self { registry, runtime: handle })
    }

    /// `http://127.0.0.1:PORT`, without a path.
    pub(crate) fn origin(&self) -> String {
        format!("http://{}", self.registry.own)
    }

    pub(crate) fn registry(&self) -> &Arc<Registry> {
        &self.registry
    }

    /// Runs a future on the front's runtime, for callers that may have no runtime or one with a paused clock.
    pub(crate) fn spawn<T: Send + 'static>(
        &self,
        future: impl Future<Output = T> + Send + 'static,
    ) -> tokio::task::JoinHandle<T> {
        self.runtime.spawn(future)
    }

    /// The runtime, which never stops.
    pub(crate) fn runtime(&self) -> &tokio::runtime::Handle {
        &self.runtime
    }

    /// Runs a future on the front's runtime and blocks this thread until it is done.
    ///
    /// Works in sync tests and inside any runtime, since the front's thread is never the caller's.
    #[cfg(feature = "wiremock")]
    pub(crate) fn run<T: Send + 'static>(
        &self,
        future: impl Future<Output = T> + Send + 'static,
    ) -> Option<T> {
        let (sender, receiver) = std::sync::mpsc::channel();
        self.runtime.spawn(async move {
            let _ = sender.send(future.await);
        });
        receiver.recv().ok()
    }
}
