//! Bodies that the front sends: whole, as recorded chunks, or live while a recording runs.

use std::collections::VecDeque;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use hyper::body::{Body, Frame, SizeHint};
use tokio::sync::mpsc::UnboundedReceiver;

/// The provider's connection broke off here, so ours does too.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("the recorded stream was cut here")]
pub(crate) struct Cut;

/// A response body.
#[derive(Debug)]
pub(crate) enum FrontBody {
    /// In one piece, with a `content-length`.
    Full(Option<Bytes>),
    /// One HTTP chunk each, then the end or a cut.
    Chunks(Chunks),
    /// Fed by a recording; the sender goes away at the end, and says so first if it was a cut.
    Live(UnboundedReceiver<Result<Bytes, Cut>>),
}

/// Recorded chunks on their way to the client.
#[derive(Debug)]
pub(crate) struct Chunks {
    left: VecDeque<Bytes>,
    cut: bool,
    pause: Option<Pin<Box<tokio::time::Sleep>>>,
}

/// Hyper throws away unflushed frames when a body fails, so a cut waits until they are on the wire.
const FLUSH: Duration = Duration::from_millis(2);

impl FrontBody {
    pub(crate) fn full(bytes: impl Into<Bytes>) -> Self {
        Self::Full(Some(bytes.into()))
    }

    pub(crate) fn chunks(chunks: impl IntoIterator<Item = Bytes>, cut: bool) -> Self {
        let left = chunks.into_iter().filter(|chunk| !chunk.is_empty()).collect();
        Self::Chunks(Chunks { left, cut, pause: None })
    }

    /// A live body when all of it has arrived, still in its chunks.
    #[cfg(feature = "record")]
    pub(crate) async fn held(self) -> Self {
        let Self::Live(mut receiver) = self else { return self };
        let (mut chunks, mut cut) = (Vec::new(), false);
        while let Some(chunk) = receiver.recv().await {
            match chunk {
                Ok(chunk) => chunks.push(chunk),
                Err(Cut) => cut = true,
            }
        }
        Self::chunks(chunks, cut)
    }

    /// The bytes of a body that has arrived to its end.
    #[cfg(feature = "record")]
    pub(crate) fn whole(&self) -> Option<Vec<u8>> {
        match self {
            Self::Chunks(Chunks { left, cut: false, .. }) => {
                Some(left.iter().flatten().copied().collect())
            }
            _ => None,
        }
    }
}

impl Body for FrontBody {
    type Data = Bytes;
    type Error = Cut;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Cut>>> {
        match &mut *self {
            Self::Full(bytes) => Poll::Ready(bytes.take().map(|bytes| Ok(Frame::data(bytes)))),
            Self::Chunks(chunks) => chunks.poll(context),
            Self::Live(receiver) => {
                let next = ready!(receiver.poll_recv(context));
                Poll::Ready(next.map(|chunk| chunk.map(Frame::data)))
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        match self {
            Self::Full(bytes) => bytes.is_none(),
            Self::Chunks(chunks) => chunks.left.is_empty() && !chunks.cut,
            Self::Live(_) => false,
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Full(bytes) => {
                SizeHint::with_exact(bytes.as_ref().map_or(0, |bytes| bytes.len() as u64))
            }
            Self::Chunks(_) | Self::Live(_) => SizeHint::default(),
        }
    }
}

impl Chunks {
    fn poll(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Cut>>> {
        if let Some(chunk) = self.left.pop_front() {
            return Poll::Ready(Some(Ok(Frame::data(chunk))));
        }
        if !self.cut {
            return Poll::Ready(None);
        }
        let pause = self.pause.get_or_insert_with(|| Box::pin(tokio::time::sleep(FLUSH)));
        ready!(pause.as_mut().poll(context));
        self.cut = false;
        Poll::Ready(Some(Err(Cut)))
    }
}
