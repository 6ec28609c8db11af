//! Numbers the events of a stream.

use super::super::format::Sse;
use crate::json;
use crate::json::write::{Object, Raw, object};

pub(super) struct Sender {
    sse: Sse,
    sent: usize,
}

impl Sender {
    pub(super) fn new() -> Self {
        Self { sse: Sse::new(), sent: 0 }
    }

    /// Adds an event of this type; `members` are those after the type and the number.
    pub(super) fn send(&mut self, kind: &str, members: &Object) {
        let event = object! { "type": kind, "sequence_number": self.sent };
        self.sse.named(kind, &event.joined(members));
        self.sent += 1;
    }

    /// An event that the reply has in this very format, named by its type.
    pub(super) fn raw(&mut self, event: &str) {
        let parsed = json::parse(event).ok();
        match parsed.and_then(|event| event.text("type").map(String::from)) {
            Some(kind) => self.sse.named(&kind, &Raw(event)),
            None => self.sse.data(&Raw(event)),
        }
        self.sent += 1;
    }

    pub(super) fn finished(self) -> Sse {
        self.sse
    }
}
