//! Connections: taken, served, and at the end given time to finish.

use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use http::{Request, Response};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use tokio::net::{TcpListener, TcpSocket, TcpStream};

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
    state: Arc<State>,
    stop: impl Future<Output = ()>,
) -> bool {
    let app = App::new(Arc::clone(&state));
    let open = GracefulShutdown::new();
    let mut stop = pin!(stop);
    loop {
        tokio::select! {
            taken = listener.accept() => match taken {
                Ok((socket, _)) => {
                    let patience = state.running().config.read_timeout;
                    tokio::spawn(connection(socket, app.clone(), patience, open.watcher()));
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

async fn connection(socket: TcpStream, app: App, head: Duration, watcher: Watcher) {
    // Events are small; waiting to coalesce them would delay every one.
    let _ = socket.set_nodelay(true);
    let service = service_fn(move |request| respond(app.clone(), request));
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
async fn respond(app: App, request: Request<Incoming>) -> Result<Response<Body>, Aborted> {
    let response = app.answer(request.map(Body::new)).await;
    match response.extensions().get::<Aborted>() {
        Some(aborted) => Err(*aborted),
        None => Ok(response),
    }
}
