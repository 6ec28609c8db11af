//! Recordings of nock: a JSON list of calls with `scope` and `path`. Bodies that are JSON are kept as trees, binary ones
//! as hexadecimal text, and compressed ones as a list of such texts.

use super::super::message::{
    Message, PARSED_REQUEST, PARSED_RESPONSE, Recorded, find, headers, hex,
};
use super::super::request::Asked;
use super::super::source::Source;
use super::super::tree::Node;
use super::{ReadError, Recording, root};

pub(super) fn detect(source: &Source<'_>) -> bool {
    source.root().map(calls).and_then(<[_]>::first).is_some_and(|first| {
        first.has("scope") && first.has("path") && (first.has("response") || first.has("status"))
    })
}

pub(super) fn read(source: &Source<'_>, _: &Asked) -> Result<Recording, ReadError> {
    Recording::of(calls(root(source)?), call)
}

fn calls<'n, 'a>(root: &'n Node<'a>) -> &'n [Node<'a>] {
    match root {
        Node::List(items) => items,
        other => std::slice::from_ref(other),
    }
}

fn call(call: &Node<'_>) -> Result<Recorded, String> {
    let mut losses = Vec::new();
    let request_headers = headers(call.get("reqheaders"));
    let response_headers = match call.get("rawHeaders") {
        Some(Node::List(flat)) if flat.iter().all(|item| item.text().is_some()) => flat
            .chunks_exact(2)
            .filter_map(|pair| Some((pair[0].text()?.to_owned(), pair[1].text()?.to_owned())))
            .collect(),
        other => headers(other.or_else(|| call.get("headers"))),
    };
    let is_binary = call.get("responseIsBinary").is_some_and(Node::is_true);
    let response_body = match call.get("response") {
        None | Some(Node::Null) => Vec::new(),
        Some(Node::List(parts)) if is_packed(parts, &response_headers) => {
            let parts = parts.iter().map(|part| part.text().and_then(hex));
            parts.collect::<Option<Vec<_>>>().ok_or("its response is not hexadecimal")?.concat()
        }
        Some(tree @ (Node::List(_) | Node::Map(_))) => {
            losses.push(PARSED_RESPONSE.to_owned());
            tree.to_json().into_bytes()
        }
        Some(text) if is_binary => {
            let text = text.text().unwrap_or_default();
            if text.is_empty() {
                Vec::new()
            } else {
                hex(text).ok_or("its response is not hexadecimal")?
            }
        }
        Some(text) => text.bytes().unwrap_or_default(),
    };
    let request_body = match call.get("body") {
        None | Some(Node::Null) => Vec::new(),
        Some(tree @ (Node::List(_) | Node::Map(_))) => {
            losses.push(PARSED_REQUEST.to_owned());
            tree.to_json().into_bytes()
        }
        Some(text) => sent(text.text().unwrap_or_default(), &request_headers),
    };
    let scope = call.text_of("scope").unwrap_or_default();
    let url = format!("{scope}{}", call.text_of("path").ok_or("it has no path")?);
    let request = Message { headers: request_headers, body: request_body };
    let response = Message { headers: response_headers, body: response_body };
    Recorded::of(call, call, url, [request, response], losses)
}

fn is_packed(parts: &[Node<'_>], headers: &[(String, String)]) -> bool {
    let is_coded = find(headers, "content-encoding").is_some();
    !parts.is_empty()
        && is_coded
        && parts.iter().all(|part| part.text().is_some_and(|text| hex(text).is_some()))
}

/// The body of a request that is text; binary ones are hexadecimal.
fn sent(text: &str, headers: &[(String, String)]) -> Vec<u8> {
    let kind = find(headers, "content-type").unwrap_or_default();
    let is_text = kind.contains("json") || kind.starts_with("text/") || kind.contains("urlencoded");
    let is_packed = find(headers, "content-encoding").is_some();
    match hex(text) {
        Some(bytes) if is_packed || !is_text => bytes,
        _ => text.as_bytes().to_vec(),
    }
}
