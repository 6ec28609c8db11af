//! A socket while a session replays it, for the end of the session.

use std::sync::{Arc, Mutex};

use crate::exchange::transcript::Transcript;
use crate::fixture::Position;
use crate::socket::player::Player;

/// A socket that a session replays.
#[derive(Clone, Debug)]
pub(crate) struct ReplayedSocket {
    pub(super) interaction: Position,
    pub(super) player: Arc<Mutex<Player>>,
    pub(super) transcript: Transcript,
    /// A message was refused, which the report shows already.
    pub(super) is_refused: bool,
}
