//! The open WebSockets of a server, which it closes when it stops.

use tokio::sync::watch;

/// The open sockets of a server.
#[derive(Debug)]
pub(crate) struct Sockets {
    stop: watch::Sender<bool>,
}

impl Default for Sockets {
    fn default() -> Self {
        Self { stop: watch::channel(false).0 }
    }
}

impl Sockets {
    /// Closes all of them, and waits until they are closed.
    pub(crate) async fn close(&self) {
        self.stop.send_replace(true);
        self.stop.closed().await;
    }

    /// Becomes true when the server stops. As long as it lives, the server waits.
    pub(crate) fn stops(&self) -> watch::Receiver<bool> {
        self.stop.subscribe()
    }
}
