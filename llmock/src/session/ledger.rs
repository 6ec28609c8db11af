//! What happened in a session: every request, who answered it, and what was recorded.

use std::sync::Arc;

use http::StatusCode;

use crate::fixture::interaction::{Body, Interaction, Request};
use crate::front::connection::Came;
use crate::matching::Key;
use crate::provider::Provider;
use crate::report::Miss;

/// Who answered a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum AnsweredBy {
    /// A recorded interaction, or the empty answer of a side call.
    Fixture,
    /// A wiremock `Mock` that the test mounted.
    Mock,
    /// The real provider, while recording.
    Upstream,
    /// Nothing: a miss, which fails the test.
    Nothing,
}

/// One request as it arrived.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub(crate) provider: Provider,
    pub(crate) method: String,
    /// Canonical, secrets out.
    pub(crate) path: String,
    /// Those without secrets, names in lower case.
    pub(crate) headers: Vec<(String, String)>,
    /// Decompressed, secrets out.
    pub(crate) body: Vec<u8>,
    pub(crate) answered_by: AnsweredBy,
    /// Declared by `side(...)`: never a miss, never unused, not counted by `calls`.
    pub(crate) side: bool,
    pub(crate) arrival: Arrival,
}

/// Whether a request is the test's that has the turn, as far as that can be known.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) enum Arrival {
    /// Nothing speaks against it.
    #[default]
    InTime,
    /// Its connection was opened before the turn began, during this test.
    OnEarlierConnection { test: Option<Arc<str>> },
    /// It began before the turn, during this test, so it cannot be this one's.
    Early { test: Option<Arc<str>> },
}

impl Arrival {
    /// `turn` is the number of the turn that the request was found in; `None` for the address of a handle.
    pub(crate) fn of(came: &Came, turn: Option<u64>) -> Self {
        let Some(turn) = turn else { return Self::InTime };
        if came.began.turns < turn {
            return Self::Early { test: came.began.test.clone() };
        }
        if came.opened.turns < turn {
            return Self::OnEarlierConnection { test: came.opened.test.clone() };
        }
        Self::InTime
    }
}

/// An answer of the provider, on its way into the fixture.
#[derive(Clone, Debug)]
pub(crate) struct Recording {
    /// The request it answers, by order of arrival.
    pub(crate) entry: usize,
    pub(crate) key: Key,
    pub(crate) interaction: Interaction,
    /// The provider's own message, for an answer that is an error.
    pub(crate) error_message: Option<String>,
}

/// The account of one session.
#[derive(Debug, Default)]
pub(crate) struct Ledger {
    pub(crate) entries: Vec<Entry>,
    pub(crate) misses: Vec<Miss>,
    pub(crate) recordings: Vec<Recording>,
    /// Positions in the fixture that were given to a request, with that request.
    pub(crate) claims: Vec<Claimed>,
    /// Requests that the test before was recorded with and has not sent, with that test.
    pub(crate) awaited: Vec<(usize, String)>,
    /// Upstreams that were asked, in order of first use.
    pub(crate) upstreams: Vec<(Provider, String)>,
}

/// An interaction given to a request; both count from zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Claimed {
    pub(crate) entry: usize,
    pub(crate) interaction: usize,
    pub(crate) borrowed: bool,
    pub(crate) repeated: bool,
}

impl Entry {
    /// Whether it began before this test's turn, so that it cannot be this test's.
    pub(crate) fn is_early(&self) -> bool {
        matches!(self.arrival, Arrival::Early { .. })
    }
}

impl Ledger {
    /// Requests that count: neither side calls nor what began before the turn.
    pub(crate) fn counted(&self) -> impl Iterator<Item = &Entry> {
        self.entries.iter().filter(|entry| !entry.side && !entry.is_early())
    }

    pub(crate) fn answered(&self, by: AnsweredBy) -> usize {
        self.entries.iter().filter(|entry| entry.answered_by == by).count()
    }

    /// The request that took an interaction first.
    pub(crate) fn taker(&self, interaction: usize) -> Option<usize> {
        self.claims
            .iter()
            .find(|claimed| claimed.interaction == interaction)
            .map(|claimed| claimed.entry)
    }
}

/// The statuses that a recording keeps only when told to: of an account, of a quota, of an outage.
pub(crate) fn is_outage(status: u16) -> bool {
    matches!(
        StatusCode::from_u16(status),
        Ok(StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN | StatusCode::TOO_MANY_REQUESTS)
    ) || status >= 500
}

/// The request as the ledger keeps it.
///
/// `bytes` stand for what the request does not keep: the files of a multipart body.
pub(crate) fn entry(
    provider: Provider,
    request: &Request,
    headers: Vec<(String, String)>,
    bytes: &[u8],
) -> Entry {
    let body = match &request.body {
        Body::Form(_) => bytes.to_vec(),
        kept => kept.to_wire().into_owned(),
    };
    Entry {
        provider,
        method: request.method.clone(),
        path: request.path.clone(),
        headers,
        body,
        answered_by: AnsweredBy::Nothing,
        side: false,
        arrival: Arrival::default(),
    }
}
