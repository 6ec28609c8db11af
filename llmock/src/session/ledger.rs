//! What happened in a session: every exchange, every miss, and what was recorded.

use std::collections::{BTreeSet, HashMap, HashSet};

use crate::exchange::client::Client;
use crate::exchange::queue::{Claim, Queues};
use crate::exchange::response::is_outage;
use crate::exchange::secrets::Redacted;
use crate::exchange::verify::Original;
use crate::exchange::{Exchange, RequestNumber, RespondedBy, Used};
use crate::fixture::Position;
#[cfg(feature = "record")]
use crate::fixture::SaveError;
use crate::fixture::interaction::Interaction;
use crate::matching::{Key, Order};
use crate::provider::Provider;
use crate::report::{Miss, MissReason, Note};
use crate::session::fixture::OpenedFixture;
use crate::session::verification::Verification;
use crate::wire::ReportedError;

/// The account of one session.
#[derive(Debug, Default)]
pub(crate) struct Ledger {
    pub(crate) exchanges: Vec<Exchange>,
    pub(crate) misses: Vec<Miss>,
    pub(crate) recordings: Vec<Recording>,
    pub(crate) attempts: Attempts,
    /// Requests that met a network fault while they were forwarded.
    pub(crate) faults: Vec<Fault>,
    /// Responses that had not begun when the test ended, superseded by a later attempt.
    pub(crate) given_up: usize,
    /// Attempts that are not recorded because a later one succeeded: a replay sends only that one.
    pub(crate) retried: usize,
    /// Requests whose client disconnected before it had sent them: method, path, and how many.
    pub(crate) incomplete: Vec<(String, String, usize)>,
    /// Upstreams that received requests, in order of first use.
    pub(crate) upstreams: Vec<(Provider, String)>,
    /// Servers other than llmock to which replayed redirections sent the client, each once.
    pub(crate) foreign: Vec<String>,
    /// Names of response headers that are not stored.
    pub(crate) dropped_headers: BTreeSet<String>,
    /// Requests that an edit changed, with what responded to them.
    pub(crate) stand_ins: Vec<StandIn>,
    /// Why requests matched nothing, by their keys.
    described: HashMap<Key, MissReason>,
    /// Built at the first request: many sessions never look anything up.
    queues: Option<Queues>,
    /// Sockets that are replayed, or were.
    #[cfg(feature = "websocket")]
    pub(crate) sockets: Vec<crate::session::replayed::ReplayedSocket>,
    /// What mode `verify` has compared.
    pub(crate) verification: Verification,
    /// Notes about similar requests.
    pub(crate) similar: Vec<Note>,
    /// The report is made: it does not contain later requests.
    pub(crate) is_settled: bool,
}

/// Whether the recordings are in `NAME.json.failed`, in case the test fails.
#[derive(Clone, Debug, Default)]
pub(crate) struct Attempts {
    pub(crate) kept: usize,
    pub(crate) lost: usize,
    /// Why the first of them was lost.
    pub(crate) why: Option<String>,
}

impl Attempts {
    #[cfg(feature = "record")]
    pub(crate) fn add(&mut self, kept: Result<(), SaveError>) {
        match kept {
            Ok(()) => self.kept += 1,
            Err(error) => {
                self.lost += 1;
                self.why.get_or_insert_with(|| error.source.to_string());
            }
        }
    }
}

/// A request without a recording that got the response of the recording at the same place of its conversation.
#[derive(Clone, Debug)]
pub(crate) struct StandIn {
    pub(crate) request: RequestNumber,
    pub(crate) interaction: Position,
    /// The request with that response; its `hash` is that of the recording.
    pub(crate) pending: Interaction,
}

/// A response of the provider, on its way into the fixture.
#[derive(Clone, Debug)]
pub(crate) struct Recording {
    /// The request it responds to.
    pub(crate) request: RequestNumber,
    /// Under the rules of the session.
    pub(crate) key: Key,
    pub(crate) interaction: Interaction,
    /// What went over the wire.
    pub(crate) original: Original,
    /// The error that the response reports, by its status or inside a success.
    pub(crate) error: Option<ReportedError>,
    pub(crate) redacted: Redacted,
    /// The client, if it seemed to have left before the end of the response.
    pub(crate) given_up_by: Option<Client>,
}

/// A network fault while a request was forwarded.
#[derive(Clone, Debug)]
pub(crate) struct Fault {
    pub(crate) request: RequestNumber,
    pub(crate) key: Key,
    /// What the report says, unless a later request of the same kind succeeds.
    pub(crate) miss: Miss,
}

impl Recording {
    /// Whether the client left before the end of the response.
    pub(crate) fn was_given_up(&self) -> bool {
        self.given_up_by.as_ref().is_some_and(|client| client.has_received() != Some(true))
    }

    /// Whether the error stands inside a response with a good status.
    pub(crate) fn has_error_inside(&self) -> bool {
        self.interaction.response.status < 400
    }
}

impl Ledger {
    pub(crate) fn add(&mut self, exchange: Exchange) -> RequestNumber {
        self.exchanges.push(exchange);
        RequestNumber::from_index(self.exchanges.len() - 1)
    }

    pub(crate) fn exchange(&mut self, request: RequestNumber) -> &mut Exchange {
        &mut self.exchanges[request.index()]
    }

    /// Requests that count: neither side calls nor requests of earlier tests.
    pub(crate) fn counted(&self) -> impl Iterator<Item = &Exchange> {
        self.exchanges.iter().filter(|exchange| !exchange.is_side && !exchange.is_stray())
    }

    pub(crate) fn answered(&self, by: RespondedBy) -> usize {
        self.exchanges.iter().filter(|exchange| exchange.sent.responded_by == by).count()
    }

    /// Finds the next interaction for a request. It stays with that request even if its client disconnects.
    pub(crate) fn claim(&mut self, fixture: &OpenedFixture, key: Key, order: Order) -> Claim {
        self.queues.get_or_insert_with(|| fixture.queues()).claim(key, order)
    }

    /// Finds the next of the interactions that the test accepts.
    pub(crate) fn claim_among(
        &mut self,
        fixture: &OpenedFixture,
        accepted: Vec<Position>,
        order: Order,
    ) -> Claim {
        self.queues.get_or_insert_with(|| fixture.queues()).claim_among(accepted, order)
    }

    /// Gives an interaction to the next request with its key once more.
    pub(crate) fn offer_again(&mut self, key: Key, at: Position) {
        if let Some(queues) = &mut self.queues {
            queues.offer_again(key, at);
        }
    }

    /// Every use of an interaction, in order of arrival.
    pub(crate) fn uses(&self) -> impl Iterator<Item = (&Exchange, Used)> {
        self.exchanges.iter().filter_map(|exchange| Some((exchange, exchange.used?)))
    }

    /// Interactions that a request has used.
    pub(crate) fn used(&self) -> HashSet<Position> {
        let also = self.exchanges.iter().flat_map(|exchange| exchange.also_used.iter().copied());
        self.uses().map(|(_, used)| used.interaction).chain(also).collect()
    }

    /// The request that used an interaction first.
    pub(crate) fn used_by(&self, interaction: Position) -> Option<RequestNumber> {
        let is_first = |exchange: &Exchange| {
            exchange.used.is_some_and(|used| used.interaction == interaction && !used.is_repeated)
        };
        self.exchanges.iter().position(is_first).map(RequestNumber::from_index)
    }

    /// The same for all interactions that were used.
    pub(crate) fn first_uses(&self) -> HashMap<Position, RequestNumber> {
        let mut uses = HashMap::new();
        for (at, exchange) in self.exchanges.iter().enumerate() {
            if let Some(used) = exchange.used.filter(|used| !used.is_repeated) {
                uses.entry(used.interaction).or_insert(RequestNumber::from_index(at));
            }
        }
        uses
    }

    /// Why a request with this key matched nothing, if that was described before.
    pub(crate) fn described(&self, key: Key) -> Option<MissReason> {
        self.described.get(&key).cloned()
    }

    /// The keys of requests that matched nothing.
    pub(crate) fn described_keys(&self) -> HashSet<Key> {
        self.described.keys().copied().collect()
    }

    pub(crate) fn add_description(&mut self, key: Key, reason: MissReason) {
        self.described.insert(key, reason);
    }

    /// Remembers a miss, unless another test sent the request: that does not fail this one.
    pub(crate) fn add_miss(&mut self, request: RequestNumber, miss: Miss) {
        if !self.exchange(request).is_stray() {
            self.misses.push(miss);
        }
    }

    /// Whether a later request of the same key has a response that its client received.
    pub(crate) fn is_superseded(&self, request: RequestNumber, key: Key) -> bool {
        self.recordings.iter().any(|later| {
            later.request > request
                && later.key == key
                && !later.was_given_up()
                && !later.error.as_ref().is_some_and(|error| is_outage(error.status))
        })
    }

    /// Whether it is not known yet if a client received a response that it may have given up on.
    pub(crate) fn is_undecided(&self) -> bool {
        let is_repeated = |one: &Recording| {
            self.recordings.iter().any(|other| other.key == one.key && other.request != one.request)
        };
        let is_open = |one: &Recording| {
            one.given_up_by.as_ref().is_some_and(|client| client.has_received().is_none())
        };
        self.recordings.iter().any(|one| is_open(one) && is_repeated(one))
    }

    pub(crate) fn add_incomplete(&mut self, method: &str, path: String) {
        match self.incomplete.iter_mut().find(|(known, at, _)| known == method && *at == path) {
            Some((_, _, times)) => *times += 1,
            None => self.incomplete.push((method.to_owned(), path, 1)),
        }
    }

    /// Takes the faults that a later request has cleared, and makes misses of the others; returns how many were cleared.
    pub(crate) fn settle_faults(&mut self) -> usize {
        let faults = std::mem::take(&mut self.faults);
        let mut cleared = 0;
        for Fault { request, key, miss } in faults {
            if self.is_superseded(request, key) {
                cleared += 1;
            } else {
                self.add_miss(request, miss);
            }
        }
        self.misses.sort_by_key(|miss| miss.request);
        let given_up = self.recordings.iter().filter(|one| one.was_given_up());
        let superseded = given_up.filter(|one| self.is_superseded(one.request, one.key)).count();
        self.retried = cleared + superseded + self.given_up;
        cleared
    }

    /// Remembers an upstream; returns whether it is new.
    pub(crate) fn add_upstream(&mut self, provider: Provider, base: &str) -> bool {
        let is_new = !self.upstreams.iter().any(|(known, at)| *known == provider && at == base);
        if is_new {
            self.upstreams.push((provider, base.to_owned()));
        }
        is_new
    }

    /// Remembers a server to which a replayed redirection sent the client.
    pub(crate) fn add_foreign(&mut self, host: String) {
        if !self.foreign.contains(&host) {
            self.foreign.push(host);
        }
    }

    #[cfg(feature = "record")]
    pub(crate) fn add_dropped_headers(&mut self, names: Vec<String>) {
        self.dropped_headers.extend(names);
    }

    /// Hands out the recordings in order of arrival.
    pub(crate) fn take_recordings(&mut self) -> Vec<Recording> {
        let mut recordings = std::mem::take(&mut self.recordings);
        recordings.sort_by_key(|recording| recording.request);
        recordings
    }
}
