//! Faults at a place of a response, for servers: the wrapper that sessions have, around any body.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http_body_util::BodyExt as _;
use http_body_util::combinators::UnsyncBoxBody;
use hyper::body::{Body, Frame};
use llmock_rules::{At, FaultKind, FaultRule, Problem, StreamRule};
use tokio::sync::watch;
use tokio::time::Instant;

use super::plan::Plan;
use super::reaction;
pub use super::reaction::Reaction;
use super::traffic::{Hit, Traffic};
use crate::exchange::body::{Controlled, Cut, ResponseBody};
use crate::exchange::client::Client;
use crate::report::SweepCode;
#[cfg(feature = "record")]
use crate::wire;

/// Why a body breaks off.
type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// A fault at a place of a response.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PlacedFault(Place);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    Cut(At),
    Stall(At),
    Malformed { event: usize },
    EmptyBody,
    Close { after: usize, code: u16 },
    Oversized { event: usize },
}

impl PlacedFault {
    /// Reads `cut-after-event=3` and the like; `None` if another fault is named.
    pub fn parse(text: &str) -> Option<Result<Self, Problem>> {
        const NAMES: [&str; 8] = [
            "cut-after-event",
            "cut-after-byte",
            "stall-after-event",
            "stall-after-byte",
            "malformed-event",
            "empty-body",
            "close-after-event",
            "oversized-event",
        ];
        let name = text.split(['=', ',']).next().unwrap_or_default().trim().replace('_', "-");
        if !NAMES.contains(&name.as_str()) {
            return None;
        }
        let place = FaultRule::from_text(text).map(|rule| match rule.kind {
            FaultKind::Cut { after, .. } => Place::Cut(after),
            FaultKind::Stall { after } => Place::Stall(after),
            FaultKind::Malformed { event } => Place::Malformed { event },
            FaultKind::Close { after, code } => Place::Close { after, code },
            FaultKind::Oversized { event } => Place::Oversized { event },
            _ => Place::EmptyBody,
        });
        Some(place.map(Self))
    }

    /// A name for metrics.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self.0 {
            Place::Cut(_) => "cut",
            Place::Stall(_) => "stall",
            Place::Malformed { .. } => "malformed_event",
            Place::EmptyBody => "empty_body",
            Place::Close { .. } => "close",
            Place::Oversized { .. } => "oversized_event",
        }
    }

    /// The same fault as tests have it.
    #[must_use]
    pub fn kind(self) -> FaultKind {
        match self.0 {
            Place::Cut(after) => FaultKind::Cut { after, reset: false },
            Place::Stall(after) => FaultKind::Stall { after },
            Place::Malformed { event } => FaultKind::Malformed { event },
            Place::EmptyBody => FaultKind::EmptyBody,
            Place::Close { after, code } => FaultKind::Close { after, code },
            Place::Oversized { event } => FaultKind::Oversized { event },
        }
    }

    /// The response with this fault. `whole` is its body if that is in one piece; `left` becomes true when the client has
    /// left.
    pub fn apply(
        self,
        mut response: http::Response<UnsyncBoxBody<Bytes, BoxError>>,
        whole: Option<Bytes>,
        left: Option<watch::Receiver<bool>>,
    ) -> http::Response<UnsyncBoxBody<Bytes, BoxError>> {
        let body = if let Some(whole) = whole {
            ResponseBody::full(whole)
        } else {
            let arriving = std::mem::take(response.body_mut());
            ResponseBody::Controlled(Controlled(Box::pin(Arriving(arriving))))
        };
        let (parts, _) = response.into_parts();
        let traffic = Arc::new(Traffic::idle());
        traffic.add_fault(FaultRule::new(self.kind()), None);
        let plan = Plan {
            stream: StreamRule::default(),
            fault: Some(Hit::first(self.kind())),
            gates: Vec::new(),
            #[cfg(feature = "record")]
            format: wire::format(crate::provider::Provider::OpenAI, "POST", "/"),
            received: Instant::now(),
            client: left.map(Client::watched).unwrap_or_default(),
            on_its_way: traffic.begin(None),
        };
        let response = plan.apply(http::Response::from_parts(parts, body));
        response.map(|body| body.map_err(Into::into).boxed_unsync())
    }
}

/// A fault of a response that has traffic of its own.
pub(crate) fn first_hit(kind: FaultKind) -> Hit {
    Hit::first(kind)
}

/// What is wrong with the way in which a client handled a fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClientFinding {
    /// One of `llmock_rules::FINDINGS`.
    pub code: &'static str,
    /// Whether it fails a test under a sweep.
    pub fails: bool,
    /// What the client did.
    pub message: &'static str,
}

/// Judges a client as a sweep does.
#[must_use]
pub fn judge_client(kind: &FaultKind, reaction: &Reaction) -> Vec<ClientFinding> {
    let finding = |code: SweepCode| ClientFinding {
        code: code.name(),
        fails: code.fails(),
        message: code.sentence_for_client(),
    };
    reaction::judge(kind, reaction).into_iter().map(finding).collect()
}

/// A body of the server's own.
struct Arriving(UnsyncBoxBody<Bytes, BoxError>);

impl Body for Arriving {
    type Data = Bytes;
    type Error = Cut;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Cut>>> {
        let frame = ready!(Pin::new(&mut self.0).poll_frame(context));
        Poll::Ready(frame.map(|frame| frame.map_err(|_| Cut)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_places_are_read() {
        let read = |text| PlacedFault::parse(text).map(|read| read.map_err(|why| why.to_string()));
        assert_eq!(read("cut-after-event=3"), Some(Ok(PlacedFault(Place::Cut(At::Event(3))))));
        assert_eq!(read("stall_after_byte=0"), Some(Ok(PlacedFault(Place::Stall(At::Byte(0))))));
        assert_eq!(read("empty-body"), Some(Ok(PlacedFault(Place::EmptyBody))));
        assert_eq!(read("status=429"), None);
        let wrong = read("malformed-event=0").expect("its name").expect_err("no such event");
        assert!(wrong.starts_with("invalid `malformed_event` `0`"), "{wrong}");
    }
}
