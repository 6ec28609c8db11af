//! How far one client has come in the queues of a playback.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard};

use super::{Playback, Played, Request};
use crate::matching::Key;
use crate::sync::lock;

/// One client's place in every queue: equal requests get their answers in the order recorded, and the last
/// one again when there are no more.
///
/// It holds a few bytes for each request that has several answers, and nothing for others unless it looks for
/// what is [`unheard`](Self::unheard), so thousands of sessions cost little. It outlives the playback: one that is
/// loaded anew goes on.
#[derive(Debug, Default)]
pub struct PlaybackSession {
    given: Mutex<HashMap<Key, usize>>,
}

impl PlaybackSession {
    /// The next answer to a request; `None` if nothing is recorded for it ([`Playback::why`]).
    pub fn answer(&self, playback: &Playback, request: &Request) -> Option<Played> {
        let queue = playback.queue(request);
        let item = match &*queue {
            [] => return None,
            [only] => only,
            several => &several[self.advance(request).min(several.len() - 1)],
        };
        Some(item.played().clone())
    }

    /// The next answer that this session has not heard; `None` if there is none.
    ///
    /// This is for a program that asks the provider then: what that says counts as heard, since it stands at the
    /// end of the queue as soon as it is recorded.
    pub fn unheard(&self, playback: &Playback, request: &Request) -> Option<Played> {
        let next = self.advance(request);
        playback.queue(request).get(next).map(|item| item.played().clone())
    }

    /// How many answers to this request were given before; counts one more.
    fn advance(&self, request: &Request) -> usize {
        let mut given = self.lock();
        let next = given.entry(request.key).or_default();
        std::mem::replace(next, next.saturating_add(1))
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Key, usize>> {
        // A panic cannot leave a counter half changed.
        lock(&self.given)
    }

    /// Begins every queue again.
    pub fn restart(&self) {
        self.lock().clear();
    }
}
