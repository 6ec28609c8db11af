//! What follows the response to the handshake of a WebSocket.

use llmock::__server::{PlayedSocket, RelayedSocket, SpokenSocket};

/// How a socket goes on.
#[derive(Debug)]
pub(crate) enum Plan {
    Recorded(PlayedSocket),
    Relayed(RelayedSocket),
    Spoken(SpokenSocket),
}
