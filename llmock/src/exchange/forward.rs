//! Forwards a request to the real provider and copies the response while it streams.
//!
//! The work runs in a task of its own, never inside the client's connection: a client that disconnects early does
//! not stop a recording that is being paid for. Bytes are passed on as they arrive.

use std::error::Error;
use std::io;
use std::time::{Duration, Instant};

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use tokio::sync::{mpsc, oneshot};

use crate::exchange::body::ResponseBody;
use crate::exchange::client::Client;
use crate::exchange::in_flight::InFlightGuard;
use crate::exchange::relay::{Audience, Relay, Relayed, Rest};
use crate::exchange::request;
use crate::exchange::response::{self, Response};
use crate::stream::{Chunk, End};
use crate::wire::Format;
use crate::wire::ending::Ending;

/// A request to the provider.
#[derive(Debug)]
pub(crate) struct Job {
    pub(crate) url: String,
    pub(crate) method: Method,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
    pub(crate) received: Instant,
    pub(crate) client: Client,
    /// How the response ends by protocol.
    pub(crate) format: &'static Format,
    /// How long a response may go on after its client has left.
    pub(crate) patience: Duration,
}

/// A response as it arrived.
#[derive(Debug)]
pub(crate) struct UpstreamResponse {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) chunks: Vec<Chunk>,
    pub(crate) end: End,
    pub(crate) ms: u64,
    /// Its client left before the end of it.
    pub(crate) was_given_up: bool,
}

/// What becomes of a response.
pub(crate) trait Keeper: Send + Sync + 'static {
    /// What waits until it is known whether a client that seemed to have left received the response after all.
    type Kept: Send + 'static;

    fn in_flight(&self) -> &InFlightGuard;

    /// Keeps a response. Called once, from the task that received it; not called if there is none.
    fn keep(self, received: UpstreamResponse) -> impl Future<Output = Self::Kept> + Send;

    /// Whether a later request of the client was answered, so that nothing misses this response.
    fn is_superseded(&self) -> bool;

    /// Notes that the response was not waited for, because it is superseded.
    fn give_up(&self) {}
}

/// Why there is no response.
#[derive(Clone, Debug, thiserror::Error)]
pub(crate) enum UpstreamError {
    /// The network failed before the response began. A client that meets this itself sends its request again.
    #[error("{0}")]
    Network(String),
    /// No connection could be opened.
    #[error("{0}")]
    Unreachable(String),
    /// No request could be made.
    #[error("{0}")]
    Invalid(String),
    /// The recording ended first.
    #[error("the recording ended before the response began")]
    Stopped,
}

/// A local model may load for a minute before it accepts; a dead host should not hang a test for more.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(30);

/// How long a client may take to receive the end of a response that it does not seem to wait for.
#[cfg(feature = "server")]
const DELIVERY: Duration = Duration::from_secs(1);

/// Headers that describe one connection, not the message (RFC 9110 §7.6.1).
const HOP_BY_HOP: [&str; 9] = [
    "connection",
    "keep-alive",
    "proxy-authenticate",
    "proxy-authorization",
    "proxy-connection",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];

static CLIENT: once_cell::sync::OnceCell<reqwest::Client> = once_cell::sync::OnceCell::new();

fn client() -> Result<&'static reqwest::Client, reqwest::Error> {
    CLIENT.get_or_try_init(|| builder().build())
}

fn builder() -> reqwest::ClientBuilder {
    reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .retry(reqwest::retry::never())
        .referer(false)
        // Bytes pass as they come, whatever features the program under test switches on in reqwest.
        .no_gzip()
        .no_brotli()
        .no_zstd()
        .no_deflate()
        .connect_timeout(CONNECT_TIMEOUT)
        .tcp_nodelay(true)
}

/// Only HTTP/1.1 has handshakes of WebSockets that every provider understands.
#[cfg(feature = "websocket")]
fn handshake_client() -> Result<&'static reqwest::Client, reqwest::Error> {
    static CLIENT: once_cell::sync::OnceCell<reqwest::Client> = once_cell::sync::OnceCell::new();
    CLIENT.get_or_try_init(|| builder().http1_only().build())
}

/// Sends the handshake of a WebSocket.
#[cfg(feature = "websocket")]
pub(crate) async fn handshake(
    url: &str,
    headers: HeaderMap,
) -> Result<reqwest::Response, UpstreamError> {
    let client = handshake_client().map_err(|error| UpstreamError::Invalid(text(&error)))?;
    client.get(url).headers(headers).send().await.map_err(|error| failure(&error))
}

/// Makes the client with the proxies and certificates of now, before a test changes those variables.
pub(crate) fn prepare() {
    // If it cannot be made, the first request that is forwarded says why.
    let _ = client();
    #[cfg(feature = "websocket")]
    let _ = handshake_client();
}

/// Forwards a request and returns the response as soon as it begins.
///
/// The client gets the end of the response when it is kept: what a client has received completely must not be lost if
/// the process is killed.
pub(crate) async fn forward(job: Job, keeper: impl Keeper) -> Result<Response, UpstreamError> {
    let (head, received) = oneshot::channel();
    #[cfg(feature = "server")]
    let client = job.client.clone();
    tokio::spawn(async move {
        if let Some((recorded, rest)) = tee(job, head, &keeper).await {
            #[cfg(feature = "server")]
            let was_given_up = recorded.was_given_up;
            let kept = keeper.keep(recorded).await;
            rest.send().await;
            #[cfg(feature = "server")]
            if was_given_up {
                let _ = tokio::time::timeout(DELIVERY, client.ended()).await;
            }
            // It may write a file.
            let _ = tokio::task::spawn_blocking(move || drop(kept)).await;
        }
    });
    // The task does not end before it has sent a head, unless its runtime ends.
    received.await.unwrap_or(Err(UpstreamError::Stopped))
}

async fn tee(
    mut job: Job,
    mut head: oneshot::Sender<Result<Response, UpstreamError>>,
    keeper: &impl Keeper,
) -> Option<(UpstreamResponse, Rest)> {
    let mut audience = Audience::new(job.client.clone(), job.patience, keeper.in_flight());
    let upstream = tokio::select! {
        sent = send(&mut job) => sent,
        () = audience.stops_before_response(&mut head, keeper) => Err(UpstreamError::Stopped),
    };
    let upstream = match upstream {
        Ok(response) => response,
        Err(error) => {
            let _ = head.send(Err(error));
            return None;
        }
    };
    let status = upstream.status();
    let headers = relayed_headers(&upstream, &job.method);
    let (sender, body) = mpsc::unbounded_channel();
    // The client may have disconnected; the recording continues without it.
    let _ = head.send(Ok(response::response(status, headers.clone(), ResponseBody::Live(body))));
    let content_type = request::text(&headers, header::CONTENT_TYPE.as_str());
    let ending = Ending::new(job.format, content_type, upstream.content_length().is_some());
    let relay = Relay::new(ending, audience, sender);
    let Relayed { chunks, end, was_given_up, rest } =
        relay.run(upstream, job.received, keeper).await;
    let ms = millis(job.received);
    Some((UpstreamResponse { status, headers, chunks, end, ms, was_given_up }, rest))
}

/// Sends the request, and once more if the connection was closed before any of it was written.
async fn send(job: &mut Job) -> Result<reqwest::Response, UpstreamError> {
    let mut headers = end_to_end(&job.headers);
    headers.remove(header::HOST);
    headers.remove(header::CONTENT_LENGTH);
    // A fixture is for reading: ask for plain bytes, whatever the client could unpack.
    headers.insert(header::ACCEPT_ENCODING, HeaderValue::from_static("identity"));
    let client = client().map_err(|error| UpstreamError::Invalid(text(&error)))?;
    let send = || {
        let request = client.request(job.method.clone(), &job.url).headers(headers.clone());
        request.body(job.body.clone()).send()
    };
    match send().await {
        Err(error) if was_never_written(&error) => send().await,
        attempt => attempt,
    }
    .map_err(|error| failure(&error))
}

fn failure(error: &reqwest::Error) -> UpstreamError {
    let text = text(error);
    if error.is_builder() {
        UpstreamError::Invalid(text)
    } else if error.is_connect() {
        UpstreamError::Unreachable(text)
    } else {
        UpstreamError::Network(text)
    }
}

/// Whether the connection was closed before any byte of the request was written.
fn was_never_written(error: &reqwest::Error) -> bool {
    let causes = std::iter::successors(error.source(), |&error| error.source());
    let mut causes = causes.filter_map(|cause| cause.downcast_ref::<hyper::Error>());
    causes.any(hyper::Error::is_canceled)
}

/// The headers of a response as they go on: where its body is in chunks, it has no length.
fn relayed_headers(response: &reqwest::Response, method: &Method) -> HeaderMap {
    let mut headers = end_to_end(response.headers());
    // They have no body, and the length of the one that they describe.
    let describes = *method == Method::HEAD || response.status() == StatusCode::NOT_MODIFIED;
    if !describes && response.content_length().is_none() {
        headers.remove(header::CONTENT_LENGTH);
    }
    headers
}

pub(crate) fn end_to_end(headers: &HeaderMap) -> HeaderMap {
    let listed: Vec<String> = headers
        .get_all(header::CONNECTION)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .map(|name| name.trim().to_ascii_lowercase())
        .collect();
    let passes = |name: &HeaderName| {
        !HOP_BY_HOP.contains(&name.as_str()) && !listed.iter().any(|hop| hop == name.as_str())
    };
    headers
        .iter()
        .filter(|(name, _)| passes(name))
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect()
}

pub(super) fn millis(since: Instant) -> u64 {
    u64::try_from(since.elapsed().as_millis()).unwrap_or(u64::MAX)
}

/// What happened, in words for a report.
fn text(error: &reqwest::Error) -> String {
    let cause = innermost(error);
    let of_network = cause.downcast_ref().and_then(network_fault);
    of_network.unwrap_or_else(|| cause.to_string())
}

/// The last cause says what happened (`connection refused`); the first only that something did.
pub(crate) fn innermost<'e>(error: &'e (dyn Error + 'static)) -> &'e (dyn Error + 'static) {
    std::iter::successors(Some(error), |&error| error.source()).last().unwrap_or(error)
}

/// What happens on any network, in words that are the same everywhere: those of the system differ from one to the
/// next, and on Windows with its language.
fn network_fault(error: &io::Error) -> Option<String> {
    use io::ErrorKind as Kind;
    let known = matches!(
        error.kind(),
        Kind::ConnectionRefused
            | Kind::ConnectionReset
            | Kind::ConnectionAborted
            | Kind::HostUnreachable
            | Kind::NetworkUnreachable
            | Kind::NetworkDown
            | Kind::TimedOut
    );
    // An error without a number is not the system's, and has words of its own.
    (known && error.raw_os_error().is_some()).then(|| error.kind().to_string())
}

#[cfg(test)]
mod tests {
    use std::io::{Read as _, Write as _};
    use std::net::{TcpListener, TcpStream};

    use super::*;
    use crate::provider::Provider;
    use crate::wire;

    const RESPONSE: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}";

    fn job(listener: &TcpListener) -> Job {
        let address = listener.local_addr().expect("an address");
        Job {
            url: format!("http://{address}/v1/x"),
            method: Method::POST,
            headers: HeaderMap::new(),
            body: Bytes::from_static(b"{\"a\":1}"),
            received: Instant::now(),
            client: Client::default(),
            format: wire::format(Provider::OpenAI, "POST", "/v1/x"),
            patience: Duration::from_secs(1),
        }
    }

    /// Reads a request to the end of its body.
    fn read(mut socket: &TcpStream) {
        let mut received = Vec::new();
        while !received.ends_with(b"}") {
            let mut buffer = [0; 1024];
            let length = socket.read(&mut buffer).expect("a request");
            assert!(length > 0, "the client has left");
            received.extend_from_slice(&buffer[..length]);
        }
    }

    /// Accepts a connection and responds to one request; the connection stays open.
    fn serve(listener: &TcpListener) -> TcpStream {
        let (mut socket, _) = listener.accept().expect("a connection");
        read(&socket);
        socket.write_all(RESPONSE).expect("written");
        socket
    }

    /// Sends a request and reads the response, which puts the connection back into the pool.
    async fn exchange(job: &mut Job) -> Result<(), UpstreamError> {
        let response = send(job).await?;
        response.bytes().await.expect("a body");
        Ok(())
    }

    /// Closes a connection, and returns at the moment at which its task has yet to learn that: the runtime of a test has
    /// one thread, which learns of both sockets together and goes on here first.
    async fn close(socket: TcpStream) {
        let signal = tokio::net::UdpSocket::bind(("127.0.0.1", 0)).await.expect("a port");
        let address = signal.local_addr().expect("an address");
        drop(socket);
        let sender = std::net::UdpSocket::bind(("127.0.0.1", 0)).expect("a port");
        sender.send_to(b"x", address).expect("sent");
        signal.recv(&mut [0]).await.expect("received");
    }

    #[tokio::test]
    async fn a_connection_that_was_closed_before_is_replaced() {
        let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a port");
        let mut job = job(&listener);
        let server = std::thread::spawn(move || (serve(&listener), listener));
        exchange(&mut job).await.expect("a response");
        let (socket, listener) = server.join().expect("served");
        let server = std::thread::spawn(move || (serve(&listener), listener));
        close(socket).await;
        exchange(&mut job).await.expect("a response over another connection");
        drop(server.join().expect("served"));
    }

    #[tokio::test]
    async fn a_request_that_was_written_is_not_sent_again() {
        let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a port");
        let mut job = job(&listener);
        let server = std::thread::spawn(move || {
            let (socket, _) = listener.accept().expect("a connection");
            read(&socket);
            drop(socket);
            listener
        });
        let error = exchange(&mut job).await.expect_err("no response");
        assert!(matches!(error, UpstreamError::Network(_)), "{error:?}");
        let listener = server.join().expect("served");
        listener.set_nonblocking(true).expect("a socket");
        assert!(listener.accept().is_err(), "nothing connects again");
    }
}
