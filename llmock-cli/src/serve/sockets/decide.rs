//! Which strategy answers a handshake.

use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderMap, StatusCode};
use llmock::__server::SpokenSocket;

use super::plan::Plan;
use crate::serve::answer::{Answer, AnswerBody, Decided, Detail};
use crate::serve::api_request::ApiRequest;
use crate::serve::dispatch;
use crate::serve::state::Running;
use crate::serve::strategy::Strategy;
use crate::serve::strategy::fixture::SocketFound;

/// Finds what answers a handshake.
pub(crate) async fn decide(api_request: &ApiRequest, running: &Running, number: u64) -> Decided {
    let mut recorded = None;
    for strategy in &running.chain {
        let decided = match strategy {
            Strategy::Fixture { fixtures, spent } => {
                let found = fixtures.socket(api_request, *spent);
                recorded = Some(!matches!(found, SocketFound::Nothing));
                match found {
                    SocketFound::Nothing => continue,
                    SocketFound::Refused(answer, source) => decided(answer, None, Some(source)),
                    SocketFound::Socket(socket, source) => {
                        match socket.accept(&api_request.headers) {
                            Ok(headers) => {
                                let plan = Plan::Recorded(*socket);
                                decided(accepted(headers), Some(plan), Some(source))
                            }
                            Err(why) => {
                                missed(api_request, number, format!("{source}: {why}"), 418)
                            }
                        }
                    }
                }
            }
            Strategy::Proxy(proxy) => match Box::pin(proxy.socket(api_request)).await {
                Ok((answer, socket)) => decided(answer, socket.map(Plan::Relayed), None),
                Err(reply) => dispatch::refused(api_request, &reply, number),
            },
            _ => continue,
        };
        return Decided { by: strategy.name(), recorded, ..decided };
    }
    let makes_up = running.chain.iter().any(|one| !one.takes_anything());
    let path = &api_request.route.path;
    if !makes_up {
        let why = dispatch::why_unanswered(api_request, running, None).await;
        return Decided { recorded, ..missed(api_request, number, why, 418) };
    }
    let decided = match SpokenSocket::at(path, &api_request.headers, number) {
        Some(socket) => {
            let headers = SpokenSocket::accept(&api_request.headers);
            decided(accepted(headers), Some(Plan::Spoken(socket)), None)
        }
        None => missed(api_request, number, unknown(path), 404),
    };
    Decided { recorded, ..decided }
}

/// Why strategies do not talk at a path.
fn unknown(path: &str) -> String {
    let path = path.split('?').next().unwrap_or(path);
    format!(
        "no WebSocket is known at `{path}`: strategies talk on those of Responses (`/v1/responses`), Realtime \
         (`/v1/realtime`), GPT-Live (`/v1/live/sessions`), and Gemini Live (`...BidiGenerateContent`), and any other \
         needs a recording"
    )
}

fn decided(answer: Answer, socket: Option<Plan>, source: Option<Arc<str>>) -> Decided {
    let detail = Detail { source, socket, ..Detail::default() };
    Decided {
        answer,
        by: dispatch::OURSELVES,
        model: None,
        is_own: false,
        recorded: None,
        detail: Some(Box::new(detail)),
    }
}

fn missed(api_request: &ApiRequest, number: u64, why: String, status: u16) -> Decided {
    let reply = dispatch::unanswered(&why, status);
    let detail = Detail { miss: Some(why), ..Detail::default() };
    let refused = dispatch::refused(api_request, &reply, number);
    Decided { detail: Some(Box::new(detail)), ..refused }
}

fn accepted(headers: HeaderMap) -> Answer {
    let status = StatusCode::SWITCHING_PROTOCOLS;
    Answer { status, headers, body: AnswerBody::Whole(Bytes::new()), after: None }
}
