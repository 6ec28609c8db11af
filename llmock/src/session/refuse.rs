//! Requests without a response: each is refused, and the report says why.

use http::StatusCode;

use crate::exchange::miss;
use crate::exchange::response::{self, Response};
use crate::front::refused::Refused;
use crate::report::{MissReason, answer, sentences};
use crate::session::pending::Pending;
use crate::session::previous_test;
use crate::session::state::State;

/// Refuses a request and remembers why.
pub(crate) fn refuse(state: &State, pending: &Pending, reason: MissReason) -> Response {
    let Pending { number, incoming, request, .. } = pending;
    let status = match &reason {
        MissReason::BodyTooLarge { .. } => StatusCode::PAYLOAD_TOO_LARGE,
        MissReason::Foreign { .. } => StatusCode::FORBIDDEN,
        MissReason::DotSegment => StatusCode::BAD_REQUEST,
        _ => StatusCode::IM_A_TEAPOT,
    };
    note_previous_test(state, pending, &reason);
    let setup = &state.setup;
    let missed = miss::describe(incoming.provider, request, *number, reason);
    let missed = if setup.is_encrypted() { missed.hidden() } else { missed };
    let message = answer::message(&missed, &setup.shown);
    state.ledger().add_miss(*number, missed);
    response::refusal(incoming.provider, &request.path, status, &message)
}

/// Refuses a request that arrives after the end. Once the session is settled, its report cannot contain it any more.
pub(super) async fn refuse_late(state: &State, pending: &Pending) -> Response {
    let reason = MissReason::Late { test: state.setup.test().to_owned() };
    let message = sentences::reason(&reason, "");
    let response = refuse(state, pending, reason);
    if state.ledger().is_settled {
        let Pending { incoming, request, .. } = pending;
        let refused =
            Refused::new(Some(incoming.provider), &incoming.method, &request.path, &message);
        state.front.registry().refusals.add(refused).await;
    }
    response
}

/// Notes a request that the previous test may have left behind.
fn note_previous_test(state: &State, pending: &Pending, reason: &MissReason) {
    let is_unknown =
        matches!(reason, MissReason::BodyDiffers { .. } | MissReason::EndpointUnknown { .. });
    if is_unknown
        && state.setup.by_env
        && let Some(test) = previous_test::expecting(pending.incoming.provider, &pending.request)
    {
        state.ledger().exchange(pending.number).expected_by = Some(test);
    }
}

/// The first header that the request needs and does not have.
pub(super) fn missing_header(state: &State, pending: &Pending) -> Option<String> {
    if state.ledger().exchange(pending.number).is_side {
        return None;
    }
    let sent = &pending.incoming.headers;
    let mut names = state.setup.in_force.headers.required.iter().map(|name| name.value.as_str());
    names.find(|name| !sent.contains_key(*name)).map(str::to_owned)
}
