//! A stored answer as the client gets it.

use http::{HeaderMap, StatusCode, header};

use crate::fixture::interaction::{Body, Content, Response};
use crate::front::body::FrontBody;
use crate::front::{self, Answer};
use crate::provider::Links;
use crate::session::links;
use crate::stream::{End, Framing};

/// Framing is made anew for every answer, so a recorded or imported framing header never applies.
const FRAMING: [&str; 5] =
    ["connection", "content-length", "keep-alive", "transfer-encoding", "trailer"];

/// A stored answer as the client gets it; addresses of the API lead to the front, in the body too if it may have some.
pub(crate) fn reply(response: &Response, links: &Links<'_>, in_body: bool) -> Answer {
    let (status, mut headers) = head(response);
    links::headers(response.status, &mut headers, links);
    let body = match &response.content {
        Content::Body(body) if in_body => FrontBody::full(links::body(body, links).into_owned()),
        Content::Body(body) => FrontBody::full(body.to_wire().into_owned()),
        Content::Stream(stream) => FrontBody::chunks(
            stream.to_chunks().into_iter().map(|chunk| chunk.bytes.into()),
            stream.end == End::Cut,
        ),
    };
    Answer::Reply { status, headers, body }
}

/// Status and headers of a stored answer.
pub(crate) fn head(response: &Response) -> (StatusCode, HeaderMap) {
    let mut headers = HeaderMap::with_capacity(response.headers.len() + 1);
    for (name, value) in &response.headers {
        if !FRAMING.contains(&name.as_str()) {
            front::insert(&mut headers, name, value);
        }
    }
    if !headers.contains_key(header::CONTENT_TYPE)
        && let Some(guess) = guessed_type(&response.content)
    {
        front::insert(&mut headers, "content-type", guess);
    }
    (StatusCode::from_u16(response.status).unwrap_or(StatusCode::OK), headers)
}

/// For answers that a person wrote or another tool recorded without headers.
fn guessed_type(content: &Content) -> Option<&'static str> {
    match content {
        Content::Body(Body::Json(_)) => Some("application/json"),
        Content::Body(Body::Text(_)) => Some("text/plain; charset=utf-8"),
        Content::Body(_) => None,
        Content::Stream(stream) => match stream.framing {
            Framing::Sse => Some("text/event-stream"),
            Framing::Ndjson => Some("application/x-ndjson"),
            Framing::JsonArray => Some("application/json"),
            Framing::AwsEventStream => Some("application/vnd.amazon.eventstream"),
            Framing::Bytes => None,
        },
    }
}
