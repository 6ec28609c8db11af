//! The shared half of a session: what it was opened with, its fixture, its ledger.
//!
//! [`respond`](super::respond) works on it while the test runs, [`settle`](super::settle) at the end.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Instant;

use crate::config::limits::Limits;
use crate::config::{Origin, Settings};
use crate::control::traffic::Traffic;
use crate::encryption;
use crate::env::{self, Originals};
use crate::exchange::in_flight::InFlight;
use crate::exchange::links::{self, GivenLinks};
use crate::exchange::observe::Activity;
use crate::exchange::secrets::RunSecrets;
use crate::exchange::upstream::Upstreams;
use crate::fixture::interaction::{Interaction, Request};
use crate::front::Front;
use crate::front::intercept::Trust;
use crate::mode::Mode;
use crate::overlay::Overlay;
use crate::provider::{Declared, Links, Provider};
use crate::report::{Command, Surface, sentences, values};
use crate::session::child;
use crate::session::fixture::OpenedFixture;
use crate::session::layered::Inherited;
use crate::session::ledger::Ledger;
use crate::session::matcher::Matcher;
use crate::session::scripts::Scripts;
#[cfg(feature = "websocket")]
use crate::session::socket_scripts::SocketScripts;
use crate::sync::lock;

/// Pace, chunks and faults of the settings. A fault that a file sets for many tests may concern none of one's requests.
fn traffic(in_force: &Settings) -> Traffic {
    let faults = in_force.faults.iter();
    let faults =
        faults.map(|fault| (fault.value.clone(), !matches!(fault.origin, Origin::File(_))));
    let is_swept = child::is_child();
    let faults = faults.chain(child::fault_of_child().map(|fault| (fault, false)));
    let traffic = Traffic::new(in_force.stream.value.clone(), faults, || {
        let mut bytes = [0; 4];
        getrandom::fill(&mut bytes).expect("every system that runs tests has random bits");
        u64::from(u32::from_ne_bytes(bytes))
    });
    if is_swept { traffic.logging() } else { traffic }
}

/// Everything a session is opened with, by the attribute or by the builder.
#[derive(Debug)]
pub(crate) struct Setup {
    /// The test, or `None` for a script.
    pub(crate) owner: Option<String>,
    pub(crate) fixture: PathBuf,
    /// Where recordings go: the fixture, unless `LLMOCK_RECORD_DIR` redirects them.
    pub(crate) write_to: PathBuf,
    pub(crate) package: Option<PathBuf>,
    /// The workspace, if there is one: paths are shown relative to it, as the compiler shows them.
    pub(crate) workspace: Option<PathBuf>,
    /// The folder of the test's fixtures, which their names are relative to.
    pub(crate) folder: Option<PathBuf>,
    /// What other layers than the first have added to the interactions.
    pub(crate) inherited: Inherited,
    /// The test says how its fixture is called.
    pub(crate) is_named: bool,
    /// The fixture as a person would type it.
    pub(crate) shown: String,
    pub(crate) in_force: Settings,
    /// Whether clients reach it at the address of the variables.
    pub(crate) by_env: bool,
    pub(crate) upstreams: Upstreams,
    pub(crate) limits: Limits,
    pub(crate) command: Command,
    pub(crate) surface: Surface,
}

impl Setup {
    /// A path as a person would type it.
    pub(crate) fn shown_path(&self, path: &Path) -> String {
        shown(path, self.workspace.as_deref(), self.package.as_deref())
    }

    /// Why a recording cannot be written; a folder that a variable has chosen is not where one looks first.
    pub(crate) fn why_unwritable(&self, source: &std::io::Error) -> String {
        let why = source.to_string();
        if self.write_to == self.fixture { why } else { sentences::in_record_dir(&why) }
    }

    /// Where a setting comes from, as a person would type it.
    pub(crate) fn shown_origin(&self, origin: &Origin) -> String {
        match origin {
            Origin::File(path) => format!("`{}`", self.shown_path(path)),
            other => other.to_string(),
        }
    }

    /// Whether nothing of what is sent and received may be written as it is.
    pub(crate) fn is_encrypted(&self) -> bool {
        encryption::is_encrypted(&self.write_to) || encryption::is_encrypted(&self.fixture)
    }

    pub(crate) fn mode(&self) -> Mode {
        self.in_force.mode.value
    }

    /// The test's name, or its fixture where a script has none.
    pub(crate) fn test(&self) -> &str {
        self.owner.as_deref().unwrap_or(&self.shown)
    }
}

/// A path as a person would type it, relative to the workspace or the package.
pub(crate) fn shown(path: &Path, workspace: Option<&Path>, package: Option<&Path>) -> String {
    let within = |folder: &&Path| path.starts_with(folder);
    values::path(path, workspace.filter(within).or(package))
}

/// A session as the front and its handles see it.
#[derive(Debug)]
pub(crate) struct State {
    pub(crate) setup: Setup,
    pub(crate) secrets: RunSecrets,
    pub(crate) originals: &'static Originals,
    pub(crate) max_body: usize,
    pub(crate) fixture: Arc<OpenedFixture>,
    ledger: Mutex<Ledger>,
    /// `http://127.0.0.1:PORT/env` or `…/s/<id>`.
    pub(crate) base: String,
    pub(crate) id: String,
    pub(crate) front: &'static Front,
    pub(crate) overlay: Arc<Overlay>,
    pub(crate) in_flight: Arc<InFlight>,
    /// Requests of mode `verify` that are at the provider.
    pub(crate) verifying: Arc<InFlight>,
    pub(crate) activity: Activity,
    pub(crate) scripts: Scripts,
    #[cfg(feature = "websocket")]
    pub(crate) socket_scripts: SocketScripts,
    /// The comparison of the test itself, in place of the rules.
    pub(crate) matcher: Matcher,
    pub(crate) links: GivenLinks,
    /// What happens to responses on their way.
    pub(crate) traffic: Arc<Traffic>,
    pub(crate) opened: Instant,
    /// Its number among the sessions at the address of the variables; a session with a handle has none.
    pub(crate) env_session: Option<u64>,
    is_closing: AtomicBool,
    /// The body of the test ran to its end; it did not return before.
    has_reached_end: AtomicBool,
    /// llmock cannot tell: the attribute has no place for a mark in the body.
    is_end_hidden: AtomicBool,
    /// Why the test sends nothing, if it has said so.
    skipped: Mutex<Option<String>>,
    /// Certificates that this session's clients are told to trust, while it is open.
    pub(crate) trust: Option<Trust>,
    /// The test has asked its handle for an address.
    pub(crate) is_handle_used: AtomicBool,
    /// Hosts whose clients do not trust them.
    distrusted: Mutex<Vec<String>>,
    /// Base URLs at hosts that clients with a fixed address named: some providers give customers hosts of their own.
    pub(crate) seen_hosts: Mutex<HashMap<Provider, String>>,
    /// Set once the fixture is known to be writable.
    #[cfg(feature = "record")]
    pub(crate) writable: tokio::sync::OnceCell<()>,
}

impl State {
    /// The caller holds the environment guard if the session is reached at the address of the variables, so no other
    /// test begins one before this does.
    pub(crate) fn new(
        setup: Setup,
        front: &'static Front,
        id: String,
        interactions: Option<Vec<Interaction>>,
        trust: Option<Trust>,
    ) -> Self {
        let path = if setup.by_env { "env".to_owned() } else { format!("s/{id}") };
        let secrets = RunSecrets::new();
        let interactions = interactions.map(|stored| secrets.redactor().stored(stored));
        let fixture = OpenedFixture::new(interactions, setup.owner.clone(), &setup.in_force);
        let fixture = fixture.inheriting(setup.inherited.own);
        Self {
            secrets,
            originals: env::originals(),
            max_body: usize::try_from(setup.limits.max_body).unwrap_or(usize::MAX),
            fixture: Arc::new(fixture),
            ledger: Mutex::default(),
            base: format!("{}/{path}", front.origin()),
            front,
            overlay: Arc::default(),
            in_flight: Arc::default(),
            verifying: Arc::default(),
            activity: Activity::default(),
            scripts: Scripts::default(),
            #[cfg(feature = "websocket")]
            socket_scripts: SocketScripts::default(),
            matcher: Matcher::default(),
            links: GivenLinks::default(),
            traffic: Arc::new(traffic(&setup.in_force)),
            opened: Instant::now(),
            env_session: setup.by_env.then(|| front.registry().next_env_session()),
            is_closing: AtomicBool::new(false),
            has_reached_end: AtomicBool::new(false),
            is_end_hidden: AtomicBool::new(false),
            skipped: Mutex::default(),
            trust,
            is_handle_used: AtomicBool::new(false),
            distrusted: Mutex::default(),
            seen_hosts: Mutex::default(),
            #[cfg(feature = "record")]
            writable: tokio::sync::OnceCell::new(),
            setup,
            id,
        }
    }

    pub(crate) fn ledger(&self) -> MutexGuard<'_, Ledger> {
        // A panic leaves at worst a request without a response, which the test then shows.
        lock(&self.ledger)
    }

    /// Whether the test has written anything that responds.
    pub(crate) fn has_replies(&self) -> bool {
        #[cfg(feature = "websocket")]
        if !self.socket_scripts.is_empty() {
            return true;
        }
        !self.scripts.is_empty()
    }

    /// From now on requests are late.
    pub(crate) fn close(&self) {
        self.is_closing.store(true, Ordering::Release);
    }

    pub(crate) fn is_closing(&self) -> bool {
        self.is_closing.load(Ordering::Acquire)
    }

    /// The body of the test did not return early.
    pub(crate) fn reach_end(&self) {
        self.has_reached_end.store(true, Ordering::Release);
    }

    /// No one can tell whether it did.
    pub(crate) fn hide_end(&self) {
        self.is_end_hidden.store(true, Ordering::Release);
    }

    pub(crate) fn is_end_hidden(&self) -> bool {
        self.is_end_hidden.load(Ordering::Acquire)
    }

    pub(crate) fn has_reached_end(&self) -> bool {
        self.has_reached_end.load(Ordering::Acquire)
    }

    /// From now on the test need not send anything.
    pub(crate) fn skip(&self, reason: String) {
        *lock(&self.skipped) = Some(reason);
    }

    pub(crate) fn skipped(&self) -> Option<String> {
        lock(&self.skipped).clone()
    }

    /// A key for a client of this provider: the real one where requests reach the provider, else a placeholder.
    pub(crate) fn api_key(&self, provider: Provider) -> String {
        let real = || self.setup.upstreams.key(provider, self.originals);
        let real = if self.setup.mode() == Mode::Replay { None } else { real() };
        real.map_or_else(|| self.placeholder(provider), |(_, key)| key.to_owned())
    }

    fn placeholder(&self, provider: Provider) -> String {
        let own = self.setup.in_force.declared(provider).and_then(Declared::placeholder);
        let table = provider.entry().keys.first().map(|(_, value)| (*value).to_owned());
        table.or(own.map(|(_, value)| value)).unwrap_or_else(|| "llmock".to_owned())
    }

    /// The providers that the fixture or the test names.
    pub(crate) fn providers(&self) -> Vec<Provider> {
        let mut providers = self.setup.in_force.providers.value.clone();
        for provider in self.fixture.providers() {
            if !providers.contains(&provider) {
                providers.push(provider);
            }
        }
        providers
    }

    /// Whether the address below llmock names a provider that this session can know.
    pub(crate) fn knows(&self, provider: Provider) -> bool {
        !matches!(provider, Provider::Other(_))
            || self.setup.upstreams.names(provider)
            || self.providers().contains(&provider)
    }

    /// Where recordings of a provider come from.
    pub(crate) fn upstream_base(&self, provider: Provider) -> Option<String> {
        let seen = || lock(&self.seen_hosts).get(&provider).cloned();
        self.setup.upstreams.base(provider, self.originals, seen)
    }

    /// The variable that holds the provider's key, if one is set.
    pub(crate) fn key_variable(&self, provider: Provider) -> Option<String> {
        self.setup.upstreams.key(provider, self.originals).map(|(name, _)| name)
    }

    /// Calls `run` with the links of a response to this request, which is replayed or comes from the provider.
    pub(crate) fn with_links<T>(
        &self,
        provider: Provider,
        request: &Request,
        is_replayed: bool,
        run: impl FnOnce(&Links<'_>) -> T,
    ) -> T {
        let upstream = self.upstream_base(provider);
        let to_upstream = upstream
            .as_deref()
            .map(|base| move |path: &str| self.setup.upstreams.url(provider, base, path));
        let is_answered = |path: &str| self.fixture.is_answered(provider, path);
        run(&Links {
            provider,
            root: &links::root(&self.base, provider),
            request_path: &request.path,
            upstream: upstream.as_deref().zip(to_upstream.as_ref().map(|to| to as _)),
            is_recorded: &|path| self.fixture.is_recorded(provider, path),
            replay: is_replayed.then_some(&is_answered),
            given: &|ours, theirs| self.links.remember(ours, theirs),
        })
    }

    #[cfg(all(feature = "intercept", target_os = "linux"))]
    pub(crate) fn add_distrusted(&self, host: &str) {
        let mut hosts = lock(&self.distrusted);
        if !hosts.iter().any(|known| known == host) {
            hosts.push(host.to_owned());
        }
    }

    /// Hosts whose clients refused llmock's certificate.
    pub(crate) fn take_distrusted(&self) -> Vec<String> {
        std::mem::take(&mut *lock(&self.distrusted))
    }
}
