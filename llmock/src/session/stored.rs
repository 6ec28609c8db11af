//! Sends what the fixture has: one interaction, or the parts of several.

use crate::exchange::batches::Assembled;
use crate::exchange::response::{self, Response};
use crate::exchange::{RequestNumber, RespondedBy, links};
use crate::fixture::Position;
use crate::fixture::interaction::{self, Request};
use crate::matching::Order;
use crate::provider::Provider;
use crate::session::fixture::OpenedFixture;
use crate::session::ledger::Ledger;
use crate::session::state::State;

/// Puts a response together from several interactions, which are used then.
pub(super) fn assemble(
    ledger: &mut Ledger,
    fixture: &OpenedFixture,
    (number, order): (RequestNumber, Order),
    provider: Provider,
    request: &Request,
) -> Option<Assembled> {
    let assembled = fixture.assembled(provider, request)?;
    if order == Order::Strict {
        // They are not waited for any more.
        for at in &assembled.from {
            ledger.claim_among(fixture, vec![*at], Order::Any);
        }
    }
    let exchange = ledger.exchange(number);
    exchange.sent.responded_by = RespondedBy::Fixture;
    exchange.also_used.clone_from(&assembled.from);
    Some(assembled)
}

pub(super) fn replay(
    state: &State,
    at: Position,
    provider: Provider,
    request: &Request,
) -> Response {
    send(state, &state.fixture.get(at).response, provider, request)
}

pub(super) fn send(
    state: &State,
    stored: &interaction::Response,
    provider: Provider,
    request: &Request,
) -> Response {
    let has_links = links::may_be_in(provider, request);
    let response = state.with_links(provider, request, true, |links| {
        response::stored(stored, &request.method, links, has_links)
    });
    if let Some(host) = response::foreign_redirection(&response, &state.base) {
        state.ledger().add_foreign(host);
    }
    response
}
