//! What a report tells about the requests of a session: their order, where they went, what responded.

use std::collections::HashSet;

use crate::exchange::{Exchange, RequestNumber, RespondedBy};
use crate::report::{Arrivals, MissReason, Note};
use crate::session::fixture::OpenedFixture;
use crate::session::ledger::Ledger;
use crate::session::state::State;

/// The order in which recorded requests arrived, if one was refused for it.
pub(super) fn arrivals(fixture: &OpenedFixture, ledger: &Ledger) -> Option<Arrivals> {
    ledger.misses.iter().find(|miss| miss.reason.is_only_order())?;
    let place = |(at, exchange): (usize, &Exchange)| {
        let request = RequestNumber::from_index(at).number();
        let used = exchange.used.map(|used| used.interaction.number());
        used.or_else(|| {
            let miss = ledger.misses.iter().find(|miss| miss.request == request)?;
            match miss.reason {
                MissReason::WrongOrder { interaction, .. } => interaction,
                _ => None,
            }
        })
    };
    let counted = ledger.exchanges.iter().enumerate();
    let counted = counted.filter(|(_, exchange)| !exchange.is_side && !exchange.is_stray());
    let order: Vec<usize> = counted.filter_map(place).collect();
    // A client that repeats a refused request has not changed the order.
    let is_once = order.iter().collect::<HashSet<_>>().len() == order.len();
    (is_once && order.len() > 1).then(|| Arrivals { order, recorded: fixture.own().count() })
}

/// Method and path of each request, and how many there were: an expectation may have another path.
pub(super) fn sent(state: &State) -> Vec<(String, String, usize)> {
    let mut sent = Vec::new();
    for exchange in &state.ledger().exchanges {
        add(&mut sent, exchange);
    }
    sent
}

/// Counts a request with others of its method and path.
fn add(counted: &mut Vec<(String, String, usize)>, exchange: &Exchange) {
    let (method, path) = (exchange.sent.method(), exchange.sent.path());
    match counted.iter_mut().find(|(known, at, _)| known == method && at == path) {
        Some((_, _, times)) => *times += 1,
        None => counted.push((method.to_owned(), path.to_owned(), 1)),
    }
}

/// What responded to the requests of a body that failed by itself.
pub(super) fn responses(state: &State) -> Option<Note> {
    let (fixture, ledger) = (&state.fixture, state.ledger());
    let mut interactions: Vec<(usize, Option<String>)> = Vec::new();
    let mut mocks = Vec::new();
    for exchange in ledger.exchanges.iter().filter(|exchange| !exchange.is_stray()) {
        if let Some(used) = exchange.used {
            let number = used.interaction.number();
            if !interactions.iter().any(|(known, _)| *known == number) {
                let recorded_at = fixture.get(used.interaction).recorded_at.clone();
                interactions.push((number, recorded_at));
            }
        } else if exchange.responded_by() == RespondedBy::Mock {
            add(&mut mocks, exchange);
        }
    }
    let replies = ledger.answered(RespondedBy::Reply);
    let upstream = ledger.answered(RespondedBy::Upstream);
    let is_empty = interactions.is_empty() && mocks.is_empty() && replies + upstream == 0;
    (!is_empty).then_some(Note::Responses { interactions, mocks, replies, upstream })
}
