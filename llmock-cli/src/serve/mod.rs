//! `llmock serve`: a server with the APIs of all providers, for programs in any language.
//!
//! [`server`] accepts connections, [`connection`] serves one, [`app`] routes its requests that [`boundary`] lets pass,
//! and [`answering`] handles those for providers: [`api_request`] is the request, [`strategy`] finds its response, and [`answer`] sends it.
//! [`fault`] and [`pace`] make responses fail or slow them down on purpose, [`journal`], [`log`] and [`metrics`] record
//! requests, [`limits`] refuses what exceeds a quota, [`stored`] keeps what clients store,
//! [`known_models`] lists models, [`repeats`] serves repeated requests from templates, [`sockets`] has WebSockets,
//! and `spans` sends what happened to a collector.

mod answer;
mod answering;
mod api_request;
mod app;
mod auth;
mod boundary;
mod client;
mod config;
mod connection;
mod dispatch;
mod fault;
mod gate;
mod incoming;
mod journal;
mod known_models;
mod limits;
mod log;
mod metrics;
mod pace;
mod program;
mod reload;
mod repeats;
mod routes;
mod server;
mod session_path;
mod sessions;
mod shown_headers;
mod sockets;
#[cfg(feature = "otel")]
mod spans;
mod state;
mod stored;
mod strategy;
mod tls;
mod verdict;

use std::io;
use std::net::SocketAddr;
use std::process::{ExitCode, ExitStatus};
use std::sync::Arc;

pub(crate) use config::{Flags, schema};
pub(crate) use program::Program;

use tokio::process::Child;
use tokio::time::Instant;

use crate::output::serving::{self, Url};
use boundary::Boundary;
use config::{Config, ConfigError};
use state::{SetupError, State};
use tls::TlsError;
use verdict::VerdictForm;

/// The exit code for invalid arguments, as clap has it.
const USAGE: u8 = 2;

#[derive(Debug, thiserror::Error)]
enum ServeError {
    #[error(transparent)]
    Config(#[from] ConfigError),
    #[error(transparent)]
    Setup(#[from] SetupError),
    #[error("cannot listen on `{host}:{port}`: {why}")]
    Bind { host: String, port: u16, why: io::Error },
    #[error("port {port} is in use\nhint: `--port 0` takes a free one")]
    PortInUse { port: u16 },
    #[error(transparent)]
    Tls(#[from] TlsError),
    #[error("cannot start: {0}")]
    Runtime(io::Error),
    #[error("cannot run `{name}`: {why}")]
    Program { name: String, why: io::Error },
    #[error("clients handled {0} of the faults wrongly (`verdict`)")]
    Verdict(usize),
    #[error("no strategy answered {0} of the requests (`fail-on-miss`)")]
    Missed(u64),
}

pub(crate) fn run(flags: &Flags) -> ExitCode {
    if flags.config_schema {
        serving::schema(&config::schema());
        return ExitCode::SUCCESS;
    }
    match start(flags, None) {
        Ok(_) => ExitCode::SUCCESS,
        Err(error) => failed(&error),
    }
}

/// Serves one program with these settings, and returns its exit code. If it succeeds although requests had no response,
/// that is a failure.
pub(crate) fn run_program(settings: Vec<String>, program: &Program) -> ExitCode {
    match start(&Flags::of_settings(settings), Some(program)) {
        Ok(code) => code,
        Err(error) => failed(&error),
    }
}

fn failed(error: &ServeError) -> ExitCode {
    serving::failed(error);
    match error {
        ServeError::Config(ConfigError::Flag { .. }) => ExitCode::from(USAGE),
        ServeError::Program { why, .. } => program::code_of_start(why),
        _ => ExitCode::FAILURE,
    }
}

fn start(flags: &Flags, program: Option<&Program>) -> Result<ExitCode, ServeError> {
    // Each connection is an open file, and most systems allow few by default. Without more it serves fewer.
    let _ = rlimit::increase_nofile_limit(u64::MAX);
    let (config, notes) = config::load(flags)?;
    for note in &notes {
        serving::note(note);
    }
    // For signals and for accepting connections, which have threads of their own.
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(ServeError::Runtime)?;
    let done = runtime.block_on(serve(flags.clone(), config, program));
    // `serve` has waited for recordings.
    runtime.shutdown_background();
    done
}

async fn serve(
    flags: Flags,
    config: Config,
    program: Option<&Program>,
) -> Result<ExitCode, ServeError> {
    let (host, port) = (config.host.clone(), config.port);
    let failed = |why: io::Error| match why.kind() {
        io::ErrorKind::AddrInUse => ServeError::PortInUse { port },
        _ => ServeError::Bind { host: host.clone(), port, why },
    };
    let tls = tls::of(&config)?;
    let scheme = if tls.is_some() { "https" } else { "http" };
    let certificate = tls.as_ref().and_then(|tls| tls.certificate.clone());
    let listener = server::bind(&host, port).await.map_err(failed)?;
    let address = listener.local_addr().map_err(failed)?;
    // Before the recordings are read, so that no change is missed.
    let seen = config.watch.then(|| reload::Fingerprint::of(&flags, &config));
    let state = Arc::new(State::new(config, own_addresses(scheme, address), boundary_of(address))?);
    let running = state.running();
    let strategies: Vec<&str> = running.chain.iter().map(strategy::Strategy::name).collect();
    let workers = server::workers(listener, &state, tls).map_err(ServeError::Runtime)?;
    // Before the ready line, which promises that signals are handled.
    let stop = reload::stopped().map_err(ServeError::Runtime)?;
    let reload =
        reload::Reload::new(Arc::clone(&state), flags, seen).map_err(ServeError::Runtime)?;
    let url = Url { scheme, address, certificate: certificate.as_deref() };
    let mut child = program.map(|program| start_program(program, &url)).transpose()?;
    if child.is_none() {
        serving::ready(&url, &strategies, state.fixtures.len());
    }
    drop(running);
    let reloading = tokio::spawn(reload.run());
    let mut ended = None;
    let stop = async {
        match &mut child {
            Some(child) => ended = Some(program::ended(child, stop).await),
            None => stop.await,
        }
    };
    let served = server::serve(workers, &state, stop).await;
    if let Some(path) = certificate {
        let _ = std::fs::remove_file(path);
    }
    reloading.abort();
    let ended = ended.transpose().map_err(ServeError::Runtime)?;
    finished(&state, &served, ended).await
}

/// Waits for recordings, reports what the whole run has shown, and returns the exit code.
async fn finished(
    state: &State,
    served: &server::Served,
    ended: Option<ExitStatus>,
) -> Result<ExitCode, ServeError> {
    let running = state.running();
    let unwritten = match running.proxy() {
        Some(proxy) => proxy.drain(served.deadline.saturating_duration_since(Instant::now())).await,
        None => 0,
    };
    if let Some(scenarios) = running.scenarios() {
        let (unmatched, shadowed) = scenarios.unused();
        serving::unused_scenarios(&unmatched, &shadowed);
    }
    #[cfg(feature = "otel")]
    if let Some(spans) = &state.spans {
        spans.end();
    }
    serving::stopped(served.has_sent_all, unwritten);
    let wrong = judged(state, &running.config.verdict);
    match (ended, state.misses()) {
        (Some(status), _) if !status.success() => Ok(program::exit_code(status)),
        (_, misses) if misses > 0 && running.config.fail_on_miss => Err(ServeError::Missed(misses)),
        _ if wrong > 0 => Err(ServeError::Verdict(wrong)),
        _ => Ok(ExitCode::SUCCESS),
    }
}

fn start_program(program: &Program, server: &Url<'_>) -> Result<Child, ServeError> {
    program.start(&format!("{}://{}", server.scheme, server.address)).map_err(|why| {
        let name = program.name.to_string_lossy().into_owned();
        ServeError::Program { name, why }
    })
}
/// Prints the verdict on clients, if the configuration has a form for it, and returns how many faults failed it.
fn judged(state: &State, form: &VerdictForm) -> usize {
    let Some(format) = form.format else { return 0 };
    let verdict = state.verdicts.verdict(None);
    let file = form.file.as_deref();
    serving::verdict(&verdict.shown(format), format == verdict::Format::Text, file);
    verdict.failures()
}

/// A server that listens on a loopback address can know every name that its clients may use.
fn boundary_of(address: SocketAddr) -> Boundary {
    Boundary { is_on_loopback: address.ip().to_canonical().is_loopback() }
}

/// The addresses at which clients may reach this server.
fn own_addresses(scheme: &str, address: SocketAddr) -> Vec<String> {
    let port = address.port();
    let mut own = vec![format!("{scheme}://{address}")];
    own.extend(["127.0.0.1", "localhost", "[::1]"].map(|host| format!("{scheme}://{host}:{port}")));
    own
}
