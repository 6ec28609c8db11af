//! Faults in bodies that are still arriving. A recording still receives the complete body.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http_body::Frame;
use http_body_util::BodyExt as _;

use crate::serve::answer::{BoxError, StreamBytes};

/// The beginning of a body: its first piece, or half of it if there is no other.
pub(super) fn begun(body: StreamBytes) -> StreamBytes {
    Begun { body: Some(body), first: None }.boxed_unsync()
}

/// The body with JSON that no parser accepts.
pub(super) fn malformed(body: StreamBytes) -> StreamBytes {
    body.map_frame(|frame| frame.map_data(|data| super::apply::malformed(&data))).boxed_unsync()
}

struct Begun {
    /// Present until it is known how much of the first piece is sent.
    body: Option<StreamBytes>,
    first: Option<Bytes>,
}

impl http_body::Body for Begun {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        while let Some(body) = &mut self.body {
            let data = match ready!(Pin::new(body).poll_frame(context)?) {
                Some(frame) => match frame.into_data() {
                    Ok(data) if !data.is_empty() => Some(data),
                    _ => continue,
                },
                None => None,
            };
            let sent = match (self.first.take(), data) {
                (None, Some(first)) => {
                    self.first = Some(first);
                    continue;
                }
                (Some(first), Some(_)) => first,
                (Some(only), None) => only.slice(..only.len() / 2),
                (None, None) => Bytes::new(),
            };
            self.body = None;
            if !sent.is_empty() {
                return Poll::Ready(Some(Ok(Frame::data(sent))));
            }
        }
        Poll::Ready(None)
    }
}
