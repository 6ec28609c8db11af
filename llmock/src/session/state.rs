//! The shared half of a session: what it was opened with, its fixture, its ledger.
//!
//! [`respond`](super::respond) works on it while the test runs, [`settle`](super::settle) at the end.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock};
use std::time::Instant;

use crate::config::Settings;
use crate::env::Originals;
use crate::fixture::interaction::{Interaction, Request};
use crate::fixture::redact::Redactor;
use crate::front::Front;
use crate::front::intercept::Trust;
use crate::matching::{self, Index, Key, Ownership, Rules};
use crate::mode::Mode;
use crate::overlay::Overlay;
use crate::provider::{self, Declared, Provider};
use crate::report::{Command, Failure, Through, values};
use crate::session::ledger::Ledger;
use crate::session::links::Given;
use crate::session::streams::Streams;
use crate::sync::lock;

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
    pub(crate) in_force: Settings,
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
    pub(crate) given: Given,
    pub(crate) opened: Instant,
    /// The number of its turn; a session that is reached by a handle has none.
    turn: OnceLock<u64>,
    closing: AtomicBool,
    book: Mutex<Book>,
    /// Certificates that this session's clients are told to trust, while it is open.
    pub(crate) trust: Option<Trust>,
    /// Hosts whose clients do not.
    distrusted: Mutex<Vec<String>>,
    /// Hosts of customers that clients with a fixed address have asked.
    pub(crate) met: Mutex<HashMap<Provider, String>>,
}

/// The fixture as it was opened, and what has happened since.
#[derive(Debug)]
pub(crate) struct Book {
    pub(crate) interactions: Arc<Vec<Interaction>>,
    pub(crate) missing: bool,
    /// Whether the fixture holds interactions of this session's owner.
    has_own: bool,
    /// Built at the first request: many sessions never look anything up.
    index: Option<Index>,
    pub(crate) ledger: Ledger,
    /// The balance is drawn: what comes now is in no report.
    pub(crate) balanced: bool,
}

impl State {
    pub(crate) fn new(
        setup: Setup,
        rules: Rules,
        front: &'static Front,
        id: String,
        interactions: Option<Vec<Interaction>>,
        trust: Option<Trust>,
    ) -> Self {
        let base = if setup.by_env {
            format!("{}/env", front.origin())
        } else {
            format!("{}/s/{id}", front.origin())
        };
        let missing = interactions.is_none();
        let interactions = interactions.unwrap_or_default();
        let book = Book {
            missing,
            has_own: interactions.iter().any(|interaction| interaction.test == setup.owner),
            interactions: Arc::new(interactions),
            index: None,
            ledger: Ledger::default(),
            balanced: false,
        };
        Self {
            setup,
            rules,
            base,
            id,
            front,
            overlay: Arc::default(),
            streams: Arc::default(),
            given: Given::default(),
            opened: Instant::now(),
            turn: OnceLock::new(),
            closing: AtomicBool::new(false),
            book: Mutex::new(book),
            trust,
            distrusted: Mutex::default(),
            met: Mutex::default(),
        }
    }

    pub(crate) fn book(&self) -> MutexGuard<'_, Book> {
        // A panic in between leaves at worst a request without an answer, which the test then shows.
        lock(&self.book)
    }

    pub(crate) fn mode(&self) -> Mode {
        self.setup.in_force.mode.value
    }

    /// Gives it the number of its turn, before anybody can find it there.
    pub(crate) fn take_turn(&self, number: u64) {
        let _ = self.turn.set(number);
    }

    pub(crate) fn turn(&self) -> Option<u64> {
        self.turn.get().copied()
    }

    /// From here on requests are late.
    pub(crate) fn mark_closing(&self) {
        self.closing.store(true, Ordering::Release);
    }

    pub(crate) fn is_closing(&self) -> bool {
        self.closing.load(Ordering::Acquire)
    }

    pub(crate) fn key(&self, provider: Provider, request: &Request) -> Key {
        matching::key(provider, request, &self.rules)
    }
}

impl Setup {
    /// A path as a person would type it.
    pub(crate) fn shown_path(&self, path: &std::path::Path) -> String {
        values::path(path, self.package.as_deref())
    }
}

impl Book {
    /// This session's own interactions that no request has taken.
    pub(crate) fn unused_own(&self, state: &State) -> Vec<usize> {
        if let Some(index) = &self.index {
            return index.unused_own();
        }
        // Nothing was looked up, and keys are not worth computing to find that out.
        let own =
            |at: &usize| state.ownership(&self.interactions[*at], self.has_own) == Ownership::Own;
        (0..self.interactions.len()).filter(own).collect()
    }

    pub(crate) fn index(&mut self, state: &State) -> &mut Index {
        let (interactions, has_own) = (&self.interactions, self.has_own);
        self.index.get_or_insert_with(|| {
            Index::new(interactions.iter().map(|interaction| {
                (
                    state.key(interaction.provider, &interaction.request),
                    state.ownership(interaction, has_own),
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
        self.providers_in(&self.book())
    }

    fn providers_in(&self, book: &Book) -> Vec<Provider> {
        let mut providers = self.setup.in_force.providers.value.clone();
        for interaction in book.interactions.iter() {
            if !providers.contains(&interaction.provider) {
                providers.push(interaction.provider);
            }
        }
        providers
    }

    /// Where recordings of a provider come from: what the builder says, else the variable as it was
    /// before llmock took it over, else the provider's own host.
    pub(crate) fn upstream_base(&self, provider: Provider) -> Option<String> {
        let told = self.setup.upstreams.iter().find(|(known, _)| *known == provider);
        if let Some((_, url)) = told {
            return Some(url.trim_end_matches('/').to_owned());
        }
        let declared = self.setup.in_force.declared(provider);
        let own = declared.map(Declared::variables).unwrap_or_default();
        let names = provider.entry().variables.iter().map(|(name, _)| *name);
        let names = names.chain(own.iter().map(|(name, _)| name.as_str()));
        let set = self.setup.originals.upstream_of(names, &self.front.origin());
        let read = |name: &str| self.setup.originals.get(name).map(str::to_owned);
        set.map(|(name, value)| provider::upstream_base(provider, name, value))
            .or_else(|| declared.map(|declared| declared.url.clone()))
            .or_else(|| self.met(provider))
            .or_else(|| provider::default_upstream(provider, read))
    }

    /// Where a request goes when the provider is reached at `base`.
    pub(crate) fn upstream_url(&self, provider: Provider, base: &str, target: &str) -> String {
        match self.setup.in_force.declared(provider) {
            Some(declared) if matches!(provider, Provider::Other(_)) => {
                declared.upstream_url(base, target)
            }
            _ => provider::upstream_url(provider, base, target),
        }
    }

    /// Whether anybody has named the provider: the table, a declaration, the test, or the fixture.
    pub(crate) fn knows(&self, provider: Provider) -> bool {
        !matches!(provider, Provider::Other(_))
            || self.setup.in_force.declared(provider).is_some()
            || self.setup.upstreams.iter().any(|(known, _)| *known == provider)
            || self.providers().contains(&provider)
    }

    /// The variable that holds the provider's key, if one is set.
    pub(crate) fn key_variable(&self, provider: Provider) -> Option<String> {
        let own = self.setup.in_force.declared(provider).and_then(Declared::key);
        let keys = provider.entry().keys.iter().map(|(name, _)| (*name).to_owned());
        keys.chain(own)
            .find(|name| self.setup.originals.get(name).is_some_and(|value| !value.is_empty()))
    }

    #[cfg(all(feature = "intercept", target_os = "linux"))]
    pub(crate) fn note_distrust(&self, host: &str) {
        let mut hosts = self.distrust();
        if !hosts.iter().any(|known| known == host) {
            hosts.push(host.to_owned());
        }
    }

    fn distrust(&self) -> MutexGuard<'_, Vec<String>> {
        lock(&self.distrusted)
    }

    /// Why a session without a request has failed.
    pub(crate) fn no_requests(&self, book: &Book) -> Failure {
        let variables = self.providers_in(book).into_iter().flat_map(|provider| {
            provider.entry().variables.iter().take(1).map(|(name, _)| (*name).to_owned())
        });
        let proxies = self.setup.originals.proxies();
        Failure::NoRequests {
            handle: !self.setup.by_env,
            variables: variables.collect(),
            through: Through {
                proxy: self.setup.in_force.proxy.value,
                intercept: self.setup.in_force.intercept.value,
            },
            distrusted: std::mem::take(&mut *self.distrust()),
            proxies: proxies.into_iter().map(str::to_owned).collect(),
        }
    }

    /// Interactions without an owner belong to the session's test, unless it has some of its own (`has_own`).
    pub(crate) fn ownership(&self, interaction: &Interaction, has_own: bool) -> Ownership {
        let request = &interaction.request;
        if self.setup.in_force.is_side_call(&request.method, &request.path) {
            // Neither unused nor in the way of a strict order.
            return Ownership::Ownerless;
        }
        match (&interaction.test, &self.setup.owner) {
            (test, owner) if test == owner => Ownership::Own,
            (None, _) if has_own => Ownership::Ownerless,
            (None, _) => Ownership::Own,
            (Some(_), _) => Ownership::Other,
        }
    }
}
