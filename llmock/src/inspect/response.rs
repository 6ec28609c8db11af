//! A response as turns: the text, the calls, and the error that its body or its events add up to.

use super::conversation::{Speaker, Turn, blob, message};
use super::part::{Part, decoded_length, listed_call, parts_of, text_part};
use crate::fixture::interaction::{Body, Content, Response};
use crate::fixture::socket::{Data, Message, Side, Socket};
use crate::json::{self, Json};
use crate::stream::{End, Framing, Item, Stream};
use crate::wire::Format;

/// The turns of a response, and why the model stopped.
pub(super) fn turns(format: &Format, response: &Response) -> (Vec<Turn>, Option<String>) {
    let (mut turns, finish) = match &response.content {
        Content::Socket(socket) => (of_socket(socket), None),
        Content::Stream(stream) => of_stream(format, stream),
        Content::Body(Body::Json(text)) => match json::parse(text) {
            Ok(body) if response.status >= 400 => {
                let error = (format.error_message)(&body).unwrap_or_else(|| text.clone());
                (vec![spoken(vec![Part::Error(error)])], None)
            }
            Ok(body) => (of_body(&body), finish(&body)),
            Err(_) => (vec![spoken(vec![Part::Text(text.clone())])], None),
        },
        Content::Body(Body::Text(text)) if response.status >= 400 => {
            (vec![spoken(vec![Part::Error(text.clone())])], None)
        }
        Content::Body(Body::Text(text)) => {
            (vec![spoken(text_part(text).into_iter().collect())], None)
        }
        Content::Body(Body::Bytes(bytes)) => {
            let kind = response.headers.iter().find(|(name, _)| name == "content-type");
            let mut part = blob(bytes.len());
            if let (Some((_, value)), Part::Media { kind, .. }) = (kind, &mut part) {
                value.clone_into(kind);
            }
            (vec![spoken(vec![part])], None)
        }
        Content::Body(Body::Empty | Body::Form(_)) => (Vec::new(), None),
    };
    turns.retain(|turn| !turn.parts.is_empty());
    (turns, finish)
}

fn spoken(parts: Vec<Part>) -> Turn {
    Turn::new(Speaker::Assistant, parts)
}

fn of_stream(format: &Format, stream: &Stream) -> (Vec<Turn>, Option<String>) {
    let transcript = format.transcript(stream, |_| false);
    let mut parts = Vec::new();
    if !transcript.reasoning.is_empty() {
        parts.push(Part::Reasoning(transcript.reasoning));
    }
    parts.extend(text_part(&transcript.text));
    parts.extend(transcript.calls.into_iter().map(|call| Part::Call {
        name: call.name,
        id: None,
        arguments: call.arguments,
    }));
    parts.extend(transcript.error.map(Part::Error));
    if parts.is_empty() && stream.framing == Framing::Bytes {
        let length = stream.to_chunks().iter().map(|chunk| chunk.bytes.len()).sum();
        parts.push(blob(length));
    }
    let end = match stream.end {
        End::Complete => None,
        End::Cut => Some("the connection broke off".to_owned()),
        End::ClientLeft => Some("the client disconnected".to_owned()),
    };
    let reason = || {
        stream.events.iter().rev().find_map(|event| finish(&json::parse(data(&event.item)?).ok()?))
    };
    (vec![spoken(parts)], end.or_else(reason))
}

/// The messages of a WebSocket in order: those of the client are the user's.
fn of_socket(socket: &Socket) -> Vec<Turn> {
    let turn = |message: &Message| {
        let part = match &message.data {
            Data::Text(text) => Part::Text(text.clone()),
            Data::Binary(binary) => blob(usize::try_from(binary.length).unwrap_or(usize::MAX)),
        };
        let speaker = if message.from == Side::Client { Speaker::User } else { Speaker::Assistant };
        Turn::new(speaker, vec![part])
    };
    socket.messages.iter().map(turn).collect()
}

fn data(item: &Item) -> Option<&str> {
    match item {
        Item::Sse { data, .. } | Item::Json(data) | Item::Frame { payload: data, .. } => Some(data),
        Item::Raw(_) | Item::RawBytes(_) => None,
    }
}

/// Why the model stopped, in a body or in an event.
fn finish(object: &Json<'_>) -> Option<String> {
    let places = [
        "choices/0/finish_reason",
        "stop_reason",
        "delta/stop_reason",
        "candidates/0/finishReason",
        "done_reason",
        "finish_reason",
        "delta/finish_reason",
        "response/incomplete_details/reason",
        "incomplete_details/reason",
        "response/status",
        "stopReason",
        "messageStop/stopReason",
    ];
    let status = || object.text("status").filter(|_| object.get("output").is_some());
    places.iter().find_map(|place| object.text(place)).or_else(status).map(Into::into)
}

fn of_body(body: &Json<'_>) -> Vec<Turn> {
    if let Some(choices) = body.get("choices").and_then(Json::as_array) {
        return choices.iter().map(choice).collect();
    }
    if let Some(candidates) = body.get("candidates").and_then(Json::as_array) {
        let content = |candidate: &Json<'_>| candidate.find("content/parts").map(parts_of);
        return candidates.iter().map(|one| spoken(content(one).unwrap_or_default())).collect();
    }
    if let Some(output) = body.get("output").and_then(Json::as_array) {
        return output.iter().map(of_model).collect();
    }
    if let Some(found) = body.find("output/message").or_else(|| body.get("message"))
        && found.as_object().is_some()
    {
        return vec![of_model(found)];
    }
    if let Some(counted) = counted(body) {
        return vec![spoken(vec![counted])];
    }
    let text =
        ["response", "text", "outputText", "generation"].iter().find_map(|name| body.text(name));
    if let Some(text) = text {
        let mut parts: Vec<Part> = text_part(&text).into_iter().collect();
        parts.extend(body.items("tool_calls").iter().map(listed_call));
        return vec![spoken(parts)];
    }
    if let Some(content) = body.get("content") {
        return vec![spoken(parts_of(content))];
    }
    let error = body.get("error").filter(|error| !error.is_null());
    let error = error.and_then(|error| error.as_str().or_else(|| error.text("message")));
    vec![spoken(error.map(|text| Part::Error(text.into_owned())).into_iter().collect())]
}

/// A message that has the role of the model unless it is something else.
fn of_model(value: &Json<'_>) -> Turn {
    let turn = message(value);
    if turn.speaker == Speaker::User { Turn { speaker: Speaker::Assistant, ..turn } } else { turn }
}

fn choice(choice: &Json<'_>) -> Turn {
    match choice.get("message") {
        Some(found) => of_model(found),
        None => spoken(choice.get("text").map(parts_of).unwrap_or_default()),
    }
}

/// What is no text: vectors, images, lists.
fn counted(body: &Json<'_>) -> Option<Part> {
    let other = |number: usize, noun: &str| {
        let plural = if number == 1 { "" } else { "s" };
        Some(Part::Other(format!("{number} {noun}{plural}")))
    };
    let lists =
        ["embeddings/float", "embeddings"].iter().find_map(|path| body.find(path)?.as_array());
    if let Some(vectors) = lists {
        return other(vectors.len(), "embedding");
    }
    if body.get("embedding").is_some() {
        return other(1, "embedding");
    }
    if let Some(models) = body.get("models").and_then(Json::as_array) {
        return other(models.len(), "model");
    }
    if let Some(results) = body.get("results").and_then(Json::as_array) {
        return other(results.len(), "result");
    }
    let items = body.get("data").and_then(Json::as_array)?;
    let first = items.first();
    let has = |name: &str| first.is_some_and(|item| item.get(name).is_some());
    if let Some(image) = first.and_then(|item| item.text("b64_json")) {
        let (kind, bytes) = ("image".to_owned(), Some(decoded_length(&image)));
        return Some(Part::Media { kind, bytes, name: None });
    }
    let noun = if has("embedding") {
        "embedding"
    } else if has("url") {
        "image"
    } else if has("id") || items.is_empty() {
        "item"
    } else {
        "entry"
    };
    if noun == "entry" { None } else { other(items.len(), noun) }
}
