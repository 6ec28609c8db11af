//! A stream over time: what each of its events adds to the response.

use std::cell::RefCell;

use crate::fixture::interaction::{Content, Interaction};
use crate::fixture::socket::{Data, Side};
use crate::stream::Item;
use crate::wire;
use crate::wire::transcript::Transcript;

/// An event of a stream, or a message of a WebSocket.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Moment {
    /// Milliseconds since the request.
    pub ms: u64,
    /// The name of the event, or the side that sent the message.
    pub name: Option<String>,
    /// The event as it was sent.
    pub data: String,
    /// The text of the response that came with it.
    pub text: String,
    /// The thoughts that came with it.
    pub reasoning: String,
    /// The pieces of tool calls that came with it.
    pub call: String,
}

/// How much of a transcript was there after an event.
#[derive(Clone, Copy, Default)]
struct Reached {
    text: usize,
    reasoning: usize,
    calls: usize,
    arguments: usize,
}

impl Reached {
    fn of(transcript: &Transcript) -> Self {
        Self {
            text: transcript.text.len(),
            reasoning: transcript.reasoning.len(),
            calls: transcript.calls.len(),
            arguments: transcript.calls.last().map_or(0, |call| call.arguments.len()),
        }
    }
}

/// The events of a response in order; none if it was not streamed.
#[must_use]
pub fn moments(interaction: &Interaction) -> Vec<Moment> {
    match &interaction.response.content {
        Content::Body(_) => Vec::new(),
        Content::Socket(socket) => {
            let messages = socket.messages.iter().map(|message| {
                let side = if message.from == Side::Client { "client" } else { "server" };
                let data = match &message.data {
                    Data::Text(text) => text.clone(),
                    Data::Binary(binary) => format!("{} bytes", binary.length),
                };
                Moment { name: Some(side.to_owned()), ..plain(message.ms, data) }
            });
            messages.collect()
        }
        Content::Stream(stream) => {
            let request = &interaction.request;
            let format = wire::format(interaction.provider, &request.method, &request.path);
            let reached = RefCell::new(Vec::with_capacity(stream.events.len()));
            let transcript = format.transcript(stream, |transcript| {
                reached.borrow_mut().push(Reached::of(transcript));
                false
            });
            let mut before = Reached::default();
            let events = stream.events.iter().zip(reached.into_inner());
            let moment = |(event, after): (&crate::stream::Event, Reached)| {
                let (name, data) = shown(&event.item);
                let piece = |text: &str, from: usize, to: usize| {
                    text.get(from..to).unwrap_or_default().to_owned()
                };
                let moment = Moment {
                    name,
                    text: piece(&transcript.text, before.text, after.text),
                    reasoning: piece(&transcript.reasoning, before.reasoning, after.reasoning),
                    call: called(&transcript, before, after),
                    ..plain(event.ms, data)
                };
                before = after;
                moment
            };
            events.map(moment).collect()
        }
    }
}

fn plain(ms: u64, data: String) -> Moment {
    let (text, reasoning, call) = <(String, String, String)>::default();
    Moment { ms, name: None, data, text, reasoning, call }
}

/// What an event adds to the last call, with the name of a new one.
fn called(transcript: &Transcript, before: Reached, after: Reached) -> String {
    let Some(call) = after.calls.checked_sub(1).and_then(|last| transcript.calls.get(last)) else {
        return String::new();
    };
    let is_new = after.calls > before.calls;
    let from = if is_new { 0 } else { before.arguments };
    let arguments = call.arguments.get(from..after.arguments).unwrap_or_default();
    if is_new { format!("{}({arguments}", call.name) } else { arguments.to_owned() }
}

fn shown(item: &Item) -> (Option<String>, String) {
    match item {
        Item::Sse { event, data, .. } => (event.clone(), data.clone()),
        Item::Json(data) => (None, data.clone()),
        Item::Frame { headers, payload } => {
            let name = headers.iter().find(|(name, _)| name == ":event-type");
            (name.map(|(_, value)| value.clone()), payload.clone())
        }
        Item::Raw(text) => (None, text.clone()),
        Item::RawBytes(bytes) => (None, format!("{} bytes", bytes.len())),
    }
}
