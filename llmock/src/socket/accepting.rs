//! What a test session and a server do alike at the server's side of a socket.

use std::borrow::Cow;

use http::HeaderMap;
use tokio::time::timeout;

use super::api;
use super::connection::{self, Received, Receiver, Sender};
use super::play::GOODBYE;
use crate::fixture::redact::Redactor;
use crate::fixture::socket::{Data, Message};

/// Reports an error as the API does, and closes the socket.
pub(crate) async fn reject<Io>(
    path: &str,
    message: &str,
    sender: &mut Sender<Io>,
    source: &mut Receiver<Io>,
) where
    Io: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin,
{
    if let Some(event) = api::at(path).error(message) {
        let _ = sender.message(false, event.into(), None).await;
    }
    // 1008: the message violates a policy.
    sender.close(Some(1008), message).await;
    let goodbye =
        async { while !matches!(source.next().await, Received::Close { .. } | Received::Gone) {} };
    let _ = timeout(GOODBYE, goodbye).await;
}

/// The offer of the client that is the subprotocol which the server selected when the socket was recorded.
pub(crate) fn selected(
    redactor: &Redactor,
    headers: &HeaderMap,
    recorded: Option<&str>,
) -> Result<Option<String>, String> {
    let Some(recorded) = recorded else { return Ok(None) };
    let offered = connection::offered(headers);
    if let Some(offer) = offered.iter().find(|offer| redactor.text(offer) == recorded) {
        return Ok(Some((*offer).to_owned()));
    }
    let offers = match offered.len() {
        0 => "no subprotocol".to_owned(),
        // They may be credentials.
        count => format!("{count} other subprotocols"),
    };
    Err(format!("the recording has the subprotocol `{recorded}`, and the client offers {offers}"))
}

/// Removes secrets from a message of the client.
pub(crate) fn redact(redactor: &Redactor, message: &mut Message) {
    if let Data::Text(text) = &mut message.data
        && let Cow::Owned(redacted) = redactor.json(text)
    {
        *text = redacted;
    }
}
