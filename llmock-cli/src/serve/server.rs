//! Connections: taken, served, and at the end given time to finish.
//!
//! Each core has a thread with a runtime of its own, and a connection stays on its thread: an answer takes
//! microseconds, less than it takes to wake another thread for it.

use std::io;
use std::net::SocketAddr;
use std::num::NonZeroUsize;
use std::pin::pin;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use axum::body::Body;
use http::{Request, Response};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::runtime;
use tokio::sync::mpsc::{self, UnboundedSender};

use super::answer::Aborted;
use super::app::App;
use super::state::State;
use super::timer::OneTimer;

/// Connections that wait to be taken: a load test opens thousands at once.
const BACKLOG: u32 = 4096;

/// Opens the first address of `host` that can be opened.
pub(crate) async fn bind(host: &str, port: u16) -> io::Result<TcpListener> {
    let mut failed = io::Error::new(io::ErrorKind::NotFound, "the host has no address");
    for address in tokio::net::lookup_host((host, port)).await? {
        match listen(address) {
            Ok(listener) => return Ok(listener),
            Err(error) => failed = error,
        }
    }
    Err(failed)
}

fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
    // a port that was just given back may be taken again
    #[cfg(unix)]
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(BACKLOG)
}

/// Serves until `stop` is over, then until everything is answered or `patience` is.
/// Returns whether everything was.
pub(crate) async fn serve(
    listener: TcpListener,
    workers: &[UnboundedSender<Taken>],
    state: &State,
    stop: impl Future<Output = ()>,
) -> bool {
    let open = GracefulShutdown::new();
    let mut stop = pin!(stop);
    let mut next = 0;
    loop {
        tokio::select! {
            taken = listener.accept() => match taken.and_then(|(socket, _)| socket.into_std()) {
                Ok(socket) => {
                    // in turn; a worker ends with the process alone
                    let _ = workers[next % workers.len()].send((socket, open.watcher()));
                    next = next.wrapping_add(1);
                }
                // Out of file descriptors: the only cure is time.
                Err(_) => tokio::time::sleep(Duration::from_millis(10)).await,
            },
            () = &mut stop => break,
        }
    }
    drop(listener);
    let limit = state.running().config.shutdown_timeout;
    tokio::time::timeout(limit, open.shutdown()).await.is_ok()
}

/// A connection on its way to the thread that serves it.
type Taken = (std::net::TcpStream, Watcher);

/// The threads that serve connections, as many as there are cores.
pub(crate) fn workers(state: &Arc<State>) -> io::Result<Vec<UnboundedSender<Taken>>> {
    // Needed to the end of the process. To count who needs it would have the cores wait for each other.
    let app: &'static App = Box::leak(Box::new(App::new(Arc::clone(state))));
    let threads = thread::available_parallelism().map_or(1, NonZeroUsize::get);
    (0..threads).map(|_| worker(app)).collect()
}

fn worker(app: &'static App) -> io::Result<UnboundedSender<Taken>> {
    let runtime = runtime::Builder::new_current_thread().enable_all().build()?;
    let (queue, mut taken) = mpsc::unbounded_channel::<Taken>();
    let work = async move {
        while let Some((socket, watcher)) = taken.recv().await {
            if let Ok(socket) = TcpStream::from_std(socket) {
                tokio::spawn(connection(socket, app, watcher));
            }
        }
    };
    let name = "llmock-serve".to_owned();
    thread::Builder::new().name(name).spawn(move || runtime.block_on(work))?;
    Ok(queue)
}

async fn connection(socket: TcpStream, app: &'static App, watcher: Watcher) {
    // Events are small; waiting to coalesce them would delay every one.
    let _ = socket.set_nodelay(true);
    let head = app.head_timeout();
    let service = service_fn(move |request| respond(app, request));
    let connection = http1::Builder::new()
        .timer(OneTimer::default())
        .header_read_timeout(head)
        // An event is three small pieces: to copy them into one costs less than to name them to the system.
        .writev(false)
        // Who has sent everything may close that side and still wait for the answer.
        .half_close(true)
        .serve_connection(TokioIo::new(socket), service);
    // A client that leaves is no error of ours.
    let _ = watcher.watch(connection).await;
}

/// A service error makes hyper close the connection without a byte.
async fn respond(app: &App, request: Request<Incoming>) -> Result<Response<Body>, Aborted> {
    let response = app.answer(request).await;
    match response.extensions().get::<Aborted>() {
        Some(aborted) => Err(*aborted),
        None => Ok(response),
    }
}
