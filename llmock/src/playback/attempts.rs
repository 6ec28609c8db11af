//! Attempts at the same request that are forwarded at the same time.
//!
//! A client that gives up on a response sends its request again. What it gave up on must not be replayed before what
//! it received, and is worth recording only if no attempt succeeds.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use http::HeaderMap;

use super::Request;
use super::writer::{Finished, Writer};
use crate::exchange::client::Client;
use crate::exchange::forward::{Keeper, UpstreamResponse};
use crate::exchange::in_flight::InFlightGuard;
use crate::exchange::record::{self, Recorded};
use crate::exchange::recorded_socket;
use crate::exchange::request::MAX_BODY;
use crate::exchange::response::is_outage;
use crate::exchange::verify::{Original, OriginalRequest};
use crate::fixture::socket::Socket;
use crate::fixture::store;
use crate::matching::Key;
use crate::socket::relay::Saving;
use crate::sync::lock;
use crate::wire::ReportedError;

#[derive(Clone, Debug, Default)]
pub(super) struct Attempts(Arc<Mutex<HashMap<Key, Attempt>>>);

#[derive(Debug, Default)]
struct Attempt {
    open: usize,
    has_succeeded: bool,
    given_up: Vec<(Finished, Client)>,
}

/// One attempt; it ends when it is dropped.
#[derive(Debug)]
pub(super) struct OpenAttempt {
    attempts: Attempts,
    key: Key,
    writer: Option<Writer>,
}

impl Attempts {
    pub(super) fn begin(&self, key: Key, writer: Option<Writer>) -> OpenAttempt {
        lock(&self.0).entry(key).or_default().open += 1;
        OpenAttempt { attempts: self.clone(), key, writer }
    }
}

impl OpenAttempt {
    /// Submits a response that a client received.
    pub(super) fn succeed(self, finished: Finished) {
        if let Some(attempt) = lock(&self.attempts.0).get_mut(&self.key) {
            let is_refused = |error: &ReportedError| is_outage(error.status);
            attempt.has_succeeded |= !finished.error.as_ref().is_some_and(is_refused);
        }
        if let Some(writer) = &self.writer {
            writer.submit(finished);
        }
    }

    /// Keeps a response that its client seems to have given up on until the other attempts have ended.
    fn give_up(&self, finished: Finished, client: Client) {
        if let Some(attempt) = lock(&self.attempts.0).get_mut(&self.key) {
            attempt.given_up.push((finished, client));
        }
    }
}

impl Drop for OpenAttempt {
    fn drop(&mut self) {
        let last = {
            let mut all = lock(&self.attempts.0);
            let Some(attempt) = all.get_mut(&self.key) else { return };
            attempt.open -= 1;
            if attempt.open > 0 {
                return;
            }
            all.remove(&self.key)
        };
        let Some(Attempt { has_succeeded, given_up, .. }) = last else { return };
        let Some(writer) = &self.writer else { return };
        for (finished, client) in given_up {
            // A client that had only closed its sending side received it all the same.
            if !has_succeeded || client.has_received() == Some(true) {
                writer.submit(finished);
            }
        }
    }
}

/// Hands the response to one request to the writer.
#[derive(Debug)]
pub(super) struct RecordingKeeper {
    pub(super) attempt: OpenAttempt,
    pub(super) in_flight: InFlightGuard,
    pub(super) sent: OriginalRequest,
    pub(super) request: Request,
}

impl Keeper for RecordingKeeper {
    /// An attempt that its client seems to have given up on.
    type Kept = Option<OpenAttempt>;

    fn in_flight(&self) -> &InFlightGuard {
        &self.in_flight
    }

    fn is_superseded(&self) -> bool {
        // A server that stops has nothing to check: what has not begun is not missed.
        true
    }

    async fn keep(self, received: UpstreamResponse) -> Option<OpenAttempt> {
        let Self { attempt, in_flight, sent, request } = self;
        attempt.writer.as_ref()?;
        let Request { provider, compared, found, redactor, client, .. } = request;
        let asked = (compared, found);
        let mut recorded =
            record::interaction(provider, asked, &received, None, &redactor, MAX_BODY, &|_| false);
        let unredacted = recorded.unredacted.take();
        let original = record::original(sent, &received, unredacted, MAX_BODY);
        let dropped_headers = record::dropped_headers(&received, &|_| false);
        let kept = (recorded, original);
        let finished = finished(attempt.key, kept, in_flight, dropped_headers);
        let kept = tokio::task::spawn_blocking(move || {
            if received.was_given_up {
                attempt.give_up(finished, client);
                return Some(attempt);
            }
            attempt.succeed(finished);
            None
        });
        // If that panicked, the client gets the end of its response all the same.
        kept.await.unwrap_or_default()
    }
}

impl RecordingKeeper {
    /// Keeps what a WebSocket has received while it is open, if it is recorded.
    pub(super) fn saving(&self, accepted: &HeaderMap) -> Option<Saving> {
        let writer = self.attempt.writer.as_ref()?;
        let mut unfinished = store::Unfinished::of(writer.fixture());
        let Request { compared, found, redactor, .. } = self.request.clone();
        let (sent, accepted) = (self.sent.clone(), accepted.clone());
        Some(Saving::new(move |socket| {
            let asked = (compared.clone(), found.clone());
            let sent = sent.clone();
            let (recorded, _) =
                recorded_socket::recorded(sent, asked, &accepted, socket, None, &redactor, &|_| {
                    false
                });
            // The recording itself reports a folder that cannot be written.
            let _ = unfinished.keep(&recorded.interaction);
        }))
    }

    /// Keeps the messages of a WebSocket that has ended.
    pub(super) async fn keep_socket(self, accepted: &HeaderMap, socket: Socket) {
        let Self { attempt, in_flight, sent, request } = self;
        if attempt.writer.is_none() {
            return;
        }
        let Request { compared, found, redactor, .. } = request;
        let asked = (compared, found);
        let kept =
            recorded_socket::recorded(sent, asked, accepted, socket, None, &redactor, &|_| false);
        let finished = finished(attempt.key, kept, in_flight, Vec::new());
        let _ = tokio::task::spawn_blocking(move || attempt.succeed(finished)).await;
    }
}

fn finished(
    key: Key,
    (recorded, original): (Recorded, Original),
    in_flight: InFlightGuard,
    dropped_headers: Vec<String>,
) -> Finished {
    let Recorded { interaction, error, redacted, .. } = recorded;
    Finished { key, interaction, original, error, redacted, _in_flight: in_flight, dropped_headers }
}
