//! The demands of a client on a WebSocket as requests to the strategies.

use std::sync::Arc;
use std::time::SystemTime;

use bytes::Bytes;
use http::header::{CONNECTION, CONTENT_LENGTH, CONTENT_TYPE, UPGRADE};
use http::{HeaderMap, HeaderValue};
use http_body_util::BodyExt as _;
use llmock::__server::{SocketReplies, SocketReply};
use tokio::time::Instant;

use crate::serve::answer::{AnswerBody, End};
use crate::serve::api_request::ApiRequest;
use crate::serve::fault::Fault;
use crate::serve::pace::{self, Pace};
use crate::serve::state::{Running, State};
use crate::serve::{answering, dispatch};

/// Lets strategies respond to what messages demand.
pub(super) fn replies(
    state: &Arc<State>,
    running: &Arc<Running>,
    handshake: &Arc<ApiRequest>,
) -> SocketReplies {
    let (state, running) = (Arc::clone(state), Arc::clone(running));
    let handshake = Arc::clone(handshake);
    Box::new(move |path, body| {
        let (state, running) = (Arc::clone(&state), Arc::clone(&running));
        let handshake = Arc::clone(&handshake);
        Box::pin(async move { reply(&state, &running, &handshake, &path, body.into()).await })
    })
}

async fn reply(
    state: &State,
    running: &Running,
    handshake: &ApiRequest,
    path: &str,
    body: Bytes,
) -> SocketReply {
    let number = state.next_number();
    let request = ApiRequest {
        headers: inner_headers(&handshake.headers),
        has_commands: handshake.has_commands,
        number,
        arrived: Instant::now(),
        arrived_at: SystemTime::now(),
        ..handshake.within(path, body)
    };
    let mut decided = dispatch::within(&request, running, state.seed(number)).await;
    let written = decided.detail.as_ref().and_then(|detail| detail.fault);
    answering::remember(state, &request, &mut decided, written);
    let detail = decided.detail.take();
    let usual = paced(running, handshake);
    let over = detail.and_then(|detail| detail.pace).map(|pace| pace.over(&usual));
    let pace = over.unwrap_or(usual);
    if written == Some(Fault::Disconnect) {
        return SocketReply { is_cut: true, ..SocketReply::default() };
    }
    let mut answer = match written {
        Some(fault) => fault.apply(decided.answer),
        None => decided.answer,
    };
    let mut reply = SocketReply { status: answer.status.as_u16(), ..SocketReply::default() };
    match std::mem::replace(&mut answer.body, AnswerBody::Nothing) {
        AnswerBody::Whole(bytes) => reply.body = bytes,
        AnswerBody::Stream { pieces, end } => {
            if !pace.is_instant() {
                reply.due = pace.schedule(pieces.len() * MESSAGES_OF_EVENT, number).collect();
            }
            reply.is_cut = end == End::Cut;
            let bytes: Vec<u8> = pieces.iter().flat_map(|piece| piece.bytes.clone()).collect();
            reply.body = bytes.into();
        }
        AnswerBody::Live(body) => match body.collect().await {
            Ok(body) => reply.body = body.to_bytes(),
            Err(_) => reply.is_cut = true,
        },
        AnswerBody::Nothing => reply.is_cut = true,
    }
    if let Some(Fault::Slow(late)) = written {
        reply.due = vec![late];
    }
    reply
}

/// Realtime has more messages than Responses has events.
const MESSAGES_OF_EVENT: usize = 3;

/// The headers of a handshake as those of a request on its socket.
fn inner_headers(handshake: &HeaderMap) -> HeaderMap {
    let mut headers = handshake.clone();
    for name in [UPGRADE, CONNECTION, CONTENT_LENGTH] {
        headers.remove(name);
    }
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers
}

/// The pace that the handshake names, or the usual one.
pub(super) fn paced(running: &Running, api_request: &ApiRequest) -> Pace {
    let usual = &running.config.pace;
    let own = api_request.command(&pace::HEADER).and_then(|text| usual.overridden(text).ok());
    own.unwrap_or_else(|| usual.clone())
}
