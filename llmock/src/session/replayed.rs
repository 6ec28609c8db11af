//! A socket while a session replays it, for the end of the session.

use std::sync::{Arc, Mutex};

use crate::exchange::transcript::Transcript;
use crate::fixture::Position;
use crate::socket::player::Player;

/// Where its messages come from.
#[derive(Clone, Debug)]
pub(super) enum SocketSource {
    Recorded(Position),
    /// A script, by its place in the test.
    Script(String),
}

/// A socket that a session replays.
#[derive(Clone, Debug)]
pub(crate) struct ReplayedSocket {
    pub(super) source: SocketSource,
    pub(super) player: Arc<Mutex<Player>>,
    pub(super) transcript: Transcript,
    /// A message was refused, which the report shows already.
    pub(super) is_refused: bool,
}
