//! Whether the client of a request is still there.

use tokio::sync::watch;

/// Becomes true when the client has disconnected, or has closed its sending side.
#[derive(Clone, Debug)]
pub(crate) struct ClientLeft(pub(crate) watch::Receiver<bool>);
