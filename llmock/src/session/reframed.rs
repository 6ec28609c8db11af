//! The response of a recording to its own request once streaming is switched on or off: what it says, rendered in the form
//! that is requested now. Only plans and `while_editing` use it.

use crate::exchange::SentRequest;
use crate::exchange::response::Response;
use crate::fixture::Position;
use crate::fixture::interaction::{Body, Content, Interaction, Request};
use crate::json::{self, Json};
use crate::matching::{self, MatchRules};
use crate::provider::{self, Provider};
use crate::reply::Reply;
use crate::session::scripted;
use crate::wire;
use crate::wire::transcript::argument_text;

/// The recording of the same request that differs in streaming alone.
pub(super) fn twin<'f>(
    provider: Provider,
    request: &Request,
    mut recorded: impl Iterator<Item = (Position, &'f Request)>,
    rules: &MatchRules,
) -> Option<Position> {
    let key = |request: &Request| matching::key(provider, &without_streaming(request), rules);
    let wanted = key(request);
    recorded.find(|(_, one)| key(one) == wanted).map(|(at, _)| at)
}

/// The request without what asks for a stream: members of the body, or parts of the address.
fn without_streaming(request: &Request) -> Request {
    let path = provider::without_streaming(&request.path);
    let mut plain = Request { path, ..request.clone() };
    if let Body::Json(text) = &request.body
        && let Ok(serde_json::Value::Object(mut members)) = serde_json::from_str(text)
    {
        members.remove("stream");
        members.remove("stream_options");
        plain.body = Body::Json(serde_json::Value::Object(members).to_string());
    }
    plain
}

/// What the recording says, as the response to this request; `None` if its format has no such response.
pub(super) fn response(recorded: &Interaction, sent: &SentRequest) -> Option<Response> {
    let format = wire::format(recorded.provider, &recorded.request.method, &recorded.request.path);
    let mut reply = Reply::new();
    match &recorded.response.content {
        Content::Stream(stream) => {
            let read = format.transcript(stream, |_| false);
            if !read.text.is_empty() {
                reply = reply.with_text(read.text);
            }
            for call in read.calls {
                reply = reply.tool_call(call.name, call.arguments);
            }
        }
        Content::Body(Body::Json(text)) => {
            let body = json::parse(text).ok()?;
            let mut texts = String::new();
            let mut calls = Vec::new();
            read(&body, &mut texts, &mut calls);
            if !texts.is_empty() {
                reply = reply.with_text(texts);
            }
            for (name, arguments) in calls {
                reply = reply.tool_call(name, arguments);
            }
        }
        _ => return None,
    }
    scripted::rendered(&reply, sent).ok()
}

/// Texts and calls of a body: in every format a call has a name and arguments, and a text is a `text` or a `content`.
fn read(value: &Json<'_>, texts: &mut String, calls: &mut Vec<(String, String)>) {
    if let Json::Array(items) = value {
        for item in items {
            read(item, texts, calls);
        }
    }
    let Some(members) = value.as_object() else { return };
    let is_thought = value.get("thought").and_then(Json::as_bool) == Some(true);
    if is_thought || value.text("type").as_deref() == Some("reasoning") {
        return;
    }
    let arguments = ["arguments", "input", "args"].iter().find_map(|name| value.get(name));
    if let (Some(name), Some(arguments)) = (value.text("name"), arguments) {
        calls.push((name.into_owned(), argument_text(arguments)));
        return;
    }
    for (name, inner) in members {
        match (&*name.decode(), inner) {
            ("text" | "content" | "response", Json::String(text)) => texts.push_str(&text.decode()),
            (
                "choices" | "candidates" | "output" | "message" | "content" | "parts"
                | "tool_calls" | "function" | "functionCall" | "toolUse",
                _,
            ) => read(inner, texts, calls),
            _ => {}
        }
    }
}
