//! Recorded answers on their way into a fixture.
//!
//! A thread writes all that has come since it wrote last: a file is read, checked, and replaced as a
//! whole, and many clients must not wait for as many times.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, mpsc};

use super::recorder::UnderWay;
use crate::config::Environment;
use crate::fixture::interaction::Interaction;
use crate::fixture::store::{self, UpdateError};
use crate::fixture::{format, merge};
use crate::matching::{self, Key, Rules};
use crate::mode::{self, Mode};
use crate::provider::Provider;
use crate::report::values::chain;
use crate::session::ledger::is_outage;
use crate::session::save;
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
    pub(super) _under_way: UnderWay,
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
            write_batch(&self.path, &[item]);
        }
    }
}

fn write_all(path: &Path, queue: &mpsc::Receiver<Item>) {
    while let Ok(first) = queue.recv() {
        let batch: Vec<Item> = std::iter::once(first).chain(queue.try_iter()).collect();
        write_batch(path, &batch);
    }
}

fn write_batch(path: &Path, batch: &[Item]) {
    // Counted as under way until somebody was told, so that whoever waits finds everything done.
    let Some(listener) = batch.first().map(|(_, listener)| listener.clone()) else { return };
    let recorded: Vec<(Key, Interaction)> =
        batch.iter().map(|(finished, _)| (finished.key, finished.interaction.clone())).collect();
    let why = match store::update(path, path, |existing| added(existing, &recorded)) {
        Ok(unfaithful) if unfaithful.is_empty() => {
            let (fixture, interactions) = (path.to_owned(), recorded.len());
            return listener.tell(Outcome::Written { fixture, interactions });
        }
        Ok(_) => format!("fixture `{}` would not replay what was recorded", path.display()),
        Err(UpdateError::Load(error)) => chain(&error),
        Err(UpdateError::Save(error)) => chain(&error),
    };
    let all_kept =
        recorded.into_iter().all(|(_, interaction)| store::keep_attempt(path, interaction).is_ok());
    let kept = all_kept.then(|| store::failed_path(path));
    listener.tell(Outcome::Failed { fixture: path.to_owned(), why, kept });
}

/// The file with what was recorded, and which of that would not replay; then there is no file.
fn added(
    existing: Vec<Interaction>,
    recorded: &[(Key, Interaction)],
) -> (Option<String>, Vec<usize>) {
    let rules = Rules::default();
    let key = |of: &Interaction| matching::key(of.provider, &of.request, &rules);
    let keyed = existing.into_iter().map(|interaction| (key(&interaction), interaction));
    let (mut all, _) = merge::merge(keyed.collect(), recorded.to_vec(), None, merge::Merge::Add);
    for interaction in &mut all {
        interaction.hash = key(interaction).to_string();
    }
    let text = format::write(&all);
    let recorded = recorded.iter().map(|(key, interaction)| (*key, interaction));
    let unfaithful = save::unfaithful(&text, recorded, key);
    (unfaithful.is_empty().then_some(text), unfaithful)
}
