//! The shared half of a session: what the front asks when a request arrives.
//!
//! The order is fixed: the user's Mocks, the fixture, then a miss that is refused or, while recording,
//! forwarded. Deciding is done by `matching`; this file turns requests into its terms and decisions
//! into answers, and keeps the ledger.

use std::path::PathBuf;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Instant;

use http::{HeaderMap, StatusCode, header};

use crate::config::InForce;
use crate::env::Originals;
use crate::fixture::encoding;
use crate::fixture::interaction::{Body, Content, Interaction, Request, Response};
use crate::fixture::redact::Redactor;
use crate::front::body::FrontBody;
use crate::front::{self, Answer, Front, Incoming, Responder};
use crate::matching::{self, Claim, Index, Key, Order, Ownership, Rules};
use crate::mode::Mode;
use crate::overlay::Overlay;
use crate::provider::{self, Provider};
use crate::report::{Command, Failure, Miss, MissReason, answer};
use crate::session::ledger::{self, AnsweredBy, Claimed, Ledger};
use crate::session::miss::{self, Evidence};
use crate::session::streams::Streams;
use crate::stream::{End, Framing};

/// Everything a session is opened with, whoever opens it.
#[derive(Debug)]
pub(crate) struct Setup {
    /// The test, or `None` for a script.
    pub(crate) owner: Option<String>,
    pub(crate) fixture: PathBuf,
    /// Where recordings go: the fixture, unless `LLMOCK_RECORD_DIR` redirects them.
    pub(crate) write_to: PathBuf,
    /// The folder that paths are shown relative to.
    pub(crate) package: Option<PathBuf>,
    /// The fixture as a person would type it.
    pub(crate) shown: String,
    pub(crate) in_force: InForce,
    /// Whether requests come by the address of the variables.
    pub(crate) by_env: bool,
    /// Upstreams that the builder names; they win over variables.
    pub(crate) upstreams: Vec<(Provider, String)>,
    pub(crate) max_body: u64,
    pub(crate) redactor: Redactor,
    pub(crate) originals: &'static Originals,
    pub(crate) command: Command,
}

/// A session as the front and its handles see it.
#[derive(Debug)]
pub(crate) struct State {
    pub(crate) setup: Setup,
    pub(crate) rules: Rules,
    /// `http://127.0.0.1:PORT/env` or `…/s/<id>`.
    pub(crate) base: String,
    pub(crate) id: String,
    pub(crate) front: &'static Front,
    pub(crate) overlay: Arc<Overlay>,
    pub(crate) streams: Arc<Streams>,
    opened: Instant,
    started: OnceLock<Instant>,
    closing: AtomicBool,
    book: Mutex<Book>,
}

/// The fixture as it was opened, and what has happened since.
#[derive(Debug)]
pub(crate) struct Book {
    pub(crate) interactions: Arc<Vec<Interaction>>,
    pub(crate) missing: bool,
    /// Built at the first request: many sessions never look anything up.
    index: Option<Index>,
    pub(crate) ledger: Ledger,
}

/// What to do about a request that no Mock answered.
enum Decision {
    Replay(usize),
    Side(String),
    Forward,
    Miss(MissReason),
}

impl State {
    pub(crate) fn new(
        setup: Setup,
        rules: Rules,
        front: &'static Front,
        id: String,
        interactions: Option<Vec<Interaction>>,
    ) -> Self {
        let base = if setup.by_env {
            format!("{}/env", front.origin())
        } else {
            format!("{}/s/{id}", front.origin())
        };
        let book = Book {
            missing: interactions.is_none(),
            interactions: Arc::new(interactions.unwrap_or_default()),
            index: None,
            ledger: Ledger::default(),
        };
        Self {
            setup,
            rules,
            base,
            id,
            front,
            overlay: Arc::default(),
            streams: Arc::default(),
            opened: Instant::now(),
            started: OnceLock::new(),
            closing: AtomicBool::new(false),
            book: Mutex::new(book),
        }
    }

    pub(crate) fn book(&self) -> MutexGuard<'_, Book> {
        // A panic in between leaves at worst a request without an answer, which the test then shows.
        self.book.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn mode(&self) -> Mode {
        self.setup.in_force.mode.value
    }

    /// From here on requests are this test's.
    pub(crate) fn start(&self) {
        let _ = self.started.set(Instant::now());
    }

    /// From here on requests are late.
    pub(crate) fn mark_closing(&self) {
        self.closing.store(true, Ordering::Release);
    }

    pub(crate) fn key(&self, provider: Provider, request: &Request) -> Key {
        matching::key(provider, request, &self.rules)
    }

    async fn respond(self: Arc<Self>, incoming: Incoming) -> Answer {
        let (request, unreadable) = self.read(&incoming);
        let entry = self.note(&incoming, &request);
        if let Some(reason) = unreadable {
            return self.miss(entry, &incoming, &request, reason);
        }
        if matches!(incoming.provider, Provider::Other(_))
            && !self.providers().contains(&incoming.provider)
            && self.mode() != Mode::Record
        {
            return self.miss(entry, &incoming, &request, MissReason::NoProvider);
        }
        if self.closing.load(Ordering::Acquire) {
            let test = self.setup.owner.clone().unwrap_or_default();
            return self.miss(entry, &incoming, &request, MissReason::Late { test });
        }
        if let Some(answer) = self.overlay.ask(&incoming, &target(&incoming)).await {
            self.book().ledger.entries[entry].answered_by = AnsweredBy::Mock;
            return answer;
        }
        let decision = self.decide(entry, incoming.provider, &request);
        match decision {
            Decision::Replay(at) => self.replay(at),
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

    /// Enters the request into the ledger.
    fn note(&self, incoming: &Incoming, request: &Request) -> usize {
        let headers = incoming
            .headers
            .iter()
            .filter(|(name, _)| !provider::is_secret_header(name.as_str()))
            .map(|(name, value)| {
                let value = String::from_utf8_lossy(value.as_bytes()).into_owned();
                (name.as_str().to_owned(), self.setup.redactor.text(&value).into_owned())
            })
            .collect();
        let sent = incoming.body.as_deref().unwrap_or_default();
        let mut entry = ledger::entry(incoming.provider, request, headers, sent);
        entry.side = self
            .setup
            .in_force
            .side
            .iter()
            .any(|side| side.value.matches(&request.method, &request.path));
        entry.early = ledger::early(incoming.received, self.opened, self.started.get());
        let mut book = self.book();
        book.ledger.entries.push(entry);
        book.ledger.entries.len() - 1
    }

    /// Mocks have been asked; this asks the fixture.
    fn decide(&self, entry: usize, provider: Provider, request: &Request) -> Decision {
        let key = self.key(provider, request);
        let mut book = self.book();
        let is_side = book.ledger.entries[entry].side;
        let early = book.ledger.entries[entry].early.is_some();
        if early {
            // Not this test's: it must neither take an answer away from one that is nor be recorded.
            return Decision::Miss(MissReason::NoSession);
        }
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
                let empty = provider::empty_answer(provider, &request.path);
                return Decision::Side(empty.unwrap_or_else(|| "{}".to_owned()));
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

    fn replay(&self, at: usize) -> Answer {
        let interactions = Arc::clone(&self.book().interactions);
        reply(&interactions[at].response)
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
        // Neither a call from before the body nor a side call fails the test.
        let counts = book.ledger.entries.get(entry).is_some_and(|entry| entry.early.is_none());
        if counts {
            book.ledger.misses.push(missed);
        }
    }

    #[cfg(not(feature = "record"))]
    async fn forward(&self, entry: usize, incoming: Incoming, request: Request) -> Answer {
        let why = crate::report::refusals::no_record_feature();
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

    fn answer(self: Arc<Self>, incoming: Incoming) -> Pin<Box<dyn Future<Output = Answer> + Send>> {
        Box::pin(self.respond(incoming))
    }
}

impl Setup {
    /// A path as a person would type it.
    pub(crate) fn shown_path(&self, path: &std::path::Path) -> String {
        crate::session::open::shown(path, self.package.as_deref())
    }
}

impl Book {
    /// This session's own interactions that no request has taken.
    pub(crate) fn unused_own(&mut self, state: &State) -> Vec<usize> {
        self.index(state).unused_own()
    }

    fn index(&mut self, state: &State) -> &mut Index {
        let interactions = &self.interactions;
        self.index.get_or_insert_with(|| {
            Index::new(interactions.iter().map(|interaction| {
                (
                    state.key(interaction.provider, &interaction.request),
                    state.ownership(interaction),
                )
            }))
        })
    }
}

impl State {
    /// Whether a program without keys can run: nothing is asked of a provider.
    pub(crate) fn replays(&self) -> bool {
        self.mode() == Mode::Replay
    }

    /// The providers that the fixture or the test names.
    pub(crate) fn providers(&self) -> Vec<Provider> {
        let mut providers = self.setup.in_force.providers.value.clone();
        for interaction in self.book().interactions.iter() {
            if !providers.contains(&interaction.provider) {
                providers.push(interaction.provider);
            }
        }
        providers
    }

    /// Where recordings of a provider come from: what the builder says, else the variable as it was
    /// before llmock took it over, else the provider's own host.
    pub(crate) fn upstream_base(&self, provider: Provider) -> Option<String> {
        let named = self.setup.upstreams.iter().find(|(known, _)| *known == provider);
        if let Some((_, url)) = named {
            return Some(url.trim_end_matches('/').to_owned());
        }
        let entry = provider.entry();
        let set = self.setup.originals.upstream_of(entry.variables, &self.front.origin());
        let read = |name: &str| self.setup.originals.get(name).map(str::to_owned);
        set.map(|(name, value)| provider::upstream_base(provider, name, value))
            .or_else(|| provider::default_upstream(provider, read))
    }

    /// The variable that holds the provider's key, if one is set.
    pub(crate) fn key_variable(&self, provider: Provider) -> Option<String> {
        let keys = provider.entry().keys.iter();
        keys.map(|(name, _)| *name)
            .find(|name| self.setup.originals.get(name).is_some_and(|value| !value.is_empty()))
            .map(str::to_owned)
    }

    /// Why a session without a request has failed.
    pub(crate) fn no_requests(&self) -> Failure {
        let variables = self.providers().into_iter().flat_map(|provider| {
            provider.entry().variables.iter().take(1).map(|(name, _)| (*name).to_owned())
        });
        let proxies = self.setup.originals.proxies();
        Failure::NoRequests {
            handle: !self.setup.by_env,
            variables: variables.collect(),
            proxies: proxies.into_iter().map(str::to_owned).collect(),
        }
    }

    pub(crate) fn ownership(&self, interaction: &Interaction) -> Ownership {
        let request = &interaction.request;
        if self.setup.in_force.is_side_call(&request.method, &request.path) {
            // Neither unused nor in the way of a strict order.
            return Ownership::Ownerless;
        }
        match (&interaction.test, &self.setup.owner) {
            (None, None) => Ownership::Own,
            (None, Some(_)) => Ownership::Ownerless,
            (Some(test), Some(owner)) if test == owner => Ownership::Own,
            (Some(_), _) => Ownership::Other,
        }
    }
}

/// Framing is made anew for every answer, so a recorded or imported framing header never applies.
const FRAMING: [&str; 5] =
    ["connection", "content-length", "keep-alive", "transfer-encoding", "trailer"];

/// A stored answer as the client gets it.
pub(crate) fn reply(response: &Response) -> Answer {
    let mut headers = HeaderMap::with_capacity(response.headers.len() + 1);
    for (name, value) in &response.headers {
        if !FRAMING.contains(&name.as_str()) {
            front::insert(&mut headers, name, value);
        }
    }
    if !headers.contains_key(header::CONTENT_TYPE)
        && let Some(guess) = guessed_type(&response.content)
    {
        front::insert(&mut headers, "content-type", guess);
    }
    let body = match &response.content {
        Content::Body(body) => FrontBody::full(body.to_wire().into_owned()),
        Content::Stream(stream) => FrontBody::chunks(
            stream.to_chunks().into_iter().map(|chunk| chunk.bytes.into()),
            stream.end == End::Cut,
        ),
    };
    let status = StatusCode::from_u16(response.status).unwrap_or(StatusCode::OK);
    Answer::Reply { status, headers, body }
}

/// For answers that a person wrote or another tool recorded without headers.
fn guessed_type(content: &Content) -> Option<&'static str> {
    match content {
        Content::Body(Body::Json(_)) => Some("application/json"),
        Content::Body(Body::Text(_)) => Some("text/plain; charset=utf-8"),
        Content::Body(_) => None,
        Content::Stream(stream) => match stream.framing {
            Framing::Sse => Some("text/event-stream"),
            Framing::Ndjson => Some("application/x-ndjson"),
            Framing::JsonArray => Some("application/json"),
            Framing::AwsEventStream => Some("application/vnd.amazon.eventstream"),
            Framing::Bytes => None,
        },
    }
}

pub(crate) fn text_of<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

/// The canonical path with the query as it was sent, secrets included: for the provider and for Mocks.
pub(crate) fn target(incoming: &Incoming) -> String {
    let canonical = provider::canonical_path(incoming.provider, &incoming.rest);
    let path = canonical.split('?').next().unwrap_or(&canonical);
    match incoming.rest.split_once('?') {
        Some((_, query)) => format!("{path}?{query}"),
        None => path.to_owned(),
    }
}
