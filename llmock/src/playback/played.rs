//! A recorded answer, ready to be sent.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, StatusCode};

use crate::exchange::response as exchanged;
use crate::fixture::interaction::{Body, Content, Response};
use crate::provider;
use crate::stream::End;

/// A recorded answer; clones share it.
#[derive(Clone, Debug)]
pub struct Played {
    shared: Arc<Answer>,
}

#[derive(Debug)]
struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    body: PlayedBody,
    /// Whether it may hold addresses of the provider's API.
    links: bool,
}

/// The body of a [`Played`] answer.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum PlayedBody {
    /// An answer in one piece.
    Whole {
        /// The bytes as they were received, without compression.
        bytes: Bytes,
        /// When the provider had sent all of them, from the request.
        after: Duration,
    },
    /// A stream.
    Stream {
        /// The chunks as they were received, each with the time from the request to its arrival.
        chunks: Vec<(Duration, Bytes)>,
        /// The provider's connection broke off after the last chunk, and so must the client's.
        cut: bool,
    },
}

impl Played {
    /// Makes an answer of a recorded response, and leaves it without its body. `links_in_body` says that a body in
    /// JSON may hold addresses of the provider's API.
    pub(super) fn take(response: &mut Response, links_in_body: bool) -> Self {
        let (status, headers) = exchanged::head(response);
        let links = headers.keys().any(|name| provider::is_link_header(name.as_str()))
            || (links_in_body && matches!(response.content, Content::Body(Body::Json(_))));
        let content = std::mem::replace(&mut response.content, Content::Body(Body::Empty));
        let body = match content {
            Content::Body(body) => PlayedBody::Whole {
                bytes: bytes_of(body),
                after: Duration::from_millis(response.ms.unwrap_or_default()),
            },
            Content::Stream(stream) => PlayedBody::Stream {
                chunks: stream
                    .to_chunks()
                    .into_iter()
                    .filter(|chunk| !chunk.bytes.is_empty())
                    .map(|chunk| (Duration::from_millis(chunk.ms), chunk.bytes.into()))
                    .collect(),
                cut: stream.end == End::Cut,
            },
        };
        Self { shared: Arc::new(Answer { status, headers, body, links }) }
    }

    pub(super) fn may_hold_links(&self) -> bool {
        self.shared.links
    }

    /// Another answer, made of this one.
    pub(super) fn changed(
        &self,
        change: impl FnOnce(StatusCode, &mut HeaderMap, &mut PlayedBody),
    ) -> Self {
        let Answer { status, headers, body, links } = &*self.shared;
        let (mut headers, mut body) = (headers.clone(), body.clone());
        change(*status, &mut headers, &mut body);
        Self { shared: Arc::new(Answer { status: *status, headers, body, links: *links }) }
    }

    /// The status that the provider answered with.
    pub fn status(&self) -> StatusCode {
        self.shared.status
    }

    /// The recorded headers; framing (`content-length`, `transfer-encoding`) is left to the server.
    pub fn headers(&self) -> &HeaderMap {
        &self.shared.headers
    }

    /// The recorded body.
    pub fn body(&self) -> &PlayedBody {
        &self.shared.body
    }
}

fn bytes_of(body: Body) -> Bytes {
    match body {
        Body::Json(text) | Body::Text(text) => text.into(),
        Body::Bytes(bytes) => bytes.into(),
        // An answer is no form; one that a person wrote into a file has no bytes.
        Body::Empty | Body::Form(_) => Bytes::new(),
    }
}
