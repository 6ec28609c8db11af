//! Writes recorded responses to a fixture.
//!
//! Every write reads, checks, and replaces the whole file. A response is therefore added to a journal while its client
//! waits, and a thread writes all responses that have arrived since its last write together.

use std::collections::BTreeSet;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, OnceLock, mpsc};
use std::time::{Duration, Instant};

use crate::config::Environment;
use crate::exchange::in_flight::InFlightGuard;
use crate::exchange::request::{MAX_BODY, RawRequest};
use crate::exchange::response::is_outage;
use crate::exchange::secrets::{self, Redacted};
use crate::exchange::verify::{Mismatch, Original, compare};
use crate::exchange::write::{self, Batch};
use crate::fixture::interaction::{Interaction, Request};
use crate::fixture::merge::Merge;
use crate::fixture::redact::{Cause, Redaction};
use crate::fixture::store::{self, Journal, UpdateError};
use crate::fixture::{Position, SaveError};
use crate::matching::{self, Key, MatchRules, placeholders};
use crate::mode::{self, Mode};
use crate::provider::Provider;
use crate::report::values::chain;
use crate::sync::lock;
use crate::wire::ReportedError;

/// The longest pause between two writes.
const LONGEST_PAUSE: Duration = Duration::from_millis(500);

/// The error for recording where it is not allowed, such as in CI.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct RecordRefused(String);

/// The result of recording a response.
#[derive(Debug)]
#[non_exhaustive]
pub enum Outcome {
    /// The response was received completely. It can be replayed now, and will be written next.
    Received {
        /// The fixture that it will be written to.
        fixture: PathBuf,
        /// The request and its response.
        interaction: Box<Interaction>,
    },
    /// Secrets were redacted in the response, so that a replay returns placeholders where the client received them.
    Redacted {
        /// The provider of the request.
        provider: Provider,
        /// The HTTP method of the request.
        method: String,
        /// The redacted path of the request.
        path: String,
        /// The names of the secrets, each with the place where it was.
        secrets: Vec<(String, String)>,
    },
    /// The response was written to the fixture, together with others that were waiting to be written.
    Written {
        /// The path of the fixture.
        fixture: PathBuf,
        /// The number of interactions that were added.
        interactions: usize,
    },
    /// The response was not recorded because its status, or an error inside a successful response, indicates a problem
    /// with the account or the service.
    Refused {
        /// The provider of the request.
        provider: Provider,
        /// The status of the error: 401, 403, 429, or 5xx.
        status: u16,
        /// The provider's error message.
        message: Option<String>,
    },
    /// Responses have headers that a fixture does not store and replay does not send. Each name is reported once.
    HeadersNotStored {
        /// The names of the headers, in lower case.
        names: Vec<String>,
    },
    /// Responses cannot be kept in a journal until they are written, so a process that is killed loses those that it has
    /// not written yet. Reported once.
    NoJournal {
        /// The path of the fixture, next to which the journal would be.
        fixture: PathBuf,
        /// The error of the operating system.
        reason: String,
    },
    /// The fixture could not be written. It is unchanged.
    Failed {
        /// The path of the fixture.
        fixture: PathBuf,
        /// The reason, including the path.
        reason: String,
        /// The file to which the responses were written instead, if that succeeded.
        kept: Option<PathBuf>,
    },
}

/// A complete response and its request.
#[derive(Debug)]
pub(super) struct Finished {
    /// The matching key under the default rules.
    pub(super) key: Key,
    pub(super) interaction: Interaction,
    pub(super) original: Original,
    /// The error that the response reports, by its status or inside a success.
    pub(super) error: Option<ReportedError>,
    pub(super) redacted: Redacted,
    /// Counts the response as in flight until its outcome is reported.
    pub(super) _in_flight: InFlightGuard,
    /// Names of the response's headers that are not stored.
    pub(super) dropped_headers: Vec<String>,
}

/// Writes to one fixture. Clones write to the same fixture.
#[derive(Clone)]
pub(super) struct Writer {
    path: Arc<PathBuf>,
    listener: Arc<dyn Fn(Outcome) + Send + Sync>,
    /// Wakes the writer thread, which starts with the first response and ends when the last clone is dropped. `None` if
    /// the thread could not be started.
    queue: Arc<OnceLock<Option<mpsc::Sender<()>>>>,
    waiting: Arc<Mutex<Waiting>>,
    /// Set once the fixture is known to be writable.
    writable: Arc<tokio::sync::OnceCell<()>>,
    /// Names of headers that the listener knows to be dropped.
    reported_headers: Arc<Mutex<BTreeSet<String>>>,
    has_reported_journal: Arc<AtomicBool>,
}

/// Responses that have arrived since the last write, and the journal that holds the same.
#[derive(Debug, Default)]
struct Waiting {
    finished: Vec<Finished>,
    /// `None` before the first of them, or if it could not be created.
    journal: Option<Journal>,
}

/// Returns an error if recording is not allowed in this environment.
pub(super) fn allowed() -> Result<(), RecordRefused> {
    let Environment { ci, allow_ci_record, .. } =
        Environment::read().map_err(|error| RecordRefused(error.to_string()))?;
    match mode::effective(Mode::Record, &"the program", ci, allow_ci_record) {
        Ok(_) => Ok(()),
        Err(refusal) => Err(RecordRefused(format!("{refusal}; {}", mode::RECORD_ELSEWHERE))),
    }
}

/// Adds to a fixture what killed processes left in their journals.
pub(super) fn recover(path: &Path) -> Result<usize, RecordRefused> {
    let refused = |error: UpdateError| RecordRefused(chain_of(&error));
    store::recover_sockets(path).map_err(|error| refused(UpdateError::Save(error)))?;
    store::recover(path).map_err(refused)
}

fn chain_of(error: &UpdateError) -> String {
    match error {
        UpdateError::Load(error) => chain(error),
        UpdateError::Save(error) => chain(error),
    }
}

impl Writer {
    pub(super) fn new(path: PathBuf) -> Self {
        Self {
            path: Arc::new(path),
            listener: Arc::new(drop::<Outcome>),
            queue: Arc::default(),
            waiting: Arc::default(),
            writable: Arc::default(),
            reported_headers: Arc::default(),
            has_reported_journal: Arc::default(),
        }
    }

    /// Returns a writer to the same fixture whose outcomes `listener` receives.
    pub(super) fn reporting_to(self, listener: impl Fn(Outcome) + Send + Sync + 'static) -> Self {
        Self { listener: Arc::new(listener), ..Self::new((*self.path).clone()) }
    }

    /// Tries whether the fixture can be written, until it can: a response that cannot be kept should not be paid for.
    pub(super) async fn check(&self) -> Result<(), SaveError> {
        let check = || async {
            let path = Arc::clone(&self.path);
            let checked = tokio::task::spawn_blocking(move || store::check_writable(&path)).await;
            checked.unwrap_or(Ok(()))
        };
        self.writable.get_or_try_init(check).await.copied()
    }

    /// The fixture that it writes.
    pub(super) fn fixture(&self) -> &Path {
        &self.path
    }

    /// Adds a response to the journal, from which it is written later.
    pub(super) fn submit(&self, finished: Finished) {
        let Finished { interaction, error, .. } = &finished;
        if let Some(ReportedError { status, message }) = error.clone()
            && is_outage(status)
        {
            let provider = interaction.provider;
            return (self.listener)(Outcome::Refused { provider, status, message });
        }
        if let Some(outcome) = redacted(&finished) {
            (self.listener)(outcome);
        }
        self.report_headers(&finished.dropped_headers);
        // Notify before writing, so that an equal request is replayed immediately.
        (self.listener)(Outcome::Received {
            fixture: (*self.path).clone(),
            interaction: Box::new(interaction.clone()),
        });
        let added = lock(&self.waiting).add(&self.path, finished);
        if let Err(error) = added
            && !self.has_reported_journal.swap(true, Ordering::Relaxed)
        {
            let (fixture, reason) = ((*self.path).clone(), error.to_string());
            (self.listener)(Outcome::NoJournal { fixture, reason });
        }
        let is_woken = match self.queue.get_or_init(|| self.start()) {
            Some(queue) => queue.send(()).is_ok(),
            None => false,
        };
        if !is_woken {
            // The thread could not be started, or it panicked: write here instead of losing the response.
            write_waiting(&self.waiting, &self.path, &*self.listener);
        }
    }

    fn report_headers(&self, dropped: &[String]) {
        let mut reported = lock(&self.reported_headers);
        let names: Vec<_> =
            dropped.iter().filter(|name| reported.insert((*name).clone())).cloned().collect();
        drop(reported);
        if !names.is_empty() {
            (self.listener)(Outcome::HeadersNotStored { names });
        }
    }

    fn start(&self) -> Option<mpsc::Sender<()>> {
        let (sender, receiver) = mpsc::channel();
        let (path, listener) = (Arc::clone(&self.path), Arc::clone(&self.listener));
        let waiting = Arc::clone(&self.waiting);
        let run = move || {
            while let Ok(()) = receiver.recv() {
                let start = Instant::now();
                if write_waiting(&waiting, &path, &*listener) {
                    // The longer a file takes, the more responses are written together.
                    std::thread::sleep((start.elapsed() * 2).min(LONGEST_PAUSE));
                }
            }
        };
        std::thread::Builder::new().name("llmock-recorder".into()).spawn(run).ok().map(|_| sender)
    }
}

impl Waiting {
    /// Returns an error if the response is not in the journal; it is written soon all the same.
    fn add(&mut self, fixture: &Path, finished: Finished) -> io::Result<()> {
        let added = match &mut self.journal {
            Some(journal) => journal.add(fixture, &finished.interaction),
            none => Journal::of_server(fixture)
                .and_then(|journal| none.insert(journal).add(fixture, &finished.interaction)),
        };
        self.finished.push(finished);
        added
    }
}

/// Reports secrets that were redacted in a response. A credential where one is expected, such as the `access_token` of a
/// login, is not reported.
fn redacted(finished: &Finished) -> Option<Outcome> {
    let Interaction { provider, request, .. } = &finished.interaction;
    let mut secrets: Vec<(String, String)> = Vec::new();
    let found = finished.redacted.response.iter();
    for Redaction { name, place, .. } in found.filter(|one| one.cause != Cause::Place) {
        if !secrets.iter().any(|(known, _)| known == name) {
            secrets.push((name.clone(), place.clone()));
        }
    }
    let (method, path) = (request.method.clone(), request.path.clone());
    (!secrets.is_empty()).then_some(Outcome::Redacted {
        provider: *provider,
        method,
        path,
        secrets,
    })
}

impl fmt::Debug for Writer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Writer").field("path", &self.path).finish_non_exhaustive()
    }
}

/// Writes what is waiting; returns whether there was anything.
fn write_waiting(waiting: &Mutex<Waiting>, path: &Path, listener: &dyn Fn(Outcome)) -> bool {
    let Waiting { finished, journal } = std::mem::take(&mut *lock(waiting));
    if finished.is_empty() {
        return false;
    }
    let mut outcomes = Vec::new();
    write_batch(path, &finished.iter().collect::<Vec<_>>(), &mut outcomes);
    let is_lost = |outcome: &Outcome| matches!(outcome, Outcome::Failed { kept: None, .. });
    // Otherwise the next start finds it.
    if let Some(journal) = journal.filter(|_| !outcomes.iter().any(is_lost)) {
        journal.remove();
    }
    outcomes.into_iter().for_each(listener);
    true
}

fn write_batch(path: &Path, finished: &[&Finished], outcomes: &mut Vec<Outcome>) {
    let recorded = finished.iter().map(|done| (done.key, done.interaction.clone()));
    let rules = MatchRules::default();
    let batch = Batch {
        recorded: recorded.collect(),
        owner: None,
        merge: Merge::Add,
        rules: &rules,
        verify: &|stored| mismatches(finished, stored),
    };
    let written = match write::write(path, path, &batch) {
        Ok(written) => written,
        Err(error) => return outcomes.push(failed(path, finished, chain_of(&error))),
    };
    let Some((at, why)) = written.unfaithful.first() else {
        let (fixture, interactions) = (path.to_owned(), finished.len());
        return outcomes.push(Outcome::Written { fixture, interactions });
    };
    let Request { method, path: target, .. } = &finished[at.index()].interaction.request;
    let reason = format!(
        "fixture `{}` would not replay {method} {target} as recorded: {why}",
        path.display()
    );
    let is_unfaithful = |at: &usize| written.unfaithful.iter().any(|(bad, _)| bad.index() == *at);
    let (bad, good): (Vec<_>, Vec<_>) = (0..finished.len()).partition(is_unfaithful);
    let of = |indices: Vec<usize>| indices.into_iter().map(|at| finished[at]).collect::<Vec<_>>();
    outcomes.push(failed(path, &of(bad), reason));
    if !good.is_empty() {
        write_batch(path, &of(good), outcomes);
    }
}

/// Keeps responses that could not be written into the fixture.
fn failed(path: &Path, finished: &[&Finished], reason: String) -> Outcome {
    // A last look: variables may have changed since the response arrived.
    let redactor = secrets::redactor();
    let keep = |done: &&Finished| {
        let mut interaction = done.interaction.clone();
        redactor.interaction(&mut interaction);
        store::keep_attempt(path, &interaction)
    };
    let all_kept = finished.iter().all(|done| keep(done).is_ok());
    let kept = all_kept.then(|| store::failed_path(path));
    Outcome::Failed { fixture: path.to_owned(), reason, kept }
}

/// Sends the bytes that clients sent to the interactions at the end of the new file.
fn mismatches(finished: &[&Finished], stored: &[Interaction]) -> Vec<(Position, Mismatch)> {
    let (redactor, rules) = (secrets::redactor(), MatchRules::default());
    let added = stored[stored.len().saturating_sub(finished.len())..].to_vec();
    let added = redactor.stored(added);
    let replay = |done: &Finished, stored: &Interaction| {
        let Original { request: sent, response: received } = &done.original;
        let of = |raw: &RawRequest<'_>| secrets::redactor_for(&redactor, raw);
        let request = sent.read(of, MAX_BODY, &[], &|_| false).ok_or(Mismatch::Request)?;
        let key = matching::key(sent.provider, &request, &rules);
        let is_found = key == matching::key(stored.provider, &stored.request, &rules)
            || placeholders::find(sent.provider, &request, &rules, std::iter::once(stored))
                .is_some();
        if is_found {
            compare(&stored.response, received).map(drop)
        } else {
            Err(Mismatch::Request)
        }
    };
    let replayed = finished.iter().zip(&added).enumerate();
    let mismatch = |(at, (done, stored)): (usize, (&&Finished, &Interaction))| {
        Some((Position::from_index(at), replay(done, stored).err()?))
    };
    replayed.filter_map(mismatch).collect()
}
