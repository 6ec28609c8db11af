//! What a session does with a request.
//!
//! The order is fixed: the user's Mocks, the fixture, then a miss that is refused or, while recording,
//! forwarded. Deciding is done by `matching`; this file turns requests into its terms and decisions
//! into answers, and enters both into the ledger.

use std::pin::Pin;
use std::sync::Arc;

use http::{HeaderMap, StatusCode, header};

use crate::fixture::encoding;
use crate::fixture::interaction::{Body, Request};
use crate::front::body::FrontBody;
use crate::front::refused::Refused;
use crate::front::{self, Answer, Incoming, Responder};
use crate::matching::{Claim, Order};
use crate::mode::Mode;
use crate::provider::{self, Provider};
use crate::report::{Miss, MissReason, answer, sentences};
use crate::session::before;
use crate::session::ledger::{self, AnsweredBy, Arrival, Claimed};
use crate::session::links;
use crate::session::miss::{self, Evidence};
use crate::session::reply::reply;
use crate::session::state::{Book, State};
use crate::wire;

/// What to do about a request that no Mock answered.
enum Decision {
    Replay(usize),
    Side(String),
    Forward,
    Miss(MissReason),
}

impl State {
    async fn respond(self: Arc<Self>, mut incoming: Incoming) -> Answer {
        self.given.restore(&mut incoming);
        let (request, unreadable) = self.read(&incoming);
        let (entry, arrival) = self.note(&incoming, &request);
        if let Arrival::Early { test } = arrival {
            // Not this test's: it must neither take an answer away from one that is, nor be recorded.
            let reason = MissReason::Early { test: test.as_deref().map(str::to_owned) };
            return self.miss(entry, &incoming, &request, reason);
        }
        if let Some(reason) = unreadable {
            return self.miss(entry, &incoming, &request, reason);
        }
        if let Some(host) = &incoming.unknown_host {
            let reason = MissReason::UnknownHost { host: host.clone() };
            return self.miss(entry, &incoming, &request, reason);
        }
        if !self.knows(incoming.provider) && self.mode() != Mode::Record {
            return self.miss(entry, &incoming, &request, MissReason::NoProvider);
        }
        if self.is_closing() {
            return self.late(entry, &incoming, &request).await;
        }
        if let Some(answer) = self.overlay.ask(&incoming).await {
            self.book().ledger.entries[entry].answered_by = AnsweredBy::Mock;
            return answer;
        }
        let decision = self.decide(entry, incoming.provider, &request);
        match decision {
            Decision::Replay(at) => self.replay(at, incoming.provider, &request),
            Decision::Side(body) => self.side_answer(entry, body),
            Decision::Forward => self.forward(entry, incoming, request).await,
            Decision::Miss(reason) => self.miss(entry, &incoming, &request, reason),
        }
    }

    /// The request in the form in which requests are compared, and why it could not be read.
    fn read(&self, incoming: &Incoming) -> (Request, Option<MissReason>) {
        let mut request = Request {
            method: incoming.method.as_str().to_ascii_uppercase(),
            path: provider::canonical_path(incoming.provider, &incoming.rest),
            body: Body::Empty,
        };
        let body = match &incoming.body {
            Ok(body) => body,
            Err(large) => {
                return (request, Some(MissReason::BodyTooLarge { limit: large.limit }));
            }
        };
        let coding = text_of(&incoming.headers, header::CONTENT_ENCODING.as_str());
        let limit = usize::try_from(self.setup.max_body).unwrap_or(usize::MAX);
        match encoding::decompress(coding, body, limit) {
            Ok(bytes) => {
                let content_type = text_of(&incoming.headers, header::CONTENT_TYPE.as_str());
                request.body = Body::from_wire(content_type, bytes.into_owned());
                self.setup.redactor.request(&mut request);
                (request, None)
            }
            Err(error) => (request, Some(MissReason::BodyUnreadable { why: error.to_string() })),
        }
    }

    /// Enters the request into the ledger; says where, and whether it can be this test's.
    fn note(&self, incoming: &Incoming, request: &Request) -> (usize, Arrival) {
        let headers = incoming
            .headers
            .iter()
            .filter(|(name, _)| !provider::is_secret_header(name.as_str()))
            .map(|(name, value)| {
                let value = String::from_utf8_lossy(value.as_bytes()).into_owned();
                (name.as_str().to_owned(), self.setup.redactor.text(&value).into_owned())
            })
            .collect();
        // Of a form the request keeps digests; a test may want to look at what it sent.
        let sent = match &request.body {
            Body::Form(_) => incoming.body.as_deref().unwrap_or_default(),
            _ => &[],
        };
        let sent = self.setup.redactor.bytes(sent, false);
        let mut entry = ledger::entry(incoming.provider, request, headers, &sent);
        entry.side = self
            .setup
            .in_force
            .side
            .iter()
            .any(|side| side.value.matches(&request.method, &request.path));
        let arrival = Arrival::of(&incoming.came, self.turn());
        entry.arrival = arrival.clone();
        let mut book = self.book();
        book.ledger.entries.push(entry);
        (book.ledger.entries.len() - 1, arrival)
    }

    /// Mocks have been asked; this asks the fixture.
    fn decide(&self, entry: usize, provider: Provider, request: &Request) -> Decision {
        let key = self.key(provider, request);
        let mut book = self.book();
        let is_side = book.ledger.entries[entry].side;
        if self.mode() == Mode::Record {
            return Decision::Forward;
        }
        let strict = self.setup.in_force.order.value == Order::Strict;
        let order = if is_side { Order::Any } else { self.setup.in_force.order.value };
        let claim = book.index(self).claim(key, order);
        let (at, borrowed, repeated) = match claim {
            Claim::Fresh { at, borrowed } => (at, borrowed, false),
            Claim::Spent { last } if is_side || (self.mode() == Mode::Replay && !strict) => {
                (last, false, true)
            }
            Claim::Spent { .. } | Claim::Unknown | Claim::OutOfOrder { .. }
                if self.mode() == Mode::Auto && !matches!(claim, Claim::OutOfOrder { .. }) =>
            {
                return Decision::Forward;
            }
            Claim::Spent { last } => {
                let by_request = book.ledger.taker(last).map_or(0, |entry| entry + 1);
                let reason = MissReason::AlreadyUsed { interaction: last + 1, by_request };
                return Decision::Miss(reason);
            }
            Claim::OutOfOrder { expected } => {
                return Decision::Miss(
                    self.evidence(&book).wrong_order(provider, request, expected),
                );
            }
            Claim::Unknown if is_side => {
                let empty = wire::empty_response(provider, &request.path);
                return Decision::Side(empty.unwrap_or("{}").to_owned());
            }
            Claim::Unknown => {
                return Decision::Miss(self.evidence(&book).unknown(provider, request));
            }
        };
        book.ledger.claims.push(Claimed { entry, interaction: at, borrowed, repeated });
        book.ledger.entries[entry].answered_by = AnsweredBy::Fixture;
        Decision::Replay(at)
    }

    fn evidence<'a>(&'a self, book: &'a Book) -> Evidence<'a> {
        Evidence {
            interactions: &book.interactions,
            missing: book.missing,
            rules: &self.rules,
            owner: self.setup.owner.as_deref(),
            ledger: &book.ledger,
        }
    }

    fn replay(&self, at: usize, provider: Provider, request: &Request) -> Answer {
        let interactions = Arc::clone(&self.book().interactions);
        let in_body = links::may_be_in(provider, request);
        self.with_links(provider, request, |links| {
            reply(&interactions[at].response, links, in_body)
        })
    }

    fn side_answer(&self, entry: usize, body: String) -> Answer {
        self.book().ledger.entries[entry].answered_by = AnsweredBy::Fixture;
        let mut headers = HeaderMap::new();
        front::insert(&mut headers, "content-type", "application/json");
        Answer::Reply { status: StatusCode::OK, headers, body: FrontBody::full(body) }
    }

    /// Refuses a request and remembers why.
    pub(crate) fn miss(
        &self,
        entry: usize,
        incoming: &Incoming,
        request: &Request,
        reason: MissReason,
    ) -> Answer {
        let status = match &reason {
            MissReason::BodyTooLarge { .. } => StatusCode::PAYLOAD_TOO_LARGE,
            _ => StatusCode::IM_A_TEAPOT,
        };
        self.suspect(entry, incoming.provider, request, &reason);
        let missed = miss::describe(incoming.provider, request, entry, reason);
        let test = self.setup.owner.as_deref().unwrap_or_default();
        let message = answer::message(&missed, &self.setup.shown, test, &self.setup.command);
        self.remember(entry, missed);
        let (status, headers, body) =
            front::refusal_parts(incoming.provider, &incoming.rest, status, &message);
        Answer::Reply { status, headers, body }
    }

    fn remember(&self, entry: usize, missed: Miss) {
        let mut book = self.book();
        // What began before the turn does not fail the test.
        let counts = book.ledger.entries.get(entry).is_some_and(|entry| !entry.is_early());
        if counts {
            book.ledger.misses.push(missed);
        }
    }

    /// Refuses what comes after the end. Once the balance is drawn no report can show it any more.
    async fn late(&self, entry: usize, incoming: &Incoming, request: &Request) -> Answer {
        let test = self.setup.owner.clone().unwrap_or_else(|| self.setup.shown.clone());
        let reason = MissReason::Late { test };
        let message = sentences::reason(&reason, "");
        let answer = self.miss(entry, incoming, request, reason);
        let balanced = self.book().balanced;
        if balanced {
            let refused =
                Refused::new(Some(incoming.provider), &incoming.method, &request.path, &message);
            self.front.registry().refusals.add(refused).await;
        }
        answer
    }

    /// Remembers a request that the test before may have left behind.
    fn suspect(&self, entry: usize, provider: Provider, request: &Request, reason: &MissReason) {
        let is_unknown =
            matches!(reason, MissReason::BodyDiffers { .. } | MissReason::EndpointUnknown { .. });
        if is_unknown
            && self.setup.by_env
            && let Some(test) = before::awaits(provider, request)
        {
            self.book().ledger.awaited.push((entry, test));
        }
    }

    #[cfg(not(feature = "record"))]
    async fn forward(&self, entry: usize, incoming: Incoming, request: Request) -> Answer {
        let why = "llmock was built without its feature `record`".to_owned();
        std::future::ready(()).await;
        self.miss(entry, &incoming, &request, MissReason::RecordRefused { why })
    }

    #[cfg(feature = "record")]
    async fn forward(
        self: &Arc<Self>,
        entry: usize,
        incoming: Incoming,
        request: Request,
    ) -> Answer {
        crate::session::recording::forward(self, entry, incoming, request).await
    }
}

impl Responder for State {
    fn max_body(&self) -> u64 {
        self.setup.max_body
    }

    fn provider_at(&self, origin: &str, target: &str) -> Option<(Provider, String)> {
        State::provider_at(self, origin, target)
    }

    #[cfg(all(feature = "intercept", target_os = "linux"))]
    fn handshake_begins(&self) {
        self.streams.begin();
    }

    #[cfg(all(feature = "intercept", target_os = "linux"))]
    fn handshake_ends(&self, refused: Option<&str>) {
        if let Some(host) = refused {
            self.note_distrust(host);
        }
        self.streams.end();
    }

    fn answer(self: Arc<Self>, incoming: Incoming) -> Pin<Box<dyn Future<Output = Answer> + Send>> {
        Box::pin(self.respond(incoming))
    }
}

pub(crate) fn text_of<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}
