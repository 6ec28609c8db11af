//! Writes recorded responses to a fixture.
//!
//! Every write reads, checks, and replaces the whole file. A thread therefore writes all responses that have arrived
//! since its last write together, so that clients do not wait for one write per response.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock, mpsc};

use crate::config::Environment;
use crate::exchange::in_flight::InFlightGuard;
use crate::exchange::response::is_outage;
use crate::exchange::secrets::Redacted;
use crate::exchange::write::{self, Batch};
use crate::fixture::interaction::Interaction;
use crate::fixture::merge::Merge;
use crate::fixture::redact::{Cause, Redaction};
use crate::fixture::store::{self, UpdateError};
use crate::matching::{Key, MatchRules};
use crate::mode::{self, Mode};
use crate::provider::Provider;
use crate::report::values::chain;

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
    /// The response was not recorded because its status indicates a problem with the account or the service.
    Refused {
        /// The provider of the request.
        provider: Provider,
        /// The status: 401, 403, 429, or 5xx.
        status: u16,
        /// The provider's error message.
        message: Option<String>,
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
    /// The provider's error message, if the response is an error.
    pub(super) message: Option<String>,
    pub(super) redacted: Redacted,
    /// Counts the response as in flight until its outcome is reported.
    pub(super) _in_flight: InFlightGuard,
}

/// Writes to one fixture. Clones write to the same fixture.
#[derive(Clone)]
pub(super) struct Writer {
    path: Arc<PathBuf>,
    listener: Arc<dyn Fn(Outcome) + Send + Sync>,
    /// The queue of the writer thread, which starts with the first response and ends when the last clone is dropped.
    /// `None` if the thread could not be started.
    queue: Arc<OnceLock<Option<mpsc::Sender<Finished>>>>,
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

impl Writer {
    pub(super) fn new(path: PathBuf) -> Self {
        Self { path: Arc::new(path), listener: Arc::new(drop::<Outcome>), queue: Arc::default() }
    }

    /// Returns a writer to the same fixture whose outcomes `listener` receives.
    pub(super) fn reporting_to(self, listener: impl Fn(Outcome) + Send + Sync + 'static) -> Self {
        Self { path: self.path, listener: Arc::new(listener), queue: Arc::default() }
    }

    /// Queues a response to be written.
    pub(super) fn submit(&self, finished: Finished) {
        let Finished { interaction, message, .. } = &finished;
        let status = interaction.response.status;
        if is_outage(status) {
            let (provider, message) = (interaction.provider, message.clone());
            return (self.listener)(Outcome::Refused { provider, status, message });
        }
        if let Some(outcome) = redacted(&finished) {
            (self.listener)(outcome);
        }
        // Notify before writing, so that an equal request is replayed immediately.
        (self.listener)(Outcome::Received {
            fixture: (*self.path).clone(),
            interaction: Box::new(interaction.clone()),
        });
        let unsent = match self.queue.get_or_init(|| self.start()) {
            Some(queue) => queue.send(finished).err().map(|error| error.0),
            None => Some(finished),
        };
        // The thread could not be started, or it panicked: write here instead of losing the response.
        if let Some(finished) = unsent {
            write_batch(&self.path, &*self.listener, &[finished]);
        }
    }

    fn start(&self) -> Option<mpsc::Sender<Finished>> {
        let (sender, receiver) = mpsc::channel();
        let (path, listener) = (Arc::clone(&self.path), Arc::clone(&self.listener));
        let run = move || {
            while let Ok(first) = receiver.recv() {
                let batch: Vec<_> = std::iter::once(first).chain(receiver.try_iter()).collect();
                write_batch(&path, &*listener, &batch);
            }
        };
        std::thread::Builder::new().name("llmock-recorder".into()).spawn(run).ok().map(|_| sender)
    }
}

/// What is to be said about secrets in a response. A credential that stands where one is expected, such as the
/// `access_token` of a login, surprises no one.
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
    (!secrets.is_empty()).then(|| Outcome::Redacted { provider: *provider, method, path, secrets })
}

impl fmt::Debug for Writer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Writer").field("path", &self.path).finish_non_exhaustive()
    }
}

fn write_batch(path: &Path, listener: &dyn Fn(Outcome), finished: &[Finished]) {
    let recorded = finished.iter().map(|done| (done.key, done.interaction.clone()));
    let rules = MatchRules::default();
    let batch =
        Batch { recorded: recorded.collect(), owner: None, merge: Merge::Add, rules: &rules };
    let failure = match write::write(path, path, &batch) {
        Ok(written) if written.unfaithful.is_empty() => None,
        Ok(_) => Some(format!("fixture `{}` would not replay what was recorded", path.display())),
        Err(UpdateError::Load(error)) => Some(chain(&error)),
        Err(UpdateError::Save(error)) => Some(chain(&error)),
    };
    let fixture = path.to_owned();
    listener(match failure {
        None => Outcome::Written { fixture, interactions: finished.len() },
        Some(reason) => {
            let keep = |done: &Finished| store::keep_attempt(path, done.interaction.clone());
            let all_kept = finished.iter().all(|done| keep(done).is_ok());
            let kept = all_kept.then(|| store::failed_path(path));
            Outcome::Failed { fixture, reason, kept }
        }
    });
}
