//! wiremock inside a session: the user's own `Mock`s come before the fixture.
//!
//! The server holds no mocks of llmock, so scoped mocks, `expect`, `reset` and every helper of a team work on it as
//! anywhere else. The fixture responds to requests that no `Mock` matches, which wiremock answers with a bare 404.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};

use bytes::Bytes;
use http::{HeaderMap, StatusCode, header};
use http_body_util::{BodyExt as _, Full};
use hyper_util::rt::TokioIo;
use wiremock::MockServer;

use crate::exchange::body::ResponseBody;
use crate::exchange::quiet::quietly;
use crate::exchange::response::{self, Response};
use crate::front::Front;
use crate::front::handler::{Aborted, Incoming};
use crate::waiting::block_on;

/// The wiremock server of one session, started at its first use.
#[derive(Default)]
pub(crate) struct Overlay {
    server: OnceLock<MockServer>,
    closed: AtomicBool,
}

impl std::fmt::Debug for Overlay {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let address = self.server.get().map(|server| *server.address());
        f.debug_struct("Overlay").field("address", &address).finish_non_exhaustive()
    }
}

impl Overlay {
    /// The server, which is never one of wiremock's pool: that keeps connections of earlier tests alive.
    pub(crate) fn server(&self, front: &Front) -> &MockServer {
        self.server.get_or_init(|| {
            front
                .run(async { MockServer::builder().start().await })
                .expect("the front's runtime never stops")
        })
    }

    /// The response of the user's mocks; `None` if no mock matches.
    ///
    /// They see the path as the provider would: `/v1/chat/completions`.
    pub(crate) async fn respond(&self, incoming: &Incoming) -> Option<Result<Response, Aborted>> {
        if self.closed.load(Ordering::Acquire) {
            return None;
        }
        let server = self.server.get()?;
        match send(server, incoming, &incoming.target()).await {
            Ok((status, headers, body)) if is_unmatched(status, &headers, &body) => None,
            Ok((status, mut headers, body)) => {
                for name in [header::CONNECTION, header::TRANSFER_ENCODING, header::CONTENT_LENGTH]
                {
                    headers.remove(name);
                }
                Some(Ok(response::response(status, headers, ResponseBody::full(body))))
            }
            // A mock may respond with an error, for which wiremock closes the connection.
            Err(_) => Some(Err(Aborted)),
        }
    }

    /// Verifies the expectations of the mocks; wiremock's own text if they are not met.
    pub(crate) fn verify(&self) -> Result<(), String> {
        let Some(server) = self.server.get() else { return Ok(()) };
        // wiremock's message shows every header of every request, keys included, and the report contains what matters.
        quietly(|| block_on(server.verify()))
            .map_err(|panic| panic.message().map(without_requests).unwrap_or_default())
    }

    /// Drops the mocks, so that dropping the server does not verify them again.
    pub(crate) fn close(&self) {
        self.closed.store(true, Ordering::Release);
        if let Some(server) = self.server.get() {
            // wiremock's futures wait for a lock of its own and for nothing else, so they need no runtime.
            block_on(server.reset());
        }
    }
}

impl Drop for Overlay {
    /// A session of mode `off` is never settled, and its mocks receive no request: there is nothing to verify.
    fn drop(&mut self) {
        self.close();
    }
}

/// Removes the list of received requests, which shows all headers, including those that hold keys.
fn without_requests(text: &str) -> String {
    text.split("\nReceived requests:").next().unwrap_or_default().trim_end().to_owned()
}

async fn send(
    server: &MockServer,
    incoming: &Incoming,
    path: &str,
) -> Result<(StatusCode, HeaderMap, Bytes), Box<dyn std::error::Error + Send + Sync>> {
    let socket = tokio::net::TcpStream::connect(server.address()).await?;
    let (mut sender, connection) =
        hyper::client::conn::http1::handshake(TokioIo::new(socket)).await?;
    tokio::spawn(connection);
    let body = incoming.body.as_ref().cloned().unwrap_or_default();
    let mut request = http::Request::new(Full::new(body));
    *request.method_mut() = incoming.method.clone();
    *request.uri_mut() = path.parse()?;
    *request.headers_mut() = incoming.headers.clone();
    let response = sender.send_request(request).await?;
    let (parts, body) = response.into_parts();
    Ok((parts.status, parts.headers, body.collect().await?.to_bytes()))
}

/// What wiremock sends when no mock matched: 404, no body, and no header that a person would set.
fn is_unmatched(status: StatusCode, headers: &HeaderMap, body: &Bytes) -> bool {
    status == StatusCode::NOT_FOUND
        && body.is_empty()
        && headers
            .keys()
            .all(|name| [header::CONTENT_LENGTH, header::DATE, header::CONNECTION].contains(name))
}
