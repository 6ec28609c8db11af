//! A response of the session on its way to the client: under faults, gates, and its pace.

use std::sync::Arc;

use http::{HeaderValue, StatusCode, header};
use llmock_rules::FaultKind;
use tokio::time::{Instant, sleep_until};

use crate::control::plan::Plan;
use crate::control::requests::Selected;
#[cfg(feature = "websocket")]
use crate::control::sockets::Control;
use crate::control::sweep::ran::RanRequest;
use crate::control::traffic::{Hit, OnItsWay};
use crate::exchange::client::Client;
use crate::exchange::response::{self, Response};
use crate::exchange::{Exchange, RequestNumber, RespondedBy};
use crate::fixture::interaction::Request;
use crate::front::handler::Aborted;
use crate::provider::Provider;
use crate::report::{Failure, InVain, Outcome, Report};
use crate::session::ledger::Ledger;
use crate::session::pending::{Pending, QueuePlace};
use crate::session::state::State;
#[cfg(feature = "record")]
use crate::wire;

/// What the wrapper of a response needs, before there is one.
pub(super) struct Delivery {
    number: RequestNumber,
    provider: Provider,
    request: Request,
    is_side: bool,
    fault: Option<Hit>,
    received: Instant,
    client: Client,
    on_its_way: OnItsWay,
}

/// How a response begins.
pub(super) enum Started {
    Delivery(Delivery),
    /// By a fault, without a source: no interaction is used, and no provider asked.
    Instead(Result<Response, Aborted>),
}

impl Delivery {
    /// Chooses the fault of the response to a request.
    pub(super) fn begin(state: &Arc<State>, pending: &Pending) -> Started {
        let Pending { number, incoming, request, .. } = pending;
        let is_side = state.ledger().exchange(*number).is_side;
        let is_logged = state.traffic.is_logging() && !is_side;
        let on_its_way = state.traffic.begin(is_logged.then(|| RanRequest {
            key: state.fixture.key(incoming.provider, request).to_string(),
            ms: millis(incoming.received.duration_since(state.opened)),
            shown: format!("{} {}", request.method, request.path),
            ..RanRequest::default()
        }));
        let selected = Selected { provider: incoming.provider, request, is_side };
        let fault = state.traffic.fault(&selected);
        if let Some(hit) = &fault {
            state.ledger().exchange(*number).fault = Some(hit.kind.to_string());
            on_its_way.note_faulty();
            if let Some(instead) = instead(state, pending, hit) {
                return Started::Instead(instead);
            }
        }
        Started::Delivery(Self {
            number: *number,
            provider: incoming.provider,
            request: request.clone(),
            is_side,
            fault,
            received: incoming.received.into(),
            client: incoming.client.clone(),
            on_its_way,
        })
    }

    /// The fault and the gates of a socket, whose messages are logged.
    #[cfg(feature = "websocket")]
    pub(super) fn of_socket(self, state: &State) -> Control {
        let selected =
            Selected { provider: self.provider, request: &self.request, is_side: self.is_side };
        let gates = state.traffic.gates(&selected);
        let control = Control::new(Arc::clone(&state.traffic), self.fault, gates);
        control.logging(self.on_its_way)
    }

    /// The response as the client receives it, when its head is due.
    pub(super) async fn finish(
        self,
        state: &Arc<State>,
        response: Response,
        used: QueuePlace,
    ) -> Response {
        if state.ledger().exchange(self.number).sent.responded_by == RespondedBy::Nothing {
            return response;
        }
        let selected =
            Selected { provider: self.provider, request: &self.request, is_side: self.is_side };
        let gates = state.traffic.gates(&selected);
        let offer_again = || {
            if let Some((key, at)) = used {
                state.ledger().offer_again(key, at);
            }
            let rule = state.ledger().exchange(self.number).rule;
            if let Some(rule) = rule {
                state.scripts.offer_again(rule);
            }
        };
        let is_slow = matches!(self.fault, Some(Hit { kind: FaultKind::Slow(_), .. }));
        if self.fault.is_some() && !is_slow {
            offer_again();
        }
        let mut client = self.client.clone();
        let plan = Plan {
            stream: state.traffic.stream(),
            fault: self.fault,
            gates,
            #[cfg(feature = "record")]
            format: wire::format(self.provider, &self.request.method, &self.request.path),
            received: self.received,
            client: self.client,
            on_its_way: self.on_its_way,
        };
        if let Some(due) = plan.head_due(&response) {
            tokio::select! {
                () = sleep_until(due) => {}
                () = client.left() => {
                    if is_slow {
                        offer_again();
                    }
                    // It may have closed its sending side only.
                    sleep_until(due).await;
                }
            }
        }
        plan.apply(response)
    }
}

/// What a fault responds instead of any source.
fn instead(state: &State, pending: &Pending, hit: &Hit) -> Option<Result<Response, Aborted>> {
    let Pending { number, incoming, request, .. } = pending;
    let response = match &hit.kind {
        FaultKind::Status { code, retry_after } => {
            let status = StatusCode::from_u16(*code).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
            let message = format!("{} (a fault of this test)", message(status));
            let mut response = response::error(incoming.provider, &request.path, status, &message);
            if let Some(seconds) = retry_after {
                response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(*seconds));
            }
            Ok(response)
        }
        FaultKind::Refused => {
            incoming.client.reset();
            Err(Aborted)
        }
        _ => return None,
    };
    state.ledger().exchange(*number).sent.responded_by = RespondedBy::Fault;
    state.traffic.note_happened(hit);
    Some(response)
}

fn message(status: StatusCode) -> &'static str {
    match status {
        StatusCode::UNAUTHORIZED => "the API key is not valid",
        StatusCode::TOO_MANY_REQUESTS => "rate limit reached",
        _ if status.is_server_error() => "the server had an error",
        _ => "the request was refused",
    }
}

fn millis(duration: std::time::Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

/// Requests that were sent again after a fault: a run without faults sends them once.
pub(super) fn repeated_after_fault(ledger: &Ledger) -> usize {
    let counted: Vec<_> = ledger.counted().collect();
    let is_same = |one: &Exchange, other: &Exchange| {
        (&one.sent.method, &one.sent.path, &one.sent.body)
            == (&other.sent.method, &other.sent.path, &other.sent.body)
    };
    let is_repeated = |(at, one): &(usize, &&Exchange)| {
        one.fault.is_some() && counted[at + 1..].iter().any(|later| is_same(one, later))
    };
    counted.iter().enumerate().filter(is_repeated).count()
}

/// Gates and faults without effect. A test that failed may not have come so far.
pub(super) fn in_vain(state: &State, report: &mut Report) {
    let has_failed = report.outcome != Outcome::Passed;
    let in_vain = state.traffic.in_vain().into_iter();
    let in_vain =
        in_vain.filter(|one| !has_failed || matches!(one, InVain::GateNotReleased { .. }));
    report.failures.extend(in_vain.map(Failure::InVain));
}
