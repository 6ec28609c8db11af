//! Whether the client of a request is still there.

use tokio::sync::watch;

/// A client as its connection sees it.
///
/// A client that has closed only its sending side looks like one that has left until its connection ends. So this
/// decides what is waited for, never what is sent, and what such a client received is known only then.
#[derive(Clone, Debug, Default)]
pub(crate) struct Client(Option<watch::Receiver<bool>>);

/// The connection's side of a [`Client`]. Its last value says whether the client left without the whole response.
#[derive(Debug)]
pub(crate) struct Presence(watch::Sender<bool>);

impl Presence {
    pub(crate) fn new() -> (Self, Client) {
        let (sender, receiver) = watch::channel(false);
        (Self(sender), Client(Some(receiver)))
    }

    /// The client has left, or it has closed its sending side.
    pub(crate) fn end(&self) {
        self.0.send_replace(true);
    }

    /// The connection has ended.
    pub(crate) fn finish(self, has_received: bool) {
        self.0.send_replace(!has_received);
    }
}

impl Client {
    /// Whether a client that seemed to have left has received everything; `None` before its connection has ended.
    pub(crate) fn has_received(&self) -> Option<bool> {
        let Some(mut has_left) = self.0.clone() else { return Some(false) };
        let has_received = !*has_left.borrow_and_update();
        has_left.has_changed().is_err().then_some(has_received)
    }
}

impl Client {
    #[cfg(all(feature = "record", feature = "server"))]
    pub(crate) fn watched(has_left: watch::Receiver<bool>) -> Self {
        Self(Some(has_left))
    }

    pub(crate) fn has_left(&self) -> bool {
        self.0
            .as_ref()
            .is_some_and(|has_left| *has_left.borrow() || has_left.has_changed().is_err())
    }

    /// Returns when its connection has ended.
    #[cfg(all(feature = "record", feature = "server"))]
    pub(crate) async fn ended(mut self) {
        if let Some(has_left) = &mut self.0 {
            while has_left.changed().await.is_ok() {}
        }
    }

    /// Returns when the client has closed its connection; never if that cannot be seen.
    #[cfg(feature = "record")]
    pub(crate) async fn left(&mut self) {
        match &mut self.0 {
            // The sender is dropped with the connection.
            Some(has_left) => drop(has_left.wait_for(|has_left| *has_left).await),
            None => std::future::pending().await,
        }
    }
}
