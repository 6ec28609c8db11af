//! Sessions without the attribute: [`LlmMockBuilder`] opens one, [`MockSession::finish`] ends it.

mod checks;
mod editing;
mod errors;
mod teams;

use std::ops::Deref;
use std::path::PathBuf;

use llmock_rules::Value;

use crate::config::{Origin, Settings, SettingsError};
use crate::control::{Fault, StreamControl};
use crate::fixture::store;
use crate::mock::LlmMock;
use crate::mode::Mode;
use crate::provider::Provider;
use crate::report::{Outcome, render};
use crate::session::open::{self, Described};
use crate::session::{Session, announce};

pub use errors::{FinishError, StartError};

/// Configures a session for a script, a binary, or a test harness of your own.
///
/// It changes no environment variable: clients take their address from [`LlmMock::base_url`], child processes from
/// [`LlmMock::envs`].
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
pub struct LlmMockBuilder {
    fixture: PathBuf,
    test: Option<String>,
    upstreams: Vec<(Provider, String)>,
    settings: Settings,
    /// The first invalid setting, which `start` returns.
    invalid: Option<SettingsError>,
}

impl LlmMock {
    /// Configures a session without the attribute, for scripts and binaries.
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
    pub fn builder() -> LlmMockBuilder {
        LlmMockBuilder::default()
    }
}

impl LlmMockBuilder {
    /// The fixture file; `.json` is appended unless present. Relative paths count from the working
    /// directory.
    pub fn fixture(mut self, path: impl Into<PathBuf>) -> Self {
        self.fixture = path.into();
        self
    }

    /// Sets the mode; `LLMOCK_MODE` overrides it. The default is [`Mode::Replay`].
    pub fn mode(self, mode: Mode) -> Self {
        self.set("mode", Value::Text(mode.as_str()))
    }

    /// Sets the owner of recorded interactions, which for the attribute is its test. By default they have none.
    pub fn test(mut self, name: impl Into<String>) -> Self {
        self.test = Some(name.into());
        self
    }

    /// Adds a provider whose placeholder key a child process gets ([`LlmMock::envs`]). Those in the fixture are known
    /// already.
    pub fn provider(self, provider: Provider) -> Self {
        self.set("providers", Value::Providers(&[(provider.id(), None)]))
    }

    /// Sets the base URL to record from, such as a gateway or a local model.
    ///
    /// Defaults to the provider's environment variable when the process started, then to the provider's own host.
    pub fn upstream(mut self, provider: Provider, base_url: impl Into<String>) -> Self {
        // The last call counts, as with every other setting.
        self.upstreams.retain(|(known, _)| *known != provider);
        self.upstreams.push((provider, base_url.into()));
        self
    }

    /// Declares a provider that llmock does not know, with the base URL that its clients use in production:
    /// `.provider_at("acme", "https://llm.acme.dev/v1")`. [`LlmMock::base_url`] has the same path, and llmock records
    /// from that URL unless `ACME_BASE_URL` is set.
    pub fn provider_at(self, id: impl Into<String>, base_url: impl Into<String>) -> Self {
        self.set("providers", Value::Providers(&[(&id.into(), Some(&base_url.into()))]))
    }

    /// Adds `HTTP_PROXY` to the variables of a child process ([`LlmMock::envs`]), so that clients with a fixed `http`
    /// address, such as Ollama's, reach llmock.
    pub fn proxy(self, on: bool) -> Self {
        self.set("proxy", Value::Switch(on))
    }

    /// The same for `https`, with `HTTPS_PROXY` and `SSL_CERT_FILE`: on Linux, with the feature `intercept`.
    pub fn intercept(self, on: bool) -> Self {
        self.set("intercept", Value::Switch(on))
    }

    /// Replies to every request with [`LlmMock::reply`] and [`LlmMock::when`] only: the session needs no fixture, and
    /// records nothing.
    pub fn scripted(self, on: bool) -> Self {
        self.set("scripted", Value::Switch(on))
    }

    /// Compares only these top-level fields of the body.
    pub fn match_on<T: Into<String>>(self, fields: impl IntoIterator<Item = T>) -> Self {
        let fields: Vec<String> = fields.into_iter().map(Into::into).collect();
        let fields: Vec<&str> = fields.iter().map(String::as_str).collect();
        self.set("match_on", Value::Texts(&fields))
    }

    /// Ignores a part of the request: what an RFC 9535 path selects in the body, the `path`, or a parameter of the query
    /// such as `query.sig`.
    pub fn ignore(self, path: impl Into<String>) -> Self {
        self.set("ignore", Value::Texts(&[&path.into()]))
    }

    /// Normalizes the selected text: replaces every match of `pattern` with `replacement` before comparing.
    pub fn normalize(
        self,
        path: impl Into<String>,
        pattern: impl Into<String>,
        replacement: impl Into<String>,
    ) -> Self {
        let (path, pattern, replacement) = (path.into(), pattern.into(), replacement.into());
        self.set("normalize", Value::Replacements(&[(&path, &pattern, &replacement)]))
    }

    /// Compares the arrays that an RFC 9535 path selects, and texts that are JSON, without an order.
    pub fn unordered(self, path: impl Into<String>) -> Self {
        self.set("unordered", Value::Texts(&[&path.into()]))
    }

    /// Compares of what an RFC 9535 path selects only whether it contains this text. Several texts for one path are
    /// compared by which of them it contains; where it contains none, it is compared as a whole.
    pub fn contains(self, path: impl Into<String>, text: impl Into<String>) -> Self {
        self.set("contains", Value::Pairs(&[(&path.into(), &text.into())]))
    }

    /// Compares a field at the top level of the body that by default does not count: `.count("$.store")`.
    pub fn count(self, field: impl Into<String>) -> Self {
        self.set("count", Value::Texts(&[&field.into()]))
    }

    /// Gives requests such as `POST /v1/embeddings` a lane: with a strict order they follow each other in the order of the
    /// recording, whatever other requests come between them. May be called again for the same name.
    pub fn lane(self, name: impl Into<String>, request: impl Into<String>) -> Self {
        self.set("lane", Value::Pairs(&[(&name.into(), &request.into())]))
    }

    /// Stores ids and times of providers as numbers, and compares ids by where they appear again.
    pub fn scrub_ids(self, on: bool) -> Self {
        self.set("scrub_ids", Value::Switch(on))
    }

    /// Looks requests for embeddings up as a whole. By default their inputs may come in other batches than recorded.
    pub fn whole_batches(self, on: bool) -> Self {
        self.set("whole_batches", Value::Switch(on))
    }

    /// Requires this header, such as `authorization`, in every request but side calls. Its value is not compared.
    pub fn require_header(self, name: impl Into<String>) -> Self {
        self.set("require_header", Value::Texts(&[&name.into()]))
    }

    /// Compares this header of requests, or with `x-codex-*` all whose names start so. Headers that hold keys are refused.
    pub fn match_headers(self, name: impl Into<String>) -> Self {
        self.set("match_headers", Value::Texts(&[&name.into()]))
    }

    /// Stores this header of requests and responses when recording; `x-codex-*` is every name with that start.
    pub fn keep_headers(self, name: impl Into<String>) -> Self {
        self.set("keep_headers", Value::Texts(&[&name.into()]))
    }

    /// Requires requests in the order of the recording.
    pub fn strict_order(self) -> Self {
        self.set("order", Value::Text("strict"))
    }

    /// Takes requests in any order, where `llmock.toml` says `order = "strict"`. This is the default.
    pub fn any_order(self) -> Self {
        self.set("order", Value::Text("any"))
    }

    /// Fails if some interactions are not used.
    pub fn fail_on_unused(self) -> Self {
        self.set("unused", Value::Text("fail"))
    }

    /// Ignores interactions that are not used. By default they are mentioned in a note.
    pub fn ignore_unused(self) -> Self {
        self.set("unused", Value::Text("ignore"))
    }

    /// Mentions interactions that are not used in a note, where `llmock.toml` says otherwise. This is the default.
    pub fn note_unused(self) -> Self {
        self.set("unused", Value::Text("note"))
    }

    /// Requires this number of requests, not counting side calls. Zero declares a session without requests.
    pub fn calls(self, calls: u32) -> Self {
        self.set("calls", Value::Count(calls))
    }

    /// Declares a background call, such as `GET /v1/models`, that may happen or not.
    pub fn side(self, call: impl Into<String>) -> Self {
        self.set("side", Value::Texts(&[&call.into()]))
    }

    /// Records error responses with these statuses instead of failing.
    pub fn allow_errors(self, statuses: impl IntoIterator<Item = u16>) -> Self {
        let statuses: Vec<u16> = statuses.into_iter().collect();
        self.set("allow_errors", Value::Statuses(&statuses))
    }

    /// Records all error responses instead of failing.
    pub fn allow_all_errors(self) -> Self {
        self.set("allow_errors", Value::Switch(true))
    }

    /// Records no error response, where `llmock.toml` allows some. This is the default.
    pub fn allow_no_errors(self) -> Self {
        self.set("allow_errors", Value::Switch(false))
    }

    /// Does not show findings with this code, and does not fail because of them; `docs/findings.md` lists the codes.
    pub fn allow(self, code: impl Into<String>) -> Self {
        self.set("allow", Value::Texts(&[&code.into()]))
    }

    /// Records responses in which the secret of this name was redacted: replay returns `[REDACTED:NAME]`, and not what
    /// the client received while recording.
    pub fn allow_redacted(self, name: impl Into<String>) -> Self {
        self.set("allow_redacted", Value::Texts(&[&name.into()]))
    }

    /// Takes back what `llmock.toml` sets for a key of the attribute: `.reset("ignore")`. What the builder itself sets for
    /// it holds.
    pub fn reset(self, key: impl Into<String>) -> Self {
        self.set("reset", Value::Texts(&[&key.into()]))
    }

    /// Sets pace and chunks of streamed responses.
    #[expect(clippy::needless_pass_by_value, reason = "it is written where it is passed")]
    pub fn stream(self, control: StreamControl) -> Self {
        self.set("stream", Value::Stream(&control.rule))
    }

    /// Adds a fault: see [`LlmMock::fault`].
    #[expect(clippy::needless_pass_by_value, reason = "it is written where it is passed")]
    pub fn fault(self, fault: Fault) -> Self {
        self.set("fault", Value::Fault(&fault.rule))
    }

    fn set(mut self, key: &'static str, value: Value<'_>) -> Self {
        if let Err(wrong) = self.settings.add(&Origin::Builder, key, value) {
            self.invalid.get_or_insert(SettingsError::Value { origin: Origin::Builder, wrong });
        }
        self
    }

    /// Opens the session.
    ///
    /// # Errors
    ///
    /// If there is no fixture to replay, the fixture cannot be read, a setting is invalid, CI refuses to record, or no
    /// port is available. Each error names the next step.
    pub fn start(self) -> Result<MockSession, StartError> {
        let described = Described {
            owner: self.test,
            fixture: store::path_of(&self.fixture),
            upstreams: self.upstreams,
            settings: self.invalid.map_or(Ok(self.settings), Err),
        };
        let session = open::described(described)?;
        Ok(MockSession { mock: LlmMock::new(session.access()), session })
    }
}

/// An open session; dereferences to its [`LlmMock`].
///
/// ```no_run
/// use llmock::{LlmMock, Provider};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let session = LlmMock::builder().fixture("tests/fixtures/summarize").start()?;
/// let base_url = session.base_url(Provider::OpenAI);
/// // ... run the program against `base_url` ...
/// session.finish()?;
/// # let _ = base_url;
/// # Ok(()) }
/// ```
#[derive(Debug)]
#[must_use = "without `finish` nothing is checked and nothing is written"]
pub struct MockSession {
    mock: LlmMock,
    session: Session,
}

impl MockSession {
    /// The handle of this session; its clones do not keep the session open.
    pub fn mock(&self) -> &LlmMock {
        &self.mock
    }

    /// Ends the session: verifies it, and writes what was recorded.
    ///
    /// # Errors
    ///
    /// If a test with the attribute would fail, with the same report. Then nothing is written, and the recordings are
    /// kept in `NAME.json.failed`.
    pub fn finish(mut self) -> Result<(), FinishError> {
        self.session.note_end(Some(true));
        let Some(report) = self.session.end(Outcome::Passed) else { return Ok(()) };
        if report.fails() {
            return Err(FinishError::from(report));
        }
        if let Some(line) = crate::report::notes::lines(&report) {
            announce::line(&line);
        }
        Ok(())
    }

    /// Ends the session of a program that has failed for a reason of its own; the fixture is not written.
    ///
    /// Returns the report if llmock has a reason to fail the session too.
    pub fn fail(mut self) -> Option<FinishError> {
        let report = self.session.end(Outcome::ReturnedErr)?;
        if !report.fails() {
            // The program's own error says nothing about llmock.
            if let Some(block) = render::block(&report, open::style()) {
                announce::line(&block);
            }
            return None;
        }
        Some(FinishError::from(report))
    }
}

impl Deref for MockSession {
    type Target = LlmMock;

    fn deref(&self) -> &LlmMock {
        &self.mock
    }
}
