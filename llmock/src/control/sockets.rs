//! Gates and faults between the messages that a server sends.

use std::sync::Arc;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use llmock_rules::{At, FaultKind};

use super::deliver::damage;
use super::gate::GateState;
use super::traffic::{Hit, OnItsWay, Traffic};
use crate::json::{self, Json};

/// What happens between the messages of one socket. A message of the server counts as an event.
#[derive(Debug)]
pub(crate) struct Control {
    traffic: Arc<Traffic>,
    fault: Option<Hit>,
    gates: Vec<Arc<GateState>>,
    sent: usize,
    bytes: usize,
    /// For the log of a sweep.
    on_its_way: Option<OnItsWay>,
}

/// The status of a socket in the log of a sweep.
pub(crate) const SWITCHING_PROTOCOLS: u16 = 101;

/// What a fault does at this place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Interruption {
    /// The connection ends without a close frame.
    Cut,
    /// Nothing more is sent.
    Stall,
    /// The server closes the socket with this code.
    Close(u16),
}

/// More than clients accept by default: <https://docs.rs/tungstenite/latest/tungstenite/protocol/struct.WebSocketConfig.html>.
const OVERSIZED: usize = (64 << 20) + 1;

impl Control {
    pub(crate) fn new(
        traffic: Arc<Traffic>,
        fault: Option<Hit>,
        gates: Vec<Arc<GateState>>,
    ) -> Self {
        Self { traffic, fault, gates, sent: 0, bytes: 0, on_its_way: None }
    }

    /// The same for a socket whose messages are logged.
    pub(crate) fn logging(self, on_its_way: OnItsWay) -> Self {
        on_its_way.note_response(|response| response.status = SWITCHING_PROTOCOLS);
        let mut control = self;
        control.on_its_way = Some(on_its_way);
        control
    }

    pub(crate) fn is_faulty(&self) -> bool {
        self.fault.is_some()
    }

    /// Before a message is sent: what a fault does instead.
    pub(crate) fn interruption(&self, length: usize) -> Option<Interruption> {
        let hit = self.fault.as_ref()?;
        let is_here = |at: &At| match at {
            At::Event(events) => *events == self.sent,
            At::Byte(bytes) => (self.bytes..self.bytes + length.max(1)).contains(bytes),
        };
        let found = match &hit.kind {
            FaultKind::Cut { after, .. } if is_here(after) => Interruption::Cut,
            FaultKind::Stall { after } if is_here(after) => Interruption::Stall,
            FaultKind::Close { after, code } if *after == self.sent => Interruption::Close(*code),
            _ => return None,
        };
        self.traffic.note_happened(hit);
        Some(found)
    }

    /// How much later than usual the first message comes.
    pub(crate) fn delay(&self) -> Option<Duration> {
        match self.fault.as_ref().filter(|_| self.sent == 0) {
            Some(hit @ Hit { kind: FaultKind::Slow(by), .. }) => {
                self.traffic.note_happened(hit);
                Some(*by)
            }
            _ => None,
        }
    }

    /// The gates that the next message has to wait at, and how many messages were sent.
    pub(crate) fn blocking(&self) -> (Vec<Arc<GateState>>, usize) {
        let blocking = self.gates.iter().filter(|gate| gate.blocks(self.sent)).cloned();
        (blocking.collect(), self.sent)
    }

    /// The data of the next message, which counts as sent.
    pub(crate) fn pass(&mut self, bytes: Bytes) -> Bytes {
        self.sent += 1;
        self.bytes += bytes.len();
        if let Some(on_its_way) = &self.on_its_way {
            // At once: the test may end before its socket does.
            on_its_way.note_response(|response| {
                response.is_stream = true;
                response.bytes = self.bytes;
                response.ends.push(self.bytes);
                if is_terminal(&bytes) {
                    response.complete_after = Some(self.sent);
                }
            });
        }
        if let Some(hit) = &self.fault
            && let FaultKind::Oversized { event } = hit.kind
            && event == self.sent
        {
            self.traffic.note_happened(hit);
            let mut oversized = BytesMut::from(&b" ".repeat(OVERSIZED)[..]);
            oversized.extend_from_slice(&bytes);
            return oversized.freeze();
        }
        if let Some(hit) = &self.fault
            && let FaultKind::Malformed { event } = hit.kind
            && event == self.sent
        {
            let mut damaged = BytesMut::from(&bytes[..]);
            if damage(&mut damaged) {
                self.traffic.note_happened(hit);
            }
            return damaged.freeze();
        }
        bytes
    }

    /// The client has left.
    pub(crate) fn note_disconnected(&self) {
        for gate in &self.gates {
            gate.note_disconnected();
        }
    }
}

/// Whether a message ends a response, or the session: what follows need not matter to a program. Messages of other APIs all do.
fn is_terminal(message: &[u8]) -> bool {
    const TYPES: [&str; 5] = [
        "response.done",
        "response.completed",
        "response.incomplete",
        "response.failed",
        "session.closed",
    ];
    let Some(message) = std::str::from_utf8(message).ok().and_then(|text| json::parse(text).ok())
    else {
        return false;
    };
    let is_turn = message.find("serverContent/turnComplete").and_then(Json::as_bool);
    is_turn == Some(true) || message.text("type").is_some_and(|kind| TYPES.contains(&&*kind))
}

impl Drop for Control {
    fn drop(&mut self) {
        for gate in &self.gates {
            gate.note_end(self.sent);
        }
        if let Some(hit) = &self.fault {
            self.traffic.note_behind_end(hit, self.sent, self.bytes);
        }
    }
}
