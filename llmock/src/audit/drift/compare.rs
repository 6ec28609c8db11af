//! Compares a recorded response with today's.

use std::collections::BTreeSet;

use super::Change;
use super::shape::{self, FINGERPRINT, FINISH, KINDS, Kinds, MODELS, Place, Places};
use crate::fixture::interaction::{Body, Content, Response};
use crate::json;
use crate::stream::{End, Framing, Stream};
use crate::wire;

/// Members and kinds that responses have or lack as the model, its cache, or its tools happened to work.
const AT_TIMES: [&str; 20] = [
    "annotations",
    "cachedContentTokenCount",
    "cacheTokensDetails",
    "citationMetadata",
    "citations",
    "executed_tools",
    "groundingMetadata",
    "keepalive",
    "logprobs",
    "native_finish_reason",
    "ping",
    "prompt_eval_count",
    "prompt_eval_duration",
    "reasoning",
    "reasoning_content",
    "refusal",
    "thinking",
    "thoughtSignature",
    "thoughtsTokenCount",
    "urlContextMetadata",
];

/// Numbers that clients read as integers.
fn is_counted(name: &str) -> bool {
    ["index", "created", "created_at"].contains(&name)
        || ["tokens", "Tokens", "TokenCount"].iter().any(|end| name.ends_with(end))
}

/// What has changed, worst first.
pub(crate) fn compare(recorded: &Response, served: &Response) -> Vec<Change> {
    if recorded.status != served.status {
        let (was, is) = (recorded.status, served.status);
        let message = format!("the status was {was}, and is {is}{}", error_of(served));
        return vec![Change::new("drift_status", "", message)];
    }
    let mut changes = Vec::new();
    content_type(&mut changes, recorded, served);
    match (&recorded.content, &served.content) {
        (Content::Body(was), Content::Body(is)) => bodies(&mut changes, was, is),
        (Content::Stream(was), Content::Stream(is)) => streams(&mut changes, was, is),
        (was, is) => {
            let message = format!("the body was {}, and is {}", form(was), form(is));
            changes.push(Change::new("drift_type", "", message));
        }
    }
    if recorded.status < 400
        && error_inside(recorded).is_none()
        && let Some(error) = error_inside(served)
    {
        let message = format!("the provider reports an error inside the response{error}");
        changes.push(Change::new("drift_status", "", message));
    }
    once(&mut changes);
    changes.sort_by_key(|change| !change.fails());
    changes
}

/// The same change in several kinds of events is one.
fn once(changes: &mut Vec<Change>) {
    let mut seen = BTreeSet::new();
    changes.retain(|change| {
        let path = change.path.rsplit_once(": ").map_or(change.path.as_str(), |(_, path)| path);
        let is_value = matches!(change.code, "drift_model" | "drift_fingerprint");
        let place = if is_value { String::new() } else { path.to_owned() };
        seen.insert((change.code, place, change.message.clone()))
    });
}

fn form(content: &Content) -> String {
    match content {
        Content::Body(Body::Json(_)) => "JSON".to_owned(),
        Content::Body(Body::Empty) => "empty".to_owned(),
        Content::Body(Body::Text(_)) => "text that is no JSON".to_owned(),
        Content::Body(Body::Form(_)) => "a form".to_owned(),
        Content::Body(Body::Bytes(_)) => "bytes".to_owned(),
        Content::Stream(stream) => format!("a stream of {}", framing(stream.framing)),
        #[cfg(feature = "websocket")]
        Content::Socket(_) => "a WebSocket".to_owned(),
    }
}

fn framing(framing: Framing) -> &'static str {
    match framing {
        Framing::Sse => "server-sent events",
        Framing::Ndjson => "lines of JSON",
        Framing::JsonArray => "elements of a JSON array",
        Framing::AwsEventStream => "AWS events",
        Framing::Bytes => "chunks",
    }
}

/// `: "The model does not exist"`
fn error_of(response: &Response) -> String {
    let Content::Body(Body::Json(text)) = &response.content else { return String::new() };
    let message = json::parse(text).ok().and_then(|body| wire::error_message(&body));
    message.map(|message| format!(": {message:?}")).unwrap_or_default()
}

/// The error of a response with a good status.
fn error_inside(response: &Response) -> Option<String> {
    let error = match &response.content {
        Content::Body(Body::Json(text)) => wire::error_in_body("POST", &json::parse(text).ok()?),
        Content::Stream(stream) => wire::error_in_stream("POST", stream),
        Content::Body(_) => None,
        #[cfg(feature = "websocket")]
        Content::Socket(_) => None,
    }?;
    Some(error.message.map(|message| format!(": {message:?}")).unwrap_or_default())
}

fn content_type(changes: &mut Vec<Change>, recorded: &Response, served: &Response) {
    let of = |response: &Response| {
        let mut headers = response.headers.iter();
        let value = &headers.find(|(name, _)| name == "content-type")?.1;
        let essence = value.split(';').next().unwrap_or_default();
        Some(essence.trim().to_ascii_lowercase())
    };
    if let (Some(was), Some(is)) = (of(recorded), of(served))
        && was != is
    {
        let message = format!("`content-type` was {was}, and is {is}");
        changes.push(Change::new("drift_type", "", message));
    }
}

fn bodies(changes: &mut Vec<Change>, was: &Body, is: &Body) {
    match (was, is) {
        (Body::Json(was), Body::Json(is)) => {
            if let (Ok(was), Ok(is)) = (json::parse(was), json::parse(is)) {
                places(changes, "", &shape::of_body(&was), &shape::of_body(&is), true);
            }
        }
        (Body::Empty, Body::Empty)
        | (Body::Text(_), Body::Text(_))
        | (Body::Form(_), Body::Form(_))
        | (Body::Bytes(_), Body::Bytes(_)) => {}
        _ => {
            let of = |body: &Body| form(&Content::Body(body.clone()));
            let message = format!("the body was {}, and is {}", of(was), of(is));
            changes.push(Change::new("drift_type", "", message));
        }
    }
}

fn streams(changes: &mut Vec<Change>, was: &Stream, is: &Stream) {
    if was.framing != is.framing {
        let (was, is) = (framing(was.framing), framing(is.framing));
        let message = format!("the stream was one of {was}, and is one of {is}");
        changes.push(Change::new("drift_type", "", message));
    }
    let is_whole = was.end == End::Complete;
    if is_whole && is.end == End::Cut {
        changes.push(Change::new("drift_cut", "", "the stream ends early"));
    }
    let (was, is): (Kinds, Kinds) = (shape::of_stream(was), shape::of_stream(is));
    for kind in was.keys().filter(|kind| !is.contains_key(*kind)) {
        let code = if is_at_times(kind) { "drift_optional" } else { "drift_events" };
        changes.push(Change::new(code, "", format!("no event {} any more", shown(kind))));
    }
    for kind in is.keys().filter(|kind| is_whole && !was.contains_key(*kind)) {
        if !is_at_times(kind) {
            let message = format!("a new kind of event, {}", shown(kind));
            changes.push(Change::new("drift_added", "", message));
        }
    }
    for (kind, was) in &was {
        let Some(is) = is.get(kind) else { continue };
        let prefix = if kind.is_empty() { String::new() } else { format!("{kind}: ") };
        places(changes, &prefix, was, is, is_whole);
    }
}

fn shown(kind: &str) -> String {
    if kind.is_empty() { "without a type".to_owned() } else { format!("`{kind}`") }
}

fn is_at_times(name: &str) -> bool {
    AT_TIMES.contains(&name) || name.contains("reasoning") || name.contains("thinking")
}

/// Whether a place, or one that it is in, is there only at times.
fn is_optional(all: &Places, path: &str) -> bool {
    let mut path = path;
    while let Some(place) = all.get(path) {
        let kind = place.kind.as_deref().unwrap_or_default();
        if is_at_times(&place.name) || is_at_times(kind) {
            return true;
        }
        path = &place.parent;
    }
    false
}

/// Compares the places of two bodies, or of all events of one kind.
fn places(changes: &mut Vec<Change>, prefix: &str, was: &Places, is: &Places, is_whole: bool) {
    for (path, before) in was {
        let at = format!("{prefix}{path}");
        match is.get(path) {
            Some(now) => place(changes, &at, before, now),
            // What was in it is gone with it.
            None if holds(is, &before.parent, path) => {
                missing(changes, &at, path, (was, before), is);
            }
            None => {}
        }
    }
    for (path, now) in is.iter().filter(|_| is_whole) {
        let is_new = !was.contains_key(path) && holds(was, &now.parent, path);
        let is_told = is_new && !is_optional(is, path) && !path.ends_with("[]");
        if is_told && renamed(was, now, is).is_none() {
            changes.push(Change::new("drift_added", format!("{prefix}{path}"), "added"));
        }
    }
}

/// Whether a place is there, and is what holds members or elements at that path.
fn holds(places: &Places, parent: &str, path: &str) -> bool {
    let is_element = path.strip_prefix(parent).is_some_and(|rest| rest.starts_with('['));
    let holder = if is_element { "an array" } else { "an object" };
    places.get(parent).is_some_and(|place| place.types.contains(holder))
}

/// The kind that has replaced the one of a place.
fn renamed<'p>(others: &'p Places, place: &Place, own: &Places) -> Option<&'p str> {
    place.kind.as_ref()?;
    let sibling = |(path, other): (&'p String, &'p Place)| {
        let is_sibling = other.parent == place.parent && other.name == place.name;
        if is_sibling && !own.contains_key(path) { other.kind.as_deref() } else { None }
    };
    others.iter().find_map(sibling)
}

fn missing(
    changes: &mut Vec<Change>,
    at: &str,
    path: &str,
    (was, before): (&Places, &Place),
    is: &Places,
) {
    let code = |code| if is_optional(was, path) { "drift_optional" } else { code };
    if let (Some(kind), Some(now)) = (&before.kind, renamed(is, before, was)) {
        let at = at.trim_end_matches(&format!("[type={kind}]")).to_owned();
        let message = format!("`type` was {kind:?}, and is {now:?}");
        changes.push(Change::new(code("drift_value"), at, message));
        return;
    }
    // An object that has got a `type` has another path, and is there.
    let has_type = |other: &Place| {
        other.parent == before.parent && other.name == before.name && other.kind.is_some()
    };
    if before.kind.is_none() && is.values().any(has_type) {
        return;
    }
    let what = if path.ends_with("[]") { "the array is empty" } else { "removed" };
    changes.push(Change::new(code("drift_removed"), at, what));
}

/// Compares what is at one place.
fn place(changes: &mut Vec<Change>, at: &str, was: &Place, is: &Place) {
    let list =
        |types: &BTreeSet<&'static str>| types.iter().copied().collect::<Vec<_>>().join(" or ");
    if was.types.is_empty() {
        if !is.types.is_empty() {
            let message = format!("was null, and is {}", list(&is.types));
            changes.push(Change::new("drift_added", at, message));
        }
        return;
    }
    if is.types.is_empty() && !was.has_null {
        let message = format!("was {}, and is null", list(&was.types));
        let code = if is_at_times(&was.name) { "drift_optional" } else { "drift_type" };
        changes.push(Change::new(code, at, message));
        return;
    }
    let other: BTreeSet<_> = is.types.difference(&was.types).copied().collect();
    if !other.is_empty() {
        let message = format!("was {}, and is {}", list(&was.types), list(&other));
        changes.push(Change::new("drift_type", at, message));
    } else if is.has_fraction && !was.has_fraction && is_counted(&was.name) {
        changes.push(Change::new("drift_type", at, "was an integer, and is a fraction"));
    }
    if !was.lengths.is_empty() && !is.lengths.is_empty() && was.lengths != is.lengths {
        let first = |lengths: &BTreeSet<usize>| lengths.first().copied().unwrap_or_default();
        let (was, is) = (first(&was.lengths), first(&is.lengths));
        changes.push(Change::new("drift_type", at, format!("had {was} numbers, and has {is}")));
    }
    values(changes, at, was, is);
}

fn values(changes: &mut Vec<Change>, at: &str, was: &Place, is: &Place) {
    let name = was.name.as_str();
    let code = match name {
        _ if MODELS.contains(&name) => "drift_model",
        _ if FINISH.contains(&name) => "drift_finish",
        _ if KINDS.contains(&name) => "drift_value",
        FINGERPRINT => "drift_fingerprint",
        _ => return,
    };
    if was.values == is.values || was.values.is_empty() || is.values.is_empty() {
        return;
    }
    let list = |values: &BTreeSet<String>| {
        values.iter().map(|value| format!("{value:?}")).collect::<Vec<_>>().join(", ")
    };
    let message = format!("was {}, and is {}", list(&was.values), list(&is.values));
    changes.push(Change::new(code, at, message));
}
