//! The items of a response's output: reasoning, the message, function calls. In a stream they are opened, filled and
//! closed one after the other.

use super::super::content::Reply;
use super::super::format::{RenderContext, Sse};
use super::{State, response};
use crate::json::write::{Null, Object, object};

#[derive(Clone, Copy)]
pub(super) enum Item {
    Reasoning,
    Message,
    /// The call at that place of the reply.
    Call(usize),
}

impl Item {
    pub(super) fn all(context: &RenderContext<'_>) -> Vec<Self> {
        let reply = context.reply;
        let says = reply.words().is_some() || reply.refusal.is_some();
        let mut items = Vec::new();
        items.extend(reply.reasoning.as_ref().map(|_| Self::Reasoning));
        items.extend(says.then_some(Self::Message));
        items.extend((0..reply.calls.len()).map(Self::Call));
        items
    }

    fn id(self, context: &RenderContext<'_>) -> String {
        match self {
            Self::Reasoning => context.id_of("rs_", 0),
            Self::Message => context.id_of("msg_", 0),
            Self::Call(at) => context.id_of("fc_", at),
        }
    }

    /// The item with all its content, or before anything of it is known.
    pub(super) fn object(self, context: &RenderContext<'_>, status: &str, full: bool) -> Object {
        let id = self.id(context);
        match self {
            Self::Reasoning => {
                let text = context.reply.reasoning.as_deref().filter(|_| full);
                let summary: Vec<Object> = text.into_iter().map(summary_text).collect();
                let item = object! { "id": id, "type": "reasoning", "summary": summary };
                item.with_some("encrypted_content", encrypted(context, full).as_ref())
            }
            Self::Message => {
                let parts = if full { parts(context.reply) } else { Vec::new() };
                object! {
                    "id": id,
                    "type": "message",
                    "status": status,
                    "role": "assistant",
                    "content": parts,
                }
            }
            Self::Call(at) => {
                let call = &context.reply.calls[at];
                object! {
                    "id": id,
                    "type": "function_call",
                    "status": status,
                    "call_id": context.call_id("call_", at, call),
                    "name": call.name,
                    "arguments": if full { call.arguments.as_str() } else { "" },
                }
            }
        }
    }
}

/// The parts of the message: its text, its refusal.
fn parts(reply: &Reply) -> Vec<Object> {
    let refusal = reply.refusal.as_deref().map(refusal_part);
    reply.text_beside_refusal().map(output_text).into_iter().chain(refusal).collect()
}

fn output_text(text: &str) -> Object {
    object! {
        "type": "output_text",
        "text": text,
        "annotations": [Null; 0],
        "logprobs": [Null; 0],
    }
}

fn refusal_part(words: &str) -> Object {
    object! { "type": "refusal", "refusal": words }
}

fn summary_text(text: &str) -> Object {
    object! { "type": "summary_text", "text": text }
}

/// What a request that asks for it quotes in the next one, in place of the reasoning.
fn encrypted(context: &RenderContext<'_>, full: bool) -> Option<String> {
    let mut include = context.body?.items("include").iter();
    let wanted =
        include.any(|name| name.as_str().as_deref() == Some("reasoning.encrypted_content"));
    (wanted && full).then(|| context.signature())
}

/// All events of a response.
pub(super) fn stream(context: &RenderContext<'_>) -> Sse {
    let mut sender = Sender { sse: Sse::new(), sent: 0 };
    for name in ["response.created", "response.in_progress"] {
        sender.send(name, &object! { "response": response(context, State::Begun) });
    }
    let finished = State::finished(context);
    let failed = context.reply.failure.as_ref();
    let status = if failed.is_some() { "incomplete" } else { finished.status() };
    for (at, item) in Item::all(context).into_iter().enumerate() {
        let place = object! { "output_index": at };
        let empty = item.object(context, "in_progress", false);
        sender.send("response.output_item.added", &place.clone().with("item", &empty));
        let place = place.with("item_id", &item.id(context));
        match item {
            Item::Reasoning => reasoning(&mut sender, &place, context.reply),
            Item::Message => message(&mut sender, &place, context.reply),
            Item::Call(call) => arguments(&mut sender, &place, context.reply, call),
        }
        let done = object! { "output_index": at, "item": item.object(context, status, true) };
        sender.send("response.output_item.done", &done);
    }
    let (name, state) = match failed {
        Some(failure) => ("response.failed", State::Failed(failure)),
        None if finished.status() == "incomplete" => ("response.incomplete", finished),
        None => ("response.completed", finished),
    };
    sender.send(name, &object! { "response": response(context, state) });
    sender.sse
}

struct Sender {
    sse: Sse,
    sent: usize,
}

impl Sender {
    /// Adds an event of this type; `members` are those after the type and the number.
    fn send(&mut self, kind: &str, members: &Object) {
        let event = object! { "type": kind, "sequence_number": self.sent };
        self.sse.named(kind, &event.joined(members));
        self.sent += 1;
    }
}

fn reasoning(sender: &mut Sender, place: &Object, reply: &Reply) {
    let place = place.clone().with("summary_index", &0_u64);
    let text = reply.reasoning.as_deref().unwrap_or_default();
    let part = |text: &str| place.clone().with("part", &summary_text(text));
    sender.send("response.reasoning_summary_part.added", &part(""));
    for piece in reply.reasoning_pieces() {
        sender.send("response.reasoning_summary_text.delta", &place.clone().with("delta", piece));
    }
    sender.send("response.reasoning_summary_text.done", &place.clone().with("text", text));
    sender.send("response.reasoning_summary_part.done", &part(text));
}

fn message(sender: &mut Sender, place: &Object, reply: &Reply) {
    let mut index = 0_u64;
    if let Some(text) = reply.text_beside_refusal() {
        let place = place.clone().with("content_index", &index);
        let part = |text: &str| place.clone().with("part", &output_text(text));
        sender.send("response.content_part.added", &part(""));
        for piece in reply.word_pieces() {
            let delta = place.clone().with("delta", piece).with("logprobs", &[Null; 0]);
            sender.send("response.output_text.delta", &delta);
        }
        let done = place.clone().with("text", text).with("logprobs", &[Null; 0]);
        sender.send("response.output_text.done", &done);
        sender.send("response.content_part.done", &part(text));
        index += 1;
    }
    if let Some(words) = &reply.refusal {
        let place = place.clone().with("content_index", &index);
        let part = |words: &str| place.clone().with("part", &refusal_part(words));
        sender.send("response.content_part.added", &part(""));
        for piece in reply.chunks.of(words) {
            sender.send("response.refusal.delta", &place.clone().with("delta", piece));
        }
        sender.send("response.refusal.done", &place.clone().with("refusal", words));
        sender.send("response.content_part.done", &part(words));
    }
}

fn arguments(sender: &mut Sender, place: &Object, reply: &Reply, at: usize) {
    let call = &reply.calls[at];
    for piece in reply.chunks.of_arguments(&call.arguments) {
        sender.send("response.function_call_arguments.delta", &place.clone().with("delta", piece));
    }
    let done = place.clone().with("name", &call.name).with("arguments", &call.arguments);
    sender.send("response.function_call_arguments.done", &done);
}
