//! What requests share: the current configuration and the strategies made from it, replaced as a whole.

use std::hash::{BuildHasher as _, RandomState};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use arc_swap::{ArcSwap, Guard};
use llmock::playback::RecordRefused;

use super::boundary::Boundary;
use super::config::{Config, StrategyName};
use super::journal::Journal;
use super::limits::quota::Quotas;
use super::metrics::Metrics;
use super::repeats::Repeats;
use super::routes::Routes;
use super::sockets::open::Sockets;
#[cfg(feature = "otel")]
use super::spans::Spans;
use super::stored::Shelf;
use super::strategy::Strategy;
use super::strategy::custom::CustomAnswers;
use super::strategy::fixture::{Fixtures, Spent};
use super::strategy::proxy::Proxy;
use super::strategy::scenario::Scenarios;
use super::strategy::schema::BySchemas;
use super::verdict::Verdicts;
use crate::problem::Problem;

/// Lives as long as the server.
pub(crate) struct State {
    running: ArcSwap<Running>,
    pub(crate) fixtures: Arc<Fixtures>,
    pub(crate) journal: ArcSwap<Journal>,
    pub(crate) metrics: Metrics,
    pub(crate) verdicts: Verdicts,
    pub(crate) routes: Routes,
    pub(crate) boundary: Boundary,
    pub(crate) quotas: Quotas,
    pub(crate) sockets: Sockets,
    /// Where spans go, if a collector is configured.
    #[cfg(feature = "otel")]
    pub(crate) spans: Option<Spans>,
    /// Addresses at which the server is reached.
    own: Vec<String>,
    /// How many requests there were.
    number: AtomicU64,
    /// How many of them no strategy answered.
    misses: AtomicU64,
    /// Different after every start, and so is what is drawn from it.
    seed: u64,
}

/// A configuration and what was made from it; a request keeps it to its end.
#[derive(Debug)]
pub(crate) struct Running {
    pub(crate) config: Config,
    pub(crate) chain: Vec<Strategy>,
    /// What clients have stored; the same after a reload.
    pub(crate) shelf: Arc<Shelf>,
    /// Repeated requests, if their answers depend on nothing else.
    pub(crate) repeats: Option<Repeats>,
    /// Whether only recordings, providers, and what a person has written may answer.
    pub(crate) makes_nothing_up: bool,
}

#[derive(Debug, thiserror::Error)]
pub(crate) enum SetupError {
    #[error(transparent)]
    Fixtures(#[from] Problem),
    #[error("{0}")]
    Record(#[from] RecordRefused),
    #[cfg(feature = "otel")]
    #[error("cannot send spans (`otlp-endpoint`): {0}")]
    Spans(String),
}

impl State {
    /// The state of a server that starts.
    pub(crate) fn new(
        config: Config,
        own: Vec<String>,
        boundary: Boundary,
    ) -> Result<Self, SetupError> {
        let fixtures = Arc::new(Fixtures::of_server_at(own.first().cloned().unwrap_or_default()));
        let journal = ArcSwap::from_pointee(Journal::new(config.history));
        #[cfg(feature = "otel")]
        let spans = config.otlp_endpoint.as_ref().map(|url| Spans::to(url.as_str()));
        let running = Running::new(config, &fixtures, &own, None)?;
        Ok(Self {
            #[cfg(feature = "otel")]
            spans: spans.transpose().map_err(SetupError::Spans)?,
            running: ArcSwap::from_pointee(running),
            fixtures,
            journal,
            metrics: Metrics::new(),
            verdicts: Verdicts::default(),
            routes: Routes::default(),
            boundary,
            quotas: Quotas::default(),
            sockets: Sockets::default(),
            own,
            number: AtomicU64::new(0),
            misses: AtomicU64::new(0),
            seed: RandomState::new().hash_one(0),
        })
    }

    pub(crate) fn running(&self) -> Guard<Arc<Running>> {
        self.running.load()
    }

    /// The same for what lives longer than a request.
    pub(crate) fn running_for_long(&self) -> Arc<Running> {
        self.running.load_full()
    }

    /// Replaces the configuration; on an error everything stays as it is.
    pub(crate) fn reload(&self, config: Config) -> Result<(), SetupError> {
        let previous = self.running.load();
        let running = Running::new(config, &self.fixtures, &self.own, Some(&previous))?;
        if self.running.load().config.history != running.config.history {
            self.journal.store(Arc::new(Journal::new(running.config.history)));
        }
        self.running.store(Arc::new(running));
        Ok(())
    }

    /// Forgets a session: its place in the recordings, and what it has used of the quota.
    pub(crate) fn end_session(&self, id: &str) {
        self.fixtures.sessions.end(id);
        self.quotas.end(id);
        self.running().shelf.end(id);
    }

    pub(crate) fn end_sessions(&self) {
        self.fixtures.sessions.end_all();
        self.quotas.end_all();
        self.running().shelf.end_all();
    }

    /// How clients reach the server: `http` or `https`.
    pub(crate) fn scheme(&self) -> &'static str {
        if self.own.first().is_some_and(|own| own.starts_with("https:")) { "https" } else { "http" }
    }

    /// The number of a request, counted from the start of the server.
    pub(crate) fn next_number(&self) -> u64 {
        self.number.fetch_add(1, Ordering::Relaxed)
    }

    pub(crate) fn count_miss(&self) {
        self.misses.fetch_add(1, Ordering::Relaxed);
    }

    /// How many requests no strategy has answered so far.
    pub(crate) fn misses(&self) -> u64 {
        self.misses.load(Ordering::Relaxed)
    }

    /// A seed that no two requests share, in this run of the server or another.
    pub(crate) fn seed(&self, number: u64) -> u64 {
        self.seed.wrapping_add(number)
    }
}

/// Whether `SchemaStrategy` sees what `ToolCallStrategy` leaves.
fn is_before_schema(strategies: &[StrategyName]) -> bool {
    let place = |name| strategies.iter().position(|known| *known == name);
    let schema = place(StrategyName::Schema);
    schema > place(StrategyName::ToolCall)
        && place(StrategyName::Mirror).is_none_or(|mirror| schema < Some(mirror))
}

impl Running {
    fn new(
        config: Config,
        fixtures: &Arc<Fixtures>,
        own: &[String],
        previous: Option<&Self>,
    ) -> Result<Self, SetupError> {
        let strategy = |name: &StrategyName| {
            Ok::<_, SetupError>(match name {
                StrategyName::Error => Strategy::Error,
                StrategyName::ToolCall => Strategy::ToolCall {
                    tools: config.tools,
                    is_before_schema: is_before_schema(&config.strategies),
                },
                StrategyName::Schema => Strategy::Schema(BySchemas::new(config.tools)),
                StrategyName::Mirror => Strategy::Mirror,
                StrategyName::Scenario => {
                    let previous = previous.and_then(Self::scenarios);
                    let scenarios = Scenarios::new(&config.replies, fixtures, previous);
                    Strategy::Scenario(Box::new(scenarios))
                }
                StrategyName::CustomAnswers => {
                    let replies = config.custom_replies.as_deref().unwrap_or_default();
                    Strategy::CustomAnswers(CustomAnswers::new(replies))
                }
                StrategyName::Fixture => Strategy::Fixture {
                    fixtures: Arc::clone(fixtures),
                    spent: if config.record { Spent::Misses } else { Spent::Repeats },
                },
                StrategyName::Proxy => {
                    Strategy::Proxy(Box::new(Proxy::new(&config, fixtures, own)?))
                }
            })
        };
        let chain: Vec<_> = config.strategies.iter().map(strategy).collect::<Result<_, _>>()?;
        // Last, because loading cannot be undone.
        fixtures.load(&config)?;
        // Scenarios anywhere else would have to wait for what comes before them.
        let is_first = |at: usize, one: &Strategy| at == 0 || !matches!(one, Strategy::Scenario(_));
        let mut all = chain.iter().enumerate();
        let is_repeatable = all.all(|(at, one)| one.is_repeatable() && is_first(at, one));
        let repeats = is_repeatable.then(Repeats::default);
        let makes_nothing_up = chain.iter().any(Strategy::takes_anything)
            && chain.iter().all(|one| one.takes_anything() || one.is_written());
        let shelf = previous.map(|running| Arc::clone(&running.shelf)).unwrap_or_default();
        Ok(Self { config, chain, shelf, repeats, makes_nothing_up })
    }

    /// The recordings, if a strategy uses them.
    pub(crate) fn fixtures(&self) -> Option<&Fixtures> {
        self.chain.iter().find_map(|strategy| match strategy {
            Strategy::Fixture { fixtures, .. } => Some(&**fixtures),
            _ => None,
        })
    }

    /// The scenarios, if a strategy uses them.
    pub(crate) fn scenarios(&self) -> Option<&Scenarios> {
        self.chain.iter().find_map(|strategy| match strategy {
            Strategy::Scenario(scenarios) => Some(&**scenarios),
            _ => None,
        })
    }

    /// The proxy, if a strategy forwards.
    pub(crate) fn proxy(&self) -> Option<&Proxy> {
        self.chain.iter().find_map(|strategy| match strategy {
            Strategy::Proxy(proxy) => Some(&**proxy),
            _ => None,
        })
    }
}
