//! Record mode: the messages of a socket go to the provider, and into the ledger.

use std::sync::Arc;
use std::time::SystemTime;

use http::{HeaderMap, StatusCode};
use hyper::upgrade::OnUpgrade;
use hyper_util::rt::TokioIo;
use tokio_tungstenite::tungstenite::protocol::Role;

use crate::exchange::body::ResponseBody;
use crate::exchange::forward::{UpstreamError, UpstreamResponse, end_to_end};
use crate::exchange::in_flight::InFlightGuard;
use crate::exchange::response::{self, Response};
use crate::exchange::secrets::Redacted;
use crate::exchange::transcript::Transcript;
use crate::exchange::verify::{Original, OriginalRequest, ReceivedBytes};
use crate::exchange::{RequestNumber, RespondedBy, miss, record, request};
use crate::fixture::interaction::{Content, Interaction, Origin, Request};
use crate::fixture::redact::Found;
use crate::fixture::socket::Socket;
use crate::fixture::store;
use crate::front::handler::Aborted;
use crate::matching::{self, Key, MatchRules};
use crate::provider::{self, Provider};
use crate::report::MissReason;
use crate::session::ledger::{Fault, Recording};
use crate::session::pending::Pending;
use crate::session::recording as http_recording;
use crate::session::refuse::refuse;
use crate::session::state::State;
use crate::socket::connection;
use crate::socket::relay::Relay;
use crate::socket::upstream::{self, Accepted, Handshake};
use crate::stream::{Chunk, End};

/// Opens the provider's side of a socket, and relays what both sides send.
pub(super) async fn forward(
    state: &Arc<State>,
    pending: Pending,
    upgrade: OnUpgrade,
) -> Result<Response, Aborted> {
    let (number, provider) = (pending.number, pending.incoming.provider);
    let (base, shown) = match http_recording::upstream(state, provider).await {
        Ok(upstream) => upstream,
        Err(reason) => return Ok(refuse(state, &pending, reason)),
    };
    let target = request::upstream_target(provider, &pending.incoming.rest);
    let url = state.setup.upstreams.url(provider, &base, &target);
    state.ledger().exchange(number).sent.responded_by = RespondedBy::Upstream;
    let in_flight = state.in_flight.begin();
    let kept = Kept::new(state, &pending, in_flight);
    match upstream::connect(&url, &pending.incoming.headers).await {
        Ok(Handshake::Accepted(accepted)) => {
            Ok(begin(kept, &pending.incoming.headers, upgrade, accepted))
        }
        Ok(Handshake::Refused(response)) => Ok(kept.refused(response).await),
        Err(error) => {
            state.ledger().exchange(number).sent.responded_by = RespondedBy::Nothing;
            let reason = MissReason::UpstreamFailed { upstream: shown, why: error.to_string() };
            if let UpstreamError::Invalid(_) = error {
                return Ok(refuse(state, &pending, reason));
            }
            let miss = miss::describe(provider, &pending.request, number, reason);
            state.ledger().faults.push(Fault { request: number, key: kept.key, miss });
            Err(Aborted)
        }
    }
}

/// Accepts the handshake of the client as the provider did.
fn begin(kept: Kept, client: &HeaderMap, upgrade: OnUpgrade, accepted: Accepted) -> Response {
    let Accepted { io, headers } = accepted;
    let protocol = request::text(&headers, "sec-websocket-protocol").map(str::to_owned);
    let response = connection::accepted(client, protocol.as_deref(), end_to_end(&headers));
    let transcript = Transcript::new();
    let state = Arc::clone(&kept.state);
    state.ledger().exchange(kept.number).socket.transcript = Some(transcript.clone());
    tokio::spawn(async move {
        let limit = state.max_message();
        if let Ok(client) = upgrade.await {
            let client = connection::open(TokioIo::new(client), Role::Server, limit).await;
            let upstream = connection::open(io, Role::Client, limit).await;
            let relay =
                Relay { client, upstream, transcript: &transcript, in_flight: &kept.in_flight };
            let broken = relay.run().await;
            transcript.end();
            if let Some((side, broken)) = broken {
                let why = format!("a message of the {} {}", side.name(), broken.why);
                kept.note_broken(why);
            } else {
                kept.keep(&transcript, &headers, protocol).await;
            }
        }
        transcript.end();
        state.activity.note();
    });
    response
}

/// Keeps a socket in the ledger of its session.
struct Kept {
    state: Arc<State>,
    in_flight: InFlightGuard,
    number: RequestNumber,
    provider: Provider,
    sent: OriginalRequest,
    request: Request,
    found: Found,
    key: Key,
}

impl Kept {
    fn new(state: &Arc<State>, pending: &Pending, in_flight: InFlightGuard) -> Self {
        let Pending { number, incoming, request, found } = pending;
        let key = state.fixture.key(incoming.provider, request);
        Self {
            state: Arc::clone(state),
            in_flight,
            number: *number,
            provider: incoming.provider,
            sent: http_recording::sent(incoming),
            request: request.clone(),
            found: found.clone(),
            key,
        }
    }

    /// A socket that broke a rule is no recording.
    fn note_broken(self, why: String) {
        let reason = MissReason::Socket { why };
        let miss = miss::describe(self.provider, &self.request, self.number, reason);
        self.state.ledger().add_miss(self.number, miss);
    }

    /// Keeps the messages of a socket that has ended.
    async fn keep(self, transcript: &Transcript, headers: &HeaderMap, protocol: Option<String>) {
        let Self { state, in_flight, number, provider, sent, request, found, key } = self;
        let (messages, close) = transcript.so_far();
        let headers: Vec<_> = headers
            .iter()
            .map(|(name, value)| {
                (name.as_str().to_owned(), String::from_utf8_lossy(value.as_bytes()).into_owned())
            })
            .collect();
        let stored = headers.iter().filter(|(name, _)| {
            provider::keeps_response_header(name)
                || state.setup.in_force.headers.keeps_of_response(name)
        });
        let mut response = crate::fixture::interaction::Response {
            status: StatusCode::SWITCHING_PROTOCOLS.as_u16(),
            headers: stored.cloned().collect(),
            ms: None,
            content: Content::Socket(Socket { protocol, messages, close }),
        };
        let redactor = state.secrets.redactor();
        let mut in_request = found.redactions.clone();
        if let Content::Socket(socket) = &mut response.content {
            in_request.extend(redactor.client_messages(socket));
        }
        let in_response = redactor.response(&mut response, &found);
        let received =
            ReceivedBytes { status: response.status, headers, body: Vec::new(), unredacted: None };
        let interaction = Interaction {
            hash: matching::key(provider, &request, &MatchRules::default()).to_string(),
            provider,
            test: state.setup.owner.clone(),
            recorded_at: Some(humantime::format_rfc3339_seconds(SystemTime::now()).to_string()),
            origin: Origin::Recorded,
            written: None,
            request,
            response,
        };
        let attempt = interaction.clone();
        state.ledger().recordings.push(Recording {
            request: number,
            key,
            interaction,
            original: Original { request: sent, response: received },
            error: None,
            redacted: Redacted { request: in_request, response: in_response },
            given_up_by: None,
        });
        let kept = tokio::task::spawn_blocking(move || {
            let kept = store::keep_attempt(&state.setup.write_to, &attempt);
            state.ledger().attempts.add(kept);
            drop(in_flight);
        });
        let _ = kept.await;
    }

    /// Keeps the response of a provider that refuses the handshake, and passes it on.
    async fn refused(self, upstream: reqwest::Response) -> Response {
        let (status, headers) = (upstream.status(), end_to_end(upstream.headers()));
        let (body, end) = match upstream.bytes().await {
            Ok(body) => (body, End::Complete),
            Err(_) => (bytes::Bytes::new(), End::Cut),
        };
        let received = UpstreamResponse {
            status,
            headers: headers.clone(),
            chunks: vec![Chunk { ms: 0, bytes: body.to_vec() }],
            end,
            ms: 0,
            was_given_up: false,
        };
        let Self { state, in_flight, number, provider, sent, request, found, key } = self;
        let owner = state.setup.owner.as_deref();
        let (redactor, max_body) = (state.secrets.redactor(), state.max_body);
        let keeps_header = |name: &str| state.setup.in_force.headers.keeps_of_response(name);
        let recorded = record::interaction(
            provider,
            (request, found),
            &received,
            owner,
            &redactor,
            max_body,
            &keeps_header,
        );
        let record::Recorded { interaction, error, redacted, unredacted } = recorded;
        let original = record::original(sent, &received, unredacted, max_body);
        state.ledger().recordings.push(Recording {
            request: number,
            key,
            interaction,
            original,
            error,
            redacted,
            given_up_by: None,
        });
        drop(in_flight);
        response::response(status, headers, ResponseBody::full(body))
    }
}
