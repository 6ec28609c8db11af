//! The provider's side of a socket where replies and strategies respond: what it sends for each message of the client.
//!
//! An API that has its own messages becomes requests of HTTP, whose streamed responses become messages again: so whatever
//! responds to requests responds on sockets. Pure: [`talk`](super::talk) carries it out.

mod gemini_live;
mod live;
mod realtime;
mod realtime_events;
mod responses;

use std::fmt::Debug;

use http::HeaderMap;
use serde_json::Value;

use super::api::{self, Kind};
use crate::exchange::request;

/// What follows a message of the client.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Step {
    /// The server sends a message.
    Send(String),
    /// The response to a `POST` comes next: [`Dialogue::responded`].
    Request { path: String, body: String },
    /// The server closes the socket.
    Close { code: u16, reason: String },
}

/// The state of one socket.
pub(crate) trait Dialogue: Debug + Send + Sync {
    /// What the server sends at once.
    fn opening(&mut self) -> Vec<String> {
        Vec::new()
    }

    /// What follows a message of the client.
    fn receive(&mut self, message: &str) -> Vec<Step>;

    /// The messages that a response becomes.
    fn responded(&mut self, status: u16, body: &[u8]) -> Vec<Step>;

    /// Whether a message ends the response that is being sent, of which so many messages are on their way; what is sent
    /// instead of the rest.
    fn interrupted(&mut self, _message: &str, _sent: usize) -> Option<Vec<String>> {
        None
    }

    /// Whether the server sends its text in binary messages.
    fn is_binary(&self) -> bool {
        false
    }
}

/// The dialogue of the API at a path with its query; `None` for an API that llmock does not speak. `seed` makes its ids.
pub(crate) fn at(target: &str, headers: &HeaderMap, seed: u64) -> Option<Box<dyn Dialogue>> {
    let path = target.split('?').next().unwrap_or(target).trim_end_matches('/');
    match api::at(target).kind {
        Kind::Responses => Some(Box::new(responses::Responses::new(path))),
        Kind::Realtime if path.ends_with("/realtime") => {
            Some(Box::new(realtime::Realtime::new(target, is_beta(headers), seed)))
        }
        Kind::Realtime if path.ends_with("/live/sessions") => {
            Some(Box::new(live::Live::new(path, seed)))
        }
        Kind::GeminiLive if path.contains("BidiGenerateContent") => {
            Some(Box::new(gemini_live::GeminiLive::new(path, seed)))
        }
        _ => None,
    }
}

/// Whether the client speaks the Realtime API as it was before its general availability, which has other names:
/// <https://developers.openai.com/api/docs/guides/realtime-conversations>.
fn is_beta(headers: &HeaderMap) -> bool {
    let in_protocol = super::connection::offered(headers).contains(&"openai-beta.realtime-v1");
    in_protocol
        || request::text(headers, "openai-beta").is_some_and(|it| it.contains("realtime=v1"))
}

/// Ids that differ within a socket, and between sockets.
#[derive(Debug)]
struct Ids {
    seed: u64,
    made: u64,
}

impl Ids {
    fn new(seed: u64) -> Self {
        // Spreads the numbers of sockets.
        Self { seed: seed.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15), made: 0 }
    }

    /// `resp_…`, for the prefix `resp`.
    fn next(&mut self, prefix: &str) -> String {
        self.made += 1;
        format!("{prefix}_{:016x}{:06x}", self.seed, self.made)
    }
}

/// The data of the events of a stream, as trees.
fn events(body: &[u8]) -> Vec<Value> {
    let events = responses::events(body);
    events.iter().filter_map(|event| serde_json::from_str(event).ok()).collect()
}

/// The members of a text that is an object.
fn object(text: &str) -> Option<Value> {
    serde_json::from_str(text).ok().filter(Value::is_object)
}
