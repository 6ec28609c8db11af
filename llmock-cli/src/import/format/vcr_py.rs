//! Cassettes of VCR.py and of what builds on it: `interactions` with a `request` that has a `uri`, or two lists
//! `requests` and `responses`. Bodies are `body.string`, `content` of its httpx stub, or pydantic-ai's `parsed_body`.

use super::super::message::{Recorded, pair};
use super::super::request::Asked;
use super::super::source::Source;
use super::super::times;
use super::super::tree::Node;
use super::{ReadError, Recording, root};

pub(super) fn detect(source: &Source<'_>) -> bool {
    let Some(root) = source.root() else { return false };
    let lists =
        ["requests", "responses"].iter().all(|name| matches!(root.get(name), Some(Node::List(_))));
    let interactions = root.get("interactions").map(Node::items);
    lists
        || interactions.is_some_and(|all| {
            all.is_empty() && root.has("version")
                || all.iter().any(|one| {
                    not_http(one).is_some() || one.get("request").is_some_and(|it| it.has("uri"))
                })
        })
}

pub(super) fn read(source: &Source<'_>, _: &Asked) -> Result<Recording, ReadError> {
    let root = root(source)?;
    if let (Some(requests), Some(responses)) = (root.get("requests"), root.get("responses")) {
        let (requests, responses) = (requests.items(), responses.items());
        let pairs: Vec<_> = requests.iter().zip(responses).collect();
        let mut recording = Recording::of(&pairs, |(request, response)| pair(request, response))?;
        let alone = requests.len().abs_diff(responses.len());
        if alone > 0 {
            recording.skipped.push(format!("{alone} requests or responses have no counterpart"));
        }
        return Ok(recording);
    }
    let interactions = root.get("interactions").map(Node::items).unwrap_or_default();
    if let Some(kind) = interactions.iter().find_map(not_http)
        && interactions.iter().all(|one| not_http(one).is_some())
    {
        return Err(ReadError::NotHttp(kind.to_owned()));
    }
    Recording::of(interactions, interaction)
}

fn interaction(one: &Node<'_>) -> Result<Recorded, String> {
    if let Some(kind) = not_http(one) {
        return Err(format!("it is {kind}, not HTTP"));
    }
    let request = one.some("request").ok_or("it has no request")?;
    let response = one.some("response").ok_or("it has no response")?;
    let mut recorded = pair(request, response)?;
    let time = ["recorded_at", "recorded"].iter().find_map(|name| one.text_of(name));
    recorded.recorded_at =
        time.and_then(|text| times::iso(text).or_else(|| times::http_date(text)));
    Ok(recorded)
}

/// The protocol of an interaction that is not HTTP.
fn not_http(one: &Node<'_>) -> Option<&'static str> {
    let request = one.get("request");
    let has = |name: &str| one.has(name) || request.is_some_and(|request| request.has(name));
    if has("request_stream") || has("response_stream") || has("chunks_raw") {
        return Some("gRPC streams");
    }
    if request.is_some_and(|it| it.has("raw") && !it.has("uri") && !it.has("url")) {
        return Some("gRPC calls");
    }
    if ["frames", "websocket", "websocket_messages", "sent", "received", "direction"]
        .iter()
        .any(|name| one.has(name))
    {
        return Some("WebSocket frames");
    }
    let scheme = request.and_then(|it| it.text_of("uri").or_else(|| it.text_of("url")));
    scheme
        .filter(|uri| uri.starts_with("ws://") || uri.starts_with("wss://"))
        .map(|_| "WebSocket frames")
}
