//! The same without the attribute: [`Builder`] opens a session, [`MockSession::finish`] ends it.

use std::ops::Deref;
use std::path::PathBuf;

use crate::config::Settings;
use crate::fixture::store::{self, LoadError};
use crate::mock::LlmMock;
use crate::mode::Mode;
use crate::provider::Provider;
use crate::report::values::chain;
use crate::report::{Failure, Miss, MissReason, Outcome, Report, render, sentences};
use crate::session::open::{self, Described, NotOpened};
use crate::session::{Session, announce};

/// Describes a session for a script, a binary, or a test harness of one's own.
///
/// It touches no environment variable: clients get their address from [`LlmMock::base_url`], child
/// processes from [`LlmMock::envs`].
///
/// ```no_run
/// use llmock::{LlmMock, Mode, Provider};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let mock = LlmMock::builder()
///     .fixture("tests/fixtures/summarize")
///     .mode(Mode::Record)
///     .ignore("$.metadata.run")
///     .start()?;
/// let output = std::process::Command::new("my-agent").envs(mock.envs()).output()?;
/// mock.finish()?;
/// # let _ = output;
/// # Ok(()) }
/// ```
#[derive(Clone, Debug, Default)]
#[must_use = "a builder does nothing until `start`"]
pub struct Builder {
    fixture: PathBuf,
    test: Option<String>,
    upstreams: Vec<(Provider, String)>,
    settings: Settings,
}

impl LlmMock {
    /// Starts to describe a session without the attribute, for scripts and binaries.
    ///
    /// ```no_run
    /// use llmock::{LlmMock, Mode, Provider};
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let mock = LlmMock::builder().fixture("tests/fixtures/summarize").mode(Mode::Record).start()?;
    /// let base_url = mock.base_url(Provider::Anthropic);
    /// // ... run the program against `base_url` ...
    /// mock.finish()?;
    /// # Ok(()) }
    /// ```
    pub fn builder() -> Builder {
        Builder::default()
    }
}

impl Builder {
    /// The fixture file; `.json` is appended unless present. Relative paths count from the working
    /// directory.
    pub fn fixture(mut self, path: impl Into<PathBuf>) -> Self {
        self.fixture = path.into();
        self
    }

    /// What to do with requests; `LLMOCK_MODE` wins over it. [`Mode::Replay`] if not called.
    pub fn mode(mut self, mode: Mode) -> Self {
        self.settings.mode = Some(mode.as_str().to_owned());
        self
    }

    /// Names the owner that recorded interactions carry, as the attribute does with its test. Without,
    /// they have none.
    pub fn test(mut self, name: impl Into<String>) -> Self {
        self.test = Some(name.into());
        self
    }

    /// A provider whose placeholder key a child process should get ([`LlmMock::envs`]); those that the
    /// fixture names are known without.
    pub fn provider(mut self, provider: Provider) -> Self {
        self.settings.providers.push(provider.id().to_owned());
        self
    }

    /// Where to record from, in the shape of the provider's own base URL: a gateway, a local model.
    ///
    /// Without, the provider's variable as it was when the process started, else its own host.
    pub fn upstream(mut self, provider: Provider, base_url: impl Into<String>) -> Self {
        // Said twice, the last counts, as with every other setting.
        self.upstreams.retain(|(known, _)| *known != provider);
        self.upstreams.push((provider, base_url.into()));
        self
    }

    /// Declares a provider that llmock does not know by the base URL that its clients have in production:
    /// `.provider_at("acme", "https://llm.acme.dev/v1")`. Its [`LlmMock::base_url`] ends as that one does, and
    /// recordings come from there, unless `ACME_BASE_URL` names another place.
    pub fn provider_at(mut self, id: impl Into<String>, base_url: impl Into<String>) -> Self {
        let id = id.into();
        self.settings.providers.push(id.clone());
        self.settings.declared.push((id, base_url.into()));
        self
    }

    /// Makes the variables of a child process ([`LlmMock::envs`]) send its plain `http` requests here,
    /// `HTTP_PROXY`: for clients with a fixed address, such as Ollama's.
    pub fn proxy(mut self, on: bool) -> Self {
        self.settings.proxy = Some(on);
        self
    }

    /// The same for `https`, `HTTPS_PROXY` and `SSL_CERT_FILE`; on Linux, with the feature `intercept`.
    pub fn intercept(mut self, on: bool) -> Self {
        self.settings.intercept = Some(on);
        self
    }

    /// Compares requests by these top-level fields of the body alone.
    pub fn match_on<T: Into<String>>(mut self, fields: impl IntoIterator<Item = T>) -> Self {
        self.settings.match_on = Some(fields.into_iter().map(Into::into).collect());
        self
    }

    /// Leaves what an RFC 9535 path selects out of the comparison.
    pub fn ignore(mut self, path: impl Into<String>) -> Self {
        self.settings.ignore.push(path.into());
        self
    }

    /// Evens out text that a path selects: what `pattern` matches counts as `replacement`.
    pub fn normalize(
        mut self,
        path: impl Into<String>,
        pattern: impl Into<String>,
        replacement: impl Into<String>,
    ) -> Self {
        self.settings.normalize.push((path.into(), pattern.into(), replacement.into()));
        self
    }

    /// Demands that interactions are used in the order in which they were recorded.
    pub fn strict_order(mut self) -> Self {
        self.settings.order = Some("strict".to_owned());
        self
    }

    /// Makes interactions that were not used a failure.
    pub fn fail_on_unused(mut self) -> Self {
        self.settings.unused = Some("fail".to_owned());
        self
    }

    /// Says nothing about interactions that were not used, for a session that means to use a part of its
    /// fixture; without, they are a note.
    pub fn ignore_unused(mut self) -> Self {
        self.settings.unused = Some("ignore".to_owned());
        self
    }

    /// How many requests there must be, side calls not counted. Zero declares a session without any.
    pub fn calls(mut self, calls: u32) -> Self {
        self.settings.calls = Some(calls);
        self
    }

    /// Declares a background call (`GET /v1/models`) that is never missed nor unused.
    pub fn side(mut self, call: impl Into<String>) -> Self {
        self.settings.side.push(call.into());
        self
    }

    /// Lets error answers with these statuses be recorded; none means all of them.
    pub fn allow_errors(mut self, statuses: impl IntoIterator<Item = u16>) -> Self {
        let statuses: Vec<u16> = statuses.into_iter().collect();
        self.settings.allow_errors = Some(if statuses.is_empty() {
            crate::config::AllowErrors::Any
        } else {
            crate::config::AllowErrors::Only(statuses)
        });
        self
    }

    /// Opens the session.
    ///
    /// # Errors
    ///
    /// When replaying and there is no fixture, when the fixture cannot be read, when a setting means
    /// nothing, when recording is refused in CI. Each says how to go on.
    pub fn start(self) -> Result<MockSession, StartError> {
        let described = Described {
            owner: self.test,
            fixture: store::path_of(&self.fixture),
            upstreams: self.upstreams,
            settings: self.settings,
        };
        let session = open::described(described)?;
        Ok(MockSession { mock: LlmMock::new(session.access()), session, finished: false })
    }
}

/// An open session; dereferences to its [`LlmMock`].
#[derive(Debug)]
#[must_use = "without `finish` nothing is checked and nothing is written"]
pub struct MockSession {
    mock: LlmMock,
    session: Session,
    finished: bool,
}

impl MockSession {
    /// Ends the session: verifies, and writes what was recorded.
    ///
    /// # Errors
    ///
    /// Everything that would fail a test with the attribute, as a report; nothing is written then, and
    /// what was recorded is kept in `NAME.json.failed`.
    pub fn finish(mut self) -> Result<(), FinishError> {
        self.finished = true;
        let Some(report) = self.session.end(Outcome::Passed) else { return Ok(()) };
        if report.fails() {
            return Err(FinishError::from(report));
        }
        if let Some(line) = crate::report::notes::line(&report) {
            announce::line(&line);
        }
        Ok(())
    }

    /// Ends the session of a program that has failed by itself: nothing is written over the fixture.
    ///
    /// Returns the report, if llmock has something to add.
    pub fn fail(mut self) -> Option<FinishError> {
        self.finished = true;
        let report = self.session.end(Outcome::ReturnedErr)?;
        report.fails().then(|| FinishError::from(report))
    }
}

impl Deref for MockSession {
    type Target = LlmMock;

    fn deref(&self) -> &LlmMock {
        &self.mock
    }
}

impl Drop for MockSession {
    fn drop(&mut self) {
        if self.finished {
            return;
        }
        if let Some(left) = self.session.abandon() {
            announce::line(&sentences::dropped_unfinished(&left.test, left.kept.as_deref()));
        }
    }
}

/// Why a session could not be opened.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// Replaying, and there is no such fixture.
    #[error("{}{hint}", chain(cause))]
    Missing {
        /// Which file.
        cause: LoadError,
        /// How to record it.
        hint: String,
    },
    /// The fixture cannot be read; it is left as it is.
    #[error("{}{hint}", chain(cause))]
    Unreadable {
        /// Which file, and where: line, column, and what was expected.
        cause: LoadError,
        /// How to record it again.
        hint: String,
    },
    /// A setting or a variable means nothing, or recording is refused in CI.
    #[error("{0}")]
    Settings(String),
    /// No port could be opened on 127.0.0.1.
    #[error("{0}")]
    Server(String),
}

/// Why a session did not end well; displayed as the report that a failing test prints.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FinishError {
    /// Requests came that no interaction answers.
    #[error("{report}")]
    Missed {
        /// How many.
        requests: usize,
        /// What was asked, what is closest, and how to record it.
        report: String,
    },
    /// No request came at all.
    #[error("{report}")]
    NoRequests {
        /// Ways to reach the mock server.
        report: String,
    },
    /// The provider, the disk, or the user's Mocks are to blame.
    #[error("{report}")]
    Failed {
        /// What happened.
        report: String,
    },
}

impl From<NotOpened> for StartError {
    fn from(reason: NotOpened) -> Self {
        let failure = match reason {
            NotOpened::NoFixture(cause @ LoadError::Missing { .. }, command) => {
                return Self::Missing { cause, hint: command.record_hint() };
            }
            NotOpened::NoFixture(cause, command) => {
                return Self::Unreadable { cause, hint: command.record_again_hint() };
            }
            NotOpened::Failed(failure) => failure,
        };
        let text = render::opening(&failure, open::style());
        match failure {
            Failure::ServerFailed { .. } => Self::Server(text),
            _ => Self::Settings(text),
        }
    }
}

impl From<Report> for FinishError {
    fn from(report: Report) -> Self {
        let text = render::block(&report, open::style()).unwrap_or_default();
        let is_miss = |miss: &&Miss| !matches!(miss.reason, MissReason::UpstreamFailed { .. });
        let requests = report.misses.iter().filter(is_miss).count();
        let nothing = |failure: &Failure| matches!(failure, Failure::NoRequests { .. });
        if requests > 0 {
            Self::Missed { requests, report: text }
        } else if report.failures.iter().any(nothing) {
            Self::NoRequests { report: text }
        } else {
            Self::Failed { report: text }
        }
    }
}
