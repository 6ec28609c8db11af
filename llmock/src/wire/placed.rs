//! Events that a reply places between those of its format.

use bytes::Bytes;

use super::content::Reply;
use super::rendered::{Rendered, RenderedBody};
use crate::json;

/// Why a stream cannot have the events where the reply places them. `render` makes a response of a reply.
pub(super) fn misplaced(reply: &Reply, render: impl FnOnce(&Reply) -> Rendered) -> Option<String> {
    let last = reply.extras.placed.iter().map(|(after, _)| *after).max()?;
    let mut others = reply.clone();
    others.extras.placed.clear();
    let RenderedBody::Stream(events) = render(&others).body else { return None };
    if is_array(&events) {
        let why = "needs server-sent events or lines, and this stream is a JSON array";
        return Some(format!("`.event_after(..)` {why}"));
    }
    let count = events.len();
    (last > count).then(|| {
        format!("`.event_after({last}, ..)` is behind the end: the stream has {count} events")
    })
}

/// The response with these events, each behind so many of its own.
pub(super) fn between(mut rendered: Rendered, placed: &[(usize, String)]) -> Rendered {
    let RenderedBody::Stream(events) = &mut rendered.body else { return rendered };
    if placed.is_empty() || is_array(events) {
        return rendered;
    }
    let own = std::mem::take(events);
    let framing = own.first().cloned().unwrap_or_default();
    let at = |place: usize| {
        let here = placed.iter().filter(move |(after, _)| *after == place);
        here.map(|(_, event)| framed(event, &framing))
    };
    events.extend(at(0));
    for (event, place) in own.into_iter().zip(1..) {
        events.push(event);
        events.extend(at(place));
    }
    rendered
}

/// An event as the others of its stream are written: with a name, with Google's line ends, or as a line.
fn framed(event: &str, other: &Bytes) -> Bytes {
    let kind = || json::parse(event).ok()?.text("type").map(|kind| format!("event: {kind}\n"));
    let text = if other.starts_with(b"event: ") {
        format!("{}data: {event}\n\n", kind().unwrap_or_default())
    } else if other.ends_with(b"\r\n\r\n") {
        format!("data: {event}\r\n\r\n")
    } else if other.starts_with(b"data: ") {
        format!("data: {event}\n\n")
    } else {
        format!("{event}\n")
    };
    text.into()
}

/// Whether a stream is one JSON array, as Google's are without `alt=sse`.
fn is_array(events: &[Bytes]) -> bool {
    events.first().is_some_and(|event| event.starts_with(b"["))
}
