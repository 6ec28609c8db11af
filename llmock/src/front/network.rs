//! `network = "block"`: tunnels that clients open by `HTTPS_PROXY`. One to the host of a provider is refused, any other is passed
//! on unread.
//!
//! Requests of plain `http` do not come here: the hosts of providers that are not on this machine speak `https`.

use std::io;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use http::uri::Authority;
use http::{StatusCode, Uri};
use hyper::body::Incoming;
use hyper_util::rt::TokioIo;
use percent_encoding::percent_decode_str;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, copy_bidirectional};
use tokio::net::TcpStream;

use super::handler::Handler;
use super::proxy;
use super::refused::{blocked, unreachable};
use super::registry::{Registry, refusal};
use crate::env;
use crate::exchange::body::ResponseBody;
use crate::exchange::response::Response;
use crate::provider::Provider;

/// How long a server may take to accept a connection.
const PATIENCE: Duration = Duration::from_secs(30);

/// More than any proxy sends before a tunnel.
const LONGEST_HEAD: usize = 16 * 1024;

/// Whether tunnels that no session reads are guarded. A client that has read the variables keeps them, so this stays.
static IS_GUARDED: AtomicBool = AtomicBool::new(false);

/// Prints the message of a refusal where no session reports it.
static PRINT: OnceLock<fn(&str)> = OnceLock::new();

pub(crate) fn guard() {
    IS_GUARDED.store(true, Ordering::Release);
}

/// Sets what prints refusals while no test is running; the first call counts.
pub(crate) fn print_with(print: fn(&str)) {
    let _ = PRINT.set(print);
}

/// Whether a tunnel is for [`connect`].
pub(super) fn guards<B>(request: &http::Request<B>, registry: &Registry) -> bool {
    let is_read = || {
        let session = proxy::session(request.headers(), registry);
        session.is_some_and(|session| session.intercepts())
    };
    IS_GUARDED.load(Ordering::Acquire) && !is_read()
}

/// Refuses a tunnel to the host of a provider, or passes it on.
pub(super) async fn connect(request: http::Request<Incoming>, registry: &Registry) -> Response {
    let Some(authority) = request.uri().authority().cloned() else {
        return failed(StatusCode::BAD_REQUEST, "llmock: a tunnel needs a host");
    };
    let session = proxy::session(request.headers(), registry);
    if is_provider(&authority, session.as_deref()) {
        let message = blocked(authority.as_str());
        if let (None, Some(print)) = (session, PRINT.get()) {
            print(&message);
        }
        let refused = registry.reject(None, request.method(), authority.as_str(), &message);
        let mut response = refused.await;
        *response.status_mut() = StatusCode::FORBIDDEN;
        return response;
    }
    let dialled = tokio::time::timeout(PATIENCE, dial(&authority)).await;
    match dialled.unwrap_or_else(|late| Err(late.into())) {
        Ok(server) => {
            tokio::spawn(relay(request, server));
            http::Response::new(ResponseBody::full(""))
        }
        Err(error) => failed(StatusCode::BAD_GATEWAY, &unreachable(authority.as_str(), &error)),
    }
}

fn failed(status: StatusCode, message: &str) -> Response {
    let mut response = refusal(Provider::OpenAI, "/", message);
    *response.status_mut() = status;
    response
}

/// Whether a host belongs to a provider of the table, or to one that the session declares.
fn is_provider(authority: &Authority, session: Option<&dyn Handler>) -> bool {
    let host = authority.host().to_ascii_lowercase();
    if ["localhost", "[::1]"].contains(&&*host) || host.starts_with("127.") {
        return false;
    }
    if Provider::all().any(|provider| provider.owns_host(&host)) {
        return true;
    }
    let port = authority.port_u16().filter(|port| *port != 443);
    let origin =
        port.map_or_else(|| format!("https://{host}"), |port| format!("https://{host}:{port}"));
    session.is_some_and(|session| session.provider_at(&origin, "/").is_some())
}

/// Connects to a server as the client would have done: directly, or through the proxy that was there before llmock's.
async fn dial(authority: &Authority) -> io::Result<TcpStream> {
    let Some(proxy) = env::originals().https_proxy() else {
        let host = authority.host().trim_matches(['[', ']']);
        return TcpStream::connect((host, authority.port_u16().unwrap_or(443))).await;
    };
    let proxy: Uri = proxy.parse().map_err(io::Error::other)?;
    match (proxy.scheme_str(), proxy.authority()) {
        (Some("http") | None, Some(server)) => through(server, authority).await,
        _ => Err(io::Error::other("only proxies of plain `http` are supported")),
    }
}

/// Opens a tunnel through another proxy.
async fn through(proxy: &Authority, authority: &Authority) -> io::Result<TcpStream> {
    let mut stream = TcpStream::connect((proxy.host(), proxy.port_u16().unwrap_or(80))).await?;
    let mut head = format!("CONNECT {authority} HTTP/1.1\r\nhost: {authority}\r\n");
    if let Some((credentials, _)) = proxy.as_str().rsplit_once('@') {
        head.push_str("proxy-authorization: Basic ");
        let credentials: Vec<u8> = percent_decode_str(credentials).collect();
        head.push_str(&BASE64_STANDARD.encode(credentials));
        head.push_str("\r\n");
    }
    stream.write_all(format!("{head}\r\n").as_bytes()).await?;
    let mut answer = Vec::new();
    // A byte at a time: what follows the head is the server's.
    while !answer.ends_with(b"\r\n\r\n") {
        if answer.len() == LONGEST_HEAD {
            return Err(io::ErrorKind::InvalidData.into());
        }
        answer.push(stream.read_u8().await?);
    }
    let status = answer.split(|byte| *byte == b' ').nth(1).unwrap_or_default();
    if status.starts_with(b"2") {
        return Ok(stream);
    }
    let status = String::from_utf8_lossy(status);
    Err(io::Error::other(format!("the proxy responded with {}", status.trim())))
}

/// Passes bytes in both directions until both sides have ended.
async fn relay(request: http::Request<Incoming>, mut server: TcpStream) {
    let Ok(client) = hyper::upgrade::on(request).await else { return };
    // An error is the end of the connection, which both sides see.
    let _ = copy_bidirectional(&mut TokioIo::new(client), &mut server).await;
}
