//! The position of one client in the recordings of a playback.

use std::collections::HashMap;
use std::sync::Mutex;

use super::{Playback, Played, Request};
use crate::matching::Key;
use crate::sync::lock;

/// The position of one client in the recorded responses. Equal requests receive their responses in recorded order, and
/// the last response is repeated once all have been used.
///
/// A session stores a few bytes for each distinct request that has several responses, or for every distinct request if
/// it uses [`next_unplayed`](Self::next_unplayed), so thousands of sessions are cheap. It is independent of the
/// playback: it keeps its positions when the fixtures are loaded again.
#[derive(Debug, Default)]
pub struct PlaybackSession {
    played: Mutex<HashMap<Key, usize>>,
}

impl PlaybackSession {
    /// Returns the next response to a request, or `None` if no recording matches. [`Playback::explain_miss`] explains
    /// why.
    pub fn respond(&self, playback: &Playback, request: &Request) -> Option<Played> {
        let queue = playback.queue(request);
        let item = match &*queue {
            [] => return None,
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
        let mut played = lock(&self.played);
        let next = played.entry(request.key).or_default();
        std::mem::replace(next, next.saturating_add(1))
    }

    /// Resets the session: each request receives its first response again.
    pub fn restart(&self) {
        lock(&self.played).clear();
    }
}
