//! Recordings of GPT-Live that aimock has made (`response.live`): a WebSocket, each message with its side and its time.
//!
//! The members are those of
//! <https://github.com/Ayush7614/aimock/blob/8074cc61546f2c1394a04659ec8e3b2d56544306/src/live-types.ts>. Its bindings name
//! ids that the client made up; llmock finds them itself.

use llmock::__server::imported::ForeignMessage;

use super::super::super::message::Recorded;
use super::super::super::times;
use super::super::super::tree::Node;

/// Where aimock serves GPT-Live, and where a recording without provenance was made.
const HOST: &str = "api.openai.com";
const PATH: &str = "/v1/live/sessions";

/// The end of a session, after which the server closes the socket.
const CLOSED: &str = "session.closed";

/// The socket of a recording.
pub(super) fn socket(live: &Node<'_>) -> Result<Recorded, String> {
    let entries = live.get("entries").map(Node::items).unwrap_or_default();
    if entries.is_empty() {
        return Err("its `live` has no `entries`".to_owned());
    }
    let messages: Result<Vec<_>, String> = entries.iter().map(message).collect();
    let messages = messages?;
    let last = entries.last().and_then(|entry| entry.get("event")?.text_of("type"));
    let mut losses = vec![super::super::super::message::PARSED_MESSAGES.to_owned()];
    if last != Some(CLOSED) {
        losses.push(format!("the end of the session: its last event is not `{CLOSED}`"));
    }
    let origin = live.get("capture").and_then(|capture| capture.some("provenance"));
    let of_origin = |name: &str| origin.and_then(|origin| origin.text_of(name));
    let (host, path) = (of_origin("host").unwrap_or(HOST), of_origin("path").unwrap_or(PATH));
    Ok(Recorded {
        method: "GET".to_owned(),
        url: format!("wss://{host}{path}"),
        status: 101,
        recorded_at: of_origin("observedAt").and_then(times::iso),
        socket: Some(messages),
        losses,
        ..Recorded::default()
    })
}

fn message(entry: &Node<'_>) -> Result<ForeignMessage, String> {
    let is_from_client = match entry.text_of("direction") {
        Some("client") => true,
        Some("server") => false,
        other => {
            let other = other.unwrap_or_default();
            return Err(format!("an entry of `live` has the direction `{other}`"));
        }
    };
    let event = entry.some("event").ok_or("an entry of `live` has no `event`")?;
    let ms = entry.get("atMs").and_then(Node::number).and_then(times::millis);
    Ok(ForeignMessage {
        is_from_client,
        ms: ms.unwrap_or_default(),
        is_binary: false,
        bytes: event.to_json().into_bytes(),
    })
}
