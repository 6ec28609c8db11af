//! One connection, and how long it may keep us waiting.
//!
//! hyper can limit the time for the head of a request itself, but then it sets a timer for each request and reads
//! the socket once more than it has to: a twentieth of the work for a response. Here each connection has a timer
//! that fires a few times within the limit and looks at what happened since.

use std::error::Error;
use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::BodyExt as _;
use hyper::body::{Body, Incoming};
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;
use hyper_util::server::graceful::Watcher;
use llmock::__server::Watched;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::task::unconstrained;
use tokio::time::{Instant, Sleep, sleep, timeout};
use tokio_util::io::{InspectReader, InspectWriter};

use super::answer::{Aborted, BoxError};
use super::app::App;
use super::client::ClientLeft;
use crate::output::serving::{self, Refused};

/// How a handshake of TLS begins (RFC 8446 §5.1).
const TLS: [u8; 2] = [0x16, 0x03];

/// The timer of a connection fires eight times within the limit, but not more or less often than this.
const SHORTEST_CHECK: Duration = Duration::from_millis(10);
const LONGEST_CHECK: Duration = Duration::from_secs(1);

/// Serves a connection until it ends, the server stops, or its client takes too long to send a request.
pub(super) async fn serve(socket: TcpStream, app: &'static App, watcher: Watcher) {
    // Events are small; waiting to coalesce them would delay every one.
    let _ = socket.set_nodelay(true);
    if let Some(tls) = app.tls() {
        // A response that is forwarded does not learn here that its client has left: only the socket could tell.
        match timeout(app.head_timeout(), tls.acceptor.accept(socket)).await {
            Ok(Ok(encrypted)) => {
                let _ = serve_io(encrypted, app, watcher, None, |_| {}).await;
            }
            Ok(Err(_)) => serving::refused(Refused::NoTls),
            Err(_) => {}
        }
        return;
    }
    if !app.forwards() {
        let _ = serve_io(socket, app, watcher, None, |_| {}).await;
        return;
    }
    // A response that is forwarded goes on without its client, but not for ever.
    let socket = Watched::new(socket);
    let (has_left, left) = watch::channel(false);
    let peer = socket.clone();
    let look = |context: &mut Context<'_>| {
        if !*has_left.borrow() && peer.poll_left(context).is_ready() {
            has_left.send_replace(true);
        }
    };
    let ended = serve_io(socket, app, watcher, Some(ClientLeft(left)), look).await;
    // A client that had only closed its sending side has not left.
    let is_here = !*has_left.borrow() || peer.took_everything().await;
    has_left.send_replace(ended.is_err() || !is_here);
}

async fn serve_io(
    io: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    app: &'static App,
    watcher: Watcher,
    client_left: Option<ClientLeft>,
    mut look: impl FnMut(&mut Context<'_>),
) -> Result<(), ()> {
    let activity = Arc::<Activity>::default();
    let responding = Arc::clone(&activity);
    let service = service_fn(move |mut request: Request<Incoming>| {
        if let Some(client_left) = &client_left {
            request.extensions_mut().insert(client_left.clone());
        }
        respond(app, request, Arc::clone(&responding))
    });
    // A client that takes bytes, however slowly, is not silent.
    let writes = Arc::clone(&activity);
    let has_moved = move |_: &[u8]| writes.has_moved.store(true, Ordering::Relaxed);
    let (reads, mut is_first) = (Arc::clone(&activity), true);
    let look_at_first = move |bytes: &[u8]| {
        if std::mem::take(&mut is_first) {
            reads.begins_with_tls.store(bytes.starts_with(&TLS), Ordering::Relaxed);
        }
    };
    let io = InspectWriter::new(InspectReader::new(io, look_at_first), has_moved);
    let io = TokioIo::new(io);
    let mut builder = auto::Builder::new(TokioExecutor::new());
    builder
        .http1()
        // An event is three small pieces: copying them into one costs less than passing all three to the system.
        .writev(false)
        // A client may close its sending side and still wait for the response.
        .half_close(true);
    let mut connection = pin!(watcher.watch(builder.serve_connection_with_upgrades(io, service)));
    let mut patience = Patience::new(app, &activity);
    poll_fn(|context| {
        if let Poll::Ready(ended) = connection.as_mut().poll(context) {
            // A client that disconnects is not an error of ours.
            return Poll::Ready(ended.map_err(|error| note_refused(&*error, &activity)));
        }
        look(context);
        patience.poll_over(context).map(Err)
    })
    .await
}

/// Names what a client did that cannot work, once each.
fn note_refused(error: &(dyn Error + 'static), activity: &Activity) {
    let Some(error) = error.downcast_ref::<hyper::Error>() else { return };
    if error.is_parse_too_large() {
        serving::refused(Refused::HeadTooLarge);
    } else if error.is_parse() && activity.begins_with_tls.load(Ordering::Relaxed) {
        serving::refused(Refused::Tls);
    }
}

/// Serves one request. On an error hyper closes the connection without sending a byte.
async fn respond(
    app: &'static App,
    request: Request<Incoming>,
    activity: Arc<Activity>,
) -> Result<Response<impl Body<Data = Bytes, Error = BoxError> + use<>>, Aborted> {
    activity.responding.fetch_add(1, Ordering::Relaxed);
    let responding = Responding(activity);
    let response = app.answer(request).await;
    match response.extensions().get::<Aborted>() {
        Some(aborted) => Err(*aborted),
        // The closure keeps `responding` until the body is dropped.
        None => Ok(response.map(|body| {
            body.map_err(move |error| {
                let _ = &responding;
                error
            })
        })),
    }
}

/// What happens on a connection. Service, socket and timer belong to one task and never run at the same time; the
/// fields are atomic, with relaxed ordering, only because a task has to be `Send`.
#[derive(Debug, Default)]
struct Activity {
    /// Responses that are being made or sent: we are not waiting for the client.
    responding: AtomicUsize,
    /// A response ended, or bytes were sent, since the timer fired last.
    has_moved: AtomicBool,
    /// The first bytes of the connection are those of a handshake.
    begins_with_tls: AtomicBool,
}

/// The timer of a connection.
struct Patience<'a> {
    app: &'a App,
    activity: &'a Activity,
    timer: Pin<Box<Sleep>>,
    /// Whether the timer wakes the task.
    is_set: bool,
    quiet_since: Instant,
}

impl<'a> Patience<'a> {
    fn new(app: &'a App, activity: &'a Activity) -> Self {
        let timer = Box::pin(sleep(SHORTEST_CHECK));
        Self { app, activity, timer, is_set: false, quiet_since: Instant::now() }
    }

    /// Ready when the client has owed the head of a request for as long as it may.
    fn poll_over(&mut self, context: &mut Context<'_>) -> Poll<()> {
        // The waker of a task stays the same, so that a timer that is set needs no further poll. Polling it each time
        // costs a fiftieth of the work for a response.
        if self.is_set && !self.timer.is_elapsed() {
            return Poll::Pending;
        }
        // Without tokio's budget, which may keep a timer from being set.
        while pin!(unconstrained(self.timer.as_mut())).poll(context).is_ready() {
            let limit = self.app.head_timeout();
            let has_moved = self.activity.has_moved.swap(false, Ordering::Relaxed);
            if has_moved || self.activity.responding.load(Ordering::Relaxed) > 0 {
                self.quiet_since = Instant::now();
            } else if self.quiet_since.elapsed() >= limit {
                return Poll::Ready(());
            }
            let pause = (limit / 8).clamp(SHORTEST_CHECK, LONGEST_CHECK);
            self.timer.as_mut().reset(Instant::now() + pause);
        }
        self.is_set = true;
        Poll::Pending
    }
}

/// Lives from the head of a request to the last piece of its response.
#[derive(Debug)]
struct Responding(Arc<Activity>);

impl Drop for Responding {
    fn drop(&mut self) {
        self.0.responding.fetch_sub(1, Ordering::Relaxed);
        self.0.has_moved.store(true, Ordering::Relaxed);
    }
}
