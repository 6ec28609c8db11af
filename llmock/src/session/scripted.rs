//! Which reply of the test a request gets, and its response.

use std::sync::Arc;

use http::{HeaderMap, StatusCode};

use crate::exchange::body::ResponseBody;
use crate::exchange::response::{self, Response};
use crate::exchange::{RespondedBy, SentRequest};
use crate::reply::replies::Scripted;
use crate::reply::rules::{Chosen, RuleNumber, Turn};
use crate::reply::{RenderedBody, Reply, RequestShape, schema};
use crate::report::MissReason;
use crate::session::pending::Pending;
use crate::session::refuse::refuse;
use crate::session::scripts::{Matching, apart};
use crate::session::state::State;

/// What the rules say to a request.
pub(crate) enum Outcome {
    /// This is its response, or the refusal of it.
    Response(Response),
    /// A rule matches it, and has no reply left.
    UsedUp(RuleNumber),
    None,
}

/// Responds to a request by the rules of this turn.
pub(crate) async fn respond(
    state: &Arc<State>,
    pending: &Pending,
    sent: &SentRequest,
    matching: &Matching,
    turn: Turn,
) -> Outcome {
    let matching = match matching {
        Ok(matching) if matching.is_empty() => return Outcome::None,
        Ok(matching) => matching,
        Err(why) => {
            let reason = MissReason::ClosurePanicked { why: why.clone() };
            return Outcome::Response(refuse(state, pending, reason));
        }
    };
    let is_side = state.ledger().exchange(pending.number).is_side;
    let (chosen, place) = state.scripts.take(matching, turn, is_side);
    let (number, reply) = match chosen {
        Chosen::None => return Outcome::None,
        Chosen::UsedUp(rule) => return Outcome::UsedUp(rule),
        Chosen::Reply { rule, reply, .. } => (rule, reply),
    };
    let response = match written(reply, sent).await {
        Ok(reply) => rendered(&reply, sent),
        Err(reason) => Err(reason),
    };
    {
        let mut ledger = state.ledger();
        let exchange = ledger.exchange(pending.number);
        exchange.rule = Some(number);
        if response.is_ok() {
            exchange.sent.responded_by = RespondedBy::Reply;
        }
    }
    Outcome::Response(response.unwrap_or_else(|reason| {
        let reason = match reason {
            Unrenderable::Panicked(why) => MissReason::ClosurePanicked { why },
            Unrenderable::Refused(why) => MissReason::ReplyRefused { place, why },
        };
        refuse(state, pending, reason)
    }))
}

/// Why a reply becomes no response.
pub(super) enum Unrenderable {
    Panicked(String),
    Refused(String),
}

/// The reply that a rule gives to this request.
async fn written(reply: Scripted, sent: &SentRequest) -> Result<Reply, Unrenderable> {
    match reply {
        Scripted::Written(reply) => Ok(*reply),
        Scripted::BySchema => {
            schema::reply(sent).map_err(|error| Unrenderable::Refused(error.to_string()))
        }
        Scripted::Computed(reply) => {
            let sent = sent.clone();
            apart(move || reply(&sent)).await.map_err(Unrenderable::Panicked)
        }
    }
}

pub(super) fn rendered(reply: &Reply, sent: &SentRequest) -> Result<Response, Unrenderable> {
    let shape = RequestShape::new(&sent.method, &sent.path, &sent.body);
    let reading = shape.read(sent.provider);
    if let Some(why) = reading.inexpressible(reply) {
        return Err(Unrenderable::Refused(why));
    }
    let rendered = reading.render(reply);
    let status = StatusCode::from_u16(rendered.status).unwrap_or(StatusCode::OK);
    let headers: HeaderMap = rendered.headers;
    let body = match rendered.body {
        RenderedBody::Whole(bytes) => ResponseBody::full(bytes),
        RenderedBody::Stream(events) => ResponseBody::chunks(events, false),
    };
    Ok(response::response(status, headers, body))
}
