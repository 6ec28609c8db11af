//! The real provider: forwards a request and tees its answer while it streams.
//!
//! The work runs in a task of the front, never inside the client's connection: a client that leaves
//! early does not stop a recording that is being paid for. Bytes are passed on as they come.

use std::error::Error;
use std::io;
use std::time::{Duration, Instant};

use bytes::Bytes;
use futures_core::Stream as _;
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use tokio::sync::{mpsc, oneshot};

use crate::front::body::{Cut, FrontBody};
use crate::stream::{Chunk, End};

/// A request for the provider itself.
#[derive(Debug)]
pub(crate) struct Job {
    pub(crate) url: String,
    pub(crate) method: Method,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
    pub(crate) received: Instant,
}

/// The beginning of an answer; its body is still arriving.
#[derive(Debug)]
pub(crate) struct Head {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: FrontBody,
}

/// A whole answer as it arrived.
#[derive(Debug)]
pub(crate) struct Recorded {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) chunks: Vec<Chunk>,
    pub(crate) end: End,
    pub(crate) ms: u64,
}

/// The provider could not be asked.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{url}: {cause}")]
pub(crate) struct UpstreamError {
    /// Without query: it may hold a key.
    pub(crate) url: String,
    pub(crate) cause: String,
}

/// A local model may load for a minute before it accepts; a dead host should not hang a test for more.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(30);

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
    CLIENT.get_or_try_init(|| {
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
            .build()
    })
}

/// Makes the client with the proxies and certificates of now, before a test changes those variables.
pub(crate) fn prepare() {
    // If it cannot be made, the first request that is forwarded says why.
    let _ = client();
}

/// Starts forwarding on the current runtime. `done` is called once, from that task, with the whole
/// answer or with the reason why there is none.
pub(crate) fn forward(
    job: Job,
    done: impl FnOnce(Result<Recorded, UpstreamError>) + Send + 'static,
) -> oneshot::Receiver<Result<Head, UpstreamError>> {
    let (sender, receiver) = oneshot::channel();
    tokio::spawn(async move {
        done(tee(job, sender).await);
    });
    receiver
}

async fn tee(
    job: Job,
    head: oneshot::Sender<Result<Head, UpstreamError>>,
) -> Result<Recorded, UpstreamError> {
    let received = job.received;
    let shown = job.url.split('?').next().unwrap_or_default().to_owned();
    let response = match send(job).await {
        Ok(response) => response,
        Err(error) => {
            let error = UpstreamError { url: shown, cause: innermost(&error) };
            let _ = head.send(Err(error.clone()));
            return Err(error);
        }
    };
    let status = response.status();
    let headers = end_to_end(response.headers());
    let (sender, body) = mpsc::unbounded_channel();
    // The client may be gone already; the recording goes on without it.
    let _ = head.send(Ok(Head { status, headers: headers.clone(), body: FrontBody::Live(body) }));
    let (chunks, end) = relay(response, received, &sender).await;
    Ok(Recorded { status, headers, chunks, end, ms: millis(received) })
}

async fn send(job: Job) -> Result<reqwest::Response, reqwest::Error> {
    let mut headers = end_to_end(&job.headers);
    headers.remove(header::HOST);
    headers.remove(header::CONTENT_LENGTH);
    // A fixture is for reading: ask for plain bytes, whatever the client could unpack.
    headers.insert(header::ACCEPT_ENCODING, HeaderValue::from_static("identity"));
    client()?.request(job.method, job.url).headers(headers).body(job.body).send().await
}

/// Passes chunks on and keeps a copy of each.
async fn relay(
    response: reqwest::Response,
    received: Instant,
    client: &mpsc::UnboundedSender<Result<Bytes, Cut>>,
) -> (Vec<Chunk>, End) {
    let mut chunks = Vec::new();
    let mut body = Box::pin(response.bytes_stream());
    loop {
        match std::future::poll_fn(|context| body.as_mut().poll_next(context)).await {
            Some(Ok(bytes)) => {
                chunks.push(Chunk { ms: millis(received), bytes: bytes.to_vec() });
                let _ = client.send(Ok(bytes));
            }
            Some(Err(_)) => {
                // Hyper drops what it has not flushed when a body fails; let the chunks out first.
                tokio::time::sleep(Duration::from_millis(2)).await;
                let _ = client.send(Err(Cut));
                return (chunks, End::Cut);
            }
            None => return (chunks, End::Complete),
        }
    }
}

fn end_to_end(headers: &HeaderMap) -> HeaderMap {
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

fn millis(since: Instant) -> u64 {
    u64::try_from(since.elapsed().as_millis()).unwrap_or(u64::MAX)
}

/// The last cause says what happened (`connection refused`); the first only that something did.
fn innermost(error: &reqwest::Error) -> String {
    let mut last: &(dyn Error + 'static) = error;
    while let Some(cause) = last.source() {
        last = cause;
    }
    let of_network = last.downcast_ref().and_then(network_fault);
    of_network.unwrap_or_else(|| last.to_string())
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
