//! Response bodies: whole, as recorded chunks, or live while a recording runs.

use std::borrow::Cow;
use std::collections::VecDeque;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use hyper::body::{Body, Frame, SizeHint};
use tokio::sync::mpsc::UnboundedReceiver;

use crate::exchange::observe::Observed;

/// The provider's connection was cut off here, so llmock's is too.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("the recorded stream was cut here")]
pub(crate) struct Cut;

/// A response body.
#[derive(Debug)]
pub(crate) enum ResponseBody {
    /// In one piece, with a `content-length`.
    Full(Option<Bytes>),
    /// One HTTP chunk each, then the end or a cut.
    Chunks(Chunks),
    /// Fed by a recording; ends when the sender is dropped.
    Live(UnboundedReceiver<Result<Bytes, Cut>>),
    /// Watched on its way to the client.
    Observed(Box<Observed>),
}

/// Recorded chunks on their way to the client.
#[derive(Debug)]
pub(crate) struct Chunks {
    left: VecDeque<Bytes>,
    cut: bool,
    pause: Option<Pin<Box<tokio::time::Sleep>>>,
}

/// Hyper drops unflushed frames when a body fails, so a cut waits until they are on the wire.
pub(crate) const FLUSH: Duration = Duration::from_millis(2);

impl ResponseBody {
    pub(crate) fn full(bytes: impl Into<Bytes>) -> Self {
        Self::Full(Some(bytes.into()))
    }

    pub(crate) fn chunks(chunks: impl IntoIterator<Item = Bytes>, cut: bool) -> Self {
        let left = chunks.into_iter().filter(|chunk| !chunk.is_empty()).collect();
        Self::Chunks(Chunks { left, cut, pause: None })
    }

    /// Waits until all of a live body has arrived; it keeps its chunks.
    #[cfg(feature = "record")]
    pub(crate) async fn buffered(self) -> Self {
        let mut receiver = match self {
            Self::Live(receiver) => receiver,
            Self::Observed(observed) => return Box::pin(observed.into_inner().buffered()).await,
            Self::Full(_) | Self::Chunks(_) => return self,
        };
        let (mut chunks, mut cut) = (Vec::new(), false);
        while let Some(chunk) = receiver.recv().await {
            match chunk {
                Ok(chunk) => chunks.push(chunk),
                Err(Cut) => cut = true,
            }
        }
        Self::chunks(chunks, cut)
    }

    /// The bytes of a body that is complete.
    pub(crate) fn complete(&self) -> Option<Cow<'_, [u8]>> {
        match self {
            Self::Full(bytes) => bytes.as_deref().map(Cow::Borrowed),
            Self::Chunks(Chunks { left, cut: false, .. }) => {
                let mut whole = Vec::new();
                for chunk in left {
                    whole.extend_from_slice(chunk);
                }
                Some(Cow::Owned(whole))
            }
            Self::Chunks(_) | Self::Live(_) => None,
            Self::Observed(observed) => observed.inner().complete(),
        }
    }

    /// The bytes of a stored body without its boundaries, for servers that send every body in one piece.
    #[cfg(feature = "wiremock")]
    pub(crate) fn into_bytes(self) -> Vec<u8> {
        match self {
            Self::Full(bytes) => bytes.map_or_else(Vec::new, Into::into),
            Self::Chunks(chunks) => chunks.left.into_iter().flatten().collect(),
            Self::Live(_) => Vec::new(),
            Self::Observed(observed) => observed.into_inner().into_bytes(),
        }
    }
}

impl Body for ResponseBody {
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
            Self::Observed(observed) => observed.poll(context),
        }
    }

    fn is_end_stream(&self) -> bool {
        match self {
            Self::Full(bytes) => bytes.is_none(),
            Self::Chunks(chunks) => chunks.left.is_empty() && !chunks.cut,
            Self::Live(_) => false,
            Self::Observed(observed) => observed.inner().is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Full(bytes) => {
                SizeHint::with_exact(bytes.as_ref().map_or(0, |bytes| bytes.len() as u64))
            }
            Self::Chunks(_) | Self::Live(_) => SizeHint::default(),
            Self::Observed(observed) => observed.size_hint(),
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
