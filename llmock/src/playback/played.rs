//! A recorded response that can be sent to a client.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, StatusCode};

use crate::exchange::response as exchanged;
use crate::fixture::interaction::{Body, Content as Recorded, Interaction, Response};
use crate::provider;
use crate::stream::End;

/// A recorded response. Cloning is cheap: clones share the content.
#[derive(Clone, Debug)]
pub struct Played {
    shared: Arc<Content>,
}

#[derive(Debug)]
struct Content {
    status: StatusCode,
    headers: HeaderMap,
    body: PlayedBody,
    /// Whether the headers or the body may contain URLs of the provider's API.
    links: bool,
    /// The fixture, and the number of the interaction in it.
    recording: Arc<str>,
    /// The interaction, if it is a WebSocket.
    socket: Option<Arc<Interaction>>,
}

/// The body of a [`Played`] response.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum PlayedBody {
    /// A body that was not streamed.
    Whole {
        /// The decompressed bytes.
        bytes: Bytes,
        /// The time from the request to the last byte.
        after: Duration,
    },
    /// A streamed body.
    Stream {
        /// The chunks as they were received, each with the time from the request to the arrival of the chunk.
        chunks: Vec<(Duration, Bytes)>,
        /// Whether the upstream connection was cut off after the last chunk. If so, cut off the client's as well.
        is_truncated: bool,
    },
}

impl Played {
    /// Moves the body out of a recorded response and converts both. `links_in_body` is whether a JSON body may contain
    /// URLs of the provider's API.
    pub(super) fn take(
        response: &mut Response,
        method: &str,
        links_in_body: bool,
        recording: Arc<str>,
    ) -> Self {
        let (status, headers) = exchanged::head(response, method);
        let links = headers.keys().any(|name| provider::is_link_header(name.as_str()))
            || (links_in_body && matches!(response.content, Recorded::Body(Body::Json(_))));
        let content = std::mem::replace(&mut response.content, Recorded::Body(Body::Empty));
        let body = match content {
            Recorded::Body(body) => PlayedBody::Whole {
                bytes: bytes_of(body),
                after: Duration::from_millis(response.ms.unwrap_or_default()),
            },
            Recorded::Stream(stream) => PlayedBody::Stream {
                chunks: stream
                    .to_chunks()
                    .into_iter()
                    .filter(|chunk| !chunk.bytes.is_empty())
                    .map(|chunk| (Duration::from_millis(chunk.ms), chunk.bytes.into()))
                    .collect(),
                is_truncated: stream.end == End::Cut,
            },
            // Its messages follow the handshake, and stay where they are.
            socket @ Recorded::Socket(_) => {
                response.content = socket;
                PlayedBody::Whole { bytes: Bytes::new(), after: Duration::ZERO }
            }
        };
        let socket = None;
        Self { shared: Arc::new(Content { status, headers, body, links, recording, socket }) }
    }

    /// The same with the messages of a WebSocket.
    pub(super) fn with_socket(self, interaction: &Arc<Interaction>) -> Self {
        let mut content = match Arc::try_unwrap(self.shared) {
            Ok(content) if matches!(interaction.response.content, Recorded::Socket(_)) => content,
            Ok(content) => return Self { shared: Arc::new(content) },
            Err(shared) => return Self { shared },
        };
        content.socket = Some(Arc::clone(interaction));
        Self { shared: Arc::new(content) }
    }

    /// The interaction, if it is a WebSocket that the provider accepted.
    pub(super) fn of_socket(&self) -> Option<&Arc<Interaction>> {
        self.shared.socket.as_ref()
    }

    pub(super) fn may_hold_links(&self) -> bool {
        self.shared.links
    }

    /// Returns a modified copy of this response.
    pub(super) fn changed(
        &self,
        change: impl FnOnce(StatusCode, &mut HeaderMap, &mut PlayedBody),
    ) -> Self {
        let Content { status, headers, body, links, recording, socket } = &*self.shared;
        let (mut headers, mut body) = (headers.clone(), body.clone());
        change(*status, &mut headers, &mut body);
        let (status, links, recording) = (*status, *links, Arc::clone(recording));
        let socket = socket.clone();
        Self { shared: Arc::new(Content { status, headers, body, links, recording, socket }) }
    }

    /// Returns the recorded status.
    pub fn status(&self) -> StatusCode {
        self.shared.status
    }

    /// Returns the recorded headers, without `content-length` and `transfer-encoding`: the server sets these. The response
    /// to a `HEAD` request keeps the `content-length` of the body that a `GET` receives.
    pub fn headers(&self) -> &HeaderMap {
        &self.shared.headers
    }

    /// Returns the fixture and the number of the interaction in it: `fixtures/agent.json#2`.
    pub fn recording(&self) -> &Arc<str> {
        &self.shared.recording
    }

    /// Returns the recorded body.
    pub fn body(&self) -> &PlayedBody {
        &self.shared.body
    }
}

fn bytes_of(body: Body) -> Bytes {
    match body {
        Body::Json(text) | Body::Text(text) => text.into(),
        Body::Bytes(bytes) => bytes.into(),
        // Responses are never recorded as forms. A form that was written by hand has no bytes to send.
        Body::Empty | Body::Form(_) => Bytes::new(),
    }
}
