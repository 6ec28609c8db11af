//! The front: one hyper server a process that owns the address clients see.
//!
//! It has a thread and a runtime of its own, so that blocking clients, current-thread runtimes, and
//! sync tests all work, starts when first needed, never stops, and prints nothing: text printed from
//! its thread would land in the captured output of whichever test ran at that time. It knows requests,
//! sessions by address ([`registry`]), and bodies ([`body`]); what to answer is the session's affair.

mod addressee;
pub(crate) mod body;
pub(crate) mod connection;
pub(crate) mod intercept;
pub(crate) mod proxy;
pub(crate) mod refused;
pub(crate) mod registry;
pub(crate) mod routing;
#[cfg(feature = "record")]
pub(crate) mod sigv4;
#[cfg(feature = "record")]
pub(crate) mod upstream;

use std::net::{SocketAddr, TcpListener};
use std::sync::{Arc, OnceLock};
use std::time::Instant;

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use http_body_util::BodyExt as _;
use hyper::body::Incoming as IncomingBody;
use hyper::rt::{Read, Write};
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::runtime::Handle;

use crate::front::addressee::{Addressee, Tunnel};
use crate::front::body::FrontBody;
use crate::front::connection::{Came, Connection, Watched};
use crate::front::refused::{NO_WEBSOCKET, Refused};
use crate::front::registry::Registry;
use crate::provider::{self, Provider};
use crate::wire;

/// The process-wide server.
#[derive(Debug)]
pub(crate) struct Front {
    address: SocketAddr,
    registry: Arc<Registry>,
    runtime: Handle,
}

/// A request as the front received it, addressed to a session.
#[derive(Debug)]
pub(crate) struct Incoming {
    pub(crate) provider: Provider,
    pub(crate) method: Method,
    /// What followed the provider's segment, query included.
    pub(crate) rest: String,
    /// The host of a request that came by a proxy variable and is for no provider.
    pub(crate) unknown_host: Option<String>,
    /// Without `x-llmock-*`.
    pub(crate) headers: HeaderMap,
    /// As sent, still compressed if the client compressed it; `Err` holds the limit it exceeded.
    pub(crate) body: Result<Bytes, TooLarge>,
    pub(crate) received: Instant,
    pub(crate) came: Came,
}

impl Incoming {
    /// The canonical path with the query as it was sent, secrets included: for the provider and for Mocks.
    pub(crate) fn target(&self) -> String {
        target_of(self.provider, &self.rest)
    }
}

/// See [`Incoming::target`].
pub(crate) fn target_of(provider: Provider, rest: &str) -> String {
    let canonical = provider::canonical_path(provider, rest);
    let path = canonical.split('?').next().unwrap_or(&canonical);
    match rest.split_once('?') {
        Some((_, query)) => format!("{path}?{query}"),
        None => path.to_owned(),
    }
}

/// A request body went over the limit.
#[derive(Clone, Copy, Debug)]
pub(crate) struct TooLarge {
    pub(crate) limit: u64,
}

/// What the session wants the client to get.
#[derive(Debug)]
pub(crate) enum Answer {
    Reply {
        status: StatusCode,
        headers: HeaderMap,
        body: FrontBody,
    },
    /// Close the connection before any byte, as a user's wiremock `Mock` may ask.
    Abort,
}

/// How many times its limit a body may be before the connection is cut.
const PATIENCE_WITH_LARGE_BODIES: u64 = 16;

/// What decides about requests: a session.
pub(crate) trait Responder: Send + Sync + std::fmt::Debug {
    /// The largest request body it takes, in bytes.
    fn max_body(&self) -> u64;

    /// Whose host that is, for a request that a proxy variable has led here: the provider, and the path as at
    /// its own host.
    fn provider_at(&self, origin: &str, target: &str) -> Option<(Provider, String)>;

    /// A client that asked for a tunnel is about to look at our certificate; the session waits for its verdict.
    #[cfg(all(feature = "intercept", target_os = "linux"))]
    fn handshake_begins(&self);

    /// The client went on, or it refused the certificate of that host.
    #[cfg(all(feature = "intercept", target_os = "linux"))]
    fn handshake_ends(&self, refused: Option<&str>);

    /// Decides; runs on the front's runtime.
    fn answer(
        self: Arc<Self>,
        incoming: Incoming,
    ) -> std::pin::Pin<Box<dyn Future<Output = Answer> + Send>>;
}

/// Why the front could not be started.
#[derive(Debug, thiserror::Error)]
#[error("failed to open a port on 127.0.0.1 for the mock server")]
pub(crate) struct BindError(#[source] std::io::Error);

static LISTENER: OnceLock<Bound> = OnceLock::new();
static FRONT: once_cell::sync::OnceCell<Front> = once_cell::sync::OnceCell::new();

#[derive(Debug)]
struct Bound {
    listener: TcpListener,
    address: SocketAddr,
}

/// Binds the port without starting a thread: the address is known before variables are written, and a first test that
/// needs them writes them before there is one.
/// Connections made before [`Front::get`] wait in the backlog.
pub(crate) fn bind() -> Result<SocketAddr, BindError> {
    if let Some(bound) = LISTENER.get() {
        return Ok(bound.address);
    }
    let listener = TcpListener::bind(("127.0.0.1", 0)).map_err(BindError)?;
    let address = listener.local_addr().map_err(BindError)?;
    Ok(LISTENER.get_or_init(|| Bound { listener, address }).address)
}

impl Front {
    /// The running front; starts it when nobody has.
    pub(crate) fn get() -> Result<&'static Self, BindError> {
        FRONT.get_or_try_init(Self::start)
    }

    fn start() -> Result<Self, BindError> {
        let address = bind()?;
        let bound = LISTENER.get().expect("bound just above");
        let listener = bound.listener.try_clone().map_err(BindError)?;
        listener.set_nonblocking(true).map_err(BindError)?;
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .thread_name("llmock-blocking")
            .build()
            .map_err(BindError)?;
        let handle = runtime.handle().clone();
        let registry = Arc::new(Registry::default());
        let desk = Arc::new(Desk { registry: Arc::clone(&registry), own: address });
        std::thread::Builder::new()
            .name("llmock".into())
            .spawn(move || runtime.block_on(accept(listener, desk)))
            .map_err(BindError)?;
        Ok(Self { address, registry, runtime: handle })
    }

    /// `http://127.0.0.1:PORT`, without a path.
    pub(crate) fn origin(&self) -> String {
        format!("http://{}", self.address)
    }

    pub(crate) fn registry(&self) -> &Arc<Registry> {
        &self.registry
    }

    /// Runs a future on the front's runtime and blocks this thread until it is done.
    ///
    /// Works in sync tests and inside any runtime, since the front's thread is never the caller's.
    pub(crate) fn run<T: Send + 'static>(
        &self,
        future: impl Future<Output = T> + Send + 'static,
    ) -> Option<T> {
        let (sender, receiver) = std::sync::mpsc::channel();
        self.runtime.spawn(async move {
            let _ = sender.send(future.await);
        });
        receiver.recv().ok()
    }
}

/// What every connection needs to find its session.
#[derive(Debug)]
pub(crate) struct Desk {
    registry: Arc<Registry>,
    own: SocketAddr,
}

impl Desk {
    /// Refuses a request that is for no session, and has that kept.
    async fn turn_away(
        &self,
        provider: Option<Provider>,
        method: &Method,
        target: &str,
        message: &str,
    ) -> http::Response<FrontBody> {
        let path = match provider {
            Some(provider) => provider::canonical_path(provider, target),
            None => target.to_owned(),
        };
        self.registry.refusals.add(Refused::new(provider, method, &path, message)).await;
        // Somebody's error shape is better than none.
        refusal(provider.unwrap_or(Provider::OpenAI), target, message)
    }
}

async fn accept(listener: TcpListener, desk: Arc<Desk>) {
    let Ok(listener) = tokio::net::TcpListener::from_std(listener) else { return };
    loop {
        match listener.accept().await {
            Ok((socket, _)) => {
                // Replayed chunks are small; waiting to coalesce them would delay every event.
                let _ = socket.set_nodelay(true);
                tokio::spawn(converse(TokioIo::new(socket), Arc::clone(&desk), None));
            }
            // Out of file descriptors: the only cure is time.
            Err(_) => tokio::time::sleep(std::time::Duration::from_millis(10)).await,
        }
    }
}

/// Serves one connection to its end.
async fn converse(
    io: impl Read + Write + Unpin + Send + 'static,
    desk: Arc<Desk>,
    tunnel: Option<Arc<Tunnel>>,
) {
    let connection = Connection::open(&desk.registry);
    let io = Watched { io, connection: Arc::clone(&connection) };
    let service = service_fn(move |request| {
        serve(request, Arc::clone(&desk), tunnel.clone(), Arc::clone(&connection))
    });
    // A client that leaves is no error of ours, and this thread must not print.
    let _ = hyper::server::conn::http1::Builder::new()
        // A pooled connection dies with its test's runtime and fails the next test
        // (24 of 1,600 requests measured; none with `Connection: close`).
        .keep_alive(false)
        .half_close(true)
        .serve_connection(io, service)
        .with_upgrades()
        .await;
}

/// A service error makes hyper close the connection without a byte.
#[derive(Debug, thiserror::Error)]
#[error("connection closed without a response")]
struct Aborted;

/// Answers one request, which came in the open or through a tunnel.
async fn serve(
    request: http::Request<IncomingBody>,
    desk: Arc<Desk>,
    tunnel: Option<Arc<Tunnel>>,
    connection: Arc<Connection>,
) -> Result<http::Response<FrontBody>, Aborted> {
    let received = Instant::now();
    if request.method() == Method::CONNECT {
        return Ok(intercept::connect(request, desk));
    }
    let (parts, body) = request.into_parts();
    let addressee = match addressee::find(&parts, &desk, tunnel.as_deref()) {
        Ok(addressee) => addressee,
        Err(target) => {
            let message = refused::unknown_address(&target);
            return Ok(desk.turn_away(None, &parts.method, &target, &message).await);
        }
    };
    let Addressee { session, provider, rest, unknown_host, by } = addressee;
    if parts.headers.contains_key(header::UPGRADE) && is_websocket(&parts.headers) {
        let mut answer = desk.turn_away(Some(provider), &parts.method, &rest, NO_WEBSOCKET).await;
        *answer.status_mut() = StatusCode::NOT_IMPLEMENTED;
        return Ok(answer);
    }
    let Some(session) = session else {
        let message = refused::no_session(by);
        return Ok(desk.turn_away(Some(provider), &parts.method, &rest, &message).await);
    };
    let (method, mut headers) = (parts.method, parts.headers);
    strip_own(&mut headers);
    let Ok(body) = read(body, session.max_body()).await else {
        // The client stopped sending: nobody made this request, and nobody waits for a response.
        return Err(Aborted);
    };
    let came = connection.came();
    let incoming = Incoming { provider, method, rest, unknown_host, headers, body, received, came };
    match session.answer(incoming).await {
        Answer::Reply { status, headers, body } => {
            let mut response = http::Response::new(body);
            *response.status_mut() = status;
            *response.headers_mut() = headers;
            Ok(response)
        }
        Answer::Abort => Err(Aborted),
    }
}

fn is_websocket(headers: &HeaderMap) -> bool {
    headers
        .get(header::UPGRADE)
        .and_then(|value| value.to_str().ok())
        .is_some_and(|value| value.eq_ignore_ascii_case("websocket"))
}

/// Names beginning with `x-llmock-` are ours; nobody outside gets to speak them. What is said to a proxy is said to us.
pub(crate) fn strip_own(headers: &mut HeaderMap) {
    headers.remove(header::PROXY_AUTHORIZATION);
    headers.remove("proxy-connection");
    let own: Vec<_> =
        headers.keys().filter(|name| name.as_str().starts_with("x-llmock-")).cloned().collect();
    for name in own {
        headers.remove(name);
    }
}

/// Collects a body. One that is too large is read to its end all the same, within reason: a client that is
/// still sending would see a broken connection instead of the answer that says why.
///
/// An error means that the client closed the connection before the end of the body.
async fn read(mut body: IncomingBody, limit: u64) -> Result<Result<Bytes, TooLarge>, hyper::Error> {
    let (mut kept, mut length) = (Vec::new(), 0_u64);
    while let Some(frame) = body.frame().await {
        let frame = frame?;
        let Some(data) = frame.data_ref() else { continue };
        length = length.saturating_add(data.len() as u64);
        if length <= limit {
            kept.extend_from_slice(data);
        } else if length > limit.saturating_mul(PATIENCE_WITH_LARGE_BODIES) {
            break;
        } else {
            kept = Vec::new();
        }
    }
    Ok(if length > limit { Err(TooLarge { limit }) } else { Ok(kept.into()) })
}

/// A refusal in the provider's own error shape with a status that no client retries.
pub(crate) fn refusal(provider: Provider, rest: &str, message: &str) -> http::Response<FrontBody> {
    let (status, headers, body) = refusal_parts(provider, rest, StatusCode::IM_A_TEAPOT, message);
    let mut response = http::Response::new(body);
    *response.status_mut() = status;
    *response.headers_mut() = headers;
    response
}

/// See [`refusal`]; for answers that a session gives.
pub(crate) fn refusal_parts(
    provider: Provider,
    rest: &str,
    status: StatusCode,
    message: &str,
) -> (StatusCode, HeaderMap, FrontBody) {
    let path = provider::canonical_path(provider, rest);
    let format = wire::format(provider, "POST", &path);
    let error = format.error_body(provider, status.as_u16(), "llmock_unmatched", message);
    let mut headers = HeaderMap::new();
    insert(&mut headers, "content-type", error.content_type);
    insert(&mut headers, "x-should-retry", "false");
    insert(&mut headers, "x-llmock", "unmatched");
    for (name, value) in &error.headers {
        insert(&mut headers, name, value);
    }
    (status, headers, FrontBody::full(error.body))
}

/// Adds a header; a name or value that HTTP refuses is left out rather than failing the answer.
pub(crate) fn insert(headers: &mut HeaderMap, name: &str, value: &str) {
    if let (Ok(name), Ok(value)) =
        (http::HeaderName::from_bytes(name.as_bytes()), HeaderValue::from_str(value))
    {
        headers.append(name, value);
    }
}
