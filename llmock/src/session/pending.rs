//! A request while a session responds to it.

use crate::exchange::RequestNumber;
use crate::fixture::Position;
use crate::fixture::interaction::Request;
use crate::fixture::redact::Found;
use crate::front::handler::Incoming;
use crate::matching::Key;

/// A request of one session, with its place in the ledger.
pub(crate) struct Pending {
    pub(crate) number: RequestNumber,
    pub(crate) incoming: Incoming,
    pub(crate) request: Request,
    /// The secrets that the request held.
    pub(crate) found: Found,
}

/// The interaction that a response comes from, under the key of its queue.
pub(crate) type QueuePlace = Option<(Key, Position)>;
