//! Replays a test's requests on the file that it is about to write.

use crate::exchange::RequestNumber;
use crate::exchange::queue::{Claim, Queues};
use crate::exchange::request::RawRequest;
use crate::exchange::secrets::RunSecrets;
use crate::exchange::verify::{Mismatch, compare};
use crate::fixture::Position;
use crate::fixture::ids::same_but_ids;
use crate::fixture::interaction::Interaction;
use crate::fixture::redact::difference::Replaced;
use crate::matching::{Key, Order};
use crate::mode::Mode;
use crate::session::fixture::OpenedFixture;
use crate::session::ledger::Recording;
use crate::session::state::State;

/// A session that has just opened the new file.
struct Fresh<'s> {
    state: &'s State,
    fixture: OpenedFixture,
    secrets: RunSecrets,
    queues: Queues,
    /// What its client would quote from replayed responses instead of what it received.
    replaced: Vec<Replaced>,
}

/// Sends the bytes that the client sent to a fresh session, in the same order; returns what it would not replay.
pub(crate) fn mismatches(
    state: &State,
    recordings: &[Recording],
    stored: &[Interaction],
) -> Vec<(Position, Mismatch)> {
    let (owner, in_force) = (state.setup.owner.clone(), &state.setup.in_force);
    let secrets = RunSecrets::new();
    let stored = secrets.redactor().stored(stored.to_vec());
    let fixture = OpenedFixture::new(Some(stored), owner, in_force);
    let queues = fixture.queues();
    let mut fresh = Fresh { state, fixture, secrets, queues, replaced: Vec::new() };
    let mut played = fresh.played().into_iter().peekable();
    let mut found = Vec::new();
    for (at, recording) in recordings.iter().enumerate() {
        while let Some((_, key)) = played.next_if(|(number, _)| *number < recording.request) {
            fresh.queues.claim(key, Order::Any);
        }
        if let Err(mismatch) = fresh.replay(recording) {
            found.push((Position::from_index(at), mismatch));
        }
    }
    found
}

impl Fresh<'_> {
    /// Requests that the old file responded to, with their keys.
    fn played(&self) -> Vec<(RequestNumber, Key)> {
        let ledger = self.state.ledger();
        let exchanges = ledger.exchanges.iter().enumerate();
        let used = exchanges.filter_map(|(at, exchange)| Some((at, exchange.used?)));
        used.filter(|(_, used)| !used.is_repeated)
            .map(|(at, used)| {
                let interaction = self.state.fixture.get(used.interaction);
                let key = self.fixture.key(interaction.provider, &interaction.request);
                (RequestNumber::from_index(at), key)
            })
            .collect()
    }

    fn replay(&mut self, recording: &Recording) -> Result<(), Mismatch> {
        let (sent, received) = (&recording.original.request, &recording.original.response);
        let max_body = self.state.max_body;
        let in_force = &self.state.setup.in_force;
        let keeps_header = |name: &str| in_force.headers.keeps_of_request(name);
        let redactor_for = |raw: &RawRequest<'_>| self.secrets.redactor_for(raw);
        let request = sent.read(redactor_for, max_body, &self.replaced, &keeps_header);
        let request = request.ok_or(Mismatch::Request)?;
        let order = self.order(recording.request);
        let mut key = self.fixture.key(sent.provider, &request);
        let mut claim = self.queues.claim(key, order);
        if claim == Claim::Unknown
            && let Some(known) = self.fixture.key_with_placeholders(sent.provider, &request)
        {
            key = known;
            claim = self.queues.claim(key, order);
        }
        let at = match claim {
            Claim::Fresh { at, .. } => at,
            Claim::OutOfOrder { .. } => return Err(Mismatch::Order),
            Claim::Spent { .. } | Claim::Unknown => return Err(Mismatch::Request),
        };
        let claimed = self.fixture.get(at);
        match compare(&claimed.response, received) {
            Ok(replaced) => {
                self.replaced.extend(replaced);
                Ok(())
            }
            Err(_) if self.is_elsewhere(recording, key) => {
                // A response that is not complete may stand behind the complete one, and in mode `auto` the file may
                // hold responses of other tests to the same request, whose order is not this test's.
                let is_of_another = claimed.test != self.state.setup.owner;
                let may_differ = recording.interaction.is_incomplete()
                    || claimed.is_incomplete()
                    || (is_of_another && self.state.setup.mode() != Mode::Record);
                if may_differ { Ok(()) } else { Err(Mismatch::Order) }
            }
            // Kept, because it says the same; its client would quote the recorded ids.
            Err(mismatch) => {
                let kept = same_but_ids(&claimed.response, &recording.interaction.response);
                self.replaced.extend(kept.ok_or(mismatch)?);
                Ok(())
            }
        }
    }

    fn order(&self, request: RequestNumber) -> Order {
        let is_side = self.state.ledger().exchange(request).is_side;
        if is_side { Order::Any } else { self.state.setup.in_force.order.value }
    }

    /// Whether another interaction of the same request has the response that the client received.
    fn is_elsewhere(&self, recording: &Recording, key: Key) -> bool {
        self.fixture.interactions().iter().any(|stored| {
            compare(&stored.response, &recording.original.response).is_ok()
                && self.fixture.key(stored.provider, &stored.request) == key
        })
    }
}
