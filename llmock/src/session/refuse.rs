//! Requests without a response: each is refused, and the report says why.

use http::StatusCode;

use crate::exchange::response::{self, Response};
use crate::exchange::{Sender, miss};
use crate::front::handler::Incoming;
use crate::front::refused::Refused;
use crate::mode::Mode;
use crate::provider;
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

/// Why a request is refused whatever the fixture holds.
pub(super) fn refused_before_lookup(
    state: &State,
    pending: &Pending,
    unreadable: Option<MissReason>,
) -> Option<MissReason> {
    if let Sender::EarlierTest { test } = &state.ledger().exchange(pending.number).sender {
        // It belongs to an earlier test: do not use an interaction for it, and do not record it.
        return Some(MissReason::Early { test: test.as_deref().map(str::to_owned) });
    }
    if unreadable.is_some() {
        return unreadable;
    }
    if let Some(header) = missing_header(state, pending) {
        return Some(MissReason::HeaderMissing { header });
    }
    let Incoming { unknown_host, foreign, provider, rest, .. } = &pending.incoming;
    if let Some(why) = foreign {
        return Some(MissReason::Foreign { why: why.clone() });
    }
    if provider::has_dot_segment(rest) {
        return Some(MissReason::DotSegment);
    }
    if let Some(host) = unknown_host {
        return Some(MissReason::UnknownHost { host: host.clone() });
    }
    let is_unknown = !state.knows(*provider) && state.setup.mode() != Mode::Record;
    is_unknown.then_some(MissReason::NoProvider)
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
