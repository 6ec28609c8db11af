//! The HTTP server behind the front's port.

use std::future::poll_fn;
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::{Duration, Instant};

use bytes::Bytes;
use http::request::Parts;
use http::{Method, StatusCode};
use http_body_util::BodyExt as _;
use hyper::body::Incoming as IncomingBody;
use hyper::service::{HttpService, service_fn};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;

use super::addressee::{self, Addressee, Tunnel};
use super::arrival::Arrival;
use super::handler::{Aborted, Incoming, TooLarge};
use super::handshake;
use super::intercept;
use super::network;
use super::refused::{self, AddressedBy};
use super::registry::{Registry, refusal};
use super::silent::SilentConnection;
use crate::exchange::body::ResponseBody;
use crate::exchange::client::{Client, Presence};
use crate::exchange::request;
use crate::exchange::response::Response;
use crate::exchange::watched::{HTTP2_PREFACE, Watched};
use crate::provider::Provider;

/// The connection is closed when a body exceeds its limit by this factor.
const LARGEST_BODY_FACTOR: usize = 16;

/// A client that is silent for this long before the end of its request is disconnected: each connection takes memory
/// and an open file.
const PATIENCE: Duration = Duration::from_secs(60);

/// Serves connections for as long as the process lives.
pub(super) async fn accept(listener: std::net::TcpListener, registry: Arc<Registry>) {
    let Ok(listener) = tokio::net::TcpListener::from_std(listener) else { return };
    loop {
        match listener.accept().await {
            Ok((socket, _)) => {
                // Replayed chunks are small; waiting to coalesce them would delay every event.
                let _ = socket.set_nodelay(true);
                let io = Watched::new(socket);
                let peer = Some(io.clone());
                tokio::spawn(serve_connection(io, Arc::clone(&registry), None, peer));
            }
            // Out of file descriptors: only time helps.
            Err(_) => tokio::time::sleep(Duration::from_millis(10)).await,
        }
    }
}

/// Serves one connection to its end. `peer` is its socket, unless it goes through a tunnel.
pub(super) async fn serve_connection(
    io: Watched<impl AsyncRead + AsyncWrite + Unpin + Send + 'static>,
    registry: Arc<Registry>,
    tunnel: Option<Arc<Tunnel>>,
    peer: Option<Watched<TcpStream>>,
) {
    let opened = registry.now();
    // hyper meets the end of the connection, or its error, again.
    let Ok(first) = tokio::time::timeout(PATIENCE, io.first_bytes()).await else { return };
    let silent = registry.silent.begin();
    // A connection of HTTP/1 carries one request, since every response closes its connection.
    let began = registry.now();
    let is_http2 = first.starts_with(HTTP2_PREFACE);
    let (presence, client) = Presence::new();
    let client = if is_http2 { Client::default() } else { client };
    let service = {
        let silent = Arc::clone(&silent);
        service_fn(move |request| {
            silent.serve();
            let began = if is_http2 { registry.now() } else { began.clone() };
            let arrival = Arrival { opened: opened.clone(), began };
            let tunnel = tunnel.clone();
            let served = serve(request, Arc::clone(&registry), tunnel, arrival, client.clone());
            async move { served.await.map(handshake::closing) }
        })
    };
    // A client that disconnects is not an error of llmock, and this thread must not print.
    let mut has_left = false;
    let ended = if is_http2 {
        serve_http2(io.clone(), service, &silent).await
    } else {
        let left = || {
            has_left = true;
            presence.end();
        };
        serve_http1(io, service, left).await
    };
    if let (true, Some(peer)) = (presence.resets(), &peer) {
        // It is the last handle of the socket, which closes with it.
        peer.with(|socket| drop(socket.set_zero_linger()));
    }
    silent.end(&first, ended.as_ref().err());
    let has_received = match (&peer, has_left) {
        _ if ended.is_err() => false,
        (Some(peer), true) => peer.took_everything().await,
        (_, has_left) => !has_left,
    };
    presence.finish(has_received);
}

/// Serves a connection of HTTP/1; calls `left` when its client has closed its side.
async fn serve_http1<Io, S>(
    io: Watched<Io>,
    service: S,
    mut left: impl FnMut(),
) -> hyper::Result<()>
where
    Io: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    S: HttpService<IncomingBody, ResBody = ResponseBody, Error = Aborted>,
{
    let connection = hyper::server::conn::http1::Builder::new()
        // A pooled connection is closed with its test's runtime and fails the next test
        // (24 of 1,600 requests measured; none with `Connection: close`).
        .keep_alive(handshake::KEEP_ALIVE)
        .timer(TokioTimer::new())
        .header_read_timeout(PATIENCE)
        .half_close(true)
        .serve_connection(TokioIo::new(io.clone()), service)
        .with_upgrades();
    let mut connection = pin!(connection);
    let mut has_left = false;
    poll_fn(|context| {
        if let Poll::Ready(ended) = connection.as_mut().poll(context) {
            return Poll::Ready(ended);
        }
        if !has_left && io.poll_left(context).is_ready() {
            has_left = true;
            left();
        }
        Poll::Pending
    })
    .await
}

/// Serves a connection of a client that has chosen HTTP/2 without asking.
async fn serve_http2<Io, S>(
    io: Watched<Io>,
    service: S,
    silent: &SilentConnection,
) -> hyper::Result<()>
where
    Io: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    S: HttpService<IncomingBody, ResBody = ResponseBody, Error = Aborted>,
    S::Future: Send + 'static,
{
    let connection = hyper::server::conn::http2::Builder::new(TokioExecutor::new())
        .serve_connection(TokioIo::new(io), service);
    let mut connection = pin!(connection);
    let mut is_closing = false;
    poll_fn(|context| {
        loop {
            if let Poll::Ready(ended) = connection.as_mut().poll(context) {
                return Poll::Ready(ended);
            }
            // Like a connection of HTTP/1, it is not kept for the next test.
            if is_closing || !silent.is_served() {
                return Poll::Pending;
            }
            is_closing = true;
            connection.as_mut().graceful_shutdown();
        }
    })
    .await
}

/// Responds to one request, whether it came directly or through a tunnel.
async fn serve(
    request: http::Request<IncomingBody>,
    registry: Arc<Registry>,
    tunnel: Option<Arc<Tunnel>>,
    arrival: Arrival,
    client: Client,
) -> Result<Response, Aborted> {
    let received = Instant::now();
    if request.method() == Method::CONNECT {
        if network::guards(&request, &registry) {
            return Ok(network::connect(request, &registry).await);
        }
        return Ok(connect(request, registry));
    }
    let (request, upgrade) = handshake::taken(request);
    let (parts, body) = request.into_parts();
    let addressee = match addressee::find(&parts, &registry, tunnel.as_deref()) {
        Ok(addressee) => addressee,
        Err(target) => {
            let message = refused::unknown_address(&target);
            return Ok(registry.reject(None, &parts.method, &target, &message).await);
        }
    };
    let Addressee { session, provider, rest, unknown_host, foreign, by } = addressee;
    if let Some((status, message)) = refusal_at_once(&parts, foreign.as_deref(), by) {
        let mut response = registry.reject(Some(provider), &parts.method, &rest, &message).await;
        *response.status_mut() = status;
        return Ok(response);
    }
    let Some(session) = session else {
        let message = refused::no_session(by);
        return Ok(registry.reject(Some(provider), &parts.method, &rest, &message).await);
    };
    let method = handshake::method(parts.method, upgrade.as_ref());
    let mut headers = parts.headers;
    request::remove_own_headers(&mut headers);
    let Ok(body) = read(body, session.max_body()).await else {
        // A client that disconnects while it sends has made no request, and waits for no response.
        session.note_incomplete(&method, provider, &rest);
        return Err(Aborted);
    };
    let incoming = Incoming {
        provider,
        method,
        rest,
        unknown_host,
        foreign,
        headers,
        body,
        received,
        arrival,
        client,
        #[cfg(feature = "websocket")]
        upgrade,
    };
    session.respond(incoming).await
}

/// Why a request is refused before any session sees it, and with which status.
fn refusal_at_once(
    parts: &Parts,
    foreign: Option<&str>,
    by: AddressedBy,
) -> Option<(StatusCode, String)> {
    match (foreign, by) {
        // Any page can guess the address of the variables, so such a request is not counted as the test's.
        (Some(why), AddressedBy::Variable(_)) => {
            Some((StatusCode::FORBIDDEN, format!("llmock: {why}")))
        }
        _ => handshake::refusal(parts).map(|why| (handshake::STATUS, why)),
    }
}

/// Responds to a request for a tunnel (RFC 9110 §9.3.6): opens one that ends here, or says why not.
fn connect(request: http::Request<IncomingBody>, registry: Arc<Registry>) -> Response {
    let authority = request.uri().authority().map_or("", http::uri::Authority::as_str).to_owned();
    let Some(opening) = intercept::open(request, &registry) else {
        let mut response = refusal(Provider::OpenAI, "/", &refused::no_tunnel(&authority));
        *response.status_mut() = StatusCode::NOT_IMPLEMENTED;
        return response;
    };
    tokio::spawn(async move {
        if let Some((stream, tunnel)) = opening.await {
            serve_connection(Watched::new(stream), registry, Some(tunnel), None).await;
        }
    });
    http::Response::new(ResponseBody::full(""))
}

/// Collects a body; fails if the client closes the connection before its end, or sends nothing for too long.
///
/// A body that is too large is still read to its end, within limits: a client that is still sending would see a
/// broken connection instead of the response that explains it.
async fn read(
    mut body: IncomingBody,
    limit: usize,
) -> Result<Result<Bytes, TooLarge>, Box<dyn std::error::Error + Send + Sync>> {
    let (mut kept, mut length) = (Vec::new(), 0_usize);
    while let Some(frame) = tokio::time::timeout(PATIENCE, body.frame()).await? {
        let frame = frame?;
        let Some(data) = frame.data_ref() else { continue };
        length = length.saturating_add(data.len());
        if length <= limit {
            kept.extend_from_slice(data);
        } else if length > limit.saturating_mul(LARGEST_BODY_FACTOR) {
            break;
        } else {
            kept = Vec::new();
        }
    }
    Ok(if length > limit { Err(TooLarge { limit }) } else { Ok(kept.into()) })
}
