//! Writes recorded responses to a fixture.
//!
//! Every write reads, checks, and replaces the whole file. A thread therefore writes all responses that have arrived
//! since its last write together, so that clients do not wait for one write per response.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, mpsc};

use crate::config::Environment;
use crate::exchange::in_flight::InFlightGuard;
use crate::exchange::response::is_outage;
use crate::exchange::write::{self, Batch};
use crate::fixture::interaction::Interaction;
use crate::fixture::merge::Merge;
use crate::fixture::store::{self, UpdateError};
use crate::matching::{Key, Rules};
use crate::mode::{self, Mode};
use crate::provider::Provider;
use crate::report::values::chain;
use crate::sync::lock;

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
        why: String,
        /// The file to which the responses were written instead, if that succeeded.
        kept: Option<PathBuf>,
    },
}

/// The function that receives outcomes, if there is one.
#[derive(Clone, Default)]
pub(super) struct Listener(Option<Arc<dyn Fn(Outcome) + Send + Sync>>);

impl Listener {
    pub(super) fn new(listener: impl Fn(Outcome) + Send + Sync + 'static) -> Self {
        Self(Some(Arc::new(listener)))
    }

    fn is_same(&self, other: &Self) -> bool {
        match (&self.0, &other.0) {
            (Some(one), Some(other)) => Arc::ptr_eq(one, other),
            (None, None) => true,
            _ => false,
        }
    }

    fn notify(&self, outcome: Outcome) {
        if let Some(listener) = &self.0 {
            listener(outcome);
        }
    }
}

impl fmt::Debug for Listener {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Listener").field(&self.0.is_some()).finish()
    }
}

/// A complete response and its request.
#[derive(Debug)]
pub(super) struct Finished {
    /// The matching key under the default rules.
    pub(super) key: Key,
    pub(super) interaction: Interaction,
    /// The provider's error message, if the response is an error.
    pub(super) message: Option<String>,
    /// Counts the response as in flight until its outcome is reported.
    pub(super) _in_flight: InFlightGuard,
}

/// A response, and the listener for its outcome.
type Item = (Finished, Listener);

/// Writes to one fixture. Clones write to the same fixture.
#[derive(Clone, Debug)]
pub(super) struct Writer {
    path: Arc<PathBuf>,
    /// The queue of the writer thread, which starts with the first response and ends when the last clone is dropped.
    queue: Arc<Mutex<Option<mpsc::Sender<Item>>>>,
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
        Self { path: Arc::new(path), queue: Arc::default() }
    }

    /// Queues a response to be written. `listener` receives the outcome.
    pub(super) fn submit(&self, finished: Finished, listener: &Listener) {
        let status = finished.interaction.response.status;
        if is_outage(status) {
            let Finished { interaction, message, .. } = finished;
            return listener.notify(Outcome::Refused {
                provider: interaction.provider,
                status,
                message,
            });
        }
        // Notify before writing, so that an equal request is replayed immediately.
        listener.notify(Outcome::Received {
            fixture: (*self.path).clone(),
            interaction: Box::new(finished.interaction.clone()),
        });
        let mut queue = lock(&self.queue);
        if queue.is_none() {
            let (sender, receiver) = mpsc::channel();
            let path = Arc::clone(&self.path);
            let started = std::thread::Builder::new()
                .name("llmock-recorder".into())
                .spawn(move || write_all(&path, &receiver));
            *queue = started.ok().map(|_| sender);
        }
        let item = (finished, listener.clone());
        let unsent = match &*queue {
            Some(queue) => queue.send(item).err().map(|error| error.0),
            None => Some(item),
        };
        // The thread could not be started, or it panicked: write here instead of losing the response.
        if let Some(item) = unsent {
            write_batch(&self.path, vec![item]);
        }
    }
}

fn write_all(path: &Path, queue: &mpsc::Receiver<Item>) {
    while let Ok(first) = queue.recv() {
        write_batch(path, std::iter::once(first).chain(queue.try_iter()).collect());
    }
}

fn write_batch(path: &Path, items: Vec<Item>) {
    let recorded = items.iter().map(|(done, _)| (done.key, done.interaction.clone()));
    let rules = Rules::default();
    let batch =
        Batch { recorded: recorded.collect(), owner: None, merge: Merge::Add, rules: &rules };
    let failure = match write::write(path, path, &batch) {
        Ok(written) if written.unfaithful.is_empty() => None,
        Ok(_) => Some(format!("fixture `{}` would not replay what was recorded", path.display())),
        Err(UpdateError::Load(error)) => Some(chain(&error)),
        Err(UpdateError::Save(error)) => Some(chain(&error)),
    };
    for (listener, finished) in by_listener(items) {
        let fixture = path.to_owned();
        listener.notify(match &failure {
            None => Outcome::Written { fixture, interactions: finished.len() },
            Some(why) => {
                let keep = |done: &Finished| store::keep_attempt(path, done.interaction.clone());
                let all_kept = finished.iter().all(|done| keep(done).is_ok());
                let kept = all_kept.then(|| store::failed_path(path));
                Outcome::Failed { fixture, why: why.clone(), kept }
            }
        });
    }
}

/// Groups responses by listener: recorders that write to the same file may have different listeners.
fn by_listener(items: Vec<Item>) -> Vec<(Listener, Vec<Finished>)> {
    let mut groups: Vec<(Listener, Vec<Finished>)> = Vec::new();
    for (finished, listener) in items {
        match groups.iter_mut().find(|(known, _)| known.is_same(&listener)) {
            Some((_, group)) => group.push(finished),
            None => groups.push((listener, vec![finished])),
        }
    }
    groups
}
