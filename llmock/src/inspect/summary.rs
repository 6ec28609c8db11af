//! The line of an interaction in a list. Lists hold thousands, so nothing is parsed twice.

use super::conversation::Turn;
use super::part::Part;
use super::{response, sockets};
use crate::fixture::interaction::{Body, Content, Interaction, Request};
use crate::fixture::socket::{Data, Message};
use crate::json;
use crate::stream::{Item, Stream};
use crate::wire;
use crate::wire::usage::TokenUsage;

/// What a list shows of an interaction.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Summary {
    /// The model in the request.
    pub model: Option<String>,
    /// The last message that the model did not write.
    pub prompt: Option<String>,
    /// The beginning of the response, on one line: text, calls, or the error.
    pub response: Option<String>,
    /// The tokens that the response reports.
    pub usage: TokenUsage,
    /// The bytes of both bodies.
    pub bytes: usize,
}

/// Reads an interaction.
#[must_use]
pub fn summary(interaction: &Interaction) -> Summary {
    let Interaction { provider, request, response, .. } = interaction;
    let format = wire::format(*provider, &request.method, &request.path);
    let body = match &request.body {
        Body::Json(text) => json::parse(text).ok(),
        _ => None,
    };
    let model = (format.model)(*provider, &request.path, body.as_ref());
    let mut found = Summary {
        model: model.map(std::borrow::Cow::into_owned),
        prompt: body.as_ref().and_then(|body| format.prompt(body)),
        bytes: length(request) + content_length(&response.content),
        ..Summary::default()
    };
    match &response.content {
        Content::Stream(stream) => {
            found.usage = usage_of(stream);
            found.response = format.preview(stream);
        }
        Content::Socket(socket) => {
            let gist = sockets::gist(&request.path, socket);
            found.model = found.model.or(gist.model);
            found.prompt = gist.prompt;
            found.response = gist.response.or_else(|| line(&response::turns(format, response).0));
            found.usage = gist.usage;
        }
        Content::Body(content) => {
            if let Body::Json(text) = content
                && let Ok(body) = json::parse(text)
            {
                found.usage.read(&body);
            }
            let (turns, _) = response::turns(format, response);
            found.response = line(&turns);
        }
    }
    found
}

fn line(turns: &[Turn]) -> Option<String> {
    let parts = turns.iter().flat_map(|turn| &turn.parts);
    let text = |part: &Part| match part {
        Part::Reasoning(_) => None,
        Part::Call { .. } => Some(format!("call {part}")),
        Part::Error(text) => Some(format!("error: {text}")),
        part => Some(part.to_string()),
    };
    let texts: Vec<String> = parts.filter_map(text).collect();
    (!texts.is_empty()).then(|| texts.join(" "))
}

/// Only events that have counts are parsed.
fn usage_of(stream: &Stream) -> TokenUsage {
    let mut usage = TokenUsage::default();
    for event in &stream.events {
        let (Item::Sse { data, .. } | Item::Json(data) | Item::Frame { payload: data, .. }) =
            &event.item
        else {
            continue;
        };
        let has_counts =
            ["usage", "eval_count", "billed_units"].iter().any(|name| data.contains(name));
        if has_counts && let Ok(object) = json::parse(data) {
            usage.read(&object);
        }
    }
    usage
}

fn length(request: &Request) -> usize {
    body_length(&request.body)
}

fn body_length(body: &Body) -> usize {
    match body {
        Body::Empty | Body::Form(_) => 0,
        Body::Json(text) | Body::Text(text) => text.len(),
        Body::Bytes(bytes) => bytes.len(),
    }
}

fn content_length(content: &Content) -> usize {
    match content {
        Content::Body(body) => body_length(body),
        Content::Socket(socket) => {
            let length = |message: &Message| match &message.data {
                Data::Text(text) => text.len(),
                Data::Binary(binary) => usize::try_from(binary.length).unwrap_or_default(),
            };
            socket.messages.iter().map(length).sum()
        }
        Content::Stream(stream) => {
            let length = |item: &Item| match item {
                Item::Sse { data, .. } | Item::Json(data) | Item::Frame { payload: data, .. } => {
                    data.len()
                }
                Item::Raw(text) => text.len(),
                Item::RawBytes(bytes) => bytes.len(),
            };
            stream.events.iter().map(|event| length(&event.item)).sum()
        }
    }
}
