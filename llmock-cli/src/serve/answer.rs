//! An answer of any strategy, and how it becomes bytes on a connection.

use std::collections::VecDeque;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, Response, StatusCode};
use http_body::Frame;
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt as _, Either, Full};
use llmock::reply::{Rendered, RenderedBody, Reply};
use tokio::time::{Instant, Sleep};

use super::config::scenarios::StepPace;
use super::fault::Fault;
use super::metrics::OpenStream;
use super::sockets::plan::Plan;

/// The status in history and metrics for a connection that is closed without a response, as in nginx's logs.
pub(crate) const NO_ANSWER: u16 = 444;

/// The body of a response: in one piece, as most are, or anything else.
pub(crate) type AnswerBytes = Either<Full<Bytes>, StreamBytes>;

/// A body that arrives in pieces.
pub(crate) type StreamBytes = UnsyncBoxBody<Bytes, BoxError>;

pub(crate) type BoxError = Box<dyn std::error::Error + Send + Sync>;

#[derive(Debug)]
pub(crate) struct Decided {
    pub(crate) answer: Answer,
    /// The name of the strategy, or `llmock` if none was involved.
    pub(crate) by: &'static str,
    pub(crate) model: Option<String>,
    /// Whether the answer was made here: not recorded, and not forwarded.
    pub(crate) is_own: bool,
    /// Whether a recording had the answer, if recordings were looked up.
    pub(crate) recorded: Option<bool>,
    /// In a box, because most answers have none.
    pub(crate) detail: Option<Box<Detail>>,
}

/// What is known of some answers.
#[derive(Debug, Default)]
pub(crate) struct Detail {
    /// Why no strategy answers.
    pub(crate) miss: Option<String>,
    /// The recording or the scenario that the answer is from.
    pub(crate) source: Option<Arc<str>>,
    pub(crate) pace: Option<StepPace>,
    pub(crate) fault: Option<Fault>,
    /// What follows the response to the handshake of a WebSocket.
    pub(crate) socket: Option<Plan>,
}

/// What a strategy decides about a request.
#[derive(Debug)]
pub(crate) enum Verdict {
    /// A complete answer.
    Answer(Answer),
    /// A recorded one, with the name of its recording.
    Recorded(Answer, Arc<str>),
    /// The content of an answer; its format follows from the request.
    Reply(Box<Reply>),
    /// The content of an answer that a person has written.
    Scripted(Box<Scripted>),
    /// The next strategy decides. `why` is reported if none answers.
    Pass { why: Option<String> },
}

/// A reply of a scenario, and what happens to it on its way.
#[derive(Debug)]
pub(crate) struct Scripted {
    pub(crate) reply: Reply,
    pub(crate) detail: Detail,
    /// The scenario, and the number of its reply.
    pub(crate) step: (usize, usize),
}

/// What the client receives.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    /// Without framing (`content-length`, `transfer-encoding`).
    pub(crate) headers: HeaderMap,
    pub(crate) body: AnswerBody,
    /// When a recorded answer in one piece had arrived, measured from its request.
    pub(crate) after: Option<Duration>,
}

#[derive(Debug)]
pub(crate) enum AnswerBody {
    /// In one piece.
    Whole(Bytes),
    /// Piece by piece, each sent as one chunk.
    Stream { pieces: Vec<Piece>, end: End },
    /// As it arrives from an upstream, at its own pace.
    Live(StreamBytes),
    /// None: the connection is closed without a response.
    Nothing,
}

/// A part of a stream, sent as one chunk.
#[derive(Clone, Debug)]
pub(crate) struct Piece {
    /// When it is due, measured from the arrival of the request; `None`: at once.
    pub(crate) after: Option<Duration>,
    pub(crate) bytes: Bytes,
}

/// How a stream ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    Complete,
    /// The connection is closed in the middle of the body.
    Cut,
}

/// Marks a response that stands for closing the connection before a byte is sent.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("closed on purpose")]
pub(crate) struct Aborted;

impl From<Rendered> for Answer {
    fn from(rendered: Rendered) -> Self {
        let status = StatusCode::from_u16(rendered.status).unwrap_or(StatusCode::OK);
        let body = match rendered.body {
            RenderedBody::Whole(bytes) => AnswerBody::Whole(bytes),
            RenderedBody::Stream(events) => {
                let piece = |bytes| Piece { after: None, bytes };
                let pieces = events.into_iter().map(piece).collect();
                AnswerBody::Stream { pieces, end: End::Complete }
            }
            _ => AnswerBody::Whole(Bytes::new()),
        };
        Self { status, headers: rendered.headers, body, after: None }
    }
}

impl Answer {
    /// The response. Times of pieces are measured from `arrived`; `open` lives as long as the stream.
    pub(crate) fn into_response(
        self,
        arrived: Instant,
        open: Option<OpenStream>,
    ) -> Response<AnswerBytes> {
        let body = match self.body {
            AnswerBody::Whole(bytes) => Either::Left(Full::new(bytes)),
            AnswerBody::Live(body) => Either::Right(body),
            AnswerBody::Nothing => return Self::abort(),
            AnswerBody::Stream { pieces, end } => {
                let pieces = pieces.into();
                let paced = Paced { pieces, arrived, timer: None, _open: open }.boxed_unsync();
                Either::Right(if end == End::Cut { CutOff::after(paced) } else { paced })
            }
        };
        let mut response = Response::new(body);
        *response.status_mut() = self.status;
        *response.headers_mut() = self.headers;
        response
    }

    /// Closes the connection without a response.
    pub(crate) fn nothing() -> Self {
        let status = StatusCode::from_u16(NO_ANSWER).unwrap_or(StatusCode::BAD_GATEWAY);
        Self { status, headers: HeaderMap::new(), body: AnswerBody::Nothing, after: None }
    }

    pub(crate) fn abort() -> Response<AnswerBytes> {
        let mut response = Response::new(Either::Left(Full::default()));
        response.extensions_mut().insert(Aborted);
        response
    }
}

/// The body of a stream, which sends each piece when it is due.
struct Paced {
    pieces: VecDeque<Piece>,
    arrived: Instant,
    /// Created for the first piece that has to wait.
    timer: Option<Pin<Box<Sleep>>>,
    _open: Option<OpenStream>,
}

impl Paced {
    /// Ready at that moment. Moments are measured from the request, so that delays do not add up.
    fn wait(&mut self, until: Instant, context: &mut Context<'_>) -> Poll<()> {
        if until <= Instant::now() {
            return Poll::Ready(());
        }
        let timer = self.timer.get_or_insert_with(|| Box::pin(tokio::time::sleep_until(until)));
        if timer.deadline() != until {
            timer.as_mut().reset(until);
        }
        timer.as_mut().poll(context)
    }
}

impl http_body::Body for Paced {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        if let Some(after) = self.pieces.front().and_then(|next| next.after) {
            let until = self.arrived + after;
            ready!(self.wait(until, context));
        }
        Poll::Ready(self.pieces.pop_front().map(|piece| Ok(Frame::data(piece.bytes))))
    }

    fn is_end_stream(&self) -> bool {
        self.pieces.is_empty()
    }
}

/// A body after which the connection is closed, as if it were not complete.
pub(crate) struct CutOff {
    body: StreamBytes,
    /// When the body is on the wire.
    flushed: Option<Pin<Box<Sleep>>>,
}

impl CutOff {
    pub(crate) fn after(body: StreamBytes) -> StreamBytes {
        Self { body, flushed: None }.boxed_unsync()
    }
}

impl http_body::Body for CutOff {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        // hyper drops unflushed frames when a body fails.
        const FLUSH: Duration = Duration::from_millis(2);
        if self.flushed.is_none()
            && let Some(frame) = ready!(Pin::new(&mut self.body).poll_frame(context))
        {
            return Poll::Ready(Some(frame));
        }
        let sleep = || Box::pin(tokio::time::sleep(FLUSH));
        ready!(self.flushed.get_or_insert_with(sleep).as_mut().poll(context));
        Poll::Ready(Some(Err("cut off on purpose".into())))
    }
}
