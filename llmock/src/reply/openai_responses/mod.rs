//! OpenAI's Responses API: the response in one piece, and the endpoints around it.
//!
//! [`item`] writes the items of the output, [`events`] the stream.

mod events;
mod item;

use item::Item;

use super::asked::{Asked, Usage};
use super::content::{Failure, Finish};
use super::errors;
use super::object::{Object, Raw, nested, object};
use super::rendered::Rendered;

pub(super) fn render(asked: &Asked<'_>) -> Rendered {
    match (asked.method, asked.endpoint()) {
        (_, "input_tokens") => object! {
            "object": "response.input_tokens",
            "input_tokens": asked.input_tokens(),
        }
        .into(),
        ("DELETE", _) => object! {
            "id": response_id(asked),
            "object": "response",
            "deleted": true,
        }
        .into(),
        _ if asked.streams => events::events(asked).into(),
        _ => response(asked, State::finished(asked)).into(),
    }
}

/// How far a response is.
#[derive(Clone, Copy, PartialEq)]
enum State<'a> {
    Begun,
    Finished(Finish),
    Failed(&'a Failure),
}

impl State<'_> {
    fn finished(asked: &Asked<'_>) -> Self {
        Self::Finished(asked.reply.finished())
    }

    fn status(self) -> &'static str {
        match self {
            Self::Begun => "in_progress",
            Self::Finished(Finish::Length | Finish::ContentFilter) => "incomplete",
            Self::Finished(_) => "completed",
            Self::Failed(_) => "failed",
        }
    }

    fn incomplete(self) -> Option<Object> {
        let reason = match self {
            Self::Finished(Finish::Length) => "max_output_tokens",
            Self::Finished(Finish::ContentFilter) => "content_filter",
            _ => return None,
        };
        Some(object! { "reason": reason })
    }
}

fn response(asked: &Asked<'_>, state: State<'_>) -> Object {
    let error = match state {
        State::Failed(failure) => Some(object! {
            "code": asked.reply.code.clone().unwrap_or_else(|| errors::kind(asked, failure)),
            "message": failure.message,
        }),
        _ => None,
    };
    let finished = matches!(state, State::Finished(_));
    let items = if finished { Item::all(asked) } else { Vec::new() };
    let output: Vec<Object> = items.iter().map(|item| item.full(asked, state.status())).collect();
    let head = object! {
        "id": response_id(asked),
        "object": "response",
        "created_at": asked.created,
        "status": state.status(),
        "background": false,
        "error": error,
        "incomplete_details": state.incomplete(),
        "model": asked.model,
        "output": output,
    };
    let usage = finished.then(|| usage(asked.usage()));
    repeated(asked, head).with("usage", &usage)
}

/// What a response repeats of its request, with the API's defaults for what the request leaves out.
fn repeated(asked: &Asked<'_>, response: Object) -> Object {
    const DEFAULTS: [(&str, &str); 16] = [
        ("instructions", "null"),
        ("max_output_tokens", "null"),
        ("max_tool_calls", "null"),
        ("metadata", "{}"),
        ("parallel_tool_calls", "true"),
        ("previous_response_id", "null"),
        ("reasoning", r#"{"effort":null,"summary":null}"#),
        ("service_tier", r#""default""#),
        ("store", "true"),
        ("temperature", "1.0"),
        ("text", r#"{"format":{"type":"text"}}"#),
        ("tool_choice", r#""auto""#),
        ("tools", "[]"),
        ("top_p", "1.0"),
        ("truncation", r#""disabled""#),
        ("user", "null"),
    ];
    DEFAULTS.iter().fold(response, |response, (name, default)| {
        match asked.member(name).filter(|value| *name != "text" || value.get("format").is_some()) {
            Some(value) => response.with(name, value),
            None => response.with(name, &Raw(default)),
        }
    })
}

/// The id that was asked for (`GET responses/ID`), or a new one.
fn response_id(asked: &Asked<'_>) -> String {
    let given = asked.path_alone().rsplit_once("/responses/").map(|(_, rest)| rest);
    match given.filter(|_| asked.method != "POST").and_then(|rest| rest.split('/').next()) {
        Some(id) => id.to_owned(),
        None => asked.id("resp_").to_owned(),
    }
}

fn usage(usage: Usage) -> Object {
    object! {
        "input_tokens": usage.input,
        "input_tokens_details": nested! {
            "cached_tokens": usage.cached,
            "cache_write_tokens": 0_u64,
        },
        "output_tokens": usage.output,
        "output_tokens_details": nested! { "reasoning_tokens": usage.reasoning },
        "total_tokens": usage.total(),
    }
}
