//! One response on its way to the client: a body that cuts, paces, holds and damages another one.

use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use llmock_rules::{At, Chunks, FaultKind};
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep, sleep_until};

use super::cutting::Cutter;
use super::plan::{Plan, paced};
use crate::exchange::body::{Cut, FLUSH, Piece, ResponseBody};
use crate::stream::Boundaries;
#[cfg(feature = "record")]
use crate::wire::ending::Ending;

/// Writes a body piece by piece.
pub(super) struct Delivery {
    plan: Plan,
    boundaries: Boundaries,
    cutter: Cutter,
    /// What arrives is sent on at once, though it may be no whole chunk: nothing is known of what follows.
    is_live: bool,
    out: mpsc::Sender<Result<Bytes, Cut>>,
    pending: BytesMut,
    /// When the last byte of `pending` is due.
    due: Option<Instant>,
    /// Bytes that were read from the source, pending ones included.
    bytes: usize,
    events: usize,
    has_ended: bool,
    /// Sees when the protocol is at its end, for a log.
    #[cfg(feature = "record")]
    ending: Ending,
}

/// The response ends here.
struct Ended;

/// What is at a place of the body, in this order where one place has several.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Mark {
    Chunk,
    Event,
    Byte,
}

impl Delivery {
    pub(super) fn new(
        plan: Plan,
        boundaries: Boundaries,
        #[cfg(feature = "record")] ending: Ending,
        body: &ResponseBody,
        out: mpsc::Sender<Result<Bytes, Cut>>,
    ) -> Self {
        let chunks = plan.stream.chunks.clone().unwrap_or_default();
        let cutter = Cutter::new(&chunks, plan.stream.seed.unwrap_or_default());
        let is_arriving = matches!(body, ResponseBody::Live(_) | ResponseBody::Controlled(_));
        let is_live = is_arriving && matches!(chunks, Chunks::Recorded | Chunks::Adversarial);
        let (pending, due) = (BytesMut::new(), None);
        let (bytes, events, has_ended) = (0, 0, false);
        Self {
            plan,
            boundaries,
            cutter,
            is_live,
            out,
            pending,
            due,
            bytes,
            events,
            has_ended,
            #[cfg(feature = "record")]
            ending,
        }
    }

    pub(super) async fn run(mut self, source: ResponseBody) {
        let mut client = self.plan.client.clone();
        let gates = self.plan.gates.clone();
        let watch = async {
            client.left().await;
            for gate in &gates {
                gate.note_disconnected();
            }
            // The client may have closed its sending side only.
            std::future::pending::<()>().await;
        };
        tokio::select! {
            biased;
            _ = self.write(source) => {}
            () = watch => {}
        }
    }

    async fn write(&mut self, mut source: ResponseBody) -> Result<(), Ended> {
        self.at_event().await?;
        self.at_byte().await?;
        loop {
            match source.next().await {
                Some(Ok(piece)) => self.piece(piece).await?,
                Some(Err(Cut)) => {
                    self.flush().await?;
                    return self.cut(false).await;
                }
                None => break,
            }
        }
        if let Some(at) = self.boundaries.finish() {
            self.note_event(at);
            self.at_event().await?;
        }
        self.flush().await?;
        self.has_ended = true;
        Ok(())
    }

    async fn piece(&mut self, piece: Piece) -> Result<(), Ended> {
        let Piece { after, bytes } = piece;
        if let Some(after) = after.and_then(|after| paced(self.plan.stream.pace, after)) {
            self.due = Some(self.plan.received + after);
        }
        let start = self.bytes;
        for (at, mark) in self.marks(&bytes) {
            let from = self.bytes - start;
            self.append(&bytes[from..(at - start.min(at)).max(from)]);
            match mark {
                Mark::Chunk => self.flush().await?,
                Mark::Event => {
                    self.note_event(at);
                    self.at_event().await?;
                }
                Mark::Byte => self.at_byte().await?,
            }
        }
        let from = self.bytes - start;
        self.append(&bytes[from..]);
        if self.is_live { self.flush().await } else { Ok(()) }
    }

    /// Counts an event that ends there.
    fn note_event(&mut self, at: usize) {
        self.events += 1;
        let events = self.events;
        #[cfg(feature = "record")]
        let is_over = self.ending.is_over() || self.ending.is_probably_over();
        #[cfg(not(feature = "record"))]
        let is_over = false;
        self.plan.on_its_way.note_response(|note| {
            note.ends.push(at);
            if is_over && note.complete_after.is_none() {
                note.complete_after = Some(events);
            }
        });
    }

    /// Everything that happens in the next bytes, in order.
    fn marks(&mut self, bytes: &[u8]) -> Vec<(usize, Mark)> {
        let events = self.boundaries.read(bytes);
        let chunks = self.cutter.read(bytes, &events);
        let mut marks: Vec<_> = chunks.into_iter().map(|at| (at, Mark::Chunk)).collect();
        marks.extend(events.into_iter().map(|at| (at, Mark::Event)));
        if let Some(
            FaultKind::Cut { after: At::Byte(at), .. } | FaultKind::Stall { after: At::Byte(at) },
        ) = self.plan.kind()
            && (self.bytes + 1..=self.bytes + bytes.len()).contains(at)
        {
            marks.push((*at, Mark::Byte));
        }
        marks.sort_unstable();
        marks
    }

    fn append(&mut self, bytes: &[u8]) {
        self.bytes += bytes.len();
        #[cfg(feature = "record")]
        if self.plan.on_its_way.is_logged() {
            self.ending.read(bytes);
        }
        let start = self.pending.len();
        self.pending.extend_from_slice(bytes);
        if let Some(hit) = &self.plan.fault
            && let FaultKind::Malformed { event } = hit.kind
            && event == self.events + 1
            && damage(&mut self.pending[start..])
        {
            self.plan.on_its_way.traffic().note_happened(hit);
        }
    }

    /// Sends what is pending, when it is due.
    async fn flush(&mut self) -> Result<(), Ended> {
        if self.pending.is_empty() {
            return Ok(());
        }
        if let Some(due) = self.due.filter(|due| *due > Instant::now()) {
            sleep_until(due).await;
        }
        let chunk = self.pending.split().freeze();
        self.out.send(Ok(chunk)).await.map_err(|_| Ended)
    }

    /// After an event: what is to happen there.
    async fn at_event(&mut self) -> Result<(), Ended> {
        self.fault_at(At::Event(self.events)).await?;
        for at in 0..self.plan.gates.len() {
            let gate = Arc::clone(&self.plan.gates[at]);
            if gate.blocks(self.events) {
                self.flush().await?;
                gate.hold(self.events).await;
            }
        }
        Ok(())
    }

    async fn at_byte(&mut self) -> Result<(), Ended> {
        self.fault_at(At::Byte(self.bytes)).await
    }

    async fn fault_at(&mut self, at: At) -> Result<(), Ended> {
        let Some(hit) = self.plan.fault.clone() else { return Ok(()) };
        match hit.kind {
            FaultKind::Cut { after, reset } if after == at => {
                self.plan.on_its_way.traffic().note_happened(&hit);
                self.flush().await?;
                self.cut(reset).await
            }
            FaultKind::Stall { after } if after == at => {
                self.plan.on_its_way.traffic().note_happened(&hit);
                self.flush().await?;
                let mut client = self.plan.client.clone();
                tokio::select! {
                    () = client.left() => {}
                    () = self.plan.on_its_way.traffic().closed() => {}
                }
                self.cut(false).await
            }
            _ => Ok(()),
        }
    }

    async fn cut(&mut self, reset: bool) -> Result<(), Ended> {
        // hyper drops what it has not written when a body fails.
        sleep(FLUSH).await;
        if reset {
            self.plan.client.reset();
        }
        self.has_ended = true;
        let _ = self.out.send(Err(Cut)).await;
        Err(Ended)
    }
}

impl Drop for Delivery {
    /// Also if the client has left in the middle.
    fn drop(&mut self) {
        let (bytes, has_left) = (self.bytes, !self.has_ended);
        self.plan.on_its_way.note_response(|note| {
            (note.bytes, note.has_left) = (bytes, has_left);
        });
        for gate in &self.plan.gates {
            if !self.has_ended {
                gate.note_disconnected();
            }
            gate.note_end(self.events);
        }
        if let Some(hit) = &self.plan.fault {
            let traffic = self.plan.on_its_way.traffic();
            traffic.note_behind_end(hit, self.events, self.bytes);
            if !self.has_ended {
                // No one knows whether it would have happened.
                traffic.note_happened(hit);
            }
        }
    }
}

/// Replaces the beginning of every object and array, of which framing has none; whether there was one.
pub(super) fn damage(bytes: &mut [u8]) -> bool {
    let mut found = false;
    for byte in bytes.iter_mut().filter(|byte| matches!(byte, b'{' | b'[')) {
        *byte = b'!';
        found = true;
    }
    found
}
