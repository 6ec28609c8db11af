//! WebSockets: a handshake is a request to a strategy, and what was decided goes on when the response is sent.
//!
//! A recording replays its messages, a proxy relays and records them, and where strategies make responses up, each demand of
//! the client becomes a request to them.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use http::header::{CONNECTION, CONTENT_LENGTH, CONTENT_TYPE, UPGRADE};
use http::{HeaderMap, HeaderValue, Response, StatusCode};
use http_body_util::{BodyExt as _, Either, Full};
use hyper::body::Incoming;
use hyper::upgrade::OnUpgrade;
use llmock::__server::{
    OnMessage, PlayedSocket, RelayedSocket, ServedSocket, SocketEnd, SocketReplies, SocketReply,
    SocketSettings, SpokenSocket, handshake, handshake_method, speaks,
};
use llmock::reply::Reply;
use llmock_rules::{At, FaultKind};
use tokio::sync::watch;
use tokio::time::Instant;

use super::answer::{Answer, AnswerBody, AnswerBytes, Decided, Detail, End};
use super::answering::{self, Unusable};
use super::api_request::ApiRequest;
use super::boundary::Refusal;
use super::dispatch;
use super::fault::Fault;
use super::journal::Entry;
use super::log::Line;
use super::pace::{self, Pace};
use super::shown_headers;
use super::state::{Running, State};
use super::strategy::Strategy;
use super::strategy::fixture::SocketFound;

/// What follows the response to a handshake.
#[derive(Debug)]
pub(crate) enum Plan {
    Recorded(PlayedSocket),
    Relayed(RelayedSocket),
    Spoken(SpokenSocket),
}

/// The open sockets of a server.
#[derive(Debug)]
pub(crate) struct Sockets {
    stop: watch::Sender<bool>,
}

impl Default for Sockets {
    fn default() -> Self {
        Self { stop: watch::channel(false).0 }
    }
}

impl Sockets {
    /// Closes all of them, and waits until they are closed.
    pub(crate) async fn close(&self) {
        self.stop.send_replace(true);
        self.stop.closed().await;
    }
}

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

/// Whether strategies can talk at this path.
fn unknown(path: &str) -> String {
    debug_assert!(!speaks(path), "strategies talk there");
    let path = path.split('?').next().unwrap_or(path);
    format!(
        "no WebSocket is known at `{path}`: strategies talk on those of Responses (`/v1/responses`), Realtime \
         (`/v1/realtime`), and Gemini Live (`...BidiGenerateContent`), and any other needs a recording"
    )
}

fn decided(answer: Answer, socket: Option<Plan>, source: Option<Arc<str>>) -> Decided {
    let detail = Detail { socket, source, ..Detail::default() };
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
        stop: state.sockets.stop.subscribe(),
    }
}

/// The pace that the handshake names, or the usual one.
fn paced(running: &Running, api_request: &ApiRequest) -> Pace {
    let usual = &running.config.pace;
    let own = api_request.command(&pace::HEADER).and_then(|text| usual.overridden(text).ok());
    own.unwrap_or_else(|| usual.clone())
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

/// Lets strategies respond to what messages demand.
fn replies(
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
