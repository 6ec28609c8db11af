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

#[cfg(feature = "record")]
mod credentials;
mod load;
mod played;
#[cfg(feature = "record")]
mod recorder;
mod redirects;
mod request;
mod rules;
mod segment;
mod session;
#[cfg(feature = "record")]
mod writer;

use std::borrow::Cow;
use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock};

#[cfg(feature = "record")]
pub use crate::exchange::sigv4::SigningError;
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

use self::segment::{Item, Segment, Segments};
use crate::exchange::RequestNumber;
use crate::exchange::miss::{self, Evidence};
use crate::exchange::request::{MAX_BODY, redactor};
use crate::fixture::Fixture;
use crate::fixture::interaction::Interaction;
use crate::fixture::redact::Redactor;
use crate::matching;
use crate::report::{MissReason, answer};

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
    /// In the order in which they were loaded.
    files: Vec<PathBuf>,
    segments: Segments,
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
        let (mut files, mut items) = (Vec::new(), Vec::new());
        let rules = matching::Rules::default();
        for (file, fixture) in fixtures.into_iter().enumerate() {
            files.push(fixture.path().to_owned());
            let interactions = fixture.into_interactions().into_iter();
            items.extend(interactions.map(|one| Item::new(file, one, &rules)));
        }
        let redactor = LazyLock::new(redactor as fn() -> Redactor);
        if !items.is_empty() {
            // Now, and not when the first client waits.
            LazyLock::force(&redactor);
        }
        let segments = Segments::new(Segment::new(items));
        let shared = Shared { files, segments, redactor: Arc::new(redactor), rules };
        Self { shared: Arc::new(shared), max_body: MAX_BODY }
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
        let Shared { files, segments, redactor, .. } = Arc::unwrap_or_clone(self.shared);
        let segments = segments.with_rules(&rules.0);
        let shared = Shared { files, segments, redactor, rules: rules.0 };
        Self { shared: Arc::new(shared), max_body: self.max_body }
    }

    /// The same with interactions that have been recorded into one of its files since, or into a new one.
    ///
    /// Sessions continue where they were. What was there before is shared and not copied.
    #[must_use]
    pub fn with_recorded(&self, file: &Path, recorded: &[Interaction]) -> Self {
        let mut shared = (*self.shared).clone();
        let known = shared.files.iter().position(|path| path == file);
        let file = known.unwrap_or_else(|| {
            shared.files.push(file.to_owned());
            shared.files.len() - 1
        });
        let items = recorded.iter().map(|one| Item::new(file, one.clone(), &shared.rules));
        shared.segments.push(Segment::new(items.collect()));
        Self { shared: Arc::new(shared), max_body: self.max_body }
    }

    /// How many interactions there are.
    pub fn len(&self) -> usize {
        self.shared.segments.len()
    }

    /// Whether there is nothing to answer with.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
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
        let items = shared.segments.in_order();
        let evidence = Evidence {
            interactions: items.iter().map(|item| item.interaction()).collect(),
            is_missing: false,
            rules: &shared.rules,
            owner: None,
            used_by: &|_| None,
        };
        let mut reason = evidence.unknown(provider, sent);
        let mut place = match shared.files.as_slice() {
            [only] => only.display().to_string(),
            files => format!("{} fixtures", files.len()),
        };
        if let MissReason::BodyDiffers { closest, .. } = &mut reason {
            // The position among all of them becomes the one in its own file.
            let file = items[closest.interaction - 1].file();
            let before = items.iter().filter(|item| item.file() < file).count();
            closest.interaction -= before;
            place = shared.files[file].display().to_string();
        }
        let miss = miss::describe(provider, sent, RequestNumber::FIRST, reason);
        answer::explanation(&miss, &place, "")
    }

    fn queue(&self, request: &Request) -> Cow<'_, [Arc<Item>]> {
        self.shared.segments.queue(request.key)
    }

    fn interactions(&self) -> impl Iterator<Item = &Interaction> {
        self.shared.segments.interactions()
    }
}

impl Default for Playback {
    /// Without any interaction, for a server that only records.
    fn default() -> Self {
        Self::new([])
    }
}

#[cfg(test)]
mod tests;
