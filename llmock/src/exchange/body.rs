//! Response bodies: whole, as recorded chunks, or live while a recording runs.

use std::borrow::Cow;
use std::collections::VecDeque;
use std::future::poll_fn;
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
    /// One of the others, under control on its way to the client.
    Controlled(Controlled),
}

/// A body that something else produces from another body.
pub(crate) struct Controlled(pub(crate) Pin<Box<dyn Body<Data = Bytes, Error = Cut> + Send>>);

impl std::fmt::Debug for Controlled {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Controlled")
    }
}

/// A part of a body, and when it was received from the provider, counted from the request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Piece {
    pub(crate) after: Option<Duration>,
    pub(crate) bytes: Bytes,
}

/// When a body in one piece had been received from the provider: an extension of its response.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ReceivedAfter(pub(crate) Duration);

/// Recorded chunks on their way to the client.
#[derive(Debug)]
pub(crate) struct Chunks {
    left: VecDeque<Piece>,
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
        Self::pieces(chunks.into_iter().map(|bytes| Piece { after: None, bytes }), cut)
    }

    pub(crate) fn pieces(pieces: impl IntoIterator<Item = Piece>, cut: bool) -> Self {
        let left = pieces.into_iter().filter(|piece| !piece.bytes.is_empty()).collect();
        Self::Chunks(Chunks { left, cut, pause: None })
    }

    /// Whether it is known to have no byte.
    pub(crate) fn is_empty(&self) -> bool {
        matches!(self, Self::Full(bytes) if bytes.as_ref().is_none_or(Bytes::is_empty))
    }

    /// The next part, or that the body is cut off here.
    pub(crate) async fn next(&mut self) -> Option<Result<Piece, Cut>> {
        if let Self::Chunks(chunks) = self {
            let cut = || std::mem::take(&mut chunks.cut).then_some(Err(Cut));
            return chunks.left.pop_front().map(Ok).or_else(cut);
        }
        let frame = poll_fn(|context| Pin::new(&mut *self).poll_frame(context)).await?;
        let bytes = frame.map(|frame| frame.into_data().unwrap_or_default());
        Some(bytes.map(|bytes| Piece { after: None, bytes }))
    }

    /// Waits until all of a live body has arrived; it keeps its chunks.
    #[cfg(feature = "record")]
    pub(crate) async fn buffered(mut self) -> Self {
        match self {
            Self::Live(_) | Self::Controlled(_) => {}
            Self::Observed(observed) => return Box::pin(observed.into_inner().buffered()).await,
            Self::Full(_) | Self::Chunks(_) => return self,
        }
        let (mut pieces, mut cut) = (Vec::new(), false);
        while let Some(piece) = self.next().await {
            let Ok(piece) = piece else {
                cut = true;
                break;
            };
            pieces.push(piece);
        }
        Self::pieces(pieces, cut)
    }

    /// The bytes of a body that is complete.
    pub(crate) fn complete(&self) -> Option<Cow<'_, [u8]>> {
        match self {
            Self::Full(bytes) => bytes.as_deref().map(Cow::Borrowed),
            Self::Chunks(Chunks { left, cut: false, .. }) => {
                let mut whole = Vec::new();
                for piece in left {
                    whole.extend_from_slice(&piece.bytes);
                }
                Some(Cow::Owned(whole))
            }
            Self::Chunks(_) | Self::Live(_) | Self::Controlled(_) => None,
            Self::Observed(observed) => observed.inner().complete(),
        }
    }

    /// The bytes of a stored body without its boundaries, for servers that send every body in one piece.
    #[cfg(feature = "wiremock")]
    pub(crate) fn into_bytes(self) -> Vec<u8> {
        match self {
            Self::Full(bytes) => bytes.map_or_else(Vec::new, Into::into),
            Self::Chunks(chunks) => chunks.left.into_iter().flat_map(|piece| piece.bytes).collect(),
            Self::Live(_) | Self::Controlled(_) => Vec::new(),
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
            Self::Controlled(body) => body.0.as_mut().poll_frame(context),
        }
    }

    fn is_end_stream(&self) -> bool {
        match self {
            Self::Full(bytes) => bytes.is_none(),
            Self::Chunks(chunks) => chunks.left.is_empty() && !chunks.cut,
            Self::Live(_) => false,
            Self::Observed(observed) => observed.inner().is_end_stream(),
            Self::Controlled(body) => body.0.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Full(bytes) => {
                SizeHint::with_exact(bytes.as_ref().map_or(0, |bytes| bytes.len() as u64))
            }
            Self::Controlled(body) => body.0.size_hint(),
            Self::Chunks(_) | Self::Live(_) => SizeHint::default(),
            Self::Observed(observed) => observed.size_hint(),
        }
    }
}

impl Chunks {
    fn poll(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Cut>>> {
        if let Some(piece) = self.left.pop_front() {
            return Poll::Ready(Some(Ok(Frame::data(piece.bytes))));
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
