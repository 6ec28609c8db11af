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

use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::runtime;
use tokio::sync::mpsc::{self, UnboundedReceiver, UnboundedSender};
use tokio::sync::oneshot;
use tokio::task::JoinSet;
use tokio::time::Instant;

use super::app::App;
use super::connection::{self, Observed, Pulse};
use super::state::State;

/// Connections that wait to be taken: a load test opens thousands at once.
const BACKLOG: u32 = 4096;

/// How often a worker looks after its connections: eight times in the patience it has with them, within these.
const SHORTEST_LOOK: Duration = Duration::from_millis(10);
const LONGEST_LOOK: Duration = Duration::from_secs(1);

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
    workers: Vec<Worker>,
    state: &State,
    stop: impl Future<Output = ()>,
) -> bool {
    let mut stop = pin!(stop);
    let mut next = 0;
    loop {
        tokio::select! {
            taken = listener.accept() => match taken.and_then(|(socket, _)| socket.into_std()) {
                Ok(socket) => {
                    // in turn; a worker ends with the process alone
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
    let limit = state.running().config.shutdown_timeout;
    let (queues, ends): (Vec<_>, Vec<_>) =
        workers.into_iter().map(|worker| (worker.queue, worker.ended)).unzip();
    drop(queues);
    let ended = async {
        for end in ends {
            let _ = end.await;
        }
    };
    tokio::time::timeout(limit, ended).await.is_ok()
}

/// A thread that serves connections.
#[derive(Debug)]
pub(crate) struct Worker {
    /// Takes connections; when it is gone, the worker finishes what it has.
    queue: UnboundedSender<std::net::TcpStream>,
    /// When it has finished.
    ended: oneshot::Receiver<()>,
}

/// As many of them as there are cores.
pub(crate) fn workers(state: &Arc<State>) -> io::Result<Vec<Worker>> {
    // Needed to the end of the process. To count who needs it would have the cores wait for each other.
    let app: &'static App = Box::leak(Box::new(App::new(Arc::clone(state))));
    let threads = thread::available_parallelism().map_or(1, NonZeroUsize::get);
    (0..threads).map(|_| worker(app)).collect()
}

fn worker(app: &'static App) -> io::Result<Worker> {
    let runtime = runtime::Builder::new_current_thread().enable_all().build()?;
    let (queue, taken) = mpsc::unbounded_channel();
    let (end, ended) = oneshot::channel();
    let work = move || {
        runtime.block_on(work(app, taken));
        let _ = end.send(());
    };
    thread::Builder::new().name("llmock-serve".to_owned()).spawn(work)?;
    Ok(Worker { queue, ended })
}

/// Serves the connections of one worker, and cuts those whose clients do not get on.
async fn work(app: &'static App, mut taken: UnboundedReceiver<std::net::TcpStream>) {
    let mut open = JoinSet::new();
    let mut observed: Vec<Observed> = Vec::new();
    let mut next_look = Instant::now();
    loop {
        tokio::select! {
            socket = taken.recv() => match socket.map(TcpStream::from_std) {
                Some(Ok(socket)) => {
                    let pulse = Arc::<Pulse>::default();
                    observed.push(Observed::new(Arc::clone(&pulse)));
                    open.spawn(connection::serve(socket, app, pulse));
                }
                Some(Err(_)) => {}
                None => break,
            },
            Some(_) = open.join_next() => {}
            () = tokio::time::sleep_until(next_look), if !open.is_empty() => {
                let patience = app.head_timeout();
                observed.retain_mut(|connection| connection.look(patience));
                next_look = Instant::now() + (patience / 8).clamp(SHORTEST_LOOK, LONGEST_LOOK);
            }
        }
    }
    observed.iter().for_each(Observed::end);
    while open.join_next().await.is_some() {}
}
