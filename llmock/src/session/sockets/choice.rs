//! Which of several recordings with one handshake a socket replays: that shows with the messages of the client.

use std::sync::Arc;

use llmock_rules::Order;

use crate::exchange::RequestNumber;
use crate::exchange::queue::Claim;
use crate::fixture::Position;
use crate::fixture::interaction::Content;
use crate::fixture::socket::{Message, Side};
use crate::session::ledger::Ledger;
use crate::session::replayed::{ReplayedSocket, SocketSource};
use crate::session::state::State;
use crate::socket::player::Player;
use crate::sync::lock;

/// Gives the socket at this place another recording, in which all messages so far are the recorded ones; whether there is one.
pub(super) fn choose(
    state: &State,
    (number, place): (RequestNumber, usize),
    messages: &[Message],
) -> bool {
    if state.setup.in_force.order.value == Order::Strict {
        return false;
    }
    let mut ledger = state.ledger();
    let Some(current) = ledger.sockets.get(place).and_then(position) else { return false };
    free(state, &mut ledger, (number, place), current, messages)
        || exchanged(state, &mut ledger, place, current, messages)
}

fn position(socket: &ReplayedSocket) -> Option<Position> {
    match socket.source {
        SocketSource::Recorded(at) => Some(at),
        SocketSource::Script(_) => None,
    }
}

/// The player of another recording of the same handshake, if it fits.
fn fitting(
    state: &State,
    current: Position,
    other: Position,
    messages: &[Message],
) -> Option<Player> {
    let fixture = &state.fixture;
    let key = |at| fixture.key(fixture.get(at).provider, &fixture.get(at).request);
    if other == current || key(other) != key(current) {
        return None;
    }
    let interaction = fixture.get(other);
    let Content::Socket(socket) = &interaction.response.content else { return None };
    let mut player = Player::new(interaction, socket, fixture.rules());
    player.follows(messages).then_some(player)
}

/// Takes a recording that no socket has.
fn free(
    state: &State,
    ledger: &mut Ledger,
    (number, place): (RequestNumber, usize),
    current: Position,
    messages: &[Message],
) -> bool {
    for other in state.fixture.own_or_ownerless() {
        let is_taken = ledger.sockets.iter().any(|socket| position(socket) == Some(other));
        let player = if is_taken { None } else { fitting(state, current, other, messages) };
        let Some(player) = player else { continue };
        let claim = ledger.claim_among(&state.fixture, vec![other], Order::Any);
        if let Claim::Fresh { .. } = claim {
            let interaction = state.fixture.get(current);
            let key = state.fixture.key(interaction.provider, &interaction.request);
            ledger.offer_again(key, current);
            if let Some(used) = &mut ledger.exchange(number).used {
                used.interaction = other;
            }
            ledger.sockets[place].source = SocketSource::Recorded(other);
            *lock(&ledger.sockets[place].player) = player;
            return true;
        }
    }
    false
}

/// Exchanges recordings with a socket that fits this one's.
fn exchanged(
    state: &State,
    ledger: &mut Ledger,
    place: usize,
    current: Position,
    messages: &[Message],
) -> bool {
    for at in 0..ledger.sockets.len() {
        let socket = ledger.sockets[at].clone();
        let Some(other) = position(&socket).filter(|_| !socket.transcript.is_over()) else {
            continue;
        };
        let Some(player) = fitting(state, current, other, messages) else { continue };
        let theirs = Arc::clone(&socket.player);
        let mut theirs = lock(&theirs);
        let so_far = socket.transcript.messages();
        // A message may be on its way that does not show yet.
        let sent = so_far.iter().filter(|message| message.from == Side::Server).count();
        if theirs.sent() != sent {
            continue;
        }
        let Some(instead) = fitting(state, other, current, &so_far) else { continue };
        *theirs = instead;
        drop(theirs);
        *lock(&ledger.sockets[place].player) = player;
        ledger.sockets[place].source = SocketSource::Recorded(other);
        ledger.sockets[at].source = SocketSource::Recorded(current);
        return true;
    }
    false
}
