//! A server of hyper and nothing else, which answers every question with the same bytes.
//!
//! They are those that `llmock serve` answers to the question of the load: clients on the same cores take as long
//! for the answers of one as of the other.

use std::convert::Infallible;
use std::net::{Ipv4Addr, SocketAddr};
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use http::{HeaderName, HeaderValue};
use http_body_util::BodyExt as _;
use hyper::body::{Body, Frame, Incoming, SizeHint};
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;

/// How many words it answers with, streamed one by one.
pub const WORDS: usize = 8;

/// Serves for ever, on all cores.
pub fn serve(port: u16) {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    runtime.expect("a runtime").block_on(async {
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        let listener = tokio::net::TcpListener::bind(address).await.expect("the port is free");
        while let Ok((socket, _)) = listener.accept().await {
            let _ = socket.set_nodelay(true);
            tokio::spawn(async move {
                let server = hyper::server::conn::http1::Builder::new();
                let _ = server.serve_connection(TokioIo::new(socket), service_fn(respond)).await;
            });
        }
    });
}

async fn respond(request: http::Request<Incoming>) -> Result<http::Response<Pieces>, hyper::Error> {
    let body = request.into_body().collect().await?.to_bytes();
    let streams = body.windows(13).any(|window| window == br#""stream":true"#);
    let (content_type, left) = if streams {
        ("text/event-stream; charset=utf-8", WORDS + 3)
    } else {
        ("application/json", 1)
    };
    let mut response = http::Response::new(Pieces { left, streams });
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    if streams {
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    }
    let id = HeaderValue::from_static("req_0123456789abcdef01234567");
    headers.insert(HeaderName::from_static("x-request-id"), id);
    Ok(response)
}

const WHOLE: &str = concat!(
    r#"{"id":"chatcmpl-0123456789abcdef01234567","object":"chat.completion","created":1735689600,"#,
    r#""model":"gpt-4o","system_fingerprint":"fp_llmock","choices":[{"index":0,"message":{"role":"#,
    r#""assistant","content":"one two three four five six seven eight","refusal":null,"#,
    r#""annotations":[]},"logprobs":null,"finish_reason":"stop"}],"usage":{"prompt_tokens":9,"#,
    r#""completion_tokens":9,"total_tokens":18,"prompt_tokens_details":{"cached_tokens":0,"#,
    r#""audio_tokens":0},"completion_tokens_details":{"reasoning_tokens":0,"audio_tokens":0,"#,
    r#""accepted_prediction_tokens":0,"rejected_prediction_tokens":0}}}"#,
);
const EVENT: &str = concat!(
    r#"data: {"id":"chatcmpl-0123456789abcdef01234567","object":"chat.completion.chunk","#,
    r#""created":1735689600,"model":"gpt-4o","system_fingerprint":"fp_llmock","choices":[{"index":0,"#,
    r#""delta":{"content":"word "},"logprobs":null,"finish_reason":null}]}"#,
    "\n\n"
);

struct Pieces {
    left: usize,
    streams: bool,
}

impl Body for Pieces {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        if self.left == 0 {
            return Poll::Ready(None);
        }
        self.left -= 1;
        let piece = match (self.streams, self.left) {
            (false, _) => WHOLE,
            (true, 0) => "data: [DONE]\n\n",
            (true, _) => EVENT,
        };
        Poll::Ready(Some(Ok(Frame::data(Bytes::from_static(piece.as_bytes())))))
    }

    fn is_end_stream(&self) -> bool {
        self.left == 0
    }

    fn size_hint(&self) -> SizeHint {
        if self.streams { SizeHint::default() } else { SizeHint::with_exact(WHOLE.len() as u64) }
    }
}
