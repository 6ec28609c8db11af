//! What clients store at a provider and ask for later: responses and conversations, files and batches, caches. Media
//! that need no model belong here too: images, speech, transcriptions.
//!
//! [`area`] tells which paths are about them, and [`shelf`] keeps the objects of each session. [`responses`],
//! [`conversations`], [`files`], [`batches`], [`completions`] and [`media`] have OpenAI's endpoints, [`anthropic`] and
//! [`gemini`] those of these two.

mod anthropic;
pub(crate) mod area;
mod batches;
mod completions;
mod conversations;
mod files;
mod gemini;
mod media;
mod multipart;
mod pages;
mod responses;
mod shelf;

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::UNIX_EPOCH;

use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderValue, Method, StatusCode};
use llmock::reply::Reply;
use serde_json::{Value, json};

use super::answer::{Answer, AnswerBody, Verdict};
use super::api_request::ApiRequest;
use super::state::Running;
use area::{Area, segments};
pub(crate) use shelf::{Item, Kind, Shelf};

/// A request to stored objects.
struct Call<'a> {
    request: &'a ApiRequest,
    running: &'a Running,
    shelf: &'a Shelf,
    session: String,
    segments: Vec<&'a str>,
    /// The body as JSON; null if it is none.
    body: Value,
    number: u64,
    /// How many ids it has made.
    made: AtomicU64,
}

/// What the response to such a request is.
enum Made {
    Json(Value),
    Bytes {
        content_type: String,
        content: Bytes,
    },
    /// With headers of its own.
    Full {
        headers: Vec<(&'static str, String)>,
        json: Option<Value>,
    },
    Error(Box<Reply>),
}

/// The response to a request to stored objects.
pub(crate) async fn answer(
    area: Area,
    request: &ApiRequest,
    running: &Running,
    number: u64,
) -> Verdict {
    let path = request.route.target.path_alone();
    let body = serde_json::from_slice(&request.body).unwrap_or_default();
    let call = Call {
        request,
        running,
        shelf: &running.shelf,
        session: request.session.to_string(),
        segments: segments(path),
        body,
        number,
        made: AtomicU64::new(0),
    };
    let made = match area {
        Area::Responses => responses::answer(&call),
        Area::Conversations => conversations::answer(&call),
        Area::Completions => completions::answer(&call),
        Area::Files => files::answer(&call),
        Area::Batches => batches::answer(&call).await,
        Area::Media => Some(media::answer(&call)),
        Area::AnthropicBatches => anthropic::batches(&call).await,
        Area::AnthropicFiles => anthropic::files(&call),
        Area::Gemini => gemini::answer(&call).await,
    };
    made.unwrap_or_else(|| call.unknown_endpoint()).verdict()
}

impl Made {
    fn error(status: u16, message: impl Into<String>) -> Self {
        Self::Error(Box::new(Reply::error(status, message)))
    }

    fn verdict(self) -> Verdict {
        let (content_type, content, more) = match self {
            Self::Error(reply) => return Verdict::Reply(reply),
            Self::Json(json) => ("application/json".to_owned(), json.to_string().into(), vec![]),
            Self::Bytes { content_type, content } => (content_type, content, vec![]),
            Self::Full { headers, json } => {
                let content = json.map(|json| json.to_string()).unwrap_or_default();
                ("application/json".to_owned(), content.into(), headers)
            }
        };
        let mut headers = HeaderMap::with_capacity(8);
        if let Ok(value) = HeaderValue::try_from(content_type) {
            headers.insert(CONTENT_TYPE, value);
        }
        for (name, value) in more {
            if let Ok(value) = HeaderValue::try_from(value) {
                headers.insert(name, value);
            }
        }
        let body = AnswerBody::Whole(content);
        Verdict::Answer(Answer { status: StatusCode::OK, headers, body, after: None })
    }
}

impl Call<'_> {
    fn method(&self) -> &str {
        self.request.method.as_str()
    }

    /// In seconds since 1970.
    fn created(&self) -> u64 {
        self.request.arrived_at.duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
    }

    /// The same in RFC 3339, some seconds later.
    fn time(&self, later: u64) -> String {
        let at = self.request.arrived_at + std::time::Duration::from_secs(later);
        humantime::format_rfc3339_seconds(at).to_string()
    }

    /// An id that no other object has.
    fn id(&self, prefix: &str) -> String {
        let made = self.made.fetch_add(1, Ordering::Relaxed) + 1;
        let mixed = self.number.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        format!("{prefix}{mixed:016x}{made:08x}")
    }

    /// A number for a request that is part of this one.
    fn number(&self) -> u64 {
        self.number.wrapping_add(self.made.fetch_add(1, Ordering::Relaxed) << 32)
    }

    fn get(&self, kind: Kind, id: &str) -> Option<Item> {
        self.shelf.get(&self.session, kind, id)
    }

    fn put(&self, kind: Kind, item: Item) {
        self.shelf.put(&self.session, kind, item);
    }

    fn all(&self, kind: Kind) -> Vec<Item> {
        self.shelf.all(&self.session, kind)
    }

    fn change<T>(&self, kind: Kind, id: &str, change: impl FnOnce(&mut Item) -> T) -> Option<T> {
        self.shelf.change(&self.session, kind, id, change)
    }

    fn remove(&self, kind: Kind, id: &str) -> bool {
        self.shelf.remove(&self.session, kind, id)
    }

    /// A parameter of the query.
    fn query(&self, name: &str) -> Option<String> {
        let pairs = self.request.uri.query().unwrap_or_default().split('&');
        let mut pairs = pairs.filter_map(|pair| pair.split_once('='));
        let (_, value) = pairs.find(|(known, _)| *known == name)?;
        Some(percent_encoding::percent_decode_str(value).decode_utf8_lossy().into_owned())
    }

    /// The fields of the form that an upload is.
    fn form(&self) -> Vec<multipart::Field> {
        let content_type = self.request.header(CONTENT_TYPE).unwrap_or_default();
        multipart::fields(content_type, &self.request.body)
    }

    fn unknown_endpoint(&self) -> Made {
        let path = self.request.route.target.path_alone();
        Made::error(404, format!("there is no endpoint `{} {path}`", self.method()))
    }
}

/// Whether the response to a conversation is stored, so that it depends on more than its request.
pub(crate) fn is_kept(request: &ApiRequest) -> bool {
    let target = &request.route.target;
    target.is_responses() || (target.is_openai() && has_member(&request.body, b"\"store\""))
}

/// Whether a text of JSON may have a member.
fn has_member(body: &[u8], name: &[u8]) -> bool {
    body.windows(name.len()).any(|window| window == name)
}

/// Stores the response to a conversation.
pub(crate) fn keep(request: &ApiRequest, running: &Running, number: u64, answer: &mut Answer) {
    if answer.status != StatusCode::OK {
        return;
    }
    if request.route.target.is_responses() {
        responses::keep(&running.shelf, request, number, answer);
    } else {
        completions::keep(&running.shelf, request, answer);
    }
}

/// The error of a conversation that continues what is not stored.
pub(crate) fn refusal(request: &ApiRequest, running: &Running) -> Option<Reply> {
    let is_continued = request.route.target.is_responses() && request.method == Method::POST;
    is_continued.then(|| responses::refusal(&running.shelf, request)).flatten()
}

/// The tokens of the turns that a request continues and does not repeat.
pub(crate) fn earlier_tokens(request: &ApiRequest, running: &Running) -> u64 {
    let is_continued = request.route.target.is_responses() && request.method == Method::POST;
    if is_continued { responses::earlier_tokens(&running.shelf, request) } else { 0 }
}

/// An object whose members replace those of another.
fn with(mut object: Value, more: Value) -> Value {
    if let (Value::Object(members), Value::Object(more)) = (&mut object, more) {
        members.extend(more);
    }
    object
}

/// The confirmation of a removal.
fn deleted(id: &str, object: &str) -> Made {
    Made::Json(json!({"id": id, "object": object, "deleted": true}))
}
