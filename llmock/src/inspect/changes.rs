//! What differs between two recordings, by JSON path and with prose by words.

use super::conversation::conversation;
use super::part::Part;
use super::sockets;
use crate::fixture::interaction::{Body, Content, Interaction};
use crate::fixture::socket::Side;
use crate::json::quote;
use crate::json::write::Object;
use crate::matching::{Difference, diff_of_json};
use crate::report::differences;

/// The half of an interaction that a change is in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Half {
    /// What the program sent.
    Request,
    /// What it received.
    Response,
}

impl Half {
    /// `request`, `response`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Request => "request",
            Self::Response => "response",
        }
    }
}

/// One place that differs.
#[derive(Clone, Debug)]
pub struct Change {
    /// Where it is.
    pub half: Half,
    difference: Difference,
}

impl Change {
    fn new(half: Half, path: &str, old: Option<String>, new: Option<String>) -> Self {
        let (path, recorded, sent) = (path.to_owned(), old, new);
        Self { half, difference: Difference { path, recorded, sent, ..Difference::default() } }
    }

    /// `$.messages[1].content`, `status`, `text`.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.difference.path
    }

    /// The value before, as JSON, shortened where it is long.
    #[must_use]
    pub fn old(&self) -> Option<&str> {
        self.difference.recorded.as_deref()
    }

    /// The value after.
    #[must_use]
    pub fn new_value(&self) -> Option<&str> {
        self.difference.sent.as_deref()
    }

    /// The lines of a report: the path, both sides, and what has changed in them.
    #[must_use]
    pub fn lines(&self, colour: bool) -> String {
        differences::lines(&self.difference, colour)
    }
}

/// Everything by which two interactions differ, but for ids of requests and times.
#[must_use]
pub fn changes(old: &Interaction, new: &Interaction) -> Vec<Change> {
    let mut found = Vec::new();
    let mut pair = |half, path: &str, old: Option<&str>, new: Option<&str>| {
        if old != new {
            found.push(Change::new(half, path, old.map(quote), new.map(quote)));
        }
    };
    pair(Half::Request, "test", old.test(), new.test());
    pair(Half::Request, "provider", Some(old.provider.id()), Some(new.provider.id()));
    pair(Half::Request, "method", Some(old.method()), Some(new.method()));
    pair(Half::Request, "path", Some(old.path()), Some(new.path()));
    if old.request.body != new.request.body {
        found.extend(bodies(Half::Request, "body", &old.request.body, &new.request.body));
    }
    let (old, new) = (&old, &new);
    if old.response.status != new.response.status {
        let [old, new] = [old, new].map(|one| Some(one.response.status.to_string()));
        found.push(Change::new(Half::Response, "status", old, new));
    }
    match (&old.response.content, &new.response.content) {
        (old, new) if old == new => {}
        (Content::Socket(old), Content::Socket(new)) => {
            let half = |side| if side == Side::Client { Half::Request } else { Half::Response };
            let differences = sockets::changes(old, new).into_iter();
            found.extend(
                differences.map(|(side, difference)| Change { half: half(side), difference }),
            );
        }
        (Content::Body(old), Content::Body(new)) => {
            found.extend(bodies(Half::Response, "body", old, new));
        }
        _ => found.extend(streamed(old, new)),
    }
    found
}

/// What is new in every response.
const UNIQUE: [&str; 7] = [
    "$.id",
    "$.created",
    "$.created_at",
    "$.completed_at",
    "$.responseId",
    "$.system_fingerprint",
    "$.request_id",
];

fn bodies(half: Half, whole: &str, old: &Body, new: &Body) -> Vec<Change> {
    if let (Body::Json(old), Body::Json(new)) = (old, new) {
        let differences = diff_of_json(old, new).into_iter();
        let counts = |difference: &Difference| {
            half == Half::Request || !UNIQUE.contains(&difference.path.as_str())
        };
        return differences.filter(counts).map(|difference| Change { half, difference }).collect();
    }
    let text = |body: &Body| match body {
        Body::Empty => None,
        Body::Json(text) => Some(text.clone()),
        Body::Text(text) => Some(quote(text)),
        Body::Form(parts) => Some(quote(&format!("a form of {} parts", parts.len()))),
        Body::Bytes(bytes) => Some(quote(&format!("{} bytes", bytes.len()))),
    };
    let (old, new) = (text(old), text(new));
    if old == new { Vec::new() } else { vec![Change::new(half, whole, old, new)] }
}

/// Streams are compared by what their events add up to: how a text is cut into events is chance.
fn streamed(old: &Interaction, new: &Interaction) -> Vec<Change> {
    let is_streaming = [old, new].map(Interaction::is_streaming);
    let mut found = Vec::new();
    if is_streaming[0] != is_streaming[1] {
        let [old, new] = is_streaming.map(|streaming| Some(streaming.to_string()));
        found.push(Change::new(Half::Response, "streaming", old, new));
    }
    let [before, after] = [old, new].map(|one| assembled(one).into_text());
    found.extend(bodies(Half::Response, "text", &Body::Json(before), &Body::Json(after)));
    if found.is_empty() {
        let events = |one: &Interaction| match &one.response.content {
            Content::Stream(stream) => Some(stream.events.len().to_string()),
            Content::Socket(_) | Content::Body(_) => None,
        };
        let (old, new) = (events(old), events(new));
        if old != new {
            found.push(Change::new(Half::Response, "events", old, new));
        }
    }
    found
}

/// The response as one JSON object.
fn assembled(interaction: &Interaction) -> Object {
    let conversation = conversation(interaction);
    let mut object = Object::new();
    let mut calls = Vec::new();
    for part in conversation.turns[conversation.sent..].iter().flat_map(|turn| &turn.parts) {
        let name = match part {
            Part::Reasoning(_) => "reasoning",
            Part::Refusal(_) => "refusal",
            Part::Error(_) => "error",
            Part::Call { .. } => {
                calls.push(part.to_string());
                continue;
            }
            _ => "text",
        };
        object = object.with(name, &part.to_string());
    }
    for (at, call) in calls.iter().enumerate() {
        object = object.with(&format!("call {}", at + 1), call);
    }
    object.with_some("finish", conversation.finish.as_ref())
}
