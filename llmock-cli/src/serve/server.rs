//! Accepts connections, distributes them to threads, and gives them time to finish at the end.
//!
//! Each core has a thread with a runtime of its own, and a connection stays on its thread: a response takes
//! microseconds, less than it takes to wake another thread for it.

use std::io;
use std::net::SocketAddr;
use std::num::NonZeroUsize;
use std::pin::pin;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use hyper_util::server::graceful::GracefulShutdown;
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::runtime;
use tokio::sync::mpsc::{self, UnboundedReceiver, UnboundedSender};
use tokio::sync::oneshot;
use tokio::time::Instant;

use super::app::App;
use super::connection;
use super::state::State;
use super::tls::Tls;

/// Connections that wait to be accepted: a load test opens thousands at once.
const BACKLOG: u32 = 4096;

/// Listens on the first address of `host` that works.
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
    // A port that was just released can be used again.
    #[cfg(unix)]
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(BACKLOG)
}

/// Serves until `stop` returns, then until all open responses are sent or `shutdown-timeout` is over.
pub(crate) async fn serve(
    listener: TcpListener,
    workers: Vec<Worker>,
    state: &State,
    stop: impl Future<Output = ()>,
) -> Served {
    let mut stop = pin!(stop);
    let mut next = 0;
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted.and_then(|(socket, _)| socket.into_std()) {
                Ok(socket) => {
                    // Round robin. A worker cannot have ended before its queue is dropped.
                    let _ = workers[next % workers.len()].queue.send(socket);
                    next = next.wrapping_add(1);
                }
                // Out of file descriptors: the only cure is time.
                Err(_) => tokio::time::sleep(Duration::from_millis(10)).await,
            },
            () = &mut stop => break,
        }
    }
    drop(listener);
    let deadline = Instant::now() + state.running().config.shutdown_timeout;
    if let Some(proxy) = state.running().proxy() {
        proxy.close();
    }
    let mut releases = Vec::with_capacity(workers.len());
    let mut ends = Vec::with_capacity(workers.len());
    for Worker { queue, ended, release } in workers {
        drop(queue);
        ends.push(ended);
        releases.push(release);
    }
    let ended = async {
        for end in ends {
            let _ = end.await;
        }
        state.sockets.close().await;
    };
    let has_sent_all = tokio::time::timeout_at(deadline, ended).await.is_ok();
    Served { has_sent_all, deadline, _releases: releases }
}

/// A server that accepts no more connections. Its threads run as long as this lives: responses that are recorded may
/// still arrive on them.
#[derive(Debug)]
pub(crate) struct Served {
    pub(crate) has_sent_all: bool,
    /// When `shutdown-timeout` is over.
    pub(crate) deadline: Instant,
    _releases: Vec<oneshot::Sender<()>>,
}

/// A thread that serves connections.
#[derive(Debug)]
pub(crate) struct Worker {
    /// Accepted connections; once it is dropped, the worker finishes what it has.
    queue: UnboundedSender<std::net::TcpStream>,
    /// Resolves when the worker has finished.
    ended: oneshot::Receiver<()>,
    /// Once it is dropped, the thread ends.
    release: oneshot::Sender<()>,
}

pub(crate) fn workers(state: &Arc<State>, tls: Option<Tls>) -> io::Result<Vec<Worker>> {
    // Needed until the process ends. A reference count would make the cores wait for each other.
    let app: &'static App = Box::leak(Box::new(App::new(Arc::clone(state), tls)));
    let threads = thread::available_parallelism().map_or(1, NonZeroUsize::get);
    (0..threads).map(|_| worker(app)).collect()
}

fn worker(app: &'static App) -> io::Result<Worker> {
    let runtime = runtime::Builder::new_current_thread().enable_all().build()?;
    let (queue, accepted) = mpsc::unbounded_channel();
    let (end, ended) = oneshot::channel();
    let (release, released) = oneshot::channel();
    let work = move || {
        runtime.block_on(work(app, accepted));
        let _ = end.send(());
        let _ = runtime.block_on(released);
    };
    thread::Builder::new().name("llmock-serve".to_owned()).spawn(work)?;
    Ok(Worker { queue, ended, release })
}

/// Serves the connections of one worker; returns when the queue is gone and all of them have ended.
async fn work(app: &'static App, mut accepted: UnboundedReceiver<std::net::TcpStream>) {
    let graceful = GracefulShutdown::new();
    while let Some(socket) = accepted.recv().await {
        if let Ok(socket) = TcpStream::from_std(socket) {
            tokio::spawn(connection::serve(socket, app, graceful.watcher()));
        }
    }
    graceful.shutdown().await;
}
