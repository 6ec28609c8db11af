//! One connection, and what its worker hears of it.
//!
//! Hyper can watch over the heads of requests itself, but makes a timer for each of them and asks the socket once
//! more than it has to: a twentieth of all that an answer takes. So the worker looks after its connections from
//! time to time, and these only note what they do.

use std::io;
use std::pin::{Pin, pin};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use http_body::{Body, Frame, SizeHint};
use hyper::body::Incoming;
use hyper::rt::{Read, ReadBufCursor, Write};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::time::Instant;

use super::answer::{Aborted, AnswerBytes};
use super::app::App;

/// Serves a connection to its end.
pub(super) async fn serve(socket: TcpStream, app: &'static App, pulse: Arc<Pulse>) {
    // Events are small; waiting to coalesce them would delay every one.
    let _ = socket.set_nodelay(true);
    let service = service_fn(|request| respond(app, request, &pulse));
    let socket = Watched { socket: TokioIo::new(socket), pulse: Arc::clone(&pulse) };
    let mut connection = pin!(
        http1::Builder::new()
            // An event is three small pieces: to copy them into one costs less than to name them to the system.
            .writev(false)
            // Who has sent everything may close that side and still wait for the answer.
            .half_close(true)
            .serve_connection(socket, service)
    );
    let _over = Over(&pulse);
    let (mut known, mut ending) = (false, false);
    std::future::poll_fn(|context| {
        if !known {
            *pulse.waker() = Some(context.waker().clone());
            known = true;
        }
        if pulse.cut.load(Ordering::Relaxed) {
            return Poll::Ready(());
        }
        if !ending && pulse.ending.load(Ordering::Relaxed) {
            connection.as_mut().graceful_shutdown();
            ending = true;
        }
        // A client that leaves is no error of ours.
        connection.as_mut().poll(context).map(|_| ())
    })
    .await;
}

/// The end of a connection, in whatever way.
struct Over<'a>(&'a Pulse);

impl Drop for Over<'_> {
    fn drop(&mut self) {
        self.0.over.store(true, Ordering::Relaxed);
        // it would keep the memory of the task
        self.0.waker().take();
    }
}

/// A service error makes hyper close the connection without a byte.
async fn respond(
    app: &App,
    request: Request<Incoming>,
    pulse: &Arc<Pulse>,
) -> Result<Response<Sent>, Aborted> {
    let answering = Answering::begin(pulse);
    let response = app.answer(request).await;
    match response.extensions().get::<Aborted>() {
        Some(aborted) => Err(*aborted),
        None => Ok(response.map(|bytes| Sent { bytes, _answering: answering })),
    }
}

/// What a connection and its worker note for each other. Both are on one thread.
#[derive(Debug, Default)]
pub(super) struct Pulse {
    /// A request is being answered: we are not waiting for the client.
    answering: AtomicBool,
    /// Something was answered or sent since the worker looked.
    moved: AtomicBool,
    over: AtomicBool,
    /// No further request is wanted.
    ending: AtomicBool,
    /// Nothing is wanted.
    cut: AtomicBool,
    waker: Mutex<Option<Waker>>,
}

impl Pulse {
    fn waker(&self) -> MutexGuard<'_, Option<Waker>> {
        self.waker.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wake(&self) {
        let waker = self.waker().take();
        waker.into_iter().for_each(Waker::wake);
    }
}

/// A connection as its worker sees it.
#[derive(Debug)]
pub(super) struct Observed {
    pulse: Arc<Pulse>,
    /// Since when nothing has been seen to move.
    quiet_since: Instant,
}

impl Observed {
    pub(super) fn new(pulse: Arc<Pulse>) -> Self {
        Self { pulse, quiet_since: Instant::now() }
    }

    /// Cuts a connection that has owed us the head of a request for that long. Returns whether it goes on.
    pub(super) fn look(&mut self, patience: Duration) -> bool {
        let moved = self.pulse.moved.swap(false, Ordering::Relaxed);
        if moved || self.pulse.answering.load(Ordering::Relaxed) {
            self.quiet_since = Instant::now();
        } else if self.quiet_since.elapsed() >= patience {
            self.pulse.cut.store(true, Ordering::Relaxed);
            self.pulse.wake();
            return false;
        }
        !self.pulse.over.load(Ordering::Relaxed)
    }

    /// Has the connection end when what was asked is answered.
    pub(super) fn end(&self) {
        self.pulse.ending.store(true, Ordering::Relaxed);
        self.pulse.wake();
    }
}

/// From the head of a request to the last piece of its answer.
#[derive(Debug)]
struct Answering(Arc<Pulse>);

impl Answering {
    fn begin(pulse: &Arc<Pulse>) -> Self {
        pulse.answering.store(true, Ordering::Relaxed);
        Self(Arc::clone(pulse))
    }
}

impl Drop for Answering {
    fn drop(&mut self) {
        self.0.answering.store(false, Ordering::Relaxed);
        self.0.moved.store(true, Ordering::Relaxed);
    }
}

/// The body of an answer, which knows when it is over.
struct Sent {
    bytes: AnswerBytes,
    _answering: Answering,
}

impl Body for Sent {
    type Data = Bytes;
    type Error = <AnswerBytes as Body>::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        Pin::new(&mut self.bytes).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.bytes.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.bytes.size_hint()
    }
}

/// The socket. Whoever takes bytes from us, if slowly, is there.
struct Watched {
    socket: TokioIo<TcpStream>,
    pulse: Arc<Pulse>,
}

impl Read for Watched {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        into: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_read(context, into)
    }
}

impl Write for Watched {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.socket).poll_write(context, bytes);
        if written.is_ready() {
            self.pulse.moved.store(true, Ordering::Relaxed);
        }
        written
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_shutdown(context)
    }
}
