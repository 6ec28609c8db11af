//! Whether the client of a request is still there, and how its connection ends.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::sync::watch;

/// A client as its connection sees it.
///
/// A client that has closed only its sending side looks like one that has left until its connection ends. So this
/// decides what is waited for, never what is sent, and what such a client received is known only then.
#[derive(Clone, Debug, Default)]
pub(crate) struct Client {
    left: Option<watch::Receiver<bool>>,
    resets: Option<Arc<AtomicBool>>,
}

/// The connection's side of a [`Client`]. Its last value says whether the client left without the whole response.
#[derive(Debug)]
pub(crate) struct Presence {
    left: watch::Sender<bool>,
    resets: Arc<AtomicBool>,
}

impl Presence {
    pub(crate) fn new() -> (Self, Client) {
        let (sender, receiver) = watch::channel(false);
        let resets = Arc::<AtomicBool>::default();
        let client = Client { left: Some(receiver), resets: Some(Arc::clone(&resets)) };
        (Self { left: sender, resets }, client)
    }

    /// The client has left, or it has closed its sending side.
    pub(crate) fn end(&self) {
        self.left.send_replace(true);
    }

    /// Whether the connection is to end by a reset.
    pub(crate) fn resets(&self) -> bool {
        self.resets.load(Ordering::Acquire)
    }

    /// The connection has ended.
    pub(crate) fn finish(self, has_received: bool) {
        self.left.send_replace(!has_received);
    }
}

impl Client {
    /// Whether a client that seemed to have left has received everything; `None` before its connection has ended.
    pub(crate) fn has_received(&self) -> Option<bool> {
        let Some(mut has_left) = self.left.clone() else { return Some(false) };
        let has_received = !*has_left.borrow_and_update();
        has_left.has_changed().is_err().then_some(has_received)
    }
}

impl Client {
    #[cfg(feature = "server")]
    pub(crate) fn watched(has_left: watch::Receiver<bool>) -> Self {
        Self { left: Some(has_left), resets: None }
    }

    pub(crate) fn has_left(&self) -> bool {
        self.left
            .as_ref()
            .is_some_and(|has_left| *has_left.borrow() || has_left.has_changed().is_err())
    }

    /// Returns when its connection has ended.
    #[cfg(all(feature = "record", feature = "server"))]
    pub(crate) async fn ended(mut self) {
        if let Some(has_left) = &mut self.left {
            while has_left.changed().await.is_ok() {}
        }
    }

    /// Returns when the client has closed its connection; never if that cannot be seen.
    pub(crate) async fn left(&mut self) {
        match &mut self.left {
            // The sender is dropped with the connection.
            Some(has_left) => drop(has_left.wait_for(|has_left| *has_left).await),
            None => std::future::pending().await,
        }
    }

    /// Makes the connection end by a reset, once it is closed. HTTP/2 has resets of its own, and a tunnel ends at its
    /// client.
    pub(crate) fn reset(&self) {
        if let Some(resets) = &self.resets {
            resets.store(true, Ordering::Release);
        }
    }
}
