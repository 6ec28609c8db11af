//! Opens a session: finds the fixture, gathers the rules, waits for the environment.

mod commands;
mod place;

use std::fs;
use std::io::IsTerminal as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use llmock_rules::{Network, Unused, Value};

use crate::config::limits::Limits;
use crate::config::{Origin, Settings, SettingsError};
use crate::encryption;
use crate::env::{self, TestVars};
use crate::exchange::upstream::Upstreams;
use crate::fixture::interaction::Interaction;
use crate::fixture::store::{self, LoadError};
use crate::front::Front;
use crate::front::intercept::{self, Trust};
use crate::front::network;
use crate::layer::LayerError;
use crate::mode::Mode;
use crate::provider::{Declared, Provider};
use crate::report::command::quoted;
use crate::report::{Command, Failure, Style, Surface, sentences, values};
use crate::session::env_lock::{self, EnvGuard, LockError, Patience};
use crate::session::layered::{self, Layered};
use crate::session::state::{Setup, State, shown};
use crate::session::{EnvAccess, Session, announce, child, envs, last_run, sweep};
use crate::site::{self, Owner, Places, Site};
use crate::sync::lock;

/// What is known of a test at compile time, as one constant.
#[derive(Debug)]
pub struct Test {
    /// The test in its source file.
    pub site: Site,
    /// `fixture = "a/b"` on the function.
    pub fixture: Option<&'static str>,
    /// `fixture = "x"` on the module around it: the file is `fixtures/x/<function>.json`.
    pub module_fixture: Option<&'static str>,
    /// The other keys of the attribute.
    pub settings: &'static [(&'static str, Value<'static>)],
    /// The text that a panic must contain by `#[should_panic]`; empty if any panic will do.
    pub should_panic: Option<&'static str>,
    /// The test takes an `LlmMock`: llmock sets no variable and waits for no other test.
    pub handle: bool,
}

/// Opens the session of a test with the attribute.
pub(crate) fn attribute(test: &Test) -> Result<Session, Failure> {
    let site = &test.site;
    let places = env::places();
    let exists = |path: &Path| path.exists();
    let package = site::package(&places, site.manifest_dir, &exists);
    let workspace = workspace(package.as_deref(), &places);
    let roots = (workspace.as_deref(), package.as_deref());
    let mut in_force = in_force(own(test).map_err(settings)?, roots)?;
    let limits = Limits::read().map_err(settings)?;
    if child::is_child() {
        sweep::watch_panics();
        in_force.unused.value = Unused::Ignore;
    }
    let thread = std::thread::current();
    let owner = site::owner(site, thread.name());
    if in_force.mode.value == Mode::Off {
        let session = off(&owner.name, &in_force, (!test.handle).then_some(limits.turn))?;
        return Ok(session.enter(!test.handle));
    }
    let resolved = place::find(test, owner.case.as_deref(), &in_force, &places, roots)?;
    let write_to = resolved.write_path(env::record_dir().as_deref());
    place::check_encrypted(&resolved.fixture, &write_to, roots, &in_force)?;
    check_case(&owner, in_force.mode.value)?;
    let command = commands::of_attribute(site, thread.name(), package.as_deref());
    // Wait first: a fixture that the previous test records is read after it is written.
    let guard = if test.handle { None } else { Some(lock_env(&owner.name, limits.turn)?) };
    let interactions = match store::load(&resolved.fixture) {
        _ if in_force.scripted.value => None,
        Ok(interactions) => Some(interactions),
        Err(LoadError::Missing { .. }) => None,
        Err(error) => {
            let shown = shown(&resolved.fixture, roots.0, roots.1);
            return Err(unreadable(&error, &shown, &command));
        }
    };
    let base = layered::base(&in_force, package.as_deref().or(workspace.as_deref()));
    let names = resolved.names();
    let Layered { interactions, inherited, shown: elsewhere } =
        layered::read(interactions, &names, &in_force, base.as_deref()).map_err(no_layer)?;
    let setup = Setup {
        owner: Some(owner.name),
        shown: shown(elsewhere.as_ref().unwrap_or(&resolved.fixture), roots.0, roots.1),
        inherited,
        fixture: resolved.fixture,
        write_to,
        folder: resolved.folder,
        is_named: test.fixture.is_some(),
        package,
        workspace,
        in_force,
        by_env: !test.handle,
        upstreams: Upstreams::default(),
        limits,
        command,
        surface: Surface::Attribute,
    };
    Ok(open(setup, interactions, guard)?.enter(!test.handle))
}

/// The encrypted file in place of a fixture, if there are recipients. A plain file that exists is read as it is.
fn encrypted(fixture: PathBuf, in_force: &Settings) -> PathBuf {
    if in_force.recipients.value.is_empty() || fixture.exists() {
        return fixture;
    }
    encryption::encrypted(&fixture)
}

/// A session that is opened without the attribute.
#[derive(Debug)]
pub(crate) struct Described {
    pub(crate) owner: Option<String>,
    /// The whole name of the file.
    pub(crate) fixture: PathBuf,
    pub(crate) upstreams: Vec<(Provider, String)>,
    pub(crate) settings: Result<Settings, SettingsError>,
}

/// Why a described session did not open.
#[derive(Debug)]
pub(crate) enum NotOpened {
    /// Replaying, and there is no such file; or it cannot be read.
    NoFixture(LoadError, Box<Command>),
    Failed(Failure),
}

/// Opens a session without the attribute.
pub(crate) fn described(described: Described) -> Result<Session, NotOpened> {
    let places = env::places();
    let package = site::package(&places, None, &|path| path.exists());
    let workspace = workspace(package.as_deref(), &places);
    let roots = (workspace.as_deref(), package.as_deref());
    let in_force = in_force(described.settings.map_err(settings)?, roots)?;
    let limits = Limits::read().map_err(settings)?;
    if in_force.mode.value == Mode::Off {
        return Ok(off(described.owner.as_deref().unwrap_or_default(), &in_force, None)?);
    }
    let command = commands::of_thread(roots);
    let fixture = encrypted(described.fixture, &in_force);
    let whole = absolute(&fixture, &places);
    place::check_encrypted(&fixture, &whole, (roots.0, places.cwd.as_deref()), &in_force)?;
    let interactions = match store::load(&fixture) {
        _ if in_force.scripted.value => None,
        Ok(interactions) => Some(interactions),
        Err(LoadError::Missing { .. }) if !in_force.mode.value.only_replays() => None,
        Err(LoadError::Missing { .. }) if !in_force.layers.value.is_empty() => None,
        // All its requests are to be recorded.
        Err(LoadError::Missing { .. }) if limits.plan.is_some() => None,
        Err(error) => return Err(NotOpened::NoFixture(error, Box::new(command))),
    };
    let base = layered::base(&in_force, places.cwd.as_deref());
    let names = layered::name_in_first(&in_force, base.as_deref(), &whole);
    let Layered { interactions, inherited, shown: elsewhere } =
        layered::read(interactions, &names, &in_force, base.as_deref()).map_err(no_layer)?;
    let may_be_missing = in_force.scripted.value || limits.plan.is_some();
    if interactions.is_none() && in_force.mode.value.only_replays() && !may_be_missing {
        let missing = LoadError::Missing { path: fixture };
        return Err(NotOpened::NoFixture(missing, Box::new(command)));
    }
    let write_to = place::beside(&fixture, limits.model.is_some(), &places, roots);
    let setup = Setup {
        owner: described.owner,
        shown: shown(elsewhere.as_ref().unwrap_or(&whole), roots.0, places.cwd.as_deref()),
        inherited,
        write_to,
        folder: None,
        is_named: true,
        fixture,
        package,
        workspace,
        in_force,
        by_env: false,
        upstreams: Upstreams { named: described.upstreams, ..Upstreams::default() },
        limits,
        command,
        surface: Surface::Builder,
    };
    Ok(open(setup, interactions, None)?)
}

impl From<Failure> for NotOpened {
    fn from(failure: Failure) -> Self {
        Self::Failed(failure)
    }
}

fn open(
    mut setup: Setup,
    interactions: Option<Vec<Interaction>>,
    guard: Option<EnvGuard>,
) -> Result<Session, Failure> {
    let failed = |error: crate::front::BindError| Failure::ServerFailed { why: error.to_string() };
    let address = crate::front::bind().map_err(failed)?;
    if setup.by_env {
        env::redirect(&format!("http://{address}/env"));
    }
    let front = Front::get().map_err(failed)?;
    front.registry().refusals.log_with(last_run::append_refused);
    setup.upstreams.declared =
        setup.in_force.declared.iter().map(|one| one.value.clone()).collect();
    setup.upstreams.own = vec![front.origin()];
    let trust = trusted(&setup.in_force)?;
    let state = Arc::new(State::new(setup, front, new_id(), interactions, trust));
    let env =
        guard.map(|guard| EnvAccess { guard, variables: TestVars::apply(&test_variables(&state)) });
    Ok(Session::begin(state, env))
}

/// Prepares a session that changes proxies or certificates.
fn trusted(in_force: &Settings) -> Result<Option<Trust>, Failure> {
    let is_guarded = in_force.network.value == Network::Block;
    if is_guarded {
        network::guard();
    }
    if in_force.proxy.value || in_force.intercept.value || is_guarded {
        // The client that forwards requests reads these variables too, and needs the original ones.
        #[cfg(feature = "record")]
        crate::exchange::forward::prepare();
    }
    if !in_force.intercept.value {
        return Ok(None);
    }
    let failed = |error: std::io::Error| Failure::ServerFailed { why: error.to_string() };
    intercept::trust().map(Some).map_err(failed)
}

/// The test's own variables and, replaying, the placeholder keys of the providers it may use.
fn test_variables(state: &State) -> Vec<(String, String)> {
    let mut variables = Vec::new();
    let in_force = &state.setup.in_force;
    if in_force.mode.value.only_replays() {
        variables.extend(env::absent(envs::placeholders(in_force, envs::keyed(state))));
    }
    variables.extend(envs::declared_urls(in_force, &state.base));
    variables.extend(envs::through(state));
    variables.extend(in_force.variables(&state.base));
    variables
}

/// Mode `off` changes nothing; if another test has redirected the variables, this one gets the original ones.
///
/// `timeout` is how long a test that reads variables waits for the environment; a handle does not need it.
fn off(test: &str, in_force: &Settings, timeout: Option<Duration>) -> Result<Session, Failure> {
    let originals = env::originals();
    let others = in_force.declared.iter().map(|one| one.value.provider);
    let others = others.filter(|provider| matches!(provider, Provider::Other(_)));
    let bases = Provider::all()
        .chain(others)
        .filter_map(|provider| {
            let (entry, declared) = (provider.entry(), in_force.declared(provider));
            let own = declared.map(Declared::variables).unwrap_or_default();
            let names = entry.variables.iter().map(|(name, _)| *name);
            let names = names.chain(own.iter().map(|(name, _)| name.as_str()));
            let set = originals.upstream_of(names, &[]).map(|(_, url)| url.to_owned());
            let declared = declared.map(|declared| declared.url.clone());
            let url = set.or(declared).or(entry.upstream.map(str::to_owned))?;
            Some((provider, url.trim_end_matches('/').to_owned()))
        })
        .collect();
    let Some(timeout) = timeout.filter(|_| env::read(env::BASE_URL).is_some()) else {
        return Ok(Session::off(bases, None));
    };
    let guard = lock_env(test, timeout)?;
    Ok(Session::off(bases, Some(EnvAccess { guard, variables: TestVars::originals() })))
}

/// The settings of the attribute.
fn own(test: &Test) -> Result<Settings, SettingsError> {
    let (mut settings, origin) = (Settings::default(), Origin::Attribute);
    for (key, value) in test.settings {
        let added = settings.add(&origin, key, *value);
        added.map_err(|wrong| SettingsError::Value { origin: origin.clone(), wrong })?;
    }
    Ok(settings)
}

fn workspace(package: Option<&Path>, places: &Places) -> Option<PathBuf> {
    site::workspace(package?, places, &|path| fs::read_to_string(path).ok())
}

/// `roots` are the workspace and the package.
fn in_force(
    own: Settings,
    (workspace, package): (Option<&Path>, Option<&Path>),
) -> Result<Settings, Failure> {
    let gathered = Settings::gather(own, package, workspace).and_then(Settings::refused_in_ci);
    gathered.map_err(|error| {
        let failure = settings(error);
        // Files are named as the compiler names them.
        match (failure, workspace.or(package)) {
            (Failure::Settings { error }, Some(root)) => {
                let root = root.join("").display().to_string();
                Failure::Settings { error: error.replace(&root, "") }
            }
            (failure, _) => failure,
        }
    })
}

/// A fixture of the builder may be named relative to the working directory.
fn absolute(path: &Path, places: &Places) -> PathBuf {
    places.cwd.as_deref().map_or_else(|| path.to_owned(), |cwd| cwd.join(path))
}

/// A fixture that is there and cannot be used; recording does not overwrite it.
fn unreadable(error: &LoadError, shown: &str, command: &Command) -> Failure {
    // The error has the path of the file as it was opened.
    let mut text = values::chain(error).replace(&error.path().display().to_string(), shown);
    // What could not be read is a folder, or may not be deleted either.
    let holds_text = matches!(error, LoadError::Format { .. });
    let record = command.in_mode("record").filter(|_| holds_text);
    let command = record.map(|record| format!("rm {} && {record}", quoted(shown)));
    if let Some(up) = error.path().ancestors().skip(1).position(Path::is_file)
        && let Some(file) = Path::new(shown).ancestors().nth(up + 1)
    {
        let hint = "is a file, so it cannot contain fixtures; remove or rename it";
        text = format!("{text}\nhint: `{}` {hint}", file.display());
    }
    Failure::FixtureUnreadable { error: text, command }
}

/// A layer that cannot be used.
#[expect(clippy::needless_pass_by_value, reason = "it is used as a function")]
fn no_layer(error: LayerError) -> Failure {
    Failure::FixtureUnreadable { error: error.to_string(), command: None }
}

fn settings(error: SettingsError) -> Failure {
    match error {
        SettingsError::Refused(refusal) => {
            Failure::CiRecord { mode: refusal.mode, set_by: refusal.set_by }
        }
        other => Failure::Settings { error: other.to_string() },
    }
}

/// Waits for the environment. A holder that keeps it for `give_up` never releases it; a fifth of that is worth a line.
fn lock_env(test: &str, give_up: Duration) -> Result<EnvGuard, Failure> {
    let patience = Patience { warn: give_up / 5, give_up };
    let warn = |holder: &str| {
        announce::line(&sentences::waiting_for_guard(holder, patience.warn.as_secs()));
    };
    env_lock::acquire(test, patience, warn).map_err(|refused| match refused {
        LockError::Nested { outer } => Failure::NestedSession { outer, inner: test.to_owned() },
        LockError::Timeout { holder, waited } => {
            Failure::TurnTimeout { holder, seconds: waited.as_secs() }
        }
    })
}

/// Two recordings under one name in one process are two cases that cannot be distinguished.
fn check_case(owner: &Owner, mode: Mode) -> Result<(), Failure> {
    static UNSURE: Mutex<Vec<String>> = Mutex::new(Vec::new());
    if owner.sure || mode.only_replays() {
        return Ok(());
    }
    let mut unsure = lock(&UNSURE);
    if unsure.contains(&owner.name) {
        return Err(Failure::UnknownCase { function: owner.name.clone() });
    }
    unsure.push(owner.name.clone());
    Ok(())
}

/// 128 random bits in hexadecimal: no one reaches a session by guessing.
fn new_id() -> String {
    let mut bytes = [0_u8; 16];
    getrandom::fill(&mut bytes).expect("every system that runs tests has a source of random bits");
    format!("{:032x}", u128::from_ne_bytes(bytes))
}

/// Colour and shell, as this process sees them.
pub(crate) fn style() -> Style {
    Style::decide(env::read, std::io::stderr().is_terminal(), cfg!(windows))
}
