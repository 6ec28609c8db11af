//! Replays recorded responses from a server of your own.
//!
//! A [`Playback`] holds the interactions of any number of fixtures. It matches requests as a test does: requests
//! are compared by the same keys, repeated requests are served from the same queues, and secrets are redacted
//! before anything is compared. A `Playback` is immutable, so threads share it without a lock. A
//! [`PlaybackSession`] holds the position of one client in the recordings. With the feature `record`, a
//! [`Recorder`] forwards requests to the upstream and writes the responses to a fixture.
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
//! match session.respond(&playback, &request) {
//!     Some(played) => match played.body() {
//!         PlayedBody::Whole { bytes, .. } => println!("{} {bytes:?}", played.status()),
//!         PlayedBody::Stream { chunks, .. } => println!("{} chunks", chunks.len()),
//!         _ => {}
//!     },
//!     None => println!("{}", playback.explain_miss(&request)),
//! }
//! # Ok(()) }
//! ```

#[cfg(feature = "record")]
mod attempts;
mod batches;
#[cfg(feature = "record")]
mod credentials;
mod ignored;
#[cfg(feature = "record")]
#[doc(hidden)]
pub mod imported;
mod played;
#[cfg(feature = "record")]
pub(crate) mod recorded_sockets;
#[cfg(feature = "record")]
mod recorder;
mod redirects;
#[cfg(feature = "record")]
mod relayed;
mod request;
mod segment;
mod session;
pub(crate) mod sockets;
#[cfg(feature = "record")]
mod writer;

use std::borrow::Cow;
use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock, OnceLock};

#[cfg(feature = "record")]
pub use crate::exchange::sigv4::SigningError;
pub use crate::rules::{RuleError, Rules};
pub use played::{Played, PlayedBody};
#[cfg(feature = "record")]
pub use recorder::{ForwardError, Recorder};
pub use redirects::Redirects;
#[cfg(feature = "record")]
pub use relayed::{Relayed, RelayedBody};
pub use request::{Request, Sent, UnreadableBody};
pub use session::PlaybackSession;
#[cfg(feature = "record")]
pub use writer::{Outcome, RecordRefused};

use self::segment::{Item, Segment, Segments};
use crate::exchange::request::MAX_BODY;
use crate::exchange::secrets::redactor;
use crate::exchange::{RequestNumber, miss};
use crate::fixture::interaction::Interaction;
use crate::fixture::redact::Redactor;
use crate::fixture::{Fixture, LoadError};
use crate::matching;
use crate::report::values::chain;
use crate::report::{MissReason, answer};

/// The interactions of one or more fixtures, indexed by request.
///
/// Cloning is cheap: clones share their interactions. The test that recorded an interaction does not matter. Equal
/// requests receive their responses in the order of the files, and within a file in the order of its interactions.
/// Requests are compared by the default rules unless [`Playback::rules`] sets others.
#[derive(Clone, Debug)]
pub struct Playback {
    shared: Arc<Shared>,
    max_body: usize,
}

#[derive(Clone, Debug)]
struct Shared {
    /// The paths of the fixtures, in the order in which they were loaded.
    files: Vec<PathBuf>,
    segments: Segments,
    /// Built when it is first needed: that takes as long as starting a small server, which may never compare requests.
    redactor: Arc<LazyLock<Redactor>>,
    rules: Rules,
    /// Made at the first request for embeddings that no recording matches.
    embeddings: OnceLock<Arc<batches::Embeddings>>,
}

impl Playback {
    /// Loads fixtures in the given order. `.json` is appended to a path that does not end in it.
    ///
    /// # Errors
    ///
    /// Returns an error if any file is missing or is not a valid fixture. The error lists every such file.
    pub fn load<P: AsRef<Path>>(paths: impl IntoIterator<Item = P>) -> Result<Self, LoadErrors> {
        let mut fixtures = Vec::new();
        let mut errors = Vec::new();
        for path in paths {
            match Fixture::load(path) {
                Ok(fixture) => fixtures.push(fixture),
                Err(error) => errors.push(error),
            }
        }
        if errors.is_empty() { Ok(Self::new(fixtures)) } else { Err(LoadErrors { errors }) }
    }

    /// Creates a playback from fixtures that are already loaded.
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
        let rules = Rules::default();
        let redactor = LazyLock::new(redactor as fn() -> Redactor);
        for (file, fixture) in fixtures.into_iter().enumerate() {
            files.push(fixture.path().to_owned());
            let interactions = fixture.into_interactions();
            if !interactions.is_empty() {
                let stored = redactor.stored(interactions).into_iter();
                let path = &files[file];
                items.extend(stored.zip(1..).map(|(interaction, number)| {
                    Item::new(file, named(path, number), interaction, &rules.matching)
                }));
            }
        }
        let segments = Segments::new(Segment::new(items));
        let (redactor, embeddings) = (Arc::new(redactor), OnceLock::new());
        let shared = Shared { files, segments, redactor, rules, embeddings };
        Self { shared: Arc::new(shared), max_body: MAX_BODY }
    }

    /// Sets the maximum size of a decoded request body, in bytes. The default is 16 MiB.
    #[must_use]
    pub fn max_body(mut self, bytes: usize) -> Self {
        self.max_body = bytes;
        self
    }

    /// Sets the rules by which incoming requests are compared with the recorded ones.
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
        if self.shared.rules == rules {
            return self;
        }
        let Shared { files, segments, redactor, .. } = Arc::unwrap_or_clone(self.shared);
        let segments = segments.with_rules(&rules.matching);
        let shared = Shared { files, segments, redactor, rules, embeddings: OnceLock::new() };
        Self { shared: Arc::new(shared), max_body: self.max_body }
    }

    /// Returns a playback that also has `recorded`, interactions that were added to `file` since it was loaded.
    /// `file` may be new to the playback.
    ///
    /// Sessions keep their positions. Existing interactions are shared, not copied.
    #[must_use]
    pub fn with_recorded(&self, file: &Path, recorded: &[Interaction]) -> Self {
        let mut shared = (*self.shared).clone();
        let known = shared.files.iter().position(|path| path == file);
        let file = known.unwrap_or_else(|| {
            shared.files.push(file.to_owned());
            shared.files.len() - 1
        });
        shared.redactor.learn_signatures(recorded);
        let path = &shared.files[file];
        let items = recorded.iter().map(|new| {
            Item::new(file, path.display().to_string(), new.clone(), &shared.rules.matching)
        });
        shared.segments.push(Segment::new(items.collect()));
        shared.embeddings = OnceLock::new();
        Self { shared: Arc::new(shared), max_body: self.max_body }
    }

    /// Returns the number of interactions.
    pub fn len(&self) -> usize {
        self.shared.segments.len()
    }

    /// Returns whether there are no interactions.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Converts a request to the form in which requests are compared.
    ///
    /// # Errors
    ///
    /// Returns an error if the body cannot be decompressed or is larger than [`Playback::max_body`] allows.
    pub fn read(&self, sent: &Sent<'_>) -> Result<Request, UnreadableBody> {
        let Shared { segments, redactor, rules, .. } = &*self.shared;
        let mut request = Request::read(sent, redactor, rules, self.max_body)?;
        if request.missing_header.is_some() {
            return Ok(request);
        }
        let rules = &rules.matching;
        // Recordings hold no secrets, so what one of them matches needs no redaction, which takes longer than the key.
        if segments.queue(request.key).is_empty() && request.redact() {
            request.key = matching::key(request.provider, &request.compared, rules);
        }
        if segments.queue(request.key).is_empty() {
            let known = segments.key_with_placeholders(request.provider, &request.compared, rules);
            request.key = known.unwrap_or(request.key);
        }
        Ok(request)
    }

    /// Returns the number of recorded responses to this request.
    ///
    /// If there is only one, [`PlaybackSession::respond`] returns it for every session, including a new one.
    pub fn response_count(&self, request: &Request) -> usize {
        self.queue(request).len()
    }

    /// Explains in one sentence why no recording matches: names the closest recording and where it differs.
    ///
    /// This compares the request with every interaction, so it is too slow to call for every request of a load test.
    pub fn explain_miss(&self, request: &Request) -> String {
        self.examine_miss(request).0
    }

    /// The same, and the paths that `ignore` needs for the closest recording to match; none if ignoring is not enough.
    pub(crate) fn examine_miss(&self, request: &Request) -> (String, Vec<String>) {
        let shared = &*self.shared;
        let mut request = request.clone();
        request.redact();
        let (provider, sent) = (request.provider, &request.compared);
        if let Some(header) = request.missing_header.clone() {
            let reason = MissReason::HeaderMissing { header };
            let miss = miss::describe(provider, sent, RequestNumber::FIRST, reason);
            return (answer::explanation(&miss, "", ""), Vec::new());
        }
        let items = shared.segments.in_order();
        let interactions = items.iter().map(|item| &*item.interaction).collect();
        let mut miss = miss::unrecorded(provider, sent, interactions, &shared.rules.matching);
        let mut place = match shared.files.as_slice() {
            [only] => only.display().to_string(),
            files => format!("{} fixtures", files.len()),
        };
        let mut accepting = Vec::new();
        if let MissReason::BodyDiffers { closest, differences } = &mut miss.reason {
            let recorded = &items[closest.interaction - 1].interaction.request;
            accepting =
                ignored::paths(provider, [sent, recorded], differences, &shared.rules.matching);
            // Convert the position among all interactions to the position in the file.
            let file = items[closest.interaction - 1].file;
            let before = items.iter().filter(|item| item.file < file).count();
            closest.interaction -= before;
            place = shared.files[file].display().to_string();
        }
        (answer::explanation(&miss, &place, ""), accepting)
    }

    fn queue(&self, request: &Request) -> Cow<'_, [Arc<Item>]> {
        if request.missing_header.is_some() {
            return Cow::Owned(Vec::new());
        }
        self.shared.segments.queue(request.key)
    }

    fn interactions(&self) -> impl Iterator<Item = &Interaction> {
        self.shared.segments.interactions()
    }
}

/// An interaction by the number that `llmock list` shows: `fixtures/agent.json#2`.
fn named(file: &Path, number: usize) -> String {
    format!("{}#{number}", file.display())
}

impl Default for Playback {
    /// Creates a playback without interactions, for a server that only records.
    fn default() -> Self {
        Self::new([])
    }
}

/// Reports every fixture file that is missing or invalid. It holds at least one error.
#[derive(Debug, thiserror::Error)]
#[error("{}", errors.iter().map(|error| chain(error)).collect::<Vec<_>>().join("\n"))]
pub struct LoadErrors {
    errors: Vec<LoadError>,
}

impl LoadErrors {
    /// Returns one error for each file that failed to load, in the order in which the paths were given.
    pub fn errors(&self) -> &[LoadError] {
        &self.errors
    }
}

#[cfg(test)]
mod tests;
