//! The position of one client in the recordings of a playback.

use std::collections::HashMap;
use std::sync::Mutex;

use super::{Playback, Played, Request};
use crate::matching::Key;
use crate::sync::lock;

/// How many requests a session remembers at least; at most twice as many.
const KEPT: usize = 64 * 1024;

/// How many responses to each request were used.
#[derive(Debug, Default)]
struct Positions {
    recent: HashMap<Key, usize>,
    /// What was recent until `recent` was full.
    older: HashMap<Key, usize>,
}

impl Positions {
    /// Increments the number of responses to a request, and returns the previous number.
    fn advance(&mut self, key: Key) -> usize {
        if let Some(next) = self.recent.get_mut(&key) {
            return std::mem::replace(next, next.saturating_add(1));
        }
        let next = self.older.remove(&key).unwrap_or_default();
        if self.recent.len() == KEPT {
            self.older = std::mem::take(&mut self.recent);
        }
        self.recent.insert(key, next.saturating_add(1));
        next
    }
}

/// The position of one client in the recorded responses. Equal requests receive their responses in recorded order, and
/// the last response is repeated once all have been used.
///
/// A session stores a few bytes for each distinct request that has several responses, or for every distinct request if
/// it uses [`next_unplayed`](Self::next_unplayed), so thousands of sessions are cheap. It forgets requests that were not
/// repeated among the last 65,536 distinct ones. It is independent of the playback: it keeps its positions when the
/// fixtures are loaded again.
#[derive(Debug, Default)]
pub struct PlaybackSession {
    played: Mutex<Positions>,
}

impl PlaybackSession {
    /// Returns the next response to a request, or `None` if no recording matches. [`Playback::explain_miss`] explains
    /// why. A response to embeddings is put together from those that have its inputs, in whichever batches.
    pub fn respond(&self, playback: &Playback, request: &Request) -> Option<Played> {
        let queue = playback.queue(request);
        let item = match &*queue {
            [] => return playback.assembled(request),
            [only] => only,
            several => &several[self.advance(request).min(several.len() - 1)],
        };
        Some(item.played.clone())
    }

    /// Returns the next response that this session has not received, or `None` once all have been used.
    ///
    /// Use this if the program forwards the request to the upstream on `None`. The call counts the forwarded response
    /// as received, because recording it appends it to the queue.
    pub fn next_unplayed(&self, playback: &Playback, request: &Request) -> Option<Played> {
        let next = self.advance(request);
        playback.queue(request).get(next).map(|item| item.played.clone())
    }

    /// Increments the number of responses to this request, and returns the previous number.
    fn advance(&self, request: &Request) -> usize {
        lock(&self.played).advance(request.key)
    }

    /// Resets the session: each request receives its first response again.
    pub fn restart(&self) {
        *lock(&self.played) = Positions::default();
    }
}
