//! What is in force for one response, and how it is put around it.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderValue, header};
use hyper::body::{Body, Frame};
use llmock_rules::{Chunks, FaultKind, Pace, StreamRule};
use tokio::sync::mpsc;
use tokio::time::Instant;

use super::deliver::Delivery;
use super::gate::GateState;
use super::traffic::{Hit, OnItsWay};
use crate::exchange::body::{Controlled, Cut, ReceivedAfter, ResponseBody};
use crate::exchange::client::Client;
use crate::exchange::request;
use crate::exchange::response::Response;
use crate::stream::{Boundaries, framing_of};
#[cfg(feature = "record")]
use crate::wire::{ending::Ending, format::Format};

/// What is in force for one response.
#[derive(Debug)]
pub(crate) struct Plan {
    pub(crate) stream: StreamRule,
    pub(crate) fault: Option<Hit>,
    pub(crate) gates: Vec<Arc<GateState>>,
    /// What the bytes of the response mean.
    #[cfg(feature = "record")]
    pub(crate) format: &'static Format,
    /// When its request arrived.
    pub(crate) received: Instant,
    pub(crate) client: Client,
    pub(crate) on_its_way: OnItsWay,
}

impl Plan {
    /// When the head of the response may be sent: a body in one piece is sent with it.
    pub(crate) fn head_due(&self, response: &Response) -> Option<Instant> {
        let recorded = response.extensions().get::<ReceivedAfter>().map(|after| after.0);
        let paced = recorded.and_then(|after| paced(self.stream.pace, after));
        match self.kind() {
            Some(FaultKind::Slow(by)) => {
                Some(Instant::now().max(self.received + paced.unwrap_or_default()) + *by)
            }
            _ => paced.map(|after| self.received + after),
        }
    }

    pub(super) fn kind(&self) -> Option<&FaultKind> {
        self.fault.as_ref().map(|hit| &hit.kind)
    }

    /// Whether the body reaches the client as it is.
    fn leaves_body(&self, is_stream: bool) -> bool {
        let is_plain = matches!(self.stream.pace, None | Some(Pace::None))
            && matches!(self.stream.chunks, None | Some(Chunks::Recorded));
        let has_fault = matches!(
            self.kind(),
            Some(FaultKind::Cut { .. } | FaultKind::Stall { .. } | FaultKind::Malformed { .. })
        );
        let is_watched = !self.gates.is_empty() || self.on_its_way.is_logged();
        !is_watched && !has_fault && (is_plain || !is_stream)
    }

    /// The response under this plan. The head is due already.
    pub(crate) fn apply(self, mut response: Response) -> Response {
        self.change_head(&mut response);
        let content_type = request::text(response.headers(), header::CONTENT_TYPE.as_str());
        let is_whole = matches!(response.body(), ResponseBody::Full(_));
        let framing = framing_of(content_type, !is_whole);
        let status = response.status().as_u16();
        self.on_its_way.note_response(|note| {
            (note.status, note.is_stream) = (status, framing.is_some());
        });
        #[cfg(feature = "record")]
        let ending = Ending::new(self.format, content_type, false);
        let body = std::mem::replace(response.body_mut(), ResponseBody::full(""));
        *response.body_mut() = if body.is_empty() || self.leaves_body(framing.is_some()) {
            body
        } else {
            if let (ResponseBody::Full(Some(bytes)), None) = (&body, framing) {
                // The client is promised all of a body that is cut.
                let length = HeaderValue::from(bytes.len());
                response.headers_mut().insert(header::CONTENT_LENGTH, length);
            }
            let (out, received) = mpsc::channel(1);
            let delivery = Delivery::new(
                self,
                Boundaries::new(framing),
                #[cfg(feature = "record")]
                ending,
                &body,
                out,
            );
            let run = Box::pin(delivery.run(body));
            ResponseBody::Controlled(Controlled(Box::pin(Produced { run: Some(run), received })))
        };
        response
    }

    fn change_head(&self, response: &mut Response) {
        match self.kind() {
            Some(FaultKind::ContentType(content_type)) => {
                if let Ok(value) = HeaderValue::from_str(content_type) {
                    response.headers_mut().insert(header::CONTENT_TYPE, value);
                }
            }
            Some(FaultKind::EmptyBody) => {
                response.headers_mut().remove(header::CONTENT_LENGTH);
                *response.body_mut() = ResponseBody::full("");
            }
            Some(FaultKind::Slow(_)) => {}
            _ => return,
        }
        if let Some(hit) = &self.fault {
            self.on_its_way.traffic().note_happened(hit);
        }
    }
}

/// The time of a piece that was recorded after so long.
pub(crate) fn paced(pace: Option<Pace>, after: Duration) -> Option<Duration> {
    match pace {
        Some(Pace::Recorded) => Some(after),
        Some(Pace::Times(factor)) => {
            Some(Duration::try_from_secs_f64(after.as_secs_f64() / factor).unwrap_or(after))
        }
        _ => None,
    }
}

/// A body that a future produces, which runs as far as the client reads.
struct Produced {
    run: Option<Pin<Box<dyn Future<Output = ()> + Send>>>,
    received: mpsc::Receiver<Result<Bytes, Cut>>,
}

impl Body for Produced {
    type Data = Bytes;
    type Error = Cut;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Cut>>> {
        if let Some(run) = &mut self.run
            && run.as_mut().poll(context).is_ready()
        {
            self.run = None;
        }
        self.received.poll_recv(context).map(|next| next.map(|bytes| bytes.map(Frame::data)))
    }
}
