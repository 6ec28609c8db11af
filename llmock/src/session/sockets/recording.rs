//! Record mode: the messages of a socket go to the provider, and into the ledger.

use std::sync::Arc;

use hyper::upgrade::OnUpgrade;

use crate::exchange::forward::Keeper as _;
use crate::exchange::response::Response;
use crate::exchange::transcript::Transcript;
use crate::exchange::{RequestNumber, RespondedBy, miss, request};
use crate::fixture::interaction::Request;
use crate::fixture::socket;
use crate::front::handler::Aborted;
use crate::provider::Provider;
use crate::report::MissReason;
use crate::session::budget;
use crate::session::pending::Pending;
use crate::session::recording::{self, SessionKeeper};
use crate::session::refuse::refuse;
use crate::session::sockets::spending::Meter;
use crate::session::state::State;
use crate::socket::relay::{self, Allow, Relayed, Terms};
use crate::socket::upstream::{self, Accepted, Handshake};

/// Opens the provider's side of a socket, and relays what both sides send.
pub(super) async fn forward(
    state: &Arc<State>,
    pending: Pending,
    upgrade: OnUpgrade,
) -> Result<Response, Aborted> {
    let Pending { number, incoming, request, found } = &pending;
    let provider = incoming.provider;
    let (base, shown) = match recording::base(state, provider) {
        Ok(upstream) => upstream,
        Err(reason) => return Ok(refuse(state, &pending, reason)),
    };
    let model = socket::model_of_path(&request.path);
    if let Err(why) = budget::reserve_socket(state, provider, model) {
        return Ok(refuse(state, &pending, MissReason::RecordRefused { why }));
    }
    let target = request::upstream_target(provider, &incoming.rest);
    let url = state.setup.upstreams.url(provider, &base, &target);
    let keeper = SessionKeeper::new(state, *number, incoming, (request.clone(), found.clone()));
    // Messages cost money, a handshake does not: so it need not wait for the disk.
    let (writable, handshake) =
        tokio::join!(recording::check_writable(state), upstream::connect(&url, &incoming.headers));
    if let Err(reason) = writable {
        return Ok(refuse(state, &pending, reason));
    }
    recording::note_upstream(state, provider, &shown);
    state.ledger().exchange(*number).sent.responded_by = RespondedBy::Upstream;
    match handshake {
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
        let meter = Meter::new(&state, failed.provider, &failed.request.path);
        let allow = |side, text: &str| meter.message(side, text);
        let allow = meter.is_needed().then_some((&*failed.request.path, &allow as &Allow<'_>));
        let terms = Terms { limit, saving: Some(saving.clone()), allow };
        let relayed = relay::run(ends, &transcript, keeper.in_flight(), terms).await;
        let keep = match relayed {
            Relayed::Nothing => false,
            Relayed::Broken(why) => {
                failed.note(&state, MissReason::Socket { why });
                false
            }
            Relayed::Stopped(why) => {
                failed.note(&state, MissReason::RecordRefused { why });
                true
            }
            Relayed::Whole => true,
        };
        if keep {
            let socket = relay::socket(&headers, &transcript);
            keeper.keep_socket(&headers, socket).await;
        }
        drop(saving);
        transcript.end();
        state.activity.note();
    });
    response
}

/// A socket that broke a rule is no recording, and one that a limit has ended is not a whole one.
struct Failed {
    number: RequestNumber,
    provider: Provider,
    request: Request,
}

impl Failed {
    fn note(&self, state: &State, reason: MissReason) {
        let miss = miss::describe(self.provider, &self.request, self.number, reason);
        state.ledger().add_miss(self.number, miss);
    }
}
