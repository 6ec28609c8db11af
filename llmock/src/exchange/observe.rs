//! Watches a response on its way to the client, so that a test can see what its program received.

use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};
use std::time::Instant;

use bytes::Bytes;
use http::StatusCode;
use http::header::CONTENT_LENGTH;
use hyper::body::{Body, Frame, SizeHint};
use tokio::sync::watch;

use crate::exchange::body::{Cut, ResponseBody};
use crate::exchange::client::Client;
use crate::exchange::received::{Ending, ReceivedResponse};
use crate::sync::lock;

/// What the client of one request has received so far.
#[derive(Clone, Debug, Default)]
pub(crate) struct Observation(Arc<Mutex<Progress>>);

#[derive(Debug, Default)]
struct Progress {
    response: Option<ReceivedResponse>,
    /// Who receives it: a body that waits at a gate ends some time after its client has left.
    client: Client,
    /// No more will come.
    is_over: bool,
    /// A client that seemed to have left when the end was sent; its connection knows whether it took everything.
    undecided: Option<Client>,
}

/// Counts what happens in a session, for those who wait for it.
#[derive(Clone, Debug)]
pub(crate) struct Activity(watch::Sender<u64>);

impl Default for Activity {
    fn default() -> Self {
        Self(watch::Sender::new(0))
    }
}

impl Activity {
    pub(crate) fn note(&self) {
        self.0.send_modify(|count| *count += 1);
    }

    pub(crate) fn watch(&self) -> watch::Receiver<u64> {
        self.0.subscribe()
    }
}

impl Observation {
    /// The response so far; `None` before it has begun.
    pub(crate) fn so_far(&self) -> Option<ReceivedResponse> {
        let progress = lock(&self.0);
        let mut response = progress.response.clone()?;
        if response.end == Ending::Open && progress.client.has_left() {
            response.end = Ending::Disconnected;
        }
        if progress.undecided.as_ref().is_some_and(|client| client.has_received() != Some(true)) {
            response.end = Ending::Disconnected;
        }
        Some(response)
    }

    /// Whether more may come.
    pub(crate) fn is_open(&self) -> bool {
        !lock(&self.0).is_over
    }

    fn update(&self, change: impl FnOnce(&mut ReceivedResponse)) {
        if let Some(response) = lock(&self.0).response.as_mut() {
            change(response);
        }
    }
}

/// The request that a response belongs to, as far as watching needs it.
#[derive(Debug)]
pub(crate) struct Watching {
    pub(crate) observation: Observation,
    pub(crate) activity: Activity,
    pub(crate) client: Client,
    pub(crate) received: Instant,
    pub(crate) is_head: bool,
}

impl Watching {
    /// Begins to watch: the response with a body that reports what is taken from it.
    pub(crate) fn watch(
        self,
        response: http::Response<ResponseBody>,
    ) -> http::Response<ResponseBody> {
        let (parts, inner) = response.into_parts();
        let headers = parts.headers.iter().map(|(name, value)| {
            let value = String::from_utf8_lossy(value.as_bytes()).into_owned();
            (name.as_str().to_owned(), value)
        });
        let received = ReceivedResponse::begin(parts.status.as_u16(), headers.collect());
        let mut progress = lock(&self.observation.0);
        (progress.response, progress.client) = (Some(received), self.client.clone());
        drop(progress);
        let has_no_body = self.is_head
            || matches!(parts.status, StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED);
        let length = parts.headers.get(CONTENT_LENGTH).and_then(|value| value.to_str().ok());
        let left = length.and_then(|length| length.parse().ok());
        let mut observed = Observed { inner, watching: self, is_over: false, left };
        if has_no_body || observed.inner.is_end_stream() {
            observed.finish(Ending::Complete);
        } else {
            observed.watching.activity.note();
        }
        http::Response::from_parts(parts, ResponseBody::Observed(Box::new(observed)))
    }
}

impl Drop for Watching {
    /// Also when there was no response: its connection was closed.
    fn drop(&mut self) {
        lock(&self.observation.0).is_over = true;
        self.activity.note();
    }
}

/// A body on its way to the client.
#[derive(Debug)]
pub(crate) struct Observed {
    inner: ResponseBody,
    watching: Watching,
    is_over: bool,
    /// How many bytes are to come, if the head of the response says so: its client may leave after them.
    left: Option<usize>,
}

impl Observed {
    pub(super) fn inner(&self) -> &ResponseBody {
        &self.inner
    }

    #[cfg(any(feature = "record", feature = "wiremock"))]
    pub(super) fn into_inner(mut self) -> ResponseBody {
        self.is_over = true;
        std::mem::replace(&mut self.inner, ResponseBody::Full(None))
    }

    pub(super) fn poll(
        &mut self,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Cut>>> {
        let polled = Pin::new(&mut self.inner).poll_frame(context);
        match &polled {
            Poll::Ready(Some(Ok(frame))) => {
                if let Some(bytes) = frame.data_ref() {
                    let ms = self.watching.received.elapsed().as_millis();
                    self.left = self.left.map(|left| left.saturating_sub(bytes.len()));
                    let (ms, bytes) = (u64::try_from(ms).unwrap_or(u64::MAX), bytes.clone());
                    self.watching.observation.update(|response| response.add(ms, bytes));
                    self.watching.activity.note();
                }
                if self.inner.is_end_stream() || self.left == Some(0) {
                    self.finish(Ending::Complete);
                }
            }
            Poll::Ready(Some(Err(Cut))) => self.finish(Ending::Cut),
            Poll::Ready(None) => self.finish(Ending::Complete),
            Poll::Pending => {}
        }
        polled
    }

    pub(super) fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }

    fn finish(&mut self, end: Ending) {
        if std::mem::replace(&mut self.is_over, true) {
            return;
        }
        self.watching.observation.update(|response| response.end = end);
        let client = Some(&self.watching.client);
        let is_complete = end == Ending::Complete;
        let mut progress = lock(&self.watching.observation.0);
        progress.undecided = client.filter(|client| is_complete && client.has_left()).cloned();
        drop(progress);
        self.watching.activity.note();
    }
}

impl Drop for Observed {
    /// The server drops a body that it cannot send.
    fn drop(&mut self) {
        self.finish(Ending::Disconnected);
    }
}
