//! The items of a response's output: reasoning, the message, function calls. In a stream they are opened, filled and
//! closed one after the other.

use super::super::content::Reply;
use super::super::extras::{Citation, logprobs};
use super::super::format::{RenderContext, Sse};
use super::sender::Sender;
use super::{State, progress, response};
use crate::json;
use crate::json::write::{Null, Object, Raw, ToJson, object};

#[derive(Clone, Copy)]
pub(super) enum Item {
    /// Reasoning that only the provider can read, at that place of the reply.
    Redacted(usize),
    Reasoning,
    /// The search at that place of the reply.
    Search(usize),
    Message,
    /// The call at that place of the reply.
    Call(usize),
    /// The item that the reply has in this very format, at that place.
    Raw(usize),
}

impl Item {
    pub(super) fn all(context: &RenderContext<'_>) -> Vec<Self> {
        let reply = context.reply;
        let extras = &reply.extras;
        let is_alone = !extras.items.is_empty() || !extras.redacted.is_empty();
        // Without a text of its own, a reply of such items has no message.
        let says = if is_alone { reply.text.is_some() } else { reply.words().is_some() };
        let mut items: Vec<Self> = (0..extras.redacted.len()).map(Self::Redacted).collect();
        items.extend(reply.reasoning.as_ref().map(|_| Self::Reasoning));
        items.extend((0..extras.searches.len()).map(Self::Search));
        items.extend((says || reply.refusal.is_some()).then_some(Self::Message));
        items.extend((0..reply.calls.len()).map(Self::Call));
        items.extend((0..extras.items.len()).map(Self::Raw));
        items
    }

    /// The id of the item at that place of the output.
    pub(super) fn id(self, context: &RenderContext<'_>, place: usize) -> String {
        if let Some(id) = context.reply.extras.item_ids.get(place) {
            return id.clone();
        }
        match self {
            Self::Redacted(at) => context.id_of("rs_", at + 1),
            Self::Reasoning => context.id_of("rs_", 0),
            Self::Search(at) => context.id_of("ws_", at),
            Self::Message => context.id_of("msg_", 0),
            Self::Call(at) if context.reply.calls[at].is_custom => context.id_of("ctc_", at),
            Self::Call(at) => context.id_of("fc_", at),
            Self::Raw(at) => {
                let item = json::parse(&context.reply.extras.items[at]).ok();
                let own = item.and_then(|item| item.text("id").map(String::from));
                own.unwrap_or_default()
            }
        }
    }

    /// Writes the item with all its content, or before anything of it is known.
    pub(super) fn write(
        self,
        context: &RenderContext<'_>,
        id: &str,
        status: &str,
        full: bool,
        add: &mut dyn FnMut(&dyn ToJson),
    ) {
        match self {
            Self::Raw(at) => add(&Raw(&context.reply.extras.items[at])),
            other => add(&other.object(context, id, status, full)),
        }
    }

    fn object(self, context: &RenderContext<'_>, id: &str, status: &str, full: bool) -> Object {
        match self {
            Self::Redacted(at) => object! {
                "id": id,
                "type": "reasoning",
                "summary": [Null; 0],
                "encrypted_content": context.reply.extras.redacted[at],
            },
            Self::Reasoning => {
                let is_shown = full && !context.reply.is_reasoning_hidden;
                let text = context.reply.reasoning.as_deref().filter(|_| is_shown);
                let summary: Vec<Object> = text.into_iter().map(summary_text).collect();
                let item = object! { "id": id, "type": "reasoning", "summary": summary };
                item.with_some("encrypted_content", encrypted(context, full).as_ref())
            }
            Self::Search(at) => {
                let query = &context.reply.extras.searches[at];
                let item = object! { "id": id, "type": "web_search_call", "status": status };
                item.with("action", &object! { "type": "search", "query": query })
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
            Self::Call(at) => call_object(context, at, id, status, full),
            Self::Raw(_) => Object::new(),
        }
    }
}

fn call_object(
    context: &RenderContext<'_>,
    at: usize,
    id: &str,
    status: &str,
    full: bool,
) -> Object {
    let call = &context.reply.calls[at];
    let kind = if call.is_custom { "custom_tool_call" } else { "function_call" };
    let item = object! {
        "id": id,
        "type": kind,
        "status": status,
        "call_id": context.call_id("call_", at, call),
    };
    let item = item.with_some("namespace", call.namespace.as_ref());
    let arguments = if full { call.arguments.as_str() } else { "" };
    item.with("name", &call.name)
        .with(if call.is_custom { "input" } else { "arguments" }, arguments)
}

/// The parts of the message: its text, its refusal.
fn parts(reply: &Reply) -> Vec<Object> {
    let refusal = reply.refusal.as_deref().map(refusal_part);
    let text = reply
        .text_beside_refusal()
        .map(|text| output_text(text, &annotations(reply), &probable(reply)));
    text.into_iter().chain(refusal).collect()
}

fn output_text(text: &str, annotations: &[Object], logprobs: &[Object]) -> Object {
    object! {
        "type": "output_text",
        "text": text,
        "annotations": *annotations,
        "logprobs": *logprobs,
    }
}

/// The tokens of the text with their log probabilities.
fn probable(reply: &Reply) -> Vec<Object> {
    logprobs(&reply.extras.logprobs, reply.extras.alternatives)
}

/// The sources of the whole text.
fn annotations(reply: &Reply) -> Vec<Object> {
    let end = reply.text.as_deref().unwrap_or_default().chars().count();
    let one = |citation: &Citation| {
        object! {
            "type": "url_citation",
            "start_index": 0_u64,
            "end_index": end,
            "url": citation.url,
            "title": citation.title,
        }
    };
    reply.extras.citations.iter().map(one).collect()
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
    let mut sender = Sender::new();
    let in_background = context.is_set("background");
    let created = if in_background { State::Queued } else { State::Begun };
    sender.send("response.created", &object! { "response": response(context, created) });
    if in_background {
        sender.send("response.queued", &object! { "response": response(context, created) });
    }
    sender.send("response.in_progress", &object! { "response": response(context, State::Begun) });
    let finished = State::finished(context);
    let failed = context.reply.failure.as_ref();
    let status = if failed.is_some() { "incomplete" } else { finished.status() };
    for (at, item) in Item::all(context).into_iter().enumerate() {
        let id = item.id(context, at);
        let place = object! { "output_index": at };
        let begun = if matches!(item, Item::Redacted(_)) { status } else { "in_progress" };
        let whole = |status: &str, full: bool| {
            let mut whole = place.clone();
            item.write(context, &id, status, full, &mut |item: &dyn ToJson| {
                whole = place.clone().with("item", item);
            });
            whole
        };
        sender.send("response.output_item.added", &whole(begun, false));
        let inside = place.clone().with("item_id", &id);
        match item {
            Item::Reasoning if context.reply.is_reasoning_hidden => {}
            Item::Reasoning => reasoning(&mut sender, &inside, context.reply),
            Item::Message => message(&mut sender, &inside, context.reply),
            Item::Call(call) => arguments(&mut sender, &inside, context.reply, call),
            Item::Search(_) => {
                for state in ["in_progress", "searching", "completed"] {
                    sender.send(&format!("response.web_search_call.{state}"), &inside);
                }
            }
            Item::Raw(raw) => {
                if let Ok(item) = json::parse(&context.reply.extras.items[raw]) {
                    progress::send(&mut sender, &inside, at, &item, context.reply);
                }
            }
            Item::Redacted(_) => {}
        }
        sender.send("response.output_item.done", &whole(status, true));
    }
    for event in &context.reply.extras.events {
        sender.raw(event);
    }
    let (name, state) = match failed {
        Some(failure) => ("response.failed", State::Failed(failure)),
        None if finished.status() == "incomplete" => ("response.incomplete", finished),
        None => ("response.completed", finished),
    };
    sender.send(name, &object! { "response": response(context, state) });
    sender.finished()
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
        let (annotations, tokens) = (annotations(reply), probable(reply));
        let begun = place.clone().with("part", &output_text("", &[], &[]));
        sender.send("response.content_part.added", &begun);
        for (at, piece) in reply.word_pieces().into_iter().enumerate() {
            let token = tokens.get(at..=at).unwrap_or_default();
            let delta = place.clone().with("delta", piece).with("logprobs", token);
            sender.send("response.output_text.delta", &delta);
        }
        for (at, annotation) in annotations.iter().enumerate() {
            let added = place.clone().with("annotation_index", &at).with("annotation", annotation);
            sender.send("response.output_text.annotation.added", &added);
        }
        let done = place.clone().with("text", text).with("logprobs", &tokens);
        sender.send("response.output_text.done", &done);
        let part = output_text(text, &annotations, &tokens);
        sender.send("response.content_part.done", &place.clone().with("part", &part));
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
    let kind = if call.is_custom { "custom_tool_call_input" } else { "function_call_arguments" };
    for piece in reply.chunks.of_arguments(&call.arguments) {
        let delta = place.clone().with("delta", piece);
        sender.send(&format!("response.{kind}.delta"), &delta);
    }
    let done = if call.is_custom {
        place.clone().with("input", &call.arguments)
    } else {
        place.clone().with("name", &call.name).with("arguments", &call.arguments)
    };
    sender.send(&format!("response.{kind}.done"), &done);
}
