//! Recorded answers on their way into a fixture.
//!
//! A thread writes all that has come since it wrote last: a file is read, checked, and replaced as a
//! whole, and many clients must not wait for as many times.

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

/// Recording is refused, as in CI.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct RecordRefused(String);

/// What became of an answer.
#[derive(Debug)]
#[non_exhaustive]
pub enum Outcome {
    /// It is whole, and can be played from now on; it will be written next.
    Heard {
        /// The file that it will be written into.
        fixture: PathBuf,
        /// The request and its answer.
        interaction: Box<Interaction>,
    },
    /// It is in the file, with others that ended at the same time.
    Written {
        /// The file.
        fixture: PathBuf,
        /// How many were added to it.
        interactions: usize,
    },
    /// Its status says that the account or the service is at fault, so it is not recorded.
    Refused {
        /// Who gave it.
        provider: Provider,
        /// 401, 403, 429, or 5xx.
        status: u16,
        /// What the provider says.
        message: Option<String>,
    },
    /// The file could not be written; it is as it was.
    Failed {
        /// The file.
        fixture: PathBuf,
        /// Why, naming the file.
        why: String,
        /// Where the answers are kept instead.
        kept: Option<PathBuf>,
    },
}

/// Who is told about outcomes.
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

    fn tell(&self, outcome: Outcome) {
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

/// A whole answer with its request.
#[derive(Debug)]
pub(super) struct Finished {
    /// Under the default rules.
    pub(super) key: Key,
    pub(super) interaction: Interaction,
    /// The provider's own message, for an answer that is an error.
    pub(super) message: Option<String>,
    /// In flight until its outcome was reported.
    pub(super) _in_flight: InFlightGuard,
}

/// An answer, and who wants to hear what becomes of it.
type Item = (Finished, Listener);

/// Writes into one fixture; clones write into the same.
#[derive(Clone, Debug)]
pub(super) struct Writer {
    path: Arc<PathBuf>,
    /// The thread's, which is started with the first answer and ends with the last clone.
    queue: Arc<Mutex<Option<mpsc::Sender<Item>>>>,
}

/// Whether anything may be recorded here.
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

    /// Takes an answer; it is written soon, and what became of it told.
    pub(super) fn take(&self, finished: Finished, listener: &Listener) {
        let status = finished.interaction.response.status;
        if is_outage(status) {
            let Finished { interaction, message, .. } = finished;
            return listener.tell(Outcome::Refused {
                provider: interaction.provider,
                status,
                message,
            });
        }
        // Before it is written, so that the same request finds it at once.
        listener.tell(Outcome::Heard {
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
        let left = match &*queue {
            Some(queue) => queue.send(item).err().map(|error| error.0),
            None => Some(item),
        };
        // No thread to be had, or it panicked: slower is better than lost.
        if let Some(item) = left {
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
        listener.tell(match &failure {
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

/// Recorders that write into one file may have listeners of their own.
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
