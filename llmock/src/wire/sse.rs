//! Server-sent events as all APIs except Google's write them, collected in one text.

use super::rendered::Rendered;
use crate::json::write::{Raw, ToJson};

#[derive(Debug)]
pub(crate) struct Sse {
    text: String,
    /// Where each event ends in the text.
    ends: Vec<usize>,
}

impl Sse {
    pub(crate) fn new() -> Self {
        // a short answer of some words
        Self { text: String::with_capacity(4096), ends: Vec::with_capacity(16) }
    }

    /// Sends an event without a name. JSON has no line breaks, so it is one line.
    pub(crate) fn data(&mut self, data: &(impl ToJson + ?Sized)) {
        self.text.push_str("data: ");
        data.write(&mut self.text);
        self.text.push_str("\n\n");
        self.ends.push(self.text.len());
    }

    /// Sends an event that has its name in its data too.
    pub(crate) fn named(&mut self, name: &str, data: &(impl ToJson + ?Sized)) {
        self.text.push_str("event: ");
        self.text.push_str(name);
        self.text.push('\n');
        self.data(data);
    }

    /// Ends the streams of OpenAI and Cohere, with what is not JSON.
    pub(crate) fn done(&mut self) {
        self.data(&Raw("[DONE]"));
    }
}

impl From<Sse> for Rendered {
    fn from(mut sse: Sse) -> Self {
        // streams may be open for long, and by the thousand
        sse.text.shrink_to_fit();
        Self::stream("text/event-stream; charset=utf-8", sse.text.into(), &sse.ends)
    }
}
