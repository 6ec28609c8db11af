//! Reasons to fail a test other than a miss. `Display` is the headline; [`Failure::details`] has the lines below it.

use llmock_rules::hint;

use super::sentences::{ITEMS, MESSAGE, PATH, code};
use super::values::{count, excerpt, list, quote, were};
use crate::mode;

/// A reason to fail a session that does not concern a single request.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Failure {
    #[error("no request reached llmock, so this test has replayed nothing")]
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
    #[error("{} reached llmock, expected {expected} (`calls = {expected}`)", count(*got, "request"))]
    Calls { expected: u32, got: usize },
    /// `known`: the other fields of the requests and recordings.
    #[error(
        "no request and no recording has the field `{field}` of `match_on`{}",
        known_fields(field, known)
    )]
    UnknownField { field: String, known: Vec<String> },
    #[error(
        "{} of this test {} not used (`unused = \"fail\"`)",
        count(interactions.len(), "interaction"), were(interactions.len())
    )]
    Unused { interactions: Vec<IdleInteraction> },
    /// In wiremock's words.
    #[error("unmet `Mock` expectations")]
    MockExpectations { text: String },
    /// Recording: the provider refused, and no later request of the same key succeeded.
    #[error(
        "{provider} responded with {status} to {method} {}, so it was not recorded",
        excerpt(path, PATH)
    )]
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
    #[error("failed to write `{}`: {}", excerpt(path, MESSAGE), excerpt(why, MESSAGE))]
    Unwritable { path: String, why: String },
    /// Path, line, column, and what was expected, as one sentence; further lines are hints.
    #[error("{}", excerpt(error.lines().next().unwrap_or_default(), 2 * MESSAGE))]
    FixtureUnreadable { error: String },
    /// Positions in the file, counted from one.
    #[error("{}", self_check(interactions))]
    SelfCheck { interactions: Vec<usize> },
    /// Positions of the complete responses in the file, counted from one.
    #[error("{}", truncated_replacements(interactions))]
    TruncatedReplacement { interactions: Vec<usize> },
    #[error(
        "{} from the provider {} still open {seconds} s after the test",
        count(*streams, "stream"), were(*streams)
    )]
    DrainTimeout { seconds: u64, streams: usize },
    /// As one sentence.
    #[error("{}", excerpt(error, 2 * MESSAGE))]
    Settings { error: String },
    #[error("mode `record` (from {}) is refused in CI (`CI` is set)", excerpt(set_by, PATH))]
    CiRecord { set_by: String },
    #[error("this thread already runs an llmock test, `{}`", excerpt(outer, PATH))]
    NestedSession { outer: String },
    #[error(
        "waited {} s for the environment guard, held by test `{}`", (*seconds).max(1), excerpt(holder, PATH)
    )]
    TurnTimeout { holder: String, seconds: u64 },
    /// Recording a parameterised test: its cases would overwrite each other.
    #[error("cannot tell the cases of `{}` apart: its thread has no name", excerpt(function, PATH))]
    UnknownCase { function: String },
    #[error("no folder for the fixture was found")]
    NoPlace { tried: Vec<String> },
    #[error("the local server failed to start: {}", excerpt(why, MESSAGE))]
    ServerFailed { why: String },
}

/// The ways by which clients with a fixed address reach llmock.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Through {
    pub(crate) proxy: bool,
    pub(crate) intercept: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct IdleInteraction {
    pub(crate) interaction: usize,
    pub(crate) method: String,
    pub(crate) path: String,
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

    /// The lines below the headline of a failure.
    pub(crate) fn details(&self) -> Vec<String> {
        let line = |text: &str| vec![text.to_owned()];
        match self {
            Self::NoRequests { handle, variables, through, distrusted, proxies } => {
                let refused = distrusted.iter().take(ITEMS).map(|host| distrust(host));
                refused.chain(no_requests(*handle, variables, *through, proxies)).collect()
            }
            Self::Calls { expected: 0, .. } => {
                line("`calls = 0` declares that a test calls no model; remove it if this one does")
            }
            Self::Unused { interactions } => idle(interactions),
            Self::MockExpectations { text } => quoted_block(text),
            Self::UpstreamError { status, message, key, .. } => {
                upstream_error(*status, message.as_deref(), key.as_deref())
            }
            Self::Unwritable { .. } => line("the fixture is unchanged"),
            Self::FixtureUnreadable { error } => {
                // One line for each hint of the error.
                let hints =
                    error.lines().skip(1).map(|hint| hint.strip_prefix("hint: ").unwrap_or(hint));
                let hints = hints.map(|hint| excerpt(hint, MESSAGE));
                hints.chain(["the file is unchanged".to_owned()]).collect()
            }
            Self::SelfCheck { .. } => line(
                "redaction or a rule changed the stored request, so that it differs from the one that was sent",
            ),
            Self::TruncatedReplacement { interactions } => {
                let them = if interactions.len() == 1 { "it" } else { "them" };
                vec![
                    "the fixture is unchanged".to_owned(),
                    format!(
                        "to record a response that is cut off, remove {them} from the file and record again"
                    ),
                ]
            }
            Self::DrainTimeout { .. } => {
                line("the fixture is unchanged; to wait longer, set LLMOCK_DRAIN_TIMEOUT=120")
            }
            Self::CiRecord { .. } => line(mode::RECORD_ELSEWHERE),
            Self::NestedSession { .. } => line(
                "keep #[llm_replay] on the test and remove it from the function that the test calls",
            ),
            Self::TurnTimeout { .. } => {
                vec![
                    "two locks taken in different orders deadlock: put #[llm_replay] above #[serial]"
                        .to_owned(),
                    "in every test, or take a handle, which needs no guard: `mock: LlmMock`".to_owned(),
                    "if that test is only slow: LLMOCK_TURN_TIMEOUT=600".to_owned(),
                ]
            }
            Self::UnknownCase { .. } => {
                line("run the body on the test's own thread, or make each case a test function")
            }
            Self::NoPlace { tried } => no_place(tried),
            Self::UnknownField { .. }
            | Self::Settings { .. }
            | Self::ServerFailed { .. }
            | Self::Calls { .. } => Vec::new(),
        }
    }
}

fn known_fields(field: &str, known: &[String]) -> String {
    let known: Vec<&str> = known.iter().take(ITEMS).map(String::as_str).collect();
    hint(field, &known)
}

fn numbers(interactions: &[usize]) -> Vec<String> {
    interactions.iter().take(ITEMS).map(|at| format!("#{at}")).collect()
}

fn truncated_replacements(interactions: &[usize]) -> String {
    match interactions {
        [one] => format!("the new recording of #{one} was cut off; the complete one was kept"),
        several => {
            let which = match several.len() {
                0..=ITEMS => list(&numbers(several)),
                many => format!("{many} interactions"),
            };
            format!("the new recordings of {which} were cut off; the complete ones were kept")
        }
    }
}

fn self_check(interactions: &[usize]) -> String {
    let numbers = numbers(interactions);
    match interactions.len() {
        1 => format!("interaction {} would not match on replay", list(&numbers)),
        0..=ITEMS => format!("interactions {} would not match on replay", list(&numbers)),
        many => format!("{many} interactions would not match on replay"),
    }
}

fn no_requests(
    handle: bool,
    variables: &[String],
    through: Through,
    proxies: &[String],
) -> Vec<String> {
    let mut ways = Vec::new();
    let lead = if handle {
        ways.push(
            "pass `mock.base_url(..)` to the client: a test with an `LlmMock` sets no variables"
                .to_owned(),
        );
        "your client probably uses another server; ways to reach llmock:".to_owned()
    } else {
        ways.push(
            "if it takes a URL: add the parameter `mock: LlmMock` and pass `mock.base_url(..)`"
                .to_owned(),
        );
        ways.push(
            "if it reads another variable: env(MY_LLM_URL = \"{base}/openai/v1\")".to_owned(),
        );
        ways.push(
            "if it is built before the first test: `llmock::preload!()` in the test crate"
                .to_owned(),
        );
        ways.push(fixed_address(through));
        let names: Vec<String> = variables.iter().take(3).map(|name| code(name)).collect();
        let ignored =
            if names.is_empty() { "the base-URL variables".to_owned() } else { list(&names) };
        format!("your client probably ignores {ignored}; ways to reach llmock:")
    };
    if !proxies.is_empty() {
        let names: Vec<String> = proxies.iter().take(ITEMS).map(|name| code(name)).collect();
        let verb = if names.len() == 1 { "is" } else { "are" };
        ways.push(format!(
            "{} {verb} set: exclude 127.0.0.1 from the proxy (`NO_PROXY`)",
            list(&names)
        ));
    }
    ways.push("if the test calls no model: calls = 0".to_owned());
    std::iter::once(lead).chain(ways.into_iter().map(|way| format!("  · {way}"))).collect()
}

fn distrust(host: &str) -> String {
    format!(
        "the client for `{}` rejected llmock's certificate: its TLS does not read SSL_CERT_FILE",
        excerpt(host, PATH)
    )
}

/// What to try for a client with a fixed address, apart from what the test already sets.
fn fixed_address(Through { proxy, intercept }: Through) -> String {
    let tried = match (proxy, intercept) {
        (false, false) => {
            return "if its address is fixed: proxy = true (plain http), intercept = true (https)"
                .to_owned();
        }
        (true, false) => "HTTP_PROXY",
        (false, true) => "HTTPS_PROXY and SSL_CERT_FILE",
        (true, true) => "HTTP_PROXY, HTTPS_PROXY and SSL_CERT_FILE",
    };
    format!(
        "if it was built before this test set {tried} (a `static`?): run the test in its own process"
    )
}

fn idle(interactions: &[IdleInteraction]) -> Vec<String> {
    let line = |idle: &IdleInteraction| {
        let path = excerpt(&idle.path, PATH);
        let prompt = idle.prompt.as_ref().map(|text| format!("  {}", quote(text, 60)));
        format!("#{} {} {path}{}", idle.interaction, idle.method, prompt.unwrap_or_default())
    };
    let mut lines: Vec<String> = interactions.iter().take(ITEMS).map(line).collect();
    if interactions.len() > ITEMS {
        lines.push(format!("and {} more", interactions.len() - ITEMS));
    }
    lines
}

fn upstream_error(status: u16, message: Option<&str>, key: Option<&str>) -> Vec<String> {
    let mut lines = Vec::new();
    if let Some(message) = message {
        lines.push(format!("its message: {}", quote(message, MESSAGE)));
    }
    lines.push(match (status, key) {
        (401 | 403, Some(key)) => format!("the key comes from {}", code(key)),
        (401 | 403, None) => "no API key variable of this provider is set".to_owned(),
        (429, _) => "the rate limit was exceeded, or the account has no credit left".to_owned(),
        _ => "the provider failed".to_owned(),
    });
    lines.push(format!("to record this response: allow_errors({status})"));
    lines
}

fn no_place(tried: &[String]) -> Vec<String> {
    let mut lines = vec!["tried, in this order:".to_owned()];
    lines.extend(tried.iter().take(8).map(|path| format!("  {}", excerpt(path, MESSAGE))));
    lines.push(
        "set LLMOCK_WORKSPACE_ROOT to the root of the workspace; with Bazel, declare fixtures as data"
            .to_owned(),
    );
    lines
}

/// At most a dozen lines of text from another program, indentation kept.
fn quoted_block(text: &str) -> Vec<String> {
    const LINES: usize = 12;
    let lines: Vec<&str> = text.lines().filter(|line| !line.trim().is_empty()).collect();
    let shown = lines.iter().take(LINES);
    let mut out: Vec<String> =
        shown.map(|line| excerpt(&line.trim_end().replace('\t', "  "), MESSAGE)).collect();
    if lines.len() > LINES {
        out.push(format!("and {}", count(lines.len() - LINES, "more line")));
    }
    out
}
