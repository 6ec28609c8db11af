//! Handles a request to a provider's API: parse, authenticate, dispatch, inject faults, pace, log.

use std::sync::{Arc, OnceLock};
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use http::header::{CONNECTION, CONTENT_ENCODING, CONTENT_LENGTH};
use http::{HeaderMap, HeaderValue, Method, Response, StatusCode};
use http_body_util::{BodyExt as _, Either};
use hyper::body::Incoming;
use llmock::Provider;
#[cfg(feature = "otel")]
use llmock::reply::Endpoint;
use llmock::reply::Reply;
use tokio::time::Instant;

use super::answer::{Answer, AnswerBody, AnswerBytes, Decided, NO_ANSWER, Piece};
use super::api_request::ApiRequest;
use super::boundary::Refusal;
use super::client::ClientLeft;
use super::dispatch;
use super::fault::{self, Fault};
use super::incoming::{self, Unread};
use super::journal::Entry;
use super::limits::{self, quota::Left};
use super::log::Line;
use super::pace::{self, Pace};
use super::session_path::SessionPath;
#[cfg(feature = "otel")]
use super::spans::Handled;
use super::state::{Running, State};
use super::{auth, sessions, shown_headers};

/// Answers a request, or refuses it for that reason.
pub(crate) async fn answer(
    state: &State,
    request: http::Request<Incoming>,
    refusal: Option<Refusal>,
) -> Response<AnswerBytes> {
    let running = state.running();
    let (api_request, unread) = read(state, &running, request).await;
    let unusable = Unusable { refusal: refusal.as_ref(), unread: unread.as_ref() };
    let (mut decided, fault, left) = decided(state, &running, &api_request, unusable).await;
    count(state, &running, &api_request, &mut decided, left.as_ref());
    remember(state, &api_request, &mut decided, fault);
    let detail = decided.detail.take();
    let written = detail.and_then(|detail| detail.pace);
    let over = written.map(|pace| pace.over(&running.config.pace));
    let usual = over.as_ref().unwrap_or(&running.config.pace);
    if fault == Some(Fault::Disconnect) {
        return Answer::abort();
    }
    let answer = match fault {
        Some(fault) => fault.apply(decided.answer),
        None => decided.answer,
    };
    let whole = match (&answer.body, fault) {
        (AnswerBody::Whole(bytes), Some(Fault::Placed(_))) => Some(bytes.clone()),
        _ => None,
    };
    let mut paced = paced(answer, usual, &api_request, state, fault).await;
    if let Some(Fault::Placed(placed)) = fault {
        let left = api_request.client_left.as_ref().map(|client| client.0.clone());
        let boxed = paced.map(|body| match body {
            Either::Left(whole) => whole.map_err(|never| match never {}).boxed_unsync(),
            Either::Right(body) => body,
        });
        paced = placed.apply(boxed, whole, left).map(Either::Right);
    }
    if unread.is_some() {
        // The rest of its body would be taken for the next request.
        paced.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    }
    paced
}

/// The request as strategies take it; without a body if that could not be read.
pub(super) async fn read(
    state: &State,
    running: &Running,
    request: http::Request<Incoming>,
) -> (ApiRequest, Option<Unread>) {
    let (arrived, arrived_at) = (Instant::now(), SystemTime::now());
    let (mut parts, body) = request.into_parts();
    let config = &running.config;
    let wire = incoming::body(body, config.body_limit, config.read_timeout).await;
    let read = wire.and_then(|wire| {
        let plain = incoming::decompressed(&parts.headers, &wire, config.body_limit)?;
        Ok(match plain {
            Some(plain) => (plain, Some(wire)),
            None => (wire, None),
        })
    });
    let (read, unread) = match read {
        Ok(read) => (read, None),
        Err(unread) => (<(Bytes, Option<Bytes>)>::default(), Some(unread)),
    };
    let (body, compressed_body) = with_own_addresses(state, &mut parts.headers, read);
    let has_commands = ApiRequest::has_commands(&parts.headers);
    let in_path = parts.extensions.remove::<SessionPath>();
    let named = in_path.as_ref().map(|session| session.name.as_str());
    let api_request = ApiRequest {
        route: state.routes.of(&parts),
        method: parts.method,
        is_handshake: false,
        has_commands,
        session: sessions::id_of(&parts.headers, named, has_commands, parts.uri.query()),
        scheme: state.scheme(),
        prefix: in_path.map(|session| session.prefix),
        uri: parts.uri,
        headers: parts.headers,
        body,
        compressed_body,
        number: state.next_number(),
        arrived,
        arrived_at,
        compared: OnceLock::new(),
        client_left: parts.extensions.remove::<ClientLeft>(),
    };
    (api_request, unread)
}

/// The body and its compressed form, with addresses of this server replaced by those of the provider. A body that
/// changes is no longer compressed.
fn with_own_addresses(
    state: &State,
    headers: &mut HeaderMap,
    bodies: (Bytes, Option<Bytes>),
) -> (Bytes, Option<Bytes>) {
    let Some(restored) = state.fixtures.redirects.restored(&bodies.0) else { return bodies };
    headers.remove(CONTENT_ENCODING);
    if headers.contains_key(CONTENT_LENGTH) {
        headers.insert(CONTENT_LENGTH, HeaderValue::from(restored.len()));
    }
    (restored, None)
}

/// Why no strategy may see a request, whose key is checked all the same.
#[derive(Clone, Copy)]
pub(super) struct Unusable<'a> {
    pub(super) refusal: Option<&'a Refusal>,
    pub(super) unread: Option<&'a Unread>,
}

/// Counts the tokens of a response that was made up here, and adds the provider's headers about limits.
fn count(
    state: &State,
    running: &Running,
    api_request: &ApiRequest,
    decided: &mut Decided,
    left: Option<&Left>,
) {
    if running.config.quota.tokens_per_minute.is_some() && decided.answer.status == StatusCode::OK {
        let tokens = match &decided.answer.body {
            AnswerBody::Whole(body) => tokens(body),
            AnswerBody::Stream { pieces, .. } => pieces.len(),
            AnswerBody::Live(_) | AnswerBody::Nothing => 0,
        };
        state.quotas.charge(&api_request.session.to_string(), tokens as u64);
    }
    // what was recorded or forwarded has the headers that its provider sent
    if decided.is_own {
        let (arrived_at, took) = (api_request.arrived_at, api_request.arrived.elapsed());
        let headers = &mut decided.answer.headers;
        limits::headers::add(headers, api_request.provider(), left, arrived_at, took);
    }
}

/// The answer, the fault to apply to it, and what is left of the quota.
pub(super) async fn decided(
    state: &State,
    running: &Running,
    api_request: &ApiRequest,
    unusable: Unusable<'_>,
) -> (Decided, Option<Fault>, Option<Left>) {
    let seed = state.seed(api_request.number);
    let refused = |reply: Reply| (dispatch::refused(api_request, &reply, seed), None, None);
    let key = running.config.api_key.as_deref();
    if let Err(denied) = auth::check(key, &api_request.headers, api_request.uri.query()) {
        return refused(Reply::error(401, denied.to_string()));
    }
    if let Some(refusal) = unusable.refusal {
        let reply = Reply::error(refusal.status(), format!("llmock: {refusal}"));
        return refused(reply.header("x-should-retry", "false"));
    }
    if let Some(unread) = unusable.unread {
        return refused(Reply::error(unread.status(), unread.to_string()));
    }
    if let Some(Err(error)) =
        api_request.command(&pace::HEADER).map(|text| running.config.pace.overridden(text))
    {
        return refused(Reply::error(400, error.to_string()));
    }
    let limits::Allowance { left, refusal } =
        limits::allowance(&state.quotas, &running.config, api_request);
    if let Some(reply) = refusal {
        return (dispatch::refused(api_request, &reply, seed), None, left);
    }
    let faults = &running.config.faults;
    let draw = if faults.seed.is_some() { api_request.number } else { seed };
    match fault::decide(faults, api_request.command(&fault::HEADER), draw) {
        Err(error) => refused(Reply::error(400, error.to_string())),
        Ok(Some(fault @ Fault::Status { code, retry_after })) => {
            let mut reply = Reply::error(code.as_u16(), Fault::message(code));
            if let Some(seconds) = retry_after {
                reply = reply.header("retry-after", seconds.to_string());
            }
            (dispatch::refused(api_request, &reply, seed), Some(fault), left)
        }
        // Do not forward the request: the provider would charge for a response that is not sent.
        Ok(fault @ Some(Fault::Disconnect)) => {
            let nothing = Reply::error(NO_ANSWER, "the connection is closed (a fault on purpose)");
            (dispatch::refused(api_request, &nothing, seed), fault, left)
        }
        Ok(fault) => {
            let mut decided = dispatch::decide(api_request, running, seed).await;
            let written = decided.detail.as_ref().and_then(|detail| detail.fault);
            // `none` in the header stands for no fault at all.
            let is_named = api_request.command(&fault::HEADER).is_some();
            let fault = fault.or(written.filter(|_| !is_named));
            if fault == Some(Fault::Disconnect) {
                decided.answer = Answer::nothing();
            }
            (decided, fault, left)
        }
    }
}

pub(super) fn remember(
    state: &State,
    api_request: &ApiRequest,
    decided: &mut Decided,
    fault: Option<Fault>,
) {
    let took = api_request.arrived.elapsed();
    let status = decided.answer.status.as_u16();
    state.metrics.request(&api_request.route.metrics, status, took);
    if let Some(fault) = fault {
        state.metrics.fault(fault.name());
    }
    if let Some(hit) = decided.recorded {
        state.metrics.fixture(hit);
    }
    if decided.detail.as_ref().is_some_and(|detail| detail.miss.is_some()) {
        state.count_miss();
    }
    state.verdicts.note(api_request, decided, fault);
    let line = line(api_request, decided, fault, took);
    #[cfg(feature = "otel")]
    if let Some(spans) = &state.spans {
        spans.add(&Handled {
            line: line.clone(),
            provider: api_request.provider(),
            is_conversation: api_request.route.target.endpoint() == Endpoint::Conversation,
            headers: &api_request.headers,
            body: &api_request.body,
            answer: &decided.answer,
        });
    }
    let mode = state.running().config.log;
    if mode.wants_all() || line.miss.is_some() {
        mode.print(&line);
    }
    let journal = state.journal.load();
    if !journal.wants(&api_request.method, api_request.uri.path()) {
        return;
    }
    let entry = Entry {
        method: api_request.method.clone(),
        path: Arc::clone(&api_request.route.sent),
        arrived: api_request.arrived_at,
        status,
        provider: api_request.provider(),
        model: decided.model.take(),
        session: api_request.session.clone(),
        answered_by: decided.by,
        took,
        headers: shown_headers::of(&api_request.headers),
        source: decided.detail.as_ref().and_then(|detail| detail.source.clone()),
    };
    journal.record(entry, &api_request.body);
}

/// A request and its outcome.
fn line<'a>(
    api_request: &'a ApiRequest,
    decided: &'a Decided,
    fault: Option<Fault>,
    took: Duration,
) -> Line<'a> {
    let detail = decided.detail.as_deref();
    let body = &decided.answer.body;
    Line {
        arrived: api_request.arrived_at,
        method: api_request.method.as_str(),
        path: &api_request.route.sent,
        provider: api_request.provider().id(),
        model: decided.model.as_deref(),
        session: &api_request.session,
        is_stream: matches!(body, AnswerBody::Stream { .. }),
        status: decided.answer.status.as_u16(),
        by: decided.by,
        fault: fault.map(Fault::name),
        took,
        source: detail.and_then(|detail| detail.source.as_deref()),
        miss: detail.and_then(|detail| detail.miss.as_deref()),
    }
}

async fn paced(
    mut answer: Answer,
    usual: &Pace,
    api_request: &ApiRequest,
    state: &State,
    fault: Option<Fault>,
) -> Response<AnswerBytes> {
    let own = api_request.command(&pace::HEADER).and_then(|text| usual.overridden(text).ok());
    let pace = own.as_ref().unwrap_or(usual);
    let late = match fault {
        Some(Fault::Slow(late)) => late,
        _ => Duration::ZERO,
    };
    let draw =
        if pace.seed.is_some() { api_request.number } else { state.seed(api_request.number) };
    let mut due = api_request.arrived + late;
    match &mut answer.body {
        AnswerBody::Stream { pieces, .. } => schedule(pieces, pace, draw),
        AnswerBody::Whole(_) if pace.recorded && answer.after.is_some() => {
            due += answer.after.unwrap_or_default();
        }
        AnswerBody::Whole(body) if !pace.is_instant() && answer.status == StatusCode::OK => {
            due += pace.whole(tokens(body), draw);
        }
        AnswerBody::Whole(_) | AnswerBody::Live(_) | AnswerBody::Nothing => {}
    }
    if due > api_request.arrived {
        Box::pin(tokio::time::sleep_until(due)).await;
    }
    let streams = matches!(answer.body, AnswerBody::Stream { .. } | AnswerBody::Live(_));
    let open = streams.then(|| state.metrics.stream());
    answer.into_response(api_request.arrived + late, open)
}

/// Sets the time of each piece: the recorded one, the configured one, or none.
fn schedule(pieces: &mut [Piece], pace: &Pace, number: u64) {
    if pace.recorded && pieces.iter().any(|piece| piece.after.is_some()) {
        return;
    }
    if pace.is_instant() {
        for piece in pieces {
            piece.after = None;
        }
        return;
    }
    let times = pace.schedule(pieces.len(), number);
    for (piece, due) in pieces.iter_mut().zip(times) {
        piece.after = Some(due);
    }
}

/// The number of tokens that an answer reports, under the name its provider uses.
fn tokens(body: &[u8]) -> usize {
    const NAMES: [&str; 6] = [
        "\"completion_tokens\":",
        "\"output_tokens\":",
        "\"candidatesTokenCount\":",
        "\"eval_count\":",
        "\"outputTokens\":",
        "\"total_tokens\":",
    ];
    let text = String::from_utf8_lossy(body);
    let counted = NAMES.iter().find_map(|name| {
        let (_, rest) = text.split_once(name)?;
        let digits = rest.trim_start();
        let end = digits.find(|char: char| !char.is_ascii_digit()).unwrap_or(digits.len());
        digits[..end].parse().ok()
    });
    counted.unwrap_or_default()
}

/// An error of the server's own routes, in the format that most clients read.
pub(crate) fn own_error(status: u16, message: &str, headers: HeaderMap) -> Response<AnswerBytes> {
    let shape = llmock::reply::RequestShape::new(Method::GET.as_str(), "/v1/llmock", "");
    let rendered = Reply::error(status, message).render(Provider::OpenAI, &shape);
    let mut answer = Answer::from(rendered);
    answer.headers.extend(headers);
    answer.into_response(Instant::now(), None)
}
