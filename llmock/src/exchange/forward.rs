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

use crate::exchange::body::{Cut, FLUSH, ResponseBody};
use crate::exchange::response::{self, Response};
use crate::stream::{Chunk, End};

/// A request to the provider.
#[derive(Debug)]
pub(crate) struct Job {
    pub(crate) url: String,
    pub(crate) method: Method,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
    pub(crate) received: Instant,
}

/// A complete response as it arrived.
#[derive(Debug)]
pub(crate) struct ReceivedResponse {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) chunks: Vec<Chunk>,
    pub(crate) end: End,
    pub(crate) ms: u64,
}

/// The provider could not be reached, or closed the connection before its response began.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{0}")]
pub(crate) struct UpstreamError(String);

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

/// Forwards a request and returns the response as soon as it begins.
///
/// `done` is called once, from the task that receives the response, when it is complete; it is dropped without a call
/// if there is none. The client gets the end of the response when the future of `done` ends: what a client has received
/// completely must not be lost if the process is killed.
pub(crate) async fn forward<Kept: Future<Output = ()> + Send>(
    job: Job,
    done: impl FnOnce(ReceivedResponse) -> Kept + Send + 'static,
) -> Result<Response, UpstreamError> {
    let (head, received) = oneshot::channel();
    tokio::spawn(async move {
        if let Some((recorded, ending)) = tee(job, head).await {
            done(recorded).await;
            ending.send().await;
        }
    });
    // The task does not end before it has sent a head, unless its runtime ends.
    received.await.unwrap_or_else(|_| Err(UpstreamError(String::new())))
}

async fn tee(
    job: Job,
    head: oneshot::Sender<Result<Response, UpstreamError>>,
) -> Option<(ReceivedResponse, Ending)> {
    let received = job.received;
    let upstream = match send(job).await {
        Ok(response) => response,
        Err(error) => {
            let cause = innermost(&error);
            let of_network = cause.downcast_ref().and_then(network_fault);
            let text = of_network.unwrap_or_else(|| cause.to_string());
            let _ = head.send(Err(UpstreamError(text)));
            return None;
        }
    };
    let status = upstream.status();
    let headers = end_to_end(upstream.headers());
    let (sender, body) = mpsc::unbounded_channel();
    // The client may have disconnected; the recording continues without it.
    let _ = head.send(Ok(response::response(status, headers.clone(), ResponseBody::Live(body))));
    let (chunks, end, last) = relay(upstream, received, &sender).await;
    let recorded = ReceivedResponse { status, headers, chunks, end, ms: millis(received) };
    Some((recorded, Ending { client: sender, last, end }))
}

/// The end of a response, which its client does not have yet.
struct Ending {
    client: mpsc::UnboundedSender<Result<Bytes, Cut>>,
    last: Option<Bytes>,
    end: End,
}

impl Ending {
    async fn send(self) {
        if let Some(last) = self.last {
            let _ = self.client.send(Ok(last));
        }
        if self.end == End::Cut {
            tokio::time::sleep(FLUSH).await;
            let _ = self.client.send(Err(Cut));
        }
    }
}

async fn send(job: Job) -> Result<reqwest::Response, reqwest::Error> {
    let mut headers = end_to_end(&job.headers);
    headers.remove(header::HOST);
    headers.remove(header::CONTENT_LENGTH);
    // A fixture is for reading: ask for plain bytes, whatever the client could unpack.
    headers.insert(header::ACCEPT_ENCODING, HeaderValue::from_static("identity"));
    client()?.request(job.method, job.url).headers(headers).body(job.body).send().await
}

/// Passes chunks on and keeps a copy of each. The chunk that completes a body of known length is returned instead: with
/// it the client would have the whole response.
async fn relay(
    mut response: reqwest::Response,
    received: Instant,
    client: &mpsc::UnboundedSender<Result<Bytes, Cut>>,
) -> (Vec<Chunk>, End, Option<Bytes>) {
    let (mut chunks, mut left) = (Vec::new(), response.content_length());
    loop {
        match response.chunk().await {
            Ok(Some(bytes)) => {
                chunks.push(Chunk { ms: millis(received), bytes: bytes.to_vec() });
                left = left.map(|left| left.saturating_sub(bytes.len() as u64));
                if left == Some(0) && !bytes.is_empty() {
                    return (chunks, End::Complete, Some(bytes));
                }
                let _ = client.send(Ok(bytes));
            }
            Ok(None) => return (chunks, End::Complete, None),
            Err(_) => return (chunks, End::Cut, None),
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
