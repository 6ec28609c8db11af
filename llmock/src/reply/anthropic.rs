//! Anthropic's messages, at Anthropic, on Vertex and inside Bedrock's `invoke`.

use super::asked::{Asked, Usage};
use super::content::Finish;
use super::errors;
use super::object::{Null, Object, arguments, object};
use super::rendered::Rendered;
use super::sse::Sse;

pub(super) fn render(asked: &Asked<'_>) -> Rendered {
    if !asked.streams {
        return whole(asked).into();
    }
    let mut sse = Sse::new();
    for (name, data) in events(asked) {
        sse.named(name, &data);
    }
    sse.into()
}

/// The answer to a count of the request's tokens.
pub(super) fn count(asked: &Asked<'_>) -> Rendered {
    object! { "input_tokens": asked.input_tokens() }.into()
}

pub(super) fn whole(asked: &Asked<'_>) -> Object {
    let reply = asked.reply;
    let mut content = Vec::new();
    if let Some(thinking) = &reply.reasoning {
        content.push(object! {
            "type": "thinking",
            "thinking": thinking,
            "signature": asked.signature(),
        });
    }
    // an empty text is no block
    if let Some(text) = reply.words().filter(|text| !text.is_empty()) {
        content.push(object! { "type": "text", "text": text });
    }
    for (at, call) in reply.calls.iter().enumerate() {
        content.push(tool_use(asked, at).with("input", &arguments(&call.arguments)));
    }
    let stop_reason = Some(stop_reason(reply.finished()));
    message(asked, &content, stop_reason, &usage(asked.usage()))
}

/// The events of a stream with their names.
pub(super) fn events(asked: &Asked<'_>) -> Vec<(&'static str, Object)> {
    let reply = asked.reply;
    let counted = asked.usage();
    let begun = usage(Usage { output: counted.output.min(1), ..counted });
    let message = message(asked, &[], None, &begun);
    let mut events =
        vec![("message_start", object! { "type": "message_start", "message": message })];
    blocks(asked, &mut events);
    events.insert(events.len().min(2), ("ping", object! { "type": "ping" }));
    if let Some(failure) = &reply.failure {
        let error = object! { "type": errors::kind(asked, failure), "message": failure.message };
        events.push(("error", object! { "type": "error", "error": error }));
        return events;
    }
    let delta = object! { "stop_reason": stop_reason(reply.finished()), "stop_sequence": Null };
    let end = object! { "type": "message_delta", "delta": delta, "usage": usage(counted) };
    events.push(("message_delta", end));
    events.push(("message_stop", object! { "type": "message_stop" }));
    events
}

/// The blocks of the content, each opened, filled and closed.
fn blocks(asked: &Asked<'_>, events: &mut Vec<(&'static str, Object)>) {
    let reply = asked.reply;
    let mut index = 0_u64;
    let mut block = |start: Object, deltas: Vec<Object>| {
        events.push((
            "content_block_start",
            object! { "type": "content_block_start", "index": index, "content_block": start },
        ));
        events.extend(deltas.into_iter().map(|delta| {
            let delta = object! { "type": "content_block_delta", "index": index, "delta": delta };
            ("content_block_delta", delta)
        }));
        let stop = object! { "type": "content_block_stop", "index": index };
        events.push(("content_block_stop", stop));
        index += 1;
    };
    if reply.reasoning.is_some() {
        let thoughts = reply.reasoning_pieces().into_iter();
        let mut deltas: Vec<Object> =
            thoughts.map(|piece| object! { "type": "thinking_delta", "thinking": piece }).collect();
        deltas.push(object! { "type": "signature_delta", "signature": asked.signature() });
        block(object! { "type": "thinking", "thinking": "", "signature": "" }, deltas);
    }
    let pieces = reply.word_pieces();
    if !pieces.is_empty() {
        let delta = |piece: &&str| object! { "type": "text_delta", "text": piece };
        block(object! { "type": "text", "text": "" }, pieces.iter().map(delta).collect());
    }
    for (at, call) in reply.calls.iter().enumerate() {
        let delta = |piece: &str| object! { "type": "input_json_delta", "partial_json": piece };
        let pieces = reply.chunks.of_arguments(&call.arguments);
        let deltas = std::iter::once("").chain(pieces).map(delta).collect();
        block(tool_use(asked, at).with("input", &Object::new()), deltas);
    }
}

fn tool_use(asked: &Asked<'_>, at: usize) -> Object {
    let call = &asked.reply.calls[at];
    object! {
        "type": "tool_use",
        "id": asked.call_id("toolu_", at, call),
        "name": call.name,
    }
}

fn message(asked: &Asked<'_>, content: &[Object], stop: Option<&str>, usage: &Object) -> Object {
    object! {
        "id": asked.id("msg_"),
        "type": "message",
        "role": "assistant",
        "model": asked.model,
        "content": *content,
        "stop_reason": stop,
        "stop_sequence": Null,
        "usage": usage,
    }
}

fn usage(usage: Usage) -> Object {
    object! {
        "input_tokens": usage.fresh(),
        "cache_creation_input_tokens": 0_u64,
        "cache_read_input_tokens": usage.cached,
        "output_tokens": usage.output,
        "service_tier": "standard",
    }
}

fn stop_reason(finish: Finish) -> &'static str {
    match finish {
        Finish::Stop => "end_turn",
        Finish::Length => "max_tokens",
        Finish::ToolCalls => "tool_use",
        Finish::ContentFilter | Finish::Refusal => "refusal",
    }
}

/// The events without their names, as Bedrock wraps them.
pub(super) fn event_data(asked: &Asked<'_>) -> Vec<String> {
    events(asked).into_iter().map(|(_, data)| data.into_text()).collect()
}
