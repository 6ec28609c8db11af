//! The chat of Cohere's first API, which streams a line of JSON for each event.

use super::super::content::Reply;
use super::super::format::{Finish, RenderContext, Rendered};
use super::super::rendered;
use crate::json::Json;
use crate::json::write::{Object, list, nested, object};

pub(super) fn chat(context: &RenderContext<'_>) -> Rendered {
    if !context.streams {
        return response(context).into();
    }
    rendered::lines("application/stream+json", events(context))
}

pub(in crate::wire) fn response(context: &RenderContext<'_>) -> Object {
    let (reply, usage) = (context.reply, context.usage());
    let calls = calls(context);
    let calls = (!calls.is_empty()).then_some(&calls);
    let text = reply.words().unwrap_or_default();
    let units = super::units(usage);
    // the conversation as the next request may send it; some clients read the response from here
    let history = list(|add| {
        let body = context.body.unwrap_or(&Json::Null);
        body.items("chat_history").iter().for_each(|turn| add(turn));
        // empty with results of tools
        let message = body.text("message").unwrap_or_default();
        if !message.is_empty() {
            add(&nested! { "role": "USER", "message": message });
        }
        if let Some(results) = context.member("tool_results") {
            add(&nested! { "role": "TOOL", "tool_results": results });
        }
        add(&object! { "role": "CHATBOT", "message": text }.with_some("tool_calls", calls));
    });
    let meta = nested! {
        "api_version": nested! { "version": "1" },
        "billed_units": units,
        "tokens": units,
    };
    object! {
        "response_id": context.uuid(),
        "generation_id": context.id_of("gen_", 0),
        "text": text,
        "finish_reason": finish_reason(reply),
    }
    .with_some("tool_calls", calls)
    .with("chat_history", &history)
    .with("meta", &meta)
}

fn calls(context: &RenderContext<'_>) -> Vec<Object> {
    let calls = context.reply.calls.iter();
    calls
        .map(|call| object! { "name": call.name, "parameters": call.arguments_as_json() })
        .collect()
}

pub(in crate::wire) fn events(context: &RenderContext<'_>) -> Vec<Object> {
    let reply = context.reply;
    let event = |kind: &str| object! { "is_finished": false, "event_type": kind };
    let start = event("stream-start").with("generation_id", &context.id_of("gen_", 0));
    let mut events = vec![start];
    for piece in reply.word_pieces() {
        events.push(event("text-generation").with("text", piece));
    }
    let calls = calls(context);
    if !calls.is_empty() {
        events.push(event("tool-calls-generation").with("tool_calls", &calls));
    }
    let finish = match &reply.failure {
        Some(_) => "ERROR",
        None => finish_reason(reply),
    };
    let end = object! { "is_finished": true, "event_type": "stream-end" };
    events.push(end.with("finish_reason", finish).with("response", &response(context)));
    events
}

fn finish_reason(reply: &Reply) -> &'static str {
    match reply.finished() {
        // this API has no finish reason for tool calls
        Finish::ToolCalls => "COMPLETE",
        Finish::ContentFilter => "ERROR_TOXIC",
        _ => super::finish_reason(reply),
    }
}
