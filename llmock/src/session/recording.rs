//! Record mode: a request goes to the real provider, and its response into the ledger.

use std::pin::Pin;
use std::sync::Arc;

use crate::exchange::forward::{self, Job, ReceivedResponse};
use crate::exchange::in_flight::InFlightGuard;
use crate::exchange::response::Response;
use crate::exchange::sigv4;
use crate::exchange::verify::SentRequest;
use crate::exchange::{RequestNumber, RespondedBy, links, record, request};
use crate::fixture::SaveError;
use crate::fixture::interaction::Request;
use crate::fixture::redact::Found;
use crate::fixture::store;
use crate::front::handler::Incoming;
use crate::provider::Provider;
use crate::report::{MissReason, sentences};
use crate::session::announce;
use crate::session::ledger::Recording;
use crate::session::respond::{Pending, refuse};
use crate::session::state::State;

/// Forwards a request and relays the response while it arrives.
pub(crate) async fn forward(state: &Arc<State>, pending: Pending) -> Response {
    let Pending { number, incoming, request, found } = &pending;
    let provider = incoming.provider;
    if let Err(reason) = check_writable(state).await {
        return refuse(state, &pending, reason);
    }
    let Some(base) = state.upstream_base(provider) else {
        let variables =
            provider.entry().variables.iter().map(|(name, _)| (*name).to_owned()).collect();
        return refuse(state, &pending, MissReason::NoUpstream { variables });
    };
    let shown = record::redacted(&state.secrets.redactor(), &base);
    note_upstream(state, provider, &shown);
    let target = request::upstream_target(provider, &incoming.rest);
    let mut job = Job {
        url: state.setup.upstreams.url(provider, &base, &target),
        method: incoming.method.clone(),
        headers: incoming.headers.clone(),
        body: incoming.body.as_ref().cloned().unwrap_or_default(),
        received: incoming.received,
    };
    if let Err(error) = sigv4::sign_again(&mut job) {
        return refuse(state, &pending, MissReason::RecordRefused { why: error.to_string() });
    }
    state.ledger().exchange(*number).responded_by = RespondedBy::Upstream;
    let asked = (request.clone(), found.clone());
    let keeper = keeper(state, *number, sent(incoming), asked);
    match forward::forward(job, keeper).await {
        Ok(response) => {
            let in_body = links::may_be_in(provider, request);
            let mut response = record::buffered(response, in_body).await;
            state
                .with_links(provider, request, false, |links| record::relink(&mut response, links));
            response
        }
        Err(error) => {
            state.ledger().exchange(*number).responded_by = RespondedBy::Nothing;
            let why = error.to_string();
            refuse(state, &pending, MissReason::UpstreamFailed { upstream: shown, why })
        }
    }
}

fn note_upstream(state: &State, provider: Provider, shown: &str) {
    if state.ledger().add_upstream(provider, shown) {
        announce::upstream(provider, shown, state.key_variable(provider).as_deref());
    }
}

/// The request as the client sent it, but for llmock's own addresses.
fn sent(incoming: &Incoming) -> SentRequest {
    SentRequest {
        provider: incoming.provider,
        method: incoming.method.to_string(),
        target: incoming.rest.clone(),
        headers: incoming.headers.clone(),
        body: incoming.body.as_ref().cloned().unwrap_or_default(),
    }
}

type Keeping = Pin<Box<dyn Future<Output = ()> + Send>>;

/// What happens with a complete response, in the task that received it.
fn keeper(
    state: &Arc<State>,
    number: RequestNumber,
    sent: SentRequest,
    asked: (Request, Found),
) -> impl FnOnce(ReceivedResponse) -> Keeping + Send + 'static {
    let (state, in_flight) = (Arc::clone(state), state.in_flight.begin());
    move |received| Box::pin(keep(state, in_flight, number, sent, asked, received))
}

async fn keep(
    state: Arc<State>,
    in_flight: InFlightGuard,
    number: RequestNumber,
    sent: SentRequest,
    asked: (Request, Found),
    received: ReceivedResponse,
) {
    let provider = sent.provider;
    let setup = &state.setup;
    let owner = setup.owner.as_deref();
    let redactor = state.secrets.redactor();
    let recorded =
        record::interaction(provider, asked, &received, owner, &redactor, state.max_body);
    let record::Recorded { interaction, error, redacted } = recorded;
    state.ledger().add_dropped_headers(record::dropped_headers(&received));
    let key = state.fixture.key(provider, &interaction.request);
    let attempt = interaction.clone();
    let original = record::original(sent, &received, state.max_body);
    let recording = Recording { request: number, key, interaction, original, error, redacted };
    state.ledger().recordings.push(recording);
    let kept = tokio::task::spawn_blocking(move || {
        let kept = store::keep_attempt(&state.setup.write_to, &attempt);
        state.ledger().attempts.add(kept);
        drop(in_flight);
    });
    // If that panicked, the client gets the end of its response all the same.
    let _ = kept.await;
}

/// Tries once whether the fixture can be written: a response that cannot be kept should not be paid for.
async fn check_writable(state: &Arc<State>) -> Result<(), MissReason> {
    let check = || async {
        let checked = Arc::clone(state);
        let check = move || store::check_writable(&checked.setup.write_to);
        match tokio::task::spawn_blocking(check).await {
            Ok(Err(SaveError { path, source })) => {
                let path = state.setup.shown_path(&path);
                Err(MissReason::RecordRefused {
                    why: sentences::unwritable(&path, &source.to_string()),
                })
            }
            Ok(Ok(())) | Err(_) => Ok(()),
        }
    };
    state.writable.get_or_try_init(check).await.copied()
}
