//! A WebSocket as a person reads it: what it was about, and what differs between two.

use std::borrow::Cow;

use crate::fixture::socket::{self, Close, Data, Message, Side, Socket};
use crate::json::{self, Json, quote};
use crate::matching::{Difference, diff_of_json};
use crate::wire::usage::TokenUsage;

/// Members that are new on every socket, wherever they stand.
const UNIQUE: [&str; 13] = [
    "id",
    "event_id",
    "client_event_id",
    "item_id",
    "previous_item_id",
    "response_id",
    "previous_response_id",
    "conversation_id",
    "call_id",
    "created_at",
    "completed_at",
    "expires_at",
    "sequence_number",
];

/// What the messages are about.
#[derive(Debug)]
pub(super) struct Gist {
    pub(super) model: Option<String>,
    /// The last text of the client.
    pub(super) prompt: Option<String>,
    /// All text of the server; `None` if it is no language model, or says nothing.
    pub(super) response: Option<String>,
    pub(super) usage: TokenUsage,
}

/// Reads a WebSocket at this path.
pub(super) fn gist(path: &str, socket: &Socket) -> Gist {
    let asked = |text: &str| asked(&json::parse(text).ok()?);
    let said = |text: &str| said(&json::parse(text).ok()?);
    let response: String = texts(socket, Side::Server).filter_map(said).collect();
    Gist {
        model: model(path, socket),
        prompt: texts(socket, Side::Client).filter_map(asked).last(),
        response: Some(response).filter(|text| !text.is_empty()),
        usage: socket.usage(),
    }
}

fn texts(socket: &Socket, side: Side) -> impl Iterator<Item = &str> {
    socket.messages.iter().filter(move |message| message.from == side).filter_map(Message::text)
}

/// In the address, as Realtime has it, or in a message of the client.
fn model(path: &str, socket: &Socket) -> Option<String> {
    socket::model_of_path(path).map(str::to_owned).or_else(|| {
        let mut messages = texts(socket, Side::Client);
        messages.find_map(|text| socket::model_of_message(&json::parse(text).ok()?))
    })
}

/// The text that a message of the client sends to the model.
fn asked(message: &Json<'_>) -> Option<String> {
    let last = |path: &str| message.items(path).last();
    let turn = || last("clientContent/turns").or_else(|| last("client_content/turns"));
    let plain = |path: &str| Some(message.text(path)?.into_owned());
    plain("input")
        .or_else(|| last("input").and_then(|item| text_of(item, "content")))
        .or_else(|| text_of(message.find("item")?, "content"))
        .or_else(|| text_of(turn()?, "parts"))
        .or_else(|| plain("realtimeInput/text"))
        .or_else(|| plain("content"))
}

/// The text of an item of a conversation, or its last one: its content, or the result of a tool.
fn text_of(item: &Json<'_>, parts: &str) -> Option<String> {
    let whole = item.text(parts).or_else(|| item.text("output"));
    let text = whole.or_else(|| item.items(parts).iter().rev().find_map(|part| part.text("text")));
    text.map(Cow::into_owned)
}

/// The text that a message of the server adds to the response.
fn said(message: &Json<'_>) -> Option<String> {
    const TEXTS: [&str; 4] =
        ["output_text.delta", "response.text.delta", "audio_transcript.delta", "refusal.delta"];
    if let Some(kind) = message.text("type")
        && TEXTS.iter().any(|text| kind.ends_with(text))
    {
        return message.text("delta").map(Cow::into_owned);
    }
    let parts = message.items("serverContent/modelTurn/parts").iter();
    let text: String = parts.filter_map(|part| part.text("text")).collect();
    if !text.is_empty() {
        return Some(text);
    }
    message.text("serverContent/outputTranscription/text").map(Cow::into_owned)
}

/// What differs between two sockets, message by message of each side. Pieces of one text are put together before: how a
/// text is cut into messages is chance. Each difference has the side that it is on.
pub(super) fn changes(old: &Socket, new: &Socket) -> Vec<(Side, Difference)> {
    let mut found = Vec::new();
    let plain =
        |path: String, recorded, sent| Difference { path, recorded, sent, ..Difference::default() };
    if old.protocol != new.protocol {
        let [old, new] = [old, new].map(|socket| socket.protocol.as_deref().map(quote));
        found.push((Side::Server, plain("subprotocol".to_owned(), old, new)));
    }
    let [was, is] = [old, new].map(|socket| closed(&socket.close));
    if was != is {
        found.push((Side::Server, plain("close".to_owned(), Some(quote(&was)), Some(quote(&is)))));
    }
    for side in [Side::Client, Side::Server] {
        let [old, new] = [old, new].map(|socket| joined(socket, side));
        let name = side.name();
        if old.len() != new.len() {
            let [old, new] = [old.len(), new.len()].map(|count| Some(count.to_string()));
            found.push((side, plain(format!("{name} messages"), old, new)));
        }
        for (at, (old, new)) in old.iter().zip(&new).enumerate() {
            let differences = if old == new { Vec::new() } else { diff_of_json(old, new) };
            for difference in differences {
                let member = difference.path.rsplit('.').next().unwrap_or_default();
                if !UNIQUE.contains(&member) {
                    let path = format!("{name} message {}: {}", at + 1, difference.path);
                    found.push((side, Difference { path, ..difference }));
                }
            }
        }
    }
    found
}

/// The messages of a side as JSON, with consecutive pieces of one text as one message.
fn joined(socket: &Socket, side: Side) -> Vec<String> {
    let mut all: Vec<String> = Vec::new();
    // The kind of the piece that the last message is, and its text.
    let mut open: Option<(String, String)> = None;
    for message in socket.messages.iter().filter(|message| message.from == side) {
        let piece = message.text().and_then(|text| piece(&json::parse(text).ok()?));
        match (&mut open, piece) {
            (Some((kind, text)), Some((also, delta))) if *kind == also => {
                text.push_str(&delta);
                all.pop();
                all.push(whole(kind, text));
            }
            (_, Some((kind, delta))) => {
                all.push(whole(&kind, &delta));
                open = Some((kind, delta));
            }
            (_, None) => {
                all.push(shown(message));
                open = None;
            }
        }
    }
    all
}

/// The type and the text of an event that is a piece.
fn piece(message: &Json<'_>) -> Option<(String, String)> {
    let kind = message.text("type").filter(|kind| kind.ends_with(".delta"))?;
    Some((kind.into_owned(), message.text("delta")?.into_owned()))
}

fn whole(kind: &str, text: &str) -> String {
    format!(r#"{{"type":{},"delta":{}}}"#, quote(kind), quote(text))
}

fn shown(message: &Message) -> String {
    match &message.data {
        Data::Text(text) if json::parse(text).is_ok() => text.clone(),
        Data::Text(text) => quote(text),
        Data::Binary(binary) => {
            quote(&format!("{} bytes, SHA-256 {}", binary.length, binary.sha256))
        }
    }
}

fn closed(close: &Close) -> String {
    match close {
        Close::Open => "open at the end of the test".to_owned(),
        Close::Cut { from, .. } => format!("cut by the {}", from.name()),
        Close::Frame { from, code, reason, .. } => {
            let code = code.map_or_else(|| "without a code".to_owned(), |code| code.to_string());
            format!("{} by the {} {reason}", code, from.name()).trim_end().to_owned()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn socket(messages: &[(Side, &str)], close: Close) -> Socket {
        let message = |(from, text): &(Side, &str)| {
            Message::received(*from, 0, false, (*text).to_owned().into())
        };
        Socket { protocol: None, messages: messages.iter().map(message).collect(), close }
    }

    #[test]
    fn sockets_are_compared_by_their_texts_and_not_by_their_pieces() {
        let delta = r#"{"type":"response.output_text.delta","event_id":"e1","delta":"#;
        let (one, two) = (format!("{delta}\"Good\"}}"), format!("{delta}\" morning\"}}"));
        let whole = format!("{delta}\"Good morning\"}}");
        let other = format!("{delta}\"Good evening\"}}");
        let old = socket(&[(Side::Server, &one), (Side::Server, &two)], Close::Open);
        let same = socket(&[(Side::Server, &whole)], Close::Open);
        assert!(changes(&old, &same).is_empty());
        let new = socket(
            &[(Side::Server, &other), (Side::Client, "x")],
            Close::Cut { from: Side::Server, ms: 1 },
        );
        let found = changes(&old, &new);
        let paths: Vec<_> = found.iter().map(|(_, difference)| difference.path.as_str()).collect();
        assert_eq!(paths, ["close", "client messages", "server message 1: $.delta"]);
    }

    #[test]
    fn the_line_of_a_socket_has_its_model_and_both_sides() {
        for (path, client, server, expected) in [
            (
                "/v1/responses",
                r#"{"type":"response.create","model":"gpt-5","input":"Hello!"}"#,
                r#"{"type":"response.output_text.delta","delta":"Hi"}"#,
                ("gpt-5", "Hello!", "Hi"),
            ),
            (
                "/v1/realtime?x=1&model=gpt-realtime",
                r#"{"type":"conversation.item.create","item":{"content":[{"type":"input_text","text":"Hello!"}]}}"#,
                r#"{"type":"response.output_audio_transcript.delta","delta":"Hi"}"#,
                ("gpt-realtime", "Hello!", "Hi"),
            ),
            (
                "/ws/x.BidiGenerateContent",
                r#"{"setup":{"model":"models/live"},"clientContent":{"turns":[{"parts":[{"text":"Hello!"}]}]}}"#,
                r#"{"serverContent":{"modelTurn":{"parts":[{"text":"Hi"}]}}}"#,
                ("models/live", "Hello!", "Hi"),
            ),
        ] {
            let socket = socket(&[(Side::Client, client), (Side::Server, server)], Close::Open);
            let message = json::parse(client).expect("JSON");
            let response = json::parse(server).expect("JSON");
            let found = (model(path, &socket), asked(&message), said(&response));
            let (model, prompt, text) = expected;
            let owned = |text: &str| Some(text.to_owned());
            assert_eq!(found, (owned(model), owned(prompt), owned(text)), "{path}");
        }
    }
}
