//! Reasons to fail a test other than a miss.

/// A reason to fail a session that does not concern a single request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Failure {
    /// In replay no request reached llmock, so nothing was tested.
    NoRequests {
        /// The test takes a handle, so no variable points to llmock.
        handle: bool,
        /// The variables that point to llmock, for the providers in the fixture.
        variables: Vec<String>,
        /// Which settings for clients without a variable were on.
        through: Through,
        /// Hosts whose clients refused the certificate that `intercept = true` shows.
        distrusted: Vec<String>,
        /// The proxy variables that were set: a client may send everything there.
        proxies: Vec<String>,
    },
    /// `calls = N` was not met.
    Calls { expected: u32, got: usize },
    /// `match_on` names a field that no request and no recording has; the other fields they have.
    UnknownField { field: String, known: Vec<String> },
    /// `unused = "fail"`, and some interactions were not used.
    Unused { interactions: Vec<IdleInteraction> },
    /// Unmet expectations of the test's `Mock`s, in wiremock's words.
    MockExpectations { text: String },
    /// Recording: the provider refused, and no later request of the same key succeeded.
    UpstreamError {
        provider: &'static str,
        method: String,
        path: String,
        status: u16,
        /// The provider's own message.
        message: Option<String>,
        /// The variable that holds the key, never its value.
        key: Option<String>,
    },
    /// The fixture could not be written.
    Unwritable { path: String, why: String },
    /// The fixture could not be read: path, line, column, and what was expected, as one sentence.
    FixtureUnreadable { error: String },
    /// A recorded request, read back from the file, does not match its own interaction.
    SelfCheck {
        /// Positions in the file, counted from one.
        interactions: Vec<usize>,
    },
    /// Recording: responses that were cut off would have replaced complete ones.
    TruncatedReplacement {
        /// Positions of the complete ones in the file, counted from one.
        interactions: Vec<usize>,
    },
    /// A stream from the provider was still open when the timeout after the test expired.
    DrainTimeout { seconds: u64, streams: usize },
    /// An invalid value in a variable, the attribute, or `llmock.toml`, as one sentence.
    Settings { error: String },
    /// `LLMOCK_MODE=record` in CI.
    CiRecord { set_by: String },
    /// A session was opened inside another one on the same thread.
    NestedSession { outer: String },
    /// Another test held the environment guard for too long.
    TurnTimeout { holder: String, seconds: u64 },
    /// Recording a parameterised test on a thread without a name: cases would overwrite each other.
    UnknownCase { function: String },
    /// No folder for fixtures was found in any of the places that were tried.
    NoPlace { tried: Vec<String> },
    /// The server could not start.
    ServerFailed { why: String },
}

/// The ways by which clients with a fixed address reach llmock.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Through {
    /// `proxy = true`.
    pub(crate) proxy: bool,
    /// `intercept = true`.
    pub(crate) intercept: bool,
}

/// An interaction that a session did not use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct IdleInteraction {
    /// Position in the file, counted from one.
    pub(crate) interaction: usize,
    pub(crate) method: String,
    pub(crate) path: String,
    /// The text of its last user message.
    pub(crate) prompt: Option<String>,
}

impl Failure {
    /// A name for `last-run.jsonl`; part of its format.
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::NoRequests { .. } => "no_requests",
            Self::Calls { .. } => "calls",
            Self::UnknownField { .. } => "unknown_field",
            Self::Unused { .. } => "unused",
            Self::MockExpectations { .. } => "mock_expectations",
            Self::UpstreamError { .. } => "upstream_error",
            Self::Unwritable { .. } => "unwritable",
            Self::FixtureUnreadable { .. } => "fixture_unreadable",
            Self::SelfCheck { .. } => "self_check",
            Self::TruncatedReplacement { .. } => "cut_over_whole",
            Self::DrainTimeout { .. } => "drain_timeout",
            Self::Settings { .. } => "settings",
            Self::CiRecord { .. } => "ci_record",
            Self::NestedSession { .. } => "nested_session",
            Self::TurnTimeout { .. } => "turn_timeout",
            Self::UnknownCase { .. } => "unknown_case",
            Self::NoPlace { .. } => "no_place",
            Self::ServerFailed { .. } => "server_failed",
        }
    }
}
