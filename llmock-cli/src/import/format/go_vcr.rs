//! Cassettes of go-vcr: version 1 of its file (go-vcr 1 and 2) and version 2 (go-vcr 3 and 4). A request has a `url`
//! beside its `body` and `form`; a response has a `code` and a `duration`.

use super::super::message::{Recorded, pair};
use super::super::request::Asked;
use super::super::source::Source;
use super::super::tree::Node;
use super::{ReadError, Recording, root};

pub(super) fn detect(source: &Source<'_>) -> bool {
    let Some(interactions) = source.root().and_then(|root| root.get("interactions")) else {
        return false;
    };
    interactions.items().first().is_some_and(|first| {
        let has = |side: &str, names: &[&str]| {
            first.get(side).is_some_and(|node| names.iter().all(|name| node.has(name)))
        };
        has("request", &["url", "method"])
            && has("response", &["code"])
            && (has("response", &["duration"]) || has("request", &["form"]) || first.has("id"))
    })
}

pub(super) fn read(source: &Source<'_>, _: &Asked) -> Result<Recording, ReadError> {
    let interactions = root(source)?.get("interactions").map(Node::items).unwrap_or_default();
    Recording::of(interactions, interaction)
}

fn interaction(one: &Node<'_>) -> Result<Recorded, String> {
    let request = one.some("request").ok_or("it has no request")?;
    let response = one.some("response").ok_or("it has no response")?;
    let mut recorded = pair(request, response)?;
    // Its recorder reads forms, and then the body is empty.
    let form = request.get("form").map(Node::members).unwrap_or_default();
    let kind = super::super::message::find(&recorded.request_headers, "content-type");
    if recorded.request_body.is_empty()
        && kind.is_some_and(|kind| kind.starts_with("application/x-www-form-urlencoded"))
    {
        let mut pairs = form_urlencoded::Serializer::new(String::new());
        for (name, values) in form {
            for value in values.items().iter().filter_map(Node::text) {
                pairs.append_pair(name, value);
            }
        }
        recorded.request_body = pairs.finish().into_bytes();
    }
    Ok(recorded)
}
