//! Accepts connections, distributes them to threads, and gives them time to finish at the end.
//!
//! Each core has a thread with a runtime of its own, and a connection stays on its thread: a response takes
//! microseconds, less than it takes to wake another thread for it. The first of these threads accepts. It keeps a
//! connection unless another thread has fewer, so a client alone is served where its connection was accepted.

use std::io;
use std::net::SocketAddr;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
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
use crate::output::serving;

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

/// Waits until `stop` returns, then until all open responses are sent or `shutdown-timeout` is over.
pub(crate) async fn serve(
    workers: Workers,
    state: &State,
    stop: impl Future<Output = ()>,
) -> Served {
    stop.await;
    let deadline = Instant::now() + state.running().config.shutdown_timeout;
    if let Some(proxy) = state.running().proxy() {
        proxy.close();
    }
    drop(workers.stop);
    let (ends, releases): (Vec<_>, Vec<_>) =
        workers.all.into_iter().map(|worker| (worker.ended, worker.release)).unzip();
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

/// The threads that serve connections.
#[derive(Debug)]
pub(crate) struct Workers {
    /// Once it is dropped, they take no more connections and finish those that they have.
    stop: oneshot::Sender<()>,
    all: Vec<Worker>,
}

#[derive(Debug)]
struct Worker {
    /// Resolves when the worker has finished.
    ended: oneshot::Receiver<()>,
    /// Once it is dropped, the thread ends.
    release: oneshot::Sender<()>,
}

/// Connections for another thread, and how many it has.
#[derive(Debug)]
struct Queue {
    sockets: UnboundedSender<std::net::TcpStream>,
    open: Arc<AtomicUsize>,
}

/// Where the connections of a worker come from.
#[derive(Debug)]
enum Source {
    /// This one accepts until the other end of `stopped` is gone, for itself and for the others, whose queues end then.
    Listener {
        listener: std::net::TcpListener,
        others: Vec<Queue>,
        stopped: oneshot::Receiver<()>,
    },
    Queue(UnboundedReceiver<std::net::TcpStream>),
}

/// A connection that counts as long as this lives.
struct Counted(Arc<AtomicUsize>);

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Starts the threads, which serve the connections of this listener from now on.
pub(crate) fn workers(
    listener: TcpListener,
    state: &Arc<State>,
    tls: Option<Tls>,
) -> io::Result<Workers> {
    // Needed until the process ends. A reference count would make the cores wait for each other.
    let app: &'static App = Box::leak(Box::new(App::new(Arc::clone(state), tls)));
    let threads = thread::available_parallelism().map_or(1, NonZeroUsize::get);
    let (mut others, mut all) = (Vec::new(), Vec::new());
    for _ in 1..threads {
        let (sockets, accepted) = mpsc::unbounded_channel();
        let open = Arc::<AtomicUsize>::default();
        all.push(worker(app, Source::Queue(accepted), Arc::clone(&open))?);
        others.push(Queue { sockets, open });
    }
    let (stop, stopped) = oneshot::channel();
    let source = Source::Listener { listener: listener.into_std()?, others, stopped };
    all.push(worker(app, source, Arc::default())?);
    Ok(Workers { stop, all })
}

fn worker(app: &'static App, source: Source, open: Arc<AtomicUsize>) -> io::Result<Worker> {
    let runtime = runtime::Builder::new_current_thread().enable_all().build()?;
    let (end, ended) = oneshot::channel();
    let (release, released) = oneshot::channel();
    let work = move || {
        let connections = Connections { app, open, graceful: GracefulShutdown::new() };
        runtime.block_on(connections.serve(source));
        let _ = end.send(());
        let _ = runtime.block_on(released);
    };
    thread::Builder::new().name("llmock-serve".to_owned()).spawn(work)?;
    Ok(Worker { ended, release })
}

/// The connections of one worker.
struct Connections {
    app: &'static App,
    open: Arc<AtomicUsize>,
    graceful: GracefulShutdown,
}

impl Connections {
    /// Serves connections until their source ends; returns when all of them have ended.
    async fn serve(self, source: Source) {
        match source {
            Source::Listener { listener, others, stopped } => {
                match TcpListener::from_std(listener) {
                    Ok(listener) => tokio::select! {
                        () = self.accept(&listener, &others) => {}
                        _ = stopped => {}
                    },
                    Err(error) => serving::failed(&error),
                }
            }
            Source::Queue(mut accepted) => {
                while let Some(socket) = accepted.recv().await {
                    let counted = Counted(Arc::clone(&self.open));
                    if let Ok(socket) = TcpStream::from_std(socket) {
                        self.spawn(socket, counted);
                    }
                }
            }
        }
        self.graceful.shutdown().await;
    }

    async fn accept(&self, listener: &TcpListener, others: &[Queue]) {
        loop {
            match listener.accept().await {
                Ok((socket, _)) => self.deal(socket, others),
                // Out of file descriptors: the only cure is time.
                Err(_) => tokio::time::sleep(Duration::from_millis(10)).await,
            }
        }
    }

    /// Gives a connection to the worker with the fewest; if others have no fewer than this one, it stays.
    fn deal(&self, socket: TcpStream, others: &[Queue]) {
        let own = self.open.load(Ordering::Relaxed);
        let fewest = others
            .iter()
            .map(|queue| (queue.open.load(Ordering::Relaxed), queue))
            .filter(|(open, _)| *open < own)
            .min_by_key(|(open, _)| *open);
        let Some((_, queue)) = fewest else {
            self.open.fetch_add(1, Ordering::Relaxed);
            self.spawn(socket, Counted(Arc::clone(&self.open)));
            return;
        };
        if let Ok(socket) = socket.into_std() {
            queue.open.fetch_add(1, Ordering::Relaxed);
            // A worker cannot have ended before its queue is dropped, unless the server stops.
            let _ = queue.sockets.send(socket);
        }
    }

    fn spawn(&self, socket: TcpStream, counted: Counted) {
        let served = connection::serve(socket, self.app, self.graceful.watcher());
        tokio::spawn(async move {
            served.await;
            drop(counted);
        });
    }
}
