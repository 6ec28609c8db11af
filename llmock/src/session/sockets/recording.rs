//! Record mode: the messages of a socket go to the provider, and into the ledger.

use std::sync::Arc;

use hyper::upgrade::OnUpgrade;

use crate::exchange::forward::Keeper as _;
use crate::exchange::response::Response;
use crate::exchange::transcript::Transcript;
use crate::exchange::{RequestNumber, RespondedBy, miss, request};
use crate::fixture::interaction::Request;
use crate::front::handler::Aborted;
use crate::provider::Provider;
use crate::report::MissReason;
use crate::session::budget;
use crate::session::pending::Pending;
use crate::session::recording::{self, SessionKeeper};
use crate::session::refuse::refuse;
use crate::session::state::State;
use crate::socket::relay::{self, Relayed};
use crate::socket::upstream::{self, Accepted, Handshake};

/// Opens the provider's side of a socket, and relays what both sides send.
pub(super) async fn forward(
    state: &Arc<State>,
    pending: Pending,
    upgrade: OnUpgrade,
) -> Result<Response, Aborted> {
    let Pending { number, incoming, request, found } = &pending;
    let provider = incoming.provider;
    let (base, shown) = match recording::upstream(state, provider).await {
        Ok(upstream) => upstream,
        Err(reason) => return Ok(refuse(state, &pending, reason)),
    };
    if let Err(why) = budget::reserve(state, provider, None) {
        return Ok(refuse(state, &pending, MissReason::RecordRefused { why }));
    }
    let target = request::upstream_target(provider, &incoming.rest);
    let url = state.setup.upstreams.url(provider, &base, &target);
    state.ledger().exchange(*number).sent.responded_by = RespondedBy::Upstream;
    let keeper = SessionKeeper::new(state, *number, incoming, (request.clone(), found.clone()));
    match upstream::connect(&url, &incoming.headers).await {
        Ok(Handshake::Accepted(accepted)) => Ok(begin(state, keeper, &pending, upgrade, accepted)),
        Ok(Handshake::Refused(response)) => {
            let received = upstream::refusal(response).await;
            let response = upstream::passed_on(&received);
            keeper.keep(received).await;
            Ok(response)
        }
        Err(error) => recording::failed(state, &pending, (keeper.key, shown), &error),
    }
}

/// Accepts the handshake of the client as the provider did.
fn begin(
    state: &Arc<State>,
    keeper: SessionKeeper,
    pending: &Pending,
    upgrade: OnUpgrade,
    accepted: Accepted,
) -> Response {
    let Pending { number, incoming, request, .. } = pending;
    let headers = accepted.headers.clone();
    let response = relay::accepted(&incoming.headers, &headers);
    let transcript = Transcript::new();
    state.ledger().exchange(*number).socket.transcript = Some(transcript.clone());
    let failed = Failed { number: *number, provider: incoming.provider, request: request.clone() };
    let state = Arc::clone(state);
    tokio::spawn(async move {
        let limit = state.message_limit();
        let saving = keeper.saving(&headers);
        let ends = (upgrade, accepted);
        let saved = Some(saving.clone());
        match relay::run(ends, &transcript, keeper.in_flight(), saved, limit).await {
            Relayed::Nothing => {}
            Relayed::Broken(why) => failed.note(&state, why),
            Relayed::Whole => {
                let socket = relay::socket(&headers, &transcript);
                keeper.keep_socket(&headers, socket).await;
            }
        }
        drop(saving);
        transcript.end();
        state.activity.note();
    });
    response
}

/// A socket that broke a rule is no recording.
struct Failed {
    number: RequestNumber,
    provider: Provider,
    request: Request,
}

impl Failed {
    fn note(&self, state: &State, why: String) {
        let reason = MissReason::Socket { why };
        let miss = miss::describe(self.provider, &self.request, self.number, reason);
        state.ledger().add_miss(self.number, miss);
    }
}
