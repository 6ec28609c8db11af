//! A response that a recorder relays while it arrives.

use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::{HeaderMap, StatusCode};
use hyper::body::{Body as HttpBody, Frame, SizeHint};

use crate::exchange::body::ResponseBody;
use crate::exchange::response::Response;

/// A response from the upstream whose body is still arriving.
#[derive(Debug)]
#[non_exhaustive]
pub struct Relayed {
    /// The upstream's status.
    pub status: StatusCode,
    /// The upstream's headers, without connection-specific ones.
    pub headers: HeaderMap,
    /// The body as it arrives.
    pub body: RelayedBody,
    /// The base URL of the upstream, for messages: without user name and query.
    pub upstream: String,
}

/// The body of a [`Relayed`] response. It ends with an error if the upstream connection is cut off.
#[derive(Debug)]
pub struct RelayedBody(ResponseBody);

impl Relayed {
    pub(super) fn new(response: Response, upstream: String) -> Self {
        let (parts, body) = response.into_parts();
        Self { status: parts.status, headers: parts.headers, body: RelayedBody(body), upstream }
    }
}

impl HttpBody for RelayedBody {
    type Data = Bytes;
    type Error = Box<dyn std::error::Error + Send + Sync>;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        Pin::new(&mut self.0).poll_frame(context).map_err(Into::into)
    }

    fn is_end_stream(&self) -> bool {
        self.0.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.0.size_hint()
    }
}
