//! Reads the body of a request: within a time and a size, and without its compression.

use std::borrow::Cow;
use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::task::Poll;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http::HeaderMap;
use http::header::CONTENT_ENCODING;
use http_body::Body as _;
use http_body_util::BodyExt as _;
use hyper::body::Incoming;
use llmock::reply::uncompressed;

/// A body may be this many times the limit before the connection is closed: a client that is still sending would
/// not see the response.
const PATIENCE: u64 = 16;

/// Why there is no body.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Unread {
    #[error("the request body is larger than {limit} bytes")]
    TooLarge { limit: usize },
    #[error("the request body did not arrive in time")]
    Slow,
    #[error("the request body broke off")]
    BrokenOff,
    #[error("{0}")]
    Compressed(String),
}

impl Unread {
    pub(crate) fn status(&self) -> u16 {
        match self {
            Self::TooLarge { .. } => 413,
            Self::Slow => 408,
            Self::BrokenOff | Self::Compressed(_) => 400,
        }
    }
}

pub(crate) async fn body(
    mut body: Incoming,
    limit: usize,
    time: Duration,
) -> Result<Bytes, Unread> {
    if body.is_end_stream() {
        return Ok(Bytes::new());
    }
    let mut collected = pin!(collect(&mut body, limit));
    // Most bodies arrive with their head, and setting a timer takes longer than reading one.
    match at_once(collected.as_mut()).await {
        Some(read) => read,
        // In a box, so that other requests do not have to carry its state.
        None => Box::pin(tokio::time::timeout(time, collected)).await.unwrap_or(Err(Unread::Slow)),
    }
}

/// The output of a future that is ready at the second poll: a connection reads a body only after the first.
async fn at_once<F: Future>(mut future: Pin<&mut F>) -> Option<F::Output> {
    let mut was_polled = false;
    poll_fn(|context| match future.as_mut().poll(context) {
        Poll::Ready(output) => Poll::Ready(Some(output)),
        Poll::Pending if was_polled => Poll::Ready(None),
        Poll::Pending => {
            was_polled = true;
            context.waker().wake_by_ref();
            Poll::Pending
        }
    })
    .await
}

async fn collect(body: &mut Incoming, limit: usize) -> Result<Bytes, Unread> {
    let mut whole = Bytes::new();
    let mut joined = BytesMut::new();
    let mut seen = 0_u64;
    let most = limit as u64;
    while let Some(frame) = body.frame().await {
        let Ok(data) = frame.map_err(|_| Unread::BrokenOff)?.into_data() else { continue };
        seen += data.len() as u64;
        if seen > most {
            // Read on, so that the client sees the response, but keep nothing.
            joined.clear();
            if seen > most.saturating_mul(PATIENCE) {
                break;
            }
        } else if whole.is_empty() && joined.is_empty() {
            // Most bodies arrive in one piece, which is not copied.
            whole = data;
        } else {
            if joined.is_empty() {
                joined.extend_from_slice(&std::mem::take(&mut whole));
            }
            joined.extend_from_slice(&data);
        }
    }
    if seen > most {
        return Err(Unread::TooLarge { limit });
    }
    Ok(if joined.is_empty() { whole } else { joined.freeze() })
}

/// The body without the compression that the headers name; `None` if it has none.
pub(crate) fn decompressed(
    headers: &HeaderMap,
    wire: &Bytes,
    limit: usize,
) -> Result<Option<Bytes>, Unread> {
    let Some(coding) = headers.get(CONTENT_ENCODING) else { return Ok(None) };
    match uncompressed(coding.to_str().ok(), wire, limit) {
        Ok(plain) if plain.len() > limit => Err(Unread::TooLarge { limit }),
        Ok(Cow::Borrowed(_)) => Ok(None),
        Ok(Cow::Owned(plain)) => Ok(Some(plain.into())),
        Err(error) if error.is_too_long() => Err(Unread::TooLarge { limit }),
        Err(error) => Err(Unread::Compressed(error.to_string())),
    }
}
