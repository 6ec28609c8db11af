//! The chat of Cohere's first API, which streams a line of JSON for each event.

use super::asked::Asked;
use super::cohere;
use super::content::Finish;
use super::object::{Object, ToJson, arguments, nested, object};
use super::rendered::{self, Rendered};
use crate::json::Json;
use crate::stream::Item;

pub(super) fn render(asked: &Asked<'_>) -> Rendered {
    if !asked.streams {
        return response(asked).into();
    }
    let items = events(asked).into_iter().map(|event| Item::Json(event.into_text())).collect();
    rendered::lines("application/stream+json", items)
}

pub(super) fn response(asked: &Asked<'_>) -> Object {
    let (reply, usage) = (asked.reply, asked.usage());
    let calls = calls(asked);
    let units = cohere::units(usage);
    object! {
        "response_id": asked.uuid(),
        "generation_id": asked.id_of("gen_", 0),
        "text": reply.words().unwrap_or_default(),
        "finish_reason": finish_reason(reply.finished()),
    }
    .with_some("tool_calls", (!calls.is_empty()).then_some(&calls))
    .with("chat_history", &History(asked))
    .with(
        "meta",
        &nested! {
            "api_version": nested! { "version": "1" },
            "billed_units": units,
            "tokens": units,
        },
    )
}

/// The conversation as the next request may send it: what this one said came before, what it says, and the answer.
/// Some clients take the answer from here.
struct History<'a>(&'a Asked<'a>);

impl ToJson for History<'_> {
    fn write(&self, out: &mut String) {
        let Self(asked) = self;
        out.push('[');
        let mut add = |turn: &dyn ToJson| {
            turn.write(out);
            out.push(',');
        };
        for turn in asked.member("chat_history").and_then(Json::as_array).unwrap_or_default() {
            add(turn);
        }
        // empty beside the results of tools
        let message = asked.member("message").and_then(Json::as_str).unwrap_or_default();
        if !message.is_empty() {
            add(&nested! { "role": "USER", "message": message });
        }
        if let Some(results) = asked.member("tool_results") {
            add(&nested! { "role": "TOOL", "tool_results": results });
        }
        let calls = calls(asked);
        let text = asked.reply.words().unwrap_or_default();
        object! { "role": "CHATBOT", "message": text }
            .with_some("tool_calls", (!calls.is_empty()).then_some(&calls))
            .write(out);
        out.push(']');
    }
}

fn calls(asked: &Asked<'_>) -> Vec<Object> {
    let calls = asked.reply.calls.iter();
    calls
        .map(|call| object! { "name": call.name, "parameters": arguments(&call.arguments) })
        .collect()
}

pub(super) fn events(asked: &Asked<'_>) -> Vec<Object> {
    let reply = asked.reply;
    let event = |kind: &str| object! { "is_finished": false, "event_type": kind };
    let start = event("stream-start").with("generation_id", &asked.id_of("gen_", 0));
    let mut events = vec![start];
    for piece in reply.word_pieces() {
        events.push(event("text-generation").with("text", piece));
    }
    let calls = calls(asked);
    if !calls.is_empty() {
        events.push(event("tool-calls-generation").with("tool_calls", &calls));
    }
    let finish = match &reply.failure {
        Some(_) => "ERROR",
        None => finish_reason(reply.finished()),
    };
    let end = object! { "is_finished": true, "event_type": "stream-end" };
    events.push(end.with("finish_reason", finish).with("response", &response(asked)));
    events
}

fn finish_reason(finish: Finish) -> &'static str {
    match finish {
        // this API does not say that it waits for a tool
        Finish::ToolCalls => "COMPLETE",
        Finish::ContentFilter => "ERROR_TOXIC",
        other => cohere::finish_reason(other),
    }
}
