//! Whether the client of a request is still there.

use tokio::sync::watch;

/// A client as its connection sees it. A client that has closed only its sending side looks like one that has left,
/// so this decides what is waited for, never what is sent.
#[derive(Clone, Debug, Default)]
pub(crate) struct Client(Option<watch::Receiver<bool>>);

/// The connection's side of a [`Client`].
#[derive(Debug)]
pub(crate) struct Presence(watch::Sender<bool>);

impl Presence {
    pub(crate) fn new() -> (Self, Client) {
        let (sender, receiver) = watch::channel(false);
        (Self(sender), Client(Some(receiver)))
    }

    pub(crate) fn end(&self) {
        self.0.send_replace(true);
    }
}

#[cfg(feature = "record")]
impl Client {
    #[cfg(feature = "server")]
    pub(crate) fn watched(has_left: watch::Receiver<bool>) -> Self {
        Self(Some(has_left))
    }

    pub(crate) fn has_left(&self) -> bool {
        self.0
            .as_ref()
            .is_some_and(|has_left| *has_left.borrow() || has_left.has_changed().is_err())
    }

    /// Returns when the client has closed its connection; never if that cannot be seen.
    pub(crate) async fn left(&mut self) {
        match &mut self.0 {
            // The sender is dropped with the connection.
            Some(has_left) => drop(has_left.wait_for(|has_left| *has_left).await),
            None => std::future::pending().await,
        }
    }
}
