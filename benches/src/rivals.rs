//! Servers that answer without a fixture: what llmock is compared with.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::net::{SocketAddr, TcpListener};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use http_body_util::BodyExt as _;
use hyper::body::{Body, Frame, Incoming, SizeHint};
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use llmock::wiremock::matchers::{method, path};
use llmock::wiremock::{Mock, MockServer, ResponseTemplate};
use tokio::runtime::Runtime;

/// What a rival sends.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The value of that header.
    pub content_type: &'static str,
    /// One is sent with its length, more are sent as chunks.
    pub pieces: Vec<Bytes>,
    /// Between the first piece and the others.
    pub pause: Duration,
}

impl Answer {
    /// A body in one piece.
    pub fn json(body: String) -> Self {
        Self { content_type: "application/json", pieces: vec![body.into()], pause: Duration::ZERO }
    }

    /// A stream of events, a chunk each.
    pub fn events(events: Vec<String>) -> Self {
        let pieces = events.into_iter().map(Bytes::from).collect();
        Self { content_type: "text/event-stream", pieces, pause: Duration::ZERO }
    }
}

/// A wiremock server that answers every POST of chat completions, closing the connection each time, as
/// llmock does. It sends any body whole.
#[derive(Debug)]
pub struct Wiremock {
    server: MockServer,
    // Kept alive as long as the server.
    _runtime: Runtime,
}

impl Wiremock {
    /// Starts it.
    pub fn start(answer: &Answer) -> Self {
        let runtime = runtime();
        let response = ResponseTemplate::new(200)
            .insert_header("connection", "close")
            .set_body_raw(answer.pieces.concat(), answer.content_type);
        let server = runtime.block_on(async {
            let server = MockServer::builder().start().await;
            let mock = Mock::given(method("POST")).and(path("/v1/chat/completions"));
            mock.respond_with(response).mount(&server).await;
            server
        });
        Self { server, _runtime: runtime }
    }

    /// Its base URL.
    pub fn base(&self) -> String {
        format!("{}/v1", self.server.uri())
    }
}

/// Starts a server of hyper and nothing else, on a thread of its own; says its base URL.
pub fn hyper(answer: Answer) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    listener.set_nonblocking(true).expect("a socket of ours");
    let address: SocketAddr = listener.local_addr().expect("a bound socket");
    std::thread::spawn(move || runtime().block_on(serve(listener, Arc::new(answer))));
    format!("http://{address}/v1")
}

fn runtime() -> Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime")
}

async fn serve(listener: TcpListener, answer: Arc<Answer>) {
    let listener = tokio::net::TcpListener::from_std(listener).expect("a runtime around");
    while let Ok((socket, _)) = listener.accept().await {
        let _ = socket.set_nodelay(true);
        let answer = Arc::clone(&answer);
        tokio::spawn(async move {
            let service = service_fn(move |request| respond(request, Arc::clone(&answer)));
            let mut server = hyper::server::conn::http1::Builder::new();
            let _ = server.keep_alive(false).serve_connection(TokioIo::new(socket), service).await;
        });
    }
}

async fn respond(
    request: http::Request<Incoming>,
    answer: Arc<Answer>,
) -> Result<http::Response<Pieces>, Infallible> {
    let _ = request.into_body().collect().await;
    let mut response = http::Response::new(Pieces {
        length: (answer.pieces.len() == 1).then(|| answer.pieces[0].len() as u64),
        left: answer.pieces.iter().cloned().collect(),
        pause: (!answer.pause.is_zero()).then(|| Box::pin(tokio::time::sleep(answer.pause))),
        begun: false,
    });
    let content_type = http::HeaderValue::from_static(answer.content_type);
    response.headers_mut().insert("content-type", content_type);
    Ok(response)
}

struct Pieces {
    left: VecDeque<Bytes>,
    length: Option<u64>,
    pause: Option<Pin<Box<tokio::time::Sleep>>>,
    begun: bool,
}

impl Body for Pieces {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        if self.begun
            && let Some(pause) = &mut self.pause
        {
            ready!(pause.as_mut().poll(context));
            self.pause = None;
        }
        self.begun = true;
        Poll::Ready(self.left.pop_front().map(|piece| Ok(Frame::data(piece))))
    }

    fn is_end_stream(&self) -> bool {
        self.left.is_empty()
    }

    fn size_hint(&self) -> SizeHint {
        self.length.map_or_else(SizeHint::default, SizeHint::with_exact)
    }
}
