//! Amazon Bedrock: `converse`, its stream, and `invoke`, whose bodies are those of the model's maker.
//!
//! Nova's are those of `converse` (`docs.aws.amazon.com/nova/latest/userguide/complete-request-schema.html`), those of
//! Cohere's Command R the ones of Cohere's first chat (`model-parameters-cohere-command-r-plus.html` in Bedrock's user
//! guide); [`bedrock_text`](super::bedrock_text) has models that continue a text.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::asked::{Asked, Usage};
use super::bedrock_text::Maker;
use super::content::Finish;
use super::object::{Object, arguments, nested, object};
use super::rendered::{self, Rendered};
use super::{anthropic, bedrock_text, cohere_v1, embeddings, errors};
use crate::stream::Item;

pub(super) fn render(asked: &Asked<'_>) -> Rendered {
    match asked.endpoint() {
        "converse" => whole(asked).into(),
        "converse-stream" => rendered::frames(
            events(asked).iter().map(|(kind, payload)| frame(kind, payload)).collect(),
        ),
        "count-tokens" => object! { "inputTokens": asked.input_tokens() }.into(),
        "invoke" => invoke(asked),
        "invoke-with-response-stream" => invoke_stream(asked),
        _ => errors::unknown_endpoint(asked),
    }
}

/// Whether the model has one of these names.
fn is(asked: &Asked<'_>, names: &[&str]) -> bool {
    names.iter().any(|name| asked.model.contains(name))
}

const ANTHROPIC: &[&str] = &["anthropic", "claude"];
const NOVA: &[&str] = &["nova"];
const COMMAND_R: &[&str] = &["cohere.command-r"];

fn invoke(asked: &Asked<'_>) -> Rendered {
    if is(asked, ANTHROPIC) {
        anthropic::whole(asked).into()
    } else if is(asked, &["embed"]) {
        embeddings::titan(asked)
    } else if is(asked, NOVA) {
        whole(asked).into()
    } else if is(asked, COMMAND_R) {
        cohere_v1::response(asked).into()
    } else {
        match Maker::of(asked) {
            Some(maker) => bedrock_text::whole(asked, maker).into(),
            None => errors::unknown_endpoint(asked),
        }
    }
}

fn invoke_stream(asked: &Asked<'_>) -> Rendered {
    if is(asked, ANTHROPIC) {
        wrapped(anthropic::event_data(asked))
    } else if is(asked, NOVA) {
        let named =
            |(kind, payload): &(&str, Object)| Object::new().with(kind, payload).into_text();
        wrapped(events(asked).iter().map(named).collect())
    } else if is(asked, COMMAND_R) {
        wrapped(cohere_v1::events(asked).into_iter().map(Object::into_text).collect())
    } else {
        match Maker::of(asked) {
            Some(maker) => breaking_off(asked, bedrock_text::chunks(asked, maker)),
            None => errors::unknown_endpoint(asked),
        }
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
    rendered::frames(chunks(events))
}

fn chunks(events: Vec<String>) -> Vec<Item> {
    let chunk = |event: String| frame("chunk", &object! { "bytes": STANDARD.encode(&event) });
    events.into_iter().map(chunk).collect()
}

/// The same of a maker that has no event for an error; Bedrock has one.
fn breaking_off(asked: &Asked<'_>, events: Vec<String>) -> Rendered {
    let mut frames = chunks(events);
    if let Some(failure) = &asked.reply.failure {
        frames.push(frame(EXCEPTION, &object! { "message": failure.message }));
    }
    rendered::frames(frames)
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
