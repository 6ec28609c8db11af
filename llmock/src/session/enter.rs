//! A request on its way into a session: read in the form in which requests are compared, and entered into the ledger.

use http::HeaderValue;
use http::header::CONTENT_LENGTH;

use crate::exchange::headers;
use crate::exchange::sent::Hidden;
use crate::exchange::sent::SentRequest;
use crate::exchange::{Exchange, RequestNumber, RespondedBy, Sender};
use crate::fixture::interaction::{Body, Request};
use crate::fixture::redact::{Found, Redactor};
use crate::front::arrival::Arrival;
use crate::front::handler::Incoming;
use crate::provider;
use crate::report::MissReason;
use crate::session::pending::Pending;
use crate::session::state::State;

/// Puts the provider's addresses back into the body of a request that quotes llmock's.
pub(super) fn restore_links(state: &State, incoming: &mut Incoming) {
    let Ok(body) = &incoming.body else { return };
    let Some(restored) = state.links.restored_body(&incoming.headers, body) else { return };
    if incoming.headers.contains_key(CONTENT_LENGTH) {
        incoming.headers.insert(CONTENT_LENGTH, HeaderValue::from(restored.len()));
    }
    incoming.body = Ok(restored.into());
}

/// The request in the form in which requests are compared, and why it could not be read.
pub(super) fn read(
    state: &State,
    incoming: &Incoming,
    redactor: &Redactor,
) -> (Request, Found, Option<MissReason>) {
    let raw = incoming.raw();
    let why = match &incoming.body {
        Err(large) => MissReason::BodyTooLarge { limit: large.limit as u64 },
        Ok(_) => match raw.read(redactor, state.max_body) {
            Ok((mut request, found)) => {
                let is_kept = |name: &str| state.setup.in_force.headers.keeps_of_request(name);
                headers::add(&mut request.headers, &incoming.headers, redactor, is_kept);
                return (request, found, None);
            }
            Err(error) => MissReason::BodyUnreadable { why: error.to_string() },
        },
    };
    let (request, found) = raw.without_body(redactor);
    (request, found, Some(why))
}

/// Enters the request into the ledger.
pub(super) fn enter(
    state: &State,
    incoming: &Incoming,
    request: &Request,
    redactor: &Redactor,
) -> RequestNumber {
    let headers = incoming
        .headers
        .iter()
        .filter(|(name, _)| !provider::is_secret_header(name.as_str()))
        .map(|(name, value)| {
            let value = String::from_utf8_lossy(value.as_bytes()).into_owned();
            (name.as_str().to_owned(), redactor.text(&value).into_owned())
        })
        .collect();
    let body = match &request.body {
        // Of a form the request keeps digests; a test may want to look at what it sent.
        Body::Form(_) => {
            let sent = incoming.body.as_deref().unwrap_or_default();
            redactor.bytes(sent).into_owned()
        }
        kept => kept.to_wire().into_owned(),
    };
    let sent = SentRequest {
        provider: incoming.provider,
        method: request.method.clone(),
        path: request.path.clone(),
        headers,
        body: body.into(),
        hidden: Hidden::of(&incoming.headers, &incoming.rest),
        responded_by: RespondedBy::Nothing,
    };
    let is_side = state.setup.in_force.is_side_call(&request.method, &request.path);
    let sender = sender(&incoming.arrival, state.env_session);
    let number = state.ledger().add(Exchange::new(sent, is_side, sender));
    state.activity.note();
    number
}

/// Which test sent a request that arrived in session number `session` at the address of the variables; `None` stands
/// for the address of a handle.
fn sender(arrival: &Arrival, session: Option<u64>) -> Sender {
    let Some(session) = session else { return Sender::ThisTest };
    if arrival.began.env_sessions < session {
        return Sender::EarlierTest { test: arrival.began.test.clone() };
    }
    if arrival.opened.env_sessions < session {
        return Sender::EarlierConnection { test: arrival.opened.test.clone() };
    }
    Sender::ThisTest
}

/// Reads a request again if variables have changed, which may hold secrets of it; returns whether it did.
pub(super) fn read_again(state: &State, pending: &mut Pending) -> bool {
    if !state.secrets.are_outdated() {
        return false;
    }
    let redactor = state.secrets.redactor_for(&pending.incoming.raw());
    let (request, found, _) = read(state, &pending.incoming, &redactor);
    (pending.request, pending.found) = (request, found);
    true
}
