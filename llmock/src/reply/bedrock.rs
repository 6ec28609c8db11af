//! Amazon Bedrock: `converse`, its stream, and `invoke` for the models of Anthropic and Amazon.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::asked::{Asked, Usage};
use super::content::Finish;
use super::object::{Object, arguments, nested, object};
use super::rendered::{self, Rendered};
use super::{anthropic, embeddings, errors};
use crate::stream::Item;

pub(super) fn render(asked: &Asked<'_>) -> Rendered {
    let by_anthropic = asked.model.contains("anthropic") || asked.model.contains("claude");
    match asked.endpoint() {
        "converse" => whole(asked).into(),
        "converse-stream" => rendered::frames(
            events(asked).iter().map(|(kind, payload)| frame(kind, payload)).collect(),
        ),
        "count-tokens" => object! { "inputTokens": asked.input_tokens() }.into(),
        "invoke" if by_anthropic => anthropic::whole(asked).into(),
        "invoke" if asked.model.contains("embed") => embeddings::titan(asked),
        "invoke" if asked.model.contains("nova") => whole(asked).into(),
        "invoke-with-response-stream" if by_anthropic => wrapped(anthropic::event_data(asked)),
        "invoke-with-response-stream" if asked.model.contains("nova") => {
            let named =
                |(kind, payload): &(&str, Object)| Object::new().with(kind, payload).into_text();
            wrapped(events(asked).iter().map(named).collect())
        }
        _ => errors::unknown_endpoint(asked),
    }
}

fn whole(asked: &Asked<'_>) -> Object {
    let reply = asked.reply;
    let mut content = Vec::new();
    if let Some(reasoning) = &reply.reasoning {
        let text = object! { "text": reasoning, "signature": asked.signature() };
        content.push(object! { "reasoningContent": nested! { "reasoningText": text } });
    }
    content.extend(reply.words().map(|text| object! { "text": text }));
    for (at, call) in reply.calls.iter().enumerate() {
        let tool = tool_use(asked, at).with("input", &arguments(&call.arguments));
        content.push(object! { "toolUse": tool });
    }
    let usage = asked.usage();
    object! {
        "output": nested! { "message": nested! { "role": "assistant", "content": content } },
        "stopReason": stop_reason(reply.finished()),
        "usage": counted(usage),
        "metrics": metrics(usage),
    }
}

/// The events of a stream with their names.
fn events(asked: &Asked<'_>) -> Vec<(&'static str, Object)> {
    let reply = asked.reply;
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
        deltas.push(thought("signature", &asked.signature()));
        block(None, deltas);
    }
    let pieces = reply.word_pieces();
    if !pieces.is_empty() {
        block(None, pieces.iter().map(|piece| object! { "text": piece }).collect());
    }
    for (at, call) in reply.calls.iter().enumerate() {
        let pieces = reply.chunks.of_arguments(&call.arguments).into_iter();
        let deltas = pieces.map(|piece| object! { "toolUse": nested! { "input": piece } });
        block(Some(object! { "toolUse": tool_use(asked, at) }), deltas.collect());
    }
    if let Some(failure) = &reply.failure {
        events.push((EXCEPTION, object! { "message": failure.message }));
        return events;
    }
    let usage = asked.usage();
    let stop = object! { "stopReason": stop_reason(reply.finished()) };
    events.push(("messageStop", stop));
    events.push(("metadata", object! { "usage": counted(usage), "metrics": metrics(usage) }));
    events
}

/// The one event that is an error.
const EXCEPTION: &str = "internalServerException";

fn frame(kind: &str, payload: &Object) -> Item {
    let (header, message) =
        if kind == EXCEPTION { (":exception-type", "exception") } else { (":event-type", "event") };
    let headers =
        [(header, kind), (":content-type", "application/json"), (":message-type", message)];
    Item::Frame {
        headers: headers.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec(),
        payload: payload.clone().into_text(),
    }
}

/// What the model's maker would stream, each event in a frame.
fn wrapped(events: Vec<String>) -> Rendered {
    let frames = events
        .into_iter()
        .map(|event| frame("chunk", &object! { "bytes": STANDARD.encode(&event) }));
    rendered::frames(frames.collect())
}

fn tool_use(asked: &Asked<'_>, at: usize) -> Object {
    let call = &asked.reply.calls[at];
    object! { "toolUseId": asked.call_id("tooluse_", at, call), "name": call.name }
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

fn stop_reason(finish: Finish) -> &'static str {
    match finish {
        Finish::Stop => "end_turn",
        Finish::Length => "max_tokens",
        Finish::ToolCalls => "tool_use",
        Finish::ContentFilter | Finish::Refusal => "content_filtered",
    }
}
