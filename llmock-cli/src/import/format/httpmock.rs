//! Recordings of httpmock for Rust, and rig's cassettes: YAML documents with `when` and `then`, without a host.

use super::super::message::{Message, Recorded, body, headers};
use super::super::request::Asked;
use super::super::source::Source;
use super::super::tree::Node;
use super::{ReadError, Recording, documents};

pub(super) fn detect(source: &Source<'_>) -> bool {
    let Ok(documents) = &source.documents else { return false };
    mocks(documents).first().is_some_and(|first| first.has("when") && first.has("then"))
}

pub(super) fn read(source: &Source<'_>, _: &Asked) -> Result<Recording, ReadError> {
    Recording::of(mocks(documents(source)?), |mock| exchange(mock))
}

/// A file has a document for each mock, or lists of them.
fn mocks<'n, 'a>(documents: &'n [Node<'a>]) -> Vec<&'n Node<'a>> {
    let all = documents.iter().flat_map(|document| match document {
        Node::List(items) => items.iter().collect(),
        other => vec![other],
    });
    all.filter(|node| !matches!(node, Node::Null)).collect()
}

fn exchange(mock: &Node<'_>) -> Result<Recorded, String> {
    let when = mock.some("when").ok_or("it has no `when`")?;
    let then = mock.some("then").ok_or("it has no `then`")?;
    let mut losses = Vec::new();
    let request_headers = headers(when.get("header").or_else(|| when.get("headers")));
    let response_headers = headers(then.get("header").or_else(|| then.get("headers")));
    for (name, _) in when.members() {
        let is_pattern = [
            "_includes",
            "_contains",
            "_matches",
            "_prefix",
            "_suffix",
            "_regex",
            "_not",
            "_excludes",
        ];
        if is_pattern.iter().any(|end| name.ends_with(end)) {
            losses.push(format!("the rule `{name}`: a fixture compares whole requests"));
        }
    }
    let mut side = |node: &Node<'_>, headers: &[(String, String)]| {
        let found = ["body_base64", "body", "json_body"]
            .iter()
            .find_map(|name| Some((*name, node.some(name)?)));
        let Some((name, value)) = found else { return Ok(Vec::new()) };
        let encoding =
            if name == "body_base64" { Some("base64") } else { node.text_of("body_encoding") };
        let sent = body(value, encoding, headers)?;
        if sent.is_tree {
            losses.push(super::super::message::PARSED_RESPONSE.replace("the response", "a body"));
        }
        Ok::<_, String>(sent.bytes)
    };
    let request = Message { body: side(when, &request_headers)?, headers: request_headers };
    let response = Message { body: side(then, &response_headers)?, headers: response_headers };
    Recorded::of(when, then, url(when)?, [request, response], losses)
}

fn url(when: &Node<'_>) -> Result<String, String> {
    let path = when.text_of("path").ok_or("it names no path")?;
    let query = when.get("query_param").map(pairs).unwrap_or_default();
    let mut url = match (when.text_of("host"), when.text_of("scheme")) {
        (Some(host), scheme) => {
            let port = when.text_of("port").map(|port| format!(":{port}")).unwrap_or_default();
            format!("{}://{host}{port}{path}", scheme.unwrap_or("https").to_ascii_lowercase())
        }
        (None, _) => path.to_owned(),
    };
    let mut written = form_urlencoded::Serializer::new(String::new());
    for (name, value) in &query {
        // The recorder has put a placeholder in place of a key, which is no part of a fixture either.
        if !value.contains("REDACTED") {
            written.append_pair(name, value);
        }
    }
    let query = written.finish();
    if !query.is_empty() {
        url.push(if url.contains('?') { '&' } else { '?' });
        url.push_str(&query);
    }
    Ok(url)
}

fn pairs(node: &Node<'_>) -> Vec<(String, String)> {
    headers(Some(node))
}
