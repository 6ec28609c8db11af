//! WebSockets: a handshake is a request to a strategy, and what was decided goes on when the response is sent.
//!
//! [`decide`] finds the [`plan`]: a recording replays its messages, a proxy relays and records them, and where strategies make
//! responses up, each demand of the client becomes a request to them, which [`replies`] sends. [`open`] counts the sockets.

pub(crate) mod decide;
pub(crate) mod open;
pub(crate) mod plan;
mod replies;

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use http::{Response, StatusCode};
use http_body_util::{Either, Full};
use hyper::body::Incoming;
use hyper::upgrade::OnUpgrade;
use llmock::__server::{
    OnMessage, ServedSocket, SocketEnd, SocketSettings, handshake, handshake_method,
};
use llmock::reply::Reply;
use llmock_rules::{At, FaultKind};
use tokio::time::Instant;

use super::answer::{Answer, AnswerBytes};
use super::answering::{self, Unusable};
use super::api_request::ApiRequest;
use super::boundary::Refusal;
use super::dispatch;
use super::fault::Fault;
use super::journal::Entry;
use super::log::Line;
use super::shown_headers;
use super::state::{Running, State};
use plan::Plan;
use replies::{paced, replies};

/// Whether a request is a handshake, valid or not.
pub(crate) fn is_handshake(request: &http::Request<Incoming>) -> bool {
    handshake(request.method(), request.headers(), request.version()).is_some()
}

/// Responds to a handshake; if it is accepted, the socket goes on by itself.
pub(crate) async fn answer(
    state: &Arc<State>,
    mut request: http::Request<Incoming>,
    refusal: Option<Refusal>,
) -> Response<AnswerBytes> {
    let checked = handshake(request.method(), request.headers(), request.version());
    let upgrade = hyper::upgrade::on(&mut request);
    let running = state.running_for_long();
    let (mut api_request, unread) = answering::read(state, &running, request).await;
    let unusable = Unusable { refusal: refusal.as_ref(), unread: unread.as_ref() };
    let (mut decided, fault) = if let Some(Err(why)) = checked {
        let why = format!("llmock: the handshake of the WebSocket is not valid: {why}");
        let number = state.seed(api_request.number);
        (dispatch::refused(&api_request, &Reply::error(400, why), number), None)
    } else {
        api_request.is_handshake = true;
        api_request.method = handshake_method();
        let (decided, fault, _) = answering::decided(state, &running, &api_request, unusable).await;
        (decided, fault)
    };
    answering::remember(state, &api_request, &mut decided, fault);
    if fault == Some(Fault::Disconnect) {
        return Answer::abort();
    }
    let source = decided.detail.as_ref().and_then(|detail| detail.source.clone());
    let plan = decided.detail.take().and_then(|detail| detail.socket);
    let (arrived, answer) = (api_request.arrived, decided.answer);
    let Some(plan) = plan else { return answer.into_response(arrived, None) };
    let headers = answer.headers;
    let socket = Socket {
        settings: settings(state, &running, &api_request, fault),
        state: Arc::clone(state),
        running,
        request: Arc::new(api_request),
        by: decided.by,
        source,
    };
    tokio::spawn(socket.run(plan, upgrade));
    let mut response = Response::new(Either::Left(Full::default()));
    *response.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
    *response.headers_mut() = headers;
    response
}

fn settings(
    state: &State,
    running: &Running,
    api_request: &ApiRequest,
    fault: Option<Fault>,
) -> SocketSettings {
    let fault = fault.map(|fault| match fault {
        // Its middle is unknown.
        Fault::DisconnectMidway | Fault::Truncate => {
            FaultKind::Cut { after: At::Event(1), reset: false }
        }
        other => other.kind(),
    });
    SocketSettings {
        max_message: running.config.body_limit,
        max_message_setting: "`body-limit`",
        is_paced: paced(running, api_request).recorded,
        fault,
        stop: state.sockets.stops(),
    }
}

/// A socket that was accepted.
struct Socket {
    state: Arc<State>,
    running: Arc<Running>,
    request: Arc<ApiRequest>,
    settings: SocketSettings,
    by: &'static str,
    /// The recording.
    source: Option<Arc<str>>,
}

impl Socket {
    async fn run(self, plan: Plan, upgrade: OnUpgrade) {
        // Until it is dropped, the server waits for this socket.
        let open = self.settings.stop.clone();
        let Self { state, running, request, settings, by, source } = self;
        let begun = Instant::now();
        let served: ServedSocket = match plan {
            Plan::Recorded(socket) => {
                let on_message = noted(&state, &request, by, source.as_ref());
                socket.serve(upgrade, settings, on_message)
            }
            Plan::Relayed(socket) => socket.serve(upgrade, settings),
            Plan::Spoken(socket) => {
                let replies = replies(&state, &running, &request);
                socket.serve(upgrade, settings, replies)
            }
        };
        match served.await {
            SocketEnd::Left(why) => {
                report(&state, &request, by, source.as_deref(), (&why, begun.elapsed()));
            }
            SocketEnd::Refused(why) | SocketEnd::Broken(why) => {
                state.count_miss();
                let took = begun.elapsed();
                report(&state, &request, by, source.as_deref(), (&why, took));
            }
            _ => {}
        }
        drop(open);
    }
}

/// Prints why a socket was closed.
fn report(
    state: &State,
    request: &ApiRequest,
    by: &str,
    source: Option<&str>,
    (why, took): (&str, Duration),
) {
    state.running().config.log.print(&Line {
        arrived: SystemTime::now(),
        method: request.method.as_str(),
        path: &request.route.sent,
        provider: request.provider().id(),
        model: None,
        session: &request.session,
        is_stream: false,
        status: StatusCode::SWITCHING_PROTOCOLS.as_u16(),
        by,
        fault: None,
        took,
        source,
        miss: Some(why),
    });
}

/// Puts the messages of a client into the history.
fn noted(
    state: &Arc<State>,
    request: &Arc<ApiRequest>,
    by: &'static str,
    source: Option<&Arc<str>>,
) -> OnMessage {
    let (state, request, source) = (Arc::clone(state), Arc::clone(request), source.cloned());
    Box::new(move |message| {
        let journal = state.journal.load();
        if !journal.wants(&request.method, request.uri.path()) {
            return;
        }
        let entry = Entry {
            method: request.method.clone(),
            path: Arc::clone(&request.route.sent),
            arrived: SystemTime::now(),
            status: StatusCode::SWITCHING_PROTOCOLS.as_u16(),
            provider: request.provider(),
            model: None,
            session: request.session.clone(),
            answered_by: by,
            took: Duration::ZERO,
            headers: shown_headers::of(&request.headers),
            source: source.clone(),
        };
        journal.record(entry, message);
    })
}
