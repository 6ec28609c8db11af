//! What a fixture keeps of a WebSocket that the provider accepted, for sessions and servers alike.

use std::time::SystemTime;

use http::{HeaderMap, StatusCode};

use super::record::Recorded;
use super::secrets::Redacted;
use super::verify::{Original, OriginalRequest, ReceivedBytes};
use crate::fixture::interaction::{Content, Interaction, Origin, Request, Response};
use crate::fixture::redact::{Found, Redactor};
use crate::fixture::socket::Socket;
use crate::matching::{self, MatchRules};
use crate::provider;

/// The interaction that a fixture keeps of a handshake and its messages, and what went over the wire.
pub(crate) fn recorded(
    sent: OriginalRequest,
    (request, mut found): (Request, Found),
    accepted: &HeaderMap,
    mut socket: Socket,
    owner: Option<&str>,
    redactor: &Redactor,
    keeps_header: &dyn Fn(&str) -> bool,
) -> (Recorded, Original) {
    let text = |value: &http::HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
    let headers: Vec<_> =
        accepted.iter().map(|(name, value)| (name.as_str().to_owned(), text(value))).collect();
    let is_kept = |name: &str| provider::keeps_response_header(name) || keeps_header(name);
    found.redactions.extend(redactor.client_messages(&mut socket));
    let mut response = Response {
        status: StatusCode::SWITCHING_PROTOCOLS.as_u16(),
        headers: headers.iter().filter(|(name, _)| is_kept(name)).cloned().collect(),
        ms: None,
        content: Content::Socket(socket),
    };
    let in_response = redactor.response(&mut response, &found);
    let received =
        ReceivedBytes { status: response.status, headers, body: Vec::new(), unredacted: None };
    let interaction = Interaction {
        hash: matching::key(sent.provider, &request, &MatchRules::default()).to_string(),
        provider: sent.provider,
        test: owner.map(str::to_owned),
        recorded_at: Some(humantime::format_rfc3339_seconds(SystemTime::now()).to_string()),
        origin: Origin::Recorded,
        written: None,
        request,
        response,
    };
    let redacted = Redacted { request: found.redactions, response: in_response };
    let recorded = Recorded { interaction, error: None, redacted, unredacted: None };
    (recorded, Original { request: sent, response: received })
}
