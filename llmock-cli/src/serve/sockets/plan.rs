//! What follows the response to the handshake of a WebSocket.

use llmock::__server::{PlayedSocket, RelayedSocket, SpokenSocket};

/// How a socket goes on.
#[derive(Debug)]
#[expect(clippy::large_enum_variant, reason = "there is one for each socket")]
pub(crate) enum Plan {
    Recorded(PlayedSocket),
    Relayed(RelayedSocket),
    Spoken(SpokenSocket),
}
