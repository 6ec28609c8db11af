//! `converse` and its stream. Nova's `invoke` has the same bodies.

use super::super::content::Reply;
use super::super::format::{Finish, RenderContext, Rendered, Usage};
use super::super::rendered;
use crate::json::write::{Object, nested, object};
use crate::stream::Item;

pub(super) fn stream(context: &RenderContext<'_>) -> Rendered {
    let events = events(context).into_iter();
    rendered::frames(events.map(|(kind, payload)| frame(kind, payload)).collect())
}

pub(super) fn whole(context: &RenderContext<'_>) -> Object {
    let reply = context.reply;
    let mut blocks = Vec::new();
    if let Some(reasoning) = &reply.reasoning {
        let text = object! { "text": reasoning, "signature": context.signature() };
        blocks.push(object! { "reasoningContent": nested! { "reasoningText": text } });
    }
    blocks.extend(reply.words().map(|text| object! { "text": text }));
    for (at, call) in reply.calls.iter().enumerate() {
        let tool = tool_use(context, at).with("input", &call.arguments_as_json());
        blocks.push(object! { "toolUse": tool });
    }
    let usage = context.usage();
    object! {
        "output": nested! { "message": nested! { "role": "assistant", "content": blocks } },
        "stopReason": stop_reason(reply),
        "usage": counted(usage),
        "metrics": metrics(usage),
    }
}

fn events(context: &RenderContext<'_>) -> Vec<(&'static str, Object)> {
    let reply = context.reply;
    let mut events = vec![("messageStart", object! { "role": "assistant" })];
    let mut index = 0_u64;
    let mut block = |start: Option<Object>, deltas: Vec<Object>| {
        let place = object! { "contentBlockIndex": index };
        let start = start.map(|start| place.clone().with("start", &start));
        events.extend(start.map(|start| ("contentBlockStart", start)));
        let deltas = deltas.iter().map(|delta| place.clone().with("delta", delta));
        events.extend(deltas.map(|delta| ("contentBlockDelta", delta)));
        events.push(("contentBlockStop", place));
        index += 1;
    };
    if reply.reasoning.is_some() {
        let thought = |name: &str, text: &str| {
            object! { "reasoningContent": Object::new().with(name, text) }
        };
        let mut deltas: Vec<Object> =
            reply.reasoning_pieces().into_iter().map(|piece| thought("text", piece)).collect();
        deltas.push(thought("signature", &context.signature()));
        block(None, deltas);
    }
    let pieces = reply.word_pieces();
    if !pieces.is_empty() {
        block(None, pieces.iter().map(|piece| object! { "text": piece }).collect());
    }
    for (at, call) in reply.calls.iter().enumerate() {
        let pieces = reply.chunks.of_arguments(&call.arguments).into_iter();
        let deltas = pieces.map(|piece| object! { "toolUse": nested! { "input": piece } });
        block(Some(object! { "toolUse": tool_use(context, at) }), deltas.collect());
    }
    if let Some(failure) = &reply.failure {
        events.push((EXCEPTION, object! { "message": failure.message }));
        return events;
    }
    let usage = context.usage();
    let stop = object! { "stopReason": stop_reason(reply) };
    events.push(("messageStop", stop));
    events.push(("metadata", object! { "usage": counted(usage), "metrics": metrics(usage) }));
    events
}

/// The events as `invoke` has them, which names each in its data.
pub(super) fn named_events(context: &RenderContext<'_>) -> Vec<Object> {
    let named = |(kind, payload): (&str, Object)| Object::new().with(kind, &payload);
    events(context).into_iter().map(named).collect()
}

pub(super) const EXCEPTION: &str = "internalServerException";

pub(super) fn frame(kind: &str, payload: Object) -> Item {
    let (header, message) =
        if kind == EXCEPTION { (":exception-type", "exception") } else { (":event-type", "event") };
    let headers =
        [(header, kind), (":content-type", "application/json"), (":message-type", message)];
    Item::Frame {
        headers: headers.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec(),
        payload: payload.into_text(),
    }
}

fn tool_use(context: &RenderContext<'_>, at: usize) -> Object {
    let call = &context.reply.calls[at];
    object! { "toolUseId": context.call_id("tooluse_", at, call), "name": call.name }
}

fn counted(usage: Usage) -> Object {
    object! {
        "inputTokens": usage.fresh(),
        "outputTokens": usage.output,
        "totalTokens": usage.total(),
        "cacheReadInputTokens": usage.cached,
        "cacheWriteInputTokens": 0_u64,
    }
}

/// How long it took: a millisecond a token.
fn metrics(usage: Usage) -> Object {
    object! { "latencyMs": usage.output }
}

fn stop_reason(reply: &Reply) -> &'static str {
    match reply.finished() {
        Finish::Stop if reply.stop_sequence.is_some() => "stop_sequence",
        Finish::Stop => "end_turn",
        Finish::Length => "max_tokens",
        Finish::ToolCalls => "tool_use",
        Finish::ContentFilter | Finish::Refusal => "content_filtered",
    }
}
