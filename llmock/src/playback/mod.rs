//! Recordings as the source of answers for a server of one's own.
//!
//! A [`Playback`] holds the interactions of any number of fixtures and answers by the rules of a test:
//! the same keys, the same queues, secrets taken out before anything is compared. It changes no more
//! once it is made, so any number of threads ask it without a lock; how far a client has come is in
//! its [`PlaybackSession`]. With the feature `record`, a [`Recorder`] asks the provider what a
//! playback does not know, and writes it into a fixture.
//!
//! ```no_run
//! use llmock::Provider;
//! use llmock::playback::{Playback, PlaybackSession, PlayedBody, Sent};
//!
//! # fn serve(method: http::Method, headers: http::HeaderMap, body: bytes::Bytes)
//! # -> Result<(), Box<dyn std::error::Error>> {
//! let playback = Playback::load(["fixtures/agent", "fixtures/summaries"])?;
//! let session = PlaybackSession::default();
//!
//! let sent = Sent {
//!     provider: Provider::OpenAI,
//!     method: &method,
//!     path: "/v1/chat/completions",
//!     headers: &headers,
//!     body: &body,
//! };
//! let request = playback.read(&sent)?;
//! match session.answer(&playback, &request) {
//!     Some(played) => match played.body() {
//!         PlayedBody::Whole { bytes, .. } => println!("{} {bytes:?}", played.status()),
//!         PlayedBody::Stream { chunks, .. } => println!("{} chunks", chunks.len()),
//!         _ => {}
//!     },
//!     None => println!("{}", playback.why(&request)),
//! }
//! # Ok(()) }
//! ```

mod load;
mod played;
#[cfg(feature = "record")]
mod recorder;
mod redirects;
mod request;
mod rules;
mod session;
#[cfg(feature = "record")]
mod upstream;
#[cfg(feature = "record")]
mod writer;

use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock};

pub use load::LoadErrors;
pub use played::{Played, PlayedBody};
#[cfg(feature = "record")]
pub use recorder::{AskError, Recorder, Relayed, RelayedBody};
pub use redirects::Redirects;
pub use request::{Request, Sent, UnreadableBody};
pub use rules::{RuleError, Rules};
pub use session::PlaybackSession;
#[cfg(feature = "record")]
pub use writer::{Outcome, RecordRefused};

use crate::fixture::Fixture;
use crate::fixture::interaction::Interaction;
use crate::fixture::redact::Redactor;
use crate::matching::{self, Index, Key, Ownership};
use crate::report::{MissReason, answer};
use crate::session::ledger::Ledger;
use crate::session::miss::{self, Evidence};
use crate::session::{links, open};

/// The largest decoded request body that is compared, unless [`Playback::max_body`] says otherwise.
const MAX_BODY: usize = 16 << 20;

/// The interactions of many fixtures, ready to answer.
///
/// Cloning is cheap, and a clone is the same playback. Who recorded an interaction does not count: the
/// answers to equal requests are given in the order of the files, and within a file in its order.
/// Requests are compared by the default rules, unless [`Playback::rules`] says otherwise.
#[derive(Clone, Debug)]
pub struct Playback {
    shared: Arc<Shared>,
    max_body: usize,
}

#[derive(Clone, Debug)]
struct Shared {
    /// Their answers are in `answers`, at the same positions, and no longer here.
    interactions: Vec<Interaction>,
    answers: Vec<Played>,
    keys: Vec<Key>,
    /// For lookup alone: sessions know what they have been given.
    index: Index,
    /// Each file and where its interactions end.
    files: Vec<(PathBuf, usize)>,
    /// Takes as long to make as a small server to start, which may never need it.
    redactor: Arc<LazyLock<Redactor>>,
    rules: matching::Rules,
}

impl Playback {
    /// Reads fixtures, `.json` appended unless present, in this order.
    ///
    /// # Errors
    ///
    /// If any file is missing or is no fixture; all of those are named.
    pub fn load<P: AsRef<Path>>(paths: impl IntoIterator<Item = P>) -> Result<Self, LoadErrors> {
        let mut fixtures = Vec::new();
        let mut errors = Vec::new();
        for path in paths {
            match Fixture::load(path) {
                Ok(fixture) => fixtures.push(fixture),
                Err(error) => errors.push(error),
            }
        }
        LoadErrors::unless_empty(errors)?;
        Ok(Self::new(fixtures))
    }

    /// Takes fixtures that are loaded already.
    ///
    /// ```no_run
    /// # fn main() -> Result<(), llmock::LoadError> {
    /// use llmock::{Fixture, playback::Playback};
    ///
    /// let playback = Playback::new([Fixture::load("fixtures/agent")?]);
    /// assert!(!playback.is_empty());
    /// # Ok(()) }
    /// ```
    pub fn new(fixtures: impl IntoIterator<Item = Fixture>) -> Self {
        let mut parts = Parts::default();
        for fixture in fixtures {
            let path = fixture.path().to_owned();
            for interaction in fixture.into_interactions() {
                parts.push(interaction);
            }
            parts.files.push((path, parts.interactions.len()));
        }
        let redactor = LazyLock::new(open::redactor as fn() -> Redactor);
        if !parts.interactions.is_empty() {
            // Now, and not when the first client waits.
            LazyLock::force(&redactor);
        }
        Self { shared: Arc::new(parts.shared(Arc::new(redactor))), max_body: MAX_BODY }
    }

    /// Sets the largest decoded request body that is compared, in bytes; 16 MiB unless called.
    #[must_use]
    pub fn max_body(mut self, bytes: usize) -> Self {
        self.max_body = bytes;
        self
    }

    /// Sets by which rules requests are compared, recorded ones and those to come.
    ///
    /// ```no_run
    /// use llmock::playback::{Playback, Rules};
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let rules = Rules::default().ignore("$.metadata.run")?;
    /// let playback = Playback::load(["fixtures/agent"])?.rules(rules);
    /// # let _ = playback;
    /// # Ok(()) }
    /// ```
    #[must_use]
    pub fn rules(self, rules: Rules) -> Self {
        if self.shared.rules == rules.0 {
            return self;
        }
        let shared = Arc::unwrap_or_clone(self.shared).compared_by(rules.0);
        Self { shared: Arc::new(shared), max_body: self.max_body }
    }

    /// The same with interactions that have been recorded into one of its files since, or into a new one.
    ///
    /// Sessions go on where they were.
    #[must_use]
    pub fn with_recorded(&self, file: &Path, recorded: &[Interaction]) -> Self {
        let known = self.shared.files.iter().position(|(path, _)| path == file);
        let mut parts = Parts { rules: self.shared.rules.clone(), ..Parts::default() };
        let mut from = 0;
        for (at, (path, end)) in self.shared.files.iter().enumerate() {
            parts.copy(&self.shared, from..*end);
            if known == Some(at) {
                recorded.iter().cloned().for_each(|interaction| parts.push(interaction));
            }
            parts.files.push((path.clone(), parts.interactions.len()));
            from = *end;
        }
        if known.is_none() {
            recorded.iter().cloned().for_each(|interaction| parts.push(interaction));
            parts.files.push((file.to_owned(), parts.interactions.len()));
        }
        let redactor = Arc::clone(&self.shared.redactor);
        Self { shared: Arc::new(parts.shared(redactor)), max_body: self.max_body }
    }

    /// How many interactions there are.
    pub fn len(&self) -> usize {
        self.shared.interactions.len()
    }

    /// Whether there is nothing to answer with.
    pub fn is_empty(&self) -> bool {
        self.shared.interactions.is_empty()
    }

    /// The request in the form in which requests are compared.
    ///
    /// # Errors
    ///
    /// If its body is compressed in a way that cannot be undone, or is too large.
    pub fn read(&self, sent: &Sent<'_>) -> Result<Request, UnreadableBody> {
        Request::read(sent, &self.shared.redactor, &self.shared.rules, self.max_body)
    }

    /// How many answers to this request there are.
    ///
    /// If there is only one, every session gets it, also one that is made for the purpose.
    pub fn answers(&self, request: &Request) -> usize {
        self.queue(request).len()
    }

    /// In one sentence why there is no answer: which recording is closest, and where it differs first.
    ///
    /// It compares the request with everything: nothing for every request of a load test.
    pub fn why(&self, request: &Request) -> String {
        let shared = &*self.shared;
        let (provider, sent) = (request.provider, &request.compared);
        let evidence = Evidence {
            interactions: &shared.interactions,
            missing: false,
            rules: &shared.rules,
            owner: None,
            ledger: &Ledger::default(),
        };
        let mut reason = evidence.unknown(provider, sent);
        let mut place = match shared.files.as_slice() {
            [(only, _)] => only.display().to_string(),
            files => format!("{} fixtures", files.len()),
        };
        if let MissReason::BodyDiffers { closest, .. } = &mut reason
            && let Some((file, number)) = shared.place(closest.interaction - 1)
        {
            closest.interaction = number;
            place = file.display().to_string();
        }
        answer::explanation(&miss::describe(provider, sent, 0, reason), &place, "")
    }

    fn queue(&self, request: &Request) -> &[usize] {
        self.shared.index.of_key(request.key)
    }
}

impl Default for Playback {
    /// Without any interaction, for a server that only records.
    fn default() -> Self {
        Self::new([])
    }
}

impl Shared {
    /// The same interactions under other keys.
    fn compared_by(self, rules: matching::Rules) -> Self {
        let key = |of: &Interaction| matching::key(of.provider, &of.request, &rules);
        let keys = self.interactions.iter().map(key).collect();
        let Self { interactions, answers, files, redactor, .. } = self;
        Parts { interactions, answers, keys, files, rules }.shared(redactor)
    }

    /// The file that an interaction is from, and its number there, counted from one.
    fn place(&self, at: usize) -> Option<(&Path, usize)> {
        let file = self.files.iter().position(|(_, end)| at < *end)?;
        let start = if file == 0 { 0 } else { self.files[file - 1].1 };
        Some((&self.files[file].0, at - start + 1))
    }
}

/// A playback while it is put together.
#[derive(Default)]
struct Parts {
    interactions: Vec<Interaction>,
    answers: Vec<Played>,
    keys: Vec<Key>,
    files: Vec<(PathBuf, usize)>,
    rules: matching::Rules,
}

impl Parts {
    fn push(&mut self, mut interaction: Interaction) {
        self.keys.push(matching::key(interaction.provider, &interaction.request, &self.rules));
        let in_body = links::may_be_in(interaction.provider, &interaction.request);
        self.answers.push(Played::take(&mut interaction.response, in_body));
        self.interactions.push(interaction);
    }

    fn copy(&mut self, from: &Shared, range: std::ops::Range<usize>) {
        self.interactions.extend_from_slice(&from.interactions[range.clone()]);
        self.answers.extend_from_slice(&from.answers[range.clone()]);
        self.keys.extend_from_slice(&from.keys[range]);
    }

    fn shared(self, redactor: Arc<LazyLock<Redactor>>) -> Shared {
        // All are the server's own, so that a queue is in the order of the files.
        let index = Index::new(self.keys.iter().map(|key| (*key, Ownership::Own)));
        Shared {
            interactions: self.interactions,
            answers: self.answers,
            keys: self.keys,
            index,
            files: self.files,
            redactor,
            rules: self.rules,
        }
    }
}

#[cfg(test)]
mod tests;
