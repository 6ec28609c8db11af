//! A connection that shows when its client has left, without consuming bytes that hyper has yet to read.
//!
//! hyper does not read while it makes or sends a response, so it does not see that a client has left. Whether a
//! response is still wanted decides what is recorded.

use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

use crate::sync::lock;

/// The first bytes of HTTP/2 on a connection without negotiation (RFC 9113 §3.4).
pub(crate) const HTTP2_PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// How long the reset of a client that has left may take to arrive.
const RESET: Duration = Duration::from_millis(100);

/// How often to look for it.
const LOOK: Duration = Duration::from_millis(10);

/// What is read ahead of the reader.
const AHEAD: usize = 1024;

/// Both handles of it read from the same task.
#[derive(Debug)]
#[cfg_attr(not(feature = "server"), allow(unreachable_pub, reason = "public in `__server`"))]
pub struct Watched<Io>(Arc<Mutex<Inner<Io>>>);

#[derive(Debug)]
struct Inner<Io> {
    io: Io,
    ahead: Vec<u8>,
}

impl<Io> Clone for Watched<Io> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

#[cfg_attr(not(feature = "server"), allow(unreachable_pub, reason = "public in `__server`"))]
impl<Io: AsyncRead + Unpin> Watched<Io> {
    /// Watches a connection.
    pub fn new(io: Io) -> Self {
        Self(Arc::new(Mutex::new(Inner { io, ahead: Vec::new() })))
    }

    /// Looks at the connection itself.
    pub(crate) fn with<T>(&self, look: impl FnOnce(&Io) -> T) -> T {
        look(&lock(&self.0).io)
    }

    /// The first bytes of the connection, enough to tell HTTP/2 from anything else; empty if it has ended.
    pub(crate) async fn first_bytes(&self) -> Vec<u8> {
        loop {
            let is_decided = {
                let ahead = &lock(&self.0).ahead;
                !ahead.is_empty()
                    && (ahead.len() >= HTTP2_PREFACE.len() || !HTTP2_PREFACE.starts_with(ahead))
            };
            let more = std::future::poll_fn(|context| lock(&self.0).poll_more(context));
            if is_decided || !matches!(more.await, Ok(1..)) {
                return lock(&self.0).ahead.clone();
            }
        }
    }

    /// Ready when the client has closed its side, or the connection is broken.
    pub fn poll_left(&self, context: &mut Context<'_>) -> Poll<()> {
        let mut inner = lock(&self.0);
        if !inner.ahead.is_empty() {
            // hyper has yet to read these bytes, and is woken for them.
            return Poll::Pending;
        }
        match ready!(inner.poll_more(context)) {
            Ok(1..) => Poll::Pending,
            Ok(0) | Err(_) => Poll::Ready(()),
        }
    }
}

#[cfg_attr(not(feature = "server"), allow(unreachable_pub, reason = "public in `__server`"))]
impl Watched<TcpStream> {
    /// Whether a client that has closed its side took what was sent to it since. One that has only closed its sending
    /// side does; one that has left resets the connection.
    pub async fn took_everything(&self) -> bool {
        let is_broken = || !matches!(lock(&self.0).io.take_error(), Ok(None));
        let deadline = tokio::time::Instant::now() + RESET;
        while !is_broken() {
            if tokio::time::Instant::now() >= deadline {
                return true;
            }
            tokio::time::sleep(LOOK).await;
        }
        false
    }
}

impl<Io: AsyncRead + Unpin> Inner<Io> {
    fn poll_more(&mut self, context: &mut Context<'_>) -> Poll<io::Result<usize>> {
        let mut bytes = [0; AHEAD];
        let mut buffer = ReadBuf::new(&mut bytes);
        ready!(Pin::new(&mut self.io).poll_read(context, &mut buffer))?;
        self.ahead.extend_from_slice(buffer.filled());
        Poll::Ready(Ok(buffer.filled().len()))
    }
}

impl<Io: AsyncRead + Unpin> AsyncRead for Watched<Io> {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let mut inner = lock(&self.0);
        if inner.ahead.is_empty() {
            return Pin::new(&mut inner.io).poll_read(context, buffer);
        }
        let length = inner.ahead.len().min(buffer.remaining());
        buffer.put_slice(&inner.ahead[..length]);
        inner.ahead.drain(..length);
        Poll::Ready(Ok(()))
    }
}

impl<Io: AsyncWrite + Unpin> AsyncWrite for Watched<Io> {
    fn poll_write(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut lock(&self.0).io).poll_write(context, bytes)
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut lock(&self.0).io).poll_flush(context)
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut lock(&self.0).io).poll_shutdown(context)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut lock(&self.0).io).poll_write_vectored(context, bytes)
    }

    fn is_write_vectored(&self) -> bool {
        lock(&self.0).io.is_write_vectored()
    }
}
