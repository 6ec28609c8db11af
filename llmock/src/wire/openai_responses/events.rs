//! The stream of a response: its items are opened, filled and closed one after the other.

use super::super::content::Reply;
use super::super::format::{RenderContext, Sse};
use super::item::{self, Item};
use super::{State, response};
use crate::json::write::{Null, Object, object};

pub(super) fn events(context: &RenderContext<'_>) -> Sse {
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
            Item::Message => message(&mut sender, &place, context),
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
    let part = |text: &str| place.clone().with("part", &item::summary_text(text));
    sender.send("response.reasoning_summary_part.added", &part(""));
    for piece in reply.reasoning_pieces() {
        sender.send("response.reasoning_summary_text.delta", &place.clone().with("delta", piece));
    }
    sender.send("response.reasoning_summary_text.done", &place.clone().with("text", text));
    sender.send("response.reasoning_summary_part.done", &part(text));
}

fn message(sender: &mut Sender, place: &Object, context: &RenderContext<'_>) {
    let reply = context.reply;
    let mut index = 0_u64;
    let refusal = reply.refusal.as_deref();
    if let Some(text) =
        reply.text.as_deref().or_else(|| reply.words().filter(|_| refusal.is_none()))
    {
        let place = place.clone().with("content_index", &index);
        let part = |text: &str| place.clone().with("part", &item::output_text(text));
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
    if let Some(words) = refusal {
        let place = place.clone().with("content_index", &index);
        let part = |words: &str| place.clone().with("part", &item::refusal_part(words));
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
