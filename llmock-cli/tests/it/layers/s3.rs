//! A real S3 server in this process: `s3s` checks signatures and speaks the protocol, `s3s-fs` keeps objects in a folder.
//! It compares `If-Match` and `If-None-Match`. Between that and the write there is a gap, as there is between the tag of an
//! object and its bytes when it is read: one request at a time closes both.

use std::convert::Infallible;
use std::io;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::thread;

use bytes::Bytes;
use http::{Method, Request, Response, StatusCode};
use http_body::Frame;
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt as _, Full, StreamBody};
use hyper::body::Incoming;
use hyper::service::{Service, service_fn};
use hyper_util::rt::{TokioExecutor, TokioIo};
use s3s::auth::SimpleAuth;
use s3s::service::{S3Service, S3ServiceBuilder};
use tempfile::TempDir;

const BUCKET: &str = "team";

/// Of this many bytes and more a file is large.
pub(crate) const LARGE: usize = 10_000;

/// What the server does instead of its work.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Fault {
    #[default]
    None,
    /// The connection breaks in the middle of a file.
    Cut,
    /// The credentials have expired.
    Expired,
    /// Files have other bytes.
    Wrong,
    /// A large file arrives by half, and the rest never.
    Stalled,
    /// A push gets no further than to the manifest.
    Unfinished,
}

type Body = UnsyncBoxBody<Bytes, io::Error>;

/// A server with one bucket.
#[derive(Debug)]
pub(crate) struct Server {
    folder: TempDir,
    origin: String,
    fault: Arc<Mutex<Fault>>,
    requests: Arc<Mutex<Vec<String>>>,
}

impl Server {
    pub(crate) fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join(BUCKET)).unwrap();
        let mut builder = S3ServiceBuilder::new(s3s_fs::FileSystem::new(folder.path()).unwrap());
        builder.set_auth(SimpleAuth::from_single("test-key", "test-secret"));
        let (fault, requests) = (Arc::default(), Arc::default());
        let origin = serve(Inner {
            service: builder.build(),
            turn: Arc::default(),
            fault: Arc::clone(&fault),
            requests: Arc::clone(&requests),
        });
        Self { folder, origin, fault, requests }
    }

    pub(crate) fn set(&self, fault: Fault) {
        *self.fault.lock().unwrap() = fault;
    }

    /// Method and path of every request since the last call.
    pub(crate) fn requests(&self) -> Vec<String> {
        std::mem::take(&mut *self.requests.lock().unwrap())
    }

    pub(crate) fn object(&self, name: &str) -> PathBuf {
        self.folder.path().join(BUCKET).join(name)
    }

    /// The variables of a client.
    pub(crate) fn variables(&self) -> Vec<(&'static str, String)> {
        let of = |name, value: &str| (name, value.to_owned());
        vec![
            of("AWS_ENDPOINT_URL", &self.origin),
            of("AWS_ALLOW_HTTP", "true"),
            of("AWS_REGION", "us-east-1"),
            of("AWS_ACCESS_KEY_ID", "test-key"),
            of("AWS_SECRET_ACCESS_KEY", "test-secret"),
        ]
    }
}

#[derive(Clone)]
struct Inner {
    service: S3Service,
    turn: Arc<tokio::sync::Mutex<()>>,
    fault: Arc<Mutex<Fault>>,
    requests: Arc<Mutex<Vec<String>>>,
}

/// Serves on a thread that lives as long as the process.
fn serve(inner: Inner) -> String {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let origin = format!("http://{}", listener.local_addr().unwrap());
    listener.set_nonblocking(true).unwrap();
    thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let listener = tokio::net::TcpListener::from_std(listener).unwrap();
            while let Ok((socket, _)) = listener.accept().await {
                let inner = inner.clone();
                let answer = service_fn(move |request| {
                    let inner = inner.clone();
                    async move { Ok::<_, Infallible>(inner.respond(request).await) }
                });
                tokio::spawn(async move {
                    let server = hyper_util::server::conn::auto::Builder::new(TokioExecutor::new());
                    let _ = server.serve_connection(TokioIo::new(socket), answer).await;
                });
            }
        });
    });
    origin
}

impl Inner {
    async fn respond(&self, request: Request<Incoming>) -> Response<Body> {
        let (method, path) = (request.method().clone(), request.uri().path().to_owned());
        self.requests.lock().unwrap().push(format!("{method} {path}"));
        let fault = *self.fault.lock().unwrap();
        let is_manifest = method == Method::PUT && path.ends_with("/main/manifest.json");
        if fault == Fault::Expired || (fault == Fault::Unfinished && is_manifest) {
            return expired();
        }
        let guard = self.turn.lock().await;
        let response = Service::call(&self.service, request).await;
        drop(guard);
        let Ok(response) = response else {
            let mut response = Response::new(whole(Bytes::new()));
            *response.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
            return response;
        };
        let (parts, body) = response.into_parts();
        let is_whole = matches!(fault, Fault::None | Fault::Unfinished);
        if method != Method::GET || !path.contains("/blobs/") || is_whole {
            return Response::from_parts(
                parts,
                body.map_err(|error| io::Error::other(error.to_string())).boxed_unsync(),
            );
        }
        let bytes = body.collect().await.unwrap().to_bytes();
        let body = match fault {
            Fault::Cut => cut(&bytes),
            Fault::Stalled if bytes.len() > LARGE => stalled(&bytes),
            Fault::Stalled => whole(bytes),
            _ => whole(wrong(&bytes)),
        };
        Response::from_parts(parts, body)
    }
}

fn whole(bytes: Bytes) -> Body {
    Full::new(bytes).map_err(|never| match never {}).boxed_unsync()
}

/// The first half, and then a broken connection.
fn cut(bytes: &Bytes) -> Body {
    let half = bytes.slice(..bytes.len() / 2);
    let frames = [Ok(Frame::data(half)), Err(io::Error::other("the connection breaks"))];
    StreamBody::new(futures::stream::iter(frames)).boxed_unsync()
}

/// The first half, and nothing after it.
fn stalled(bytes: &Bytes) -> Body {
    let half = bytes.slice(..bytes.len() / 2);
    let first = futures::stream::iter([Ok(Frame::data(half))]);
    let never = futures::stream::pending();
    StreamBody::new(futures::StreamExt::chain(first, never)).boxed_unsync()
}

/// As many bytes, and other ones.
fn wrong(bytes: &Bytes) -> Bytes {
    bytes.iter().map(|byte| byte ^ 1).collect::<Vec<_>>().into()
}

/// As S3 refuses credentials of a session that is over:
/// <https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html>
fn expired() -> Response<Body> {
    let text = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>ExpiredToken</Code><Message>The provided token has \
                expired.</Message></Error>";
    let mut response = Response::new(whole(Bytes::from_static(text.as_bytes())));
    *response.status_mut() = StatusCode::BAD_REQUEST;
    response
}
