//! Cohere's own API, version 2; [`cohere_v1`](super::cohere_v1) has the first one's chat.

use super::asked::{Asked, Usage};
use super::content::Finish;
use super::object::{Null, Object, nested, object};
use super::rendered::Rendered;
use super::sse::Sse;
use super::{cohere_v1, embeddings, errors};

pub(super) fn render(asked: &Asked<'_>) -> Rendered {
    match asked.path_alone() {
        "/v2/chat" if asked.streams => stream(asked).into(),
        "/v2/chat" => whole(asked),
        "/v1/chat" => cohere_v1::render(asked),
        "/v1/embed" | "/v2/embed" => embeddings::cohere(asked),
        "/v1/rerank" | "/v2/rerank" => embeddings::rerank(asked),
        _ => errors::unknown_endpoint(asked),
    }
}

fn whole(asked: &Asked<'_>) -> Rendered {
    let reply = asked.reply;
    let calls: Vec<Object> = (0..reply.calls.len()).map(|at| call(asked, at, true)).collect();
    let mut content = Vec::new();
    if let Some(thinking) = &reply.reasoning {
        content.push(object! { "type": "thinking", "thinking": thinking });
    }
    let mut plan = None;
    match reply.words() {
        Some(words) if calls.is_empty() => {
            content.push(object! { "type": "text", "text": words });
        }
        // what is said before a call is the plan to make it
        words => plan = words,
    }
    let message = object! { "role": "assistant" }
        .with_some("content", (!content.is_empty()).then_some(&content))
        .with_some("tool_plan", plan)
        .with_some("tool_calls", (!calls.is_empty()).then_some(&calls));
    object! {
        "id": asked.uuid(),
        "finish_reason": finish_reason(reply.finished()),
        "message": message,
        "usage": usage(asked.usage()),
    }
    .into()
}

fn call(asked: &Asked<'_>, at: usize, whole: bool) -> Object {
    let call = &asked.reply.calls[at];
    let arguments = if whole { call.arguments.as_str() } else { "" };
    object! {
        "id": asked.call_id("call_", at, call),
        "type": "function",
        "function": nested! { "name": call.name, "arguments": arguments },
    }
}

fn stream(asked: &Asked<'_>) -> Sse {
    let reply = asked.reply;
    let start = object! {
        "role": "assistant",
        "content": [Null; 0],
        "tool_plan": "",
        "tool_calls": [Null; 0],
        "citations": [Null; 0],
    };
    let start = object! {
        "id": asked.uuid(),
        "type": "message-start",
        "delta": nested! { "message": start },
    };
    let mut sse = Sse::new();
    sse.named("message-start", &start);
    let mut content = 0;
    if reply.reasoning.is_some() {
        text_block(&mut sse, content, "thinking", &reply.reasoning_pieces());
        content += 1;
    }
    if reply.calls.is_empty() {
        text_block(&mut sse, content, "text", &reply.word_pieces());
    } else {
        for piece in reply.word_pieces() {
            event(&mut sse, "tool-plan-delta", None, Some(object! { "tool_plan": piece }));
        }
    }
    for at in 0..reply.calls.len() {
        tool_call(&mut sse, asked, at);
    }
    let end = match &reply.failure {
        Some(failure) => object! { "finish_reason": "ERROR", "error": failure.message },
        None => object! { "finish_reason": finish_reason(reply.finished()) },
    };
    let end = end.with("usage", &usage(asked.usage()));
    let end = object! { "type": "message-end", "delta": end };
    sse.named("message-end", &end);
    sse.done();
    sse
}

/// A block of text or of thoughts, from its start to its end.
fn text_block(sse: &mut Sse, at: usize, kind: &str, pieces: &[&str]) {
    let start = object! { "type": kind }.with(kind, "");
    event(sse, "content-start", Some(at), Some(object! { "content": start }));
    for piece in pieces {
        let content = object! { "content": Object::new().with(kind, piece) };
        event(sse, "content-delta", Some(at), Some(content));
    }
    event(sse, "content-end", Some(at), None);
}

fn tool_call(sse: &mut Sse, asked: &Asked<'_>, at: usize) {
    let start = object! { "tool_calls": call(asked, at, false) };
    event(sse, "tool-call-start", Some(at), Some(start));
    for piece in asked.reply.chunks.of_arguments(&asked.reply.calls[at].arguments) {
        let function = object! { "function": nested! { "arguments": piece } };
        event(sse, "tool-call-delta", Some(at), Some(object! { "tool_calls": function }));
    }
    event(sse, "tool-call-end", Some(at), None);
}

fn event(sse: &mut Sse, kind: &str, index: Option<usize>, message: Option<Object>) {
    let delta = message.map(|message| object! { "message": message });
    let data = object! { "type": kind };
    let data = data.with_some("index", index.as_ref()).with_some("delta", delta.as_ref());
    sse.named(kind, &data);
}

fn usage(usage: Usage) -> Object {
    object! { "billed_units": units(usage), "tokens": units(usage), "cached_tokens": usage.cached }
}

pub(super) fn units(usage: Usage) -> Object {
    object! { "input_tokens": usage.input, "output_tokens": usage.output }
}

pub(super) fn finish_reason(finish: Finish) -> &'static str {
    match finish {
        Finish::Stop | Finish::Refusal => "COMPLETE",
        Finish::Length => "MAX_TOKENS",
        Finish::ToolCalls => "TOOL_CALL",
        Finish::ContentFilter => "ERROR",
    }
}
