//! Passes a response on while it arrives, keeps a copy, and decides when it is over.
//!
//! A response is over when its transport ends, or when its protocol does ([`Ending`]), which is the only sign from
//! servers that keep the connection. After its client has left it goes on, since the recording is being paid for, but
//! not for ever.

use std::time::Duration;

use bytes::Bytes;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::time::{Instant, sleep, sleep_until};

use crate::exchange::body::{Cut, FLUSH};
use crate::exchange::client::Client;
use crate::exchange::forward::{Keeper, UpstreamError, millis};
use crate::exchange::in_flight::{InFlightGuard, Phase};
use crate::exchange::response::Response;
use crate::stream::{Chunk, End};
use crate::wire::ending::Ending;

/// A stream that may be endless, or that probably has ended, is closed when nothing came for so long.
const QUIET: Duration = Duration::from_secs(1);

/// The same for a stream that will end, but that sends only pings: a model may think that long.
const QUIET_WITH_PINGS: Duration = Duration::from_secs(3);

/// How often to look whether a later request was answered.
const LOOK: Duration = Duration::from_millis(50);

/// Who waits for a response.
#[derive(Debug)]
pub(super) struct Audience {
    client: Client,
    patience: Duration,
    phases: watch::Receiver<Phase>,
    left_at: Option<Instant>,
    /// When the recording began to end.
    ending_at: Option<Instant>,
}

impl Audience {
    pub(super) fn new(client: Client, patience: Duration, in_flight: &InFlightGuard) -> Self {
        let phases = in_flight.phases();
        Self { client, patience, phases, left_at: None, ending_at: None }
    }

    /// Returns when a response that has not begun is not worth waiting for.
    pub(super) async fn stops_before_response(
        &mut self,
        head: &mut oneshot::Sender<Result<Response, UpstreamError>>,
        keeper: &impl Keeper,
    ) {
        loop {
            match self.phase() {
                Phase::Stopping => return keeper.in_flight().note_unfinished(),
                Phase::Ending if self.left_at.is_some() && keeper.is_superseded() => {
                    return keeper.give_up();
                }
                Phase::Ending | Phase::Open => {}
            }
            let is_here = self.left_at.is_none();
            tokio::select! {
                () = self.client.left(), if is_here => self.left_at = Some(Instant::now()),
                () = head.closed(), if is_here => self.left_at = Some(Instant::now()),
                _ = self.phases.changed() => {}
                () = sleep(LOOK), if !is_here => {}
            }
        }
    }

    /// Returns when the client leaves, or the recording comes closer to its end.
    async fn changes(&mut self, body: &mpsc::UnboundedSender<Result<Bytes, Cut>>) {
        let is_here = self.left_at.is_none();
        tokio::select! {
            () = self.client.left(), if is_here => self.left_at = Some(Instant::now()),
            () = body.closed(), if is_here => self.left_at = Some(Instant::now()),
            _ = self.phases.changed() => {}
        }
    }

    fn phase(&mut self) -> Phase {
        let phase = *self.phases.borrow_and_update();
        if phase > Phase::Open {
            self.ending_at.get_or_insert_with(Instant::now);
        }
        phase
    }
}

/// A response on its way.
#[derive(Debug)]
pub(super) struct Relay {
    ending: Ending,
    audience: Audience,
    body: mpsc::UnboundedSender<Result<Bytes, Cut>>,
    /// When an event came that ends the stream.
    over_at: Option<Instant>,
    content_at: Instant,
    /// Only pings since `content_at`.
    has_pings: bool,
}

/// A response that is over.
#[derive(Debug)]
pub(super) struct Relayed {
    pub(super) chunks: Vec<Chunk>,
    pub(super) end: End,
    pub(super) was_given_up: bool,
    pub(super) rest: Rest,
}

/// The end of a response, which its client does not have yet.
#[derive(Debug)]
pub(super) struct Rest {
    body: mpsc::UnboundedSender<Result<Bytes, Cut>>,
    chunks: Vec<Bytes>,
    is_cut: bool,
}

impl Rest {
    pub(super) async fn send(self) {
        for chunk in self.chunks {
            let _ = self.body.send(Ok(chunk));
        }
        if self.is_cut {
            sleep(FLUSH).await;
            let _ = self.body.send(Err(Cut));
        }
    }
}

impl Relay {
    pub(super) fn new(
        ending: Ending,
        audience: Audience,
        body: mpsc::UnboundedSender<Result<Bytes, Cut>>,
    ) -> Self {
        let content_at = Instant::now();
        Self { ending, audience, body, over_at: None, content_at, has_pings: false }
    }

    /// Passes chunks on and keeps a copy of each. The chunk that completes the response, by its length or its protocol,
    /// is returned instead: with it the client would have the whole response.
    pub(super) async fn run(
        mut self,
        mut response: reqwest::Response,
        received: std::time::Instant,
        keeper: &impl Keeper,
    ) -> Relayed {
        let (mut chunks, mut was_given_up) = (Vec::new(), self.has_left());
        let (mut held, mut missing) = (Vec::new(), response.content_length());
        let end = loop {
            let deadline = self.deadline();
            if let Some((at, end)) = deadline
                && at <= Instant::now()
            {
                break end;
            }
            let (at, end) = deadline.unwrap_or((Instant::now(), End::Complete));
            tokio::select! {
                // What has arrived is never lost.
                biased;
                chunk = response.chunk() => match chunk {
                    Ok(Some(bytes)) => {
                        let may_lack = !self.ending.is_over() && !self.ending.is_probably_over();
                        let is_content = self.read(&bytes);
                        was_given_up |= is_content && may_lack && self.has_left();
                        chunks.push(Chunk { ms: millis(received), bytes: bytes.to_vec() });
                        missing = missing.map(|missing| missing.saturating_sub(bytes.len() as u64));
                        held.push(bytes);
                        if missing == Some(0) {
                            break End::Complete;
                        }
                        if self.over_at.is_none() {
                            held.drain(..).for_each(|bytes| drop(self.body.send(Ok(bytes))));
                        }
                    }
                    Ok(None) => break End::Complete,
                    // Some servers never end the transport properly.
                    Err(_) if self.ending.is_over() => break End::Complete,
                    Err(_) => break End::Cut,
                },
                () = self.audience.changes(&self.body) => {}
                () = sleep_until(at), if deadline.is_some() => break end,
            }
        };
        was_given_up |= end != End::Complete && self.has_left();
        let is_cut = self.is_cut(end, keeper);
        Relayed { chunks, end, was_given_up, rest: Rest { body: self.body, chunks: held, is_cut } }
    }

    /// Looks at more of the body; returns whether it was more than a sign of life.
    fn read(&mut self, bytes: &[u8]) -> bool {
        let progress = self.ending.read(bytes);
        let now = Instant::now();
        if progress.is_end {
            self.over_at = Some(now);
        } else if !self.ending.is_over() {
            self.over_at = None;
        }
        if progress.has_content {
            self.content_at = now;
        }
        self.has_pings = !progress.has_content;
        progress.has_content
    }

    fn has_left(&mut self) -> bool {
        let audience = &mut self.audience;
        if audience.left_at.is_none() && (self.body.is_closed() || audience.client.has_left()) {
            audience.left_at = Some(Instant::now());
        }
        audience.left_at.is_some()
    }

    /// When the response counts as over although its transport has not ended, and how it has ended then.
    fn deadline(&mut self) -> Option<(Instant, End)> {
        let phase = self.audience.phase();
        if let Some(at) = self.over_at {
            return Some((at + Ending::GRACE, End::Complete));
        }
        let is_probably_over = self.ending.is_probably_over();
        let end = if is_probably_over { End::Complete } else { End::ClientLeft };
        if phase == Phase::Stopping {
            return Some((Instant::now(), end));
        }
        let may_be_endless = is_probably_over || !self.ending.will_end();
        let Audience { left_at, ending_at, patience, .. } = &self.audience;
        let left_at = left_at.or(ending_at.filter(|_| may_be_endless))?;
        let quiet_since = self.content_at.max(left_at);
        let most = left_at + *patience;
        let at = if may_be_endless {
            // Content may come for ever, too.
            (quiet_since + QUIET).min(most)
        } else if self.has_pings {
            (quiet_since + QUIET_WITH_PINGS).min(most)
        } else {
            most
        };
        Some((at, end))
    }

    /// Whether the client has to learn that the response is not complete.
    fn is_cut(&mut self, end: End, keeper: &impl Keeper) -> bool {
        let has_left = self.has_left();
        if end == End::ClientLeft && !has_left && self.ending.will_end() {
            keeper.in_flight().note_unfinished();
        }
        end != End::Complete && !has_left
    }
}
