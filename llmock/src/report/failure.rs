//! Reasons to fail a test other than a miss. `Display` is the headline; [`Failure::details`] has the lines below it.

use llmock_rules::hint;

use super::drift::{self, Drifted, Unverified};
use super::in_vain::InVain;
use super::provider_error::{responded, upstream_error};
use super::redacted::{self, ChangedResponse};
use super::scripted::{self, UnusedReply};
use super::sentences::{ITEMS, MESSAGE, PATH, UNNAMED_MOCK, code};
use super::unreached::Unreached;
use super::values::{count, excerpt, limited, list, numbers, quote, were};
use crate::audit::Conclusion;
use crate::mode::{self, Mode};

/// A reason to fail a session that does not concern a single request.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Failure {
    /// No request arrived, and the body passed.
    #[error("no request reached llmock, so this test has replayed nothing")]
    NoRequests(Box<Unreached>),
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
    /// Replies that no request got.
    #[error(
        "{} of this test {} not requested",
        count(missing(replies), "reply"),
        were(missing(replies))
    )]
    UnusedReplies { replies: Vec<UnusedReply> },
    /// Two rules with replies left match the same request; each as it is written, with its place.
    #[error("a request matches two rules of this test")]
    AmbiguousReplies { rules: [String; 2] },
    /// `scripted = true`, and there is no reply.
    #[error("`scripted = true`, but the test set no reply")]
    NoReplies,
    /// In wiremock's words.
    #[error("unmet `Mock` expectations")]
    MockExpectations {
        text: String,
        /// Method and path of the requests that arrived, and how many.
        sent: Vec<(String, String, usize)>,
    },
    /// Recording: the provider refused, and no later request of the same key succeeded.
    #[error(
        "{provider} {} to {method} {}, so it was not recorded",
        responded(*status, *inside), excerpt(path, PATH)
    )]
    UpstreamError {
        provider: &'static str,
        method: String,
        path: String,
        /// The status that the error has, also where it is inside a response with a good one.
        status: u16,
        inside: bool,
        /// The provider's own message.
        message: Option<String>,
        /// The variable that holds the key, never its value.
        key: Option<String>,
    },
    #[error("failed to write `{}`: {}", excerpt(path, MESSAGE), excerpt(why, MESSAGE))]
    Unwritable { path: String, why: String },
    /// Path, line, column, and what was expected, as one sentence; further lines are hints.
    #[error("{}", excerpt(error.lines().next().unwrap_or_default(), 2 * MESSAGE))]
    FixtureUnreadable {
        error: String,
        /// The command that records the test, if it is one.
        command: Option<String>,
    },
    /// Recording: a fresh session on the new file would not replay these.
    #[error("{}", self_check(interactions))]
    SelfCheck { interactions: Vec<Unfaithful> },
    /// Recording: the client received secrets for which a replay has placeholders.
    #[error(
        "redaction changed {} that this test received, so nothing was recorded",
        count(responses.len(), "response")
    )]
    ResponsesRedacted { responses: Vec<ChangedResponse> },
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
    #[error("mode `{mode}` (from {}) is refused in CI (`CI` is set)", excerpt(set_by, PATH))]
    CiRecord { mode: Mode, set_by: String },
    #[error(
        "{} has #[llm_replay], and it was called by a test that has it too, {}",
        code(inner),
        code(outer)
    )]
    NestedSession { outer: String, inner: String },
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
    /// A gate or a fault of the test had no effect.
    #[error("{0}")]
    InVain(InVain),
    /// Mode `verify`: the provider responds differently now.
    #[error("{}", drift::headline(interactions, *compared))]
    Drift { interactions: Vec<Drifted>, compared: usize },
    #[error("{}", drift::unverified(interactions))]
    VerifyFailed { interactions: Vec<Unverified> },
    /// What the audit concludes, where a setting makes it a failure.
    #[error("{} (`{rule}`)", excerpt(&conclusion.message, 3 * MESSAGE))]
    Concluded { conclusion: Conclusion, rule: &'static str },
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct IdleInteraction {
    pub(crate) interaction: usize,
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) prompt: Option<String>,
    /// The name of its lane, if it has one.
    pub(crate) lane: Option<String>,
}

/// An interaction that a new file would not replay as it was recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Unfaithful {
    /// Its place among those that were recorded, counted from one.
    pub(crate) interaction: usize,
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) prompt: Option<String>,
    pub(crate) why: String,
}

impl Failure {
    /// A name for `last-run.jsonl`; part of its format.
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::NoRequests(_) => "no_requests",
            Self::Calls { .. } => "calls",
            Self::UnknownField { .. } => "unknown_field",
            Self::Unused { .. } => "unused",
            Self::UnusedReplies { .. } => "unused_replies",
            Self::AmbiguousReplies { .. } => "ambiguous_replies",
            Self::NoReplies => "no_replies",
            Self::MockExpectations { .. } => "mock_expectations",
            Self::UpstreamError { .. } => "upstream_error",
            Self::Unwritable { .. } => "unwritable",
            Self::FixtureUnreadable { .. } => "fixture_unreadable",
            Self::SelfCheck { .. } => "self_check",
            Self::ResponsesRedacted { .. } => "responses_redacted",
            Self::TruncatedReplacement { .. } => "cut_over_whole",
            Self::DrainTimeout { .. } => "drain_timeout",
            Self::Settings { .. } => "settings",
            Self::CiRecord { .. } => "ci_record",
            Self::NestedSession { .. } => "nested_session",
            Self::TurnTimeout { .. } => "turn_timeout",
            Self::UnknownCase { .. } => "unknown_case",
            Self::NoPlace { .. } => "no_place",
            Self::ServerFailed { .. } => "server_failed",
            Self::InVain(_) => "in_vain",
            Self::Drift { .. } => "drift",
            Self::VerifyFailed { .. } => "verify_failed",
            Self::Concluded { conclusion, .. } => conclusion.code,
        }
    }

    /// The lines below the headline of a failure.
    pub(crate) fn details(&self) -> Vec<String> {
        let line = |text: &str| vec![text.to_owned()];
        let lines = |texts: &[&str]| texts.iter().map(|&text| text.to_owned()).collect();
        match self {
            Self::NoRequests(unreached) => unreached.details(),
            Self::Calls { expected: 0, .. } => {
                line("`calls = 0` declares that a test calls no model; remove it if this one does")
            }
            Self::Calls { got, .. } => line(&format!("if the new number is right, set `calls = {got}`")),
            Self::Unused { interactions } => idle(interactions),
            Self::UnusedReplies { replies } => scripted::unused(replies),
            Self::AmbiguousReplies { rules: [first, second] } => vec![
                excerpt(first, MESSAGE),
                excerpt(second, MESSAGE),
                "the first one replied; narrow one of them, or give both replies to one rule: [first, second]".to_owned(),
            ],
            Self::NoReplies => line("call `mock.reply(..)`, or `llmock::current().reply(..)`, before the first request"),
            Self::MockExpectations { text, sent } => {
                let which = text.contains("Mock #").then(|| UNNAMED_MOCK.to_owned());
                quoted_block(text).into_iter().chain(arrived(sent)).chain(which).collect()
            }
            Self::UpstreamError { status, message, key, .. } => {
                upstream_error(*status, message.as_deref(), key.is_some())
            }
            Self::Unwritable { .. } => line("nothing was written"),
            Self::FixtureUnreadable { error, command } => unreadable(error, command.as_deref()),
            Self::SelfCheck { interactions } => unfaithful(interactions),
            Self::ResponsesRedacted { responses } => redacted::changed(responses),
            Self::TruncatedReplacement { interactions } => {
                let them = if interactions.len() == 1 { "it" } else { "them" };
                let way = "to record a response that is cut off, remove";
                let way = format!("{way} {them} from the file and record again");
                lines(&["the fixture is unchanged", &way])
            }
            Self::DrainTimeout { .. } => {
                line("the fixture is unchanged; to wait longer, set LLMOCK_DRAIN_TIMEOUT=120")
            }
            Self::CiRecord { .. } => line(mode::RECORD_ELSEWHERE),
            Self::NestedSession { inner, .. } => vec![format!(
                "remove #[llm_replay] from {}; the attribute of the test covers what it calls",
                code(inner)
            )],
            Self::TurnTimeout { .. } => lines(&[
                "two locks taken in different orders deadlock: put #[llm_replay] above #[serial]",
                "in every test, or take a handle, which needs no guard: `mock: LlmMock`",
                "if that test is only slow: LLMOCK_TURN_TIMEOUT=600",
            ]),
            Self::UnknownCase { .. } => {
                line("run the body on the test's own thread, or make each case a test function")
            }
            Self::NoPlace { tried } => no_place(tried),
            Self::InVain(in_vain) => in_vain.details(),
            Self::Drift { interactions, .. } => drift::details(interactions),
            Self::VerifyFailed { interactions } => drift::reasons(interactions),
            Self::Concluded { .. }
            | Self::UnknownField { .. }
            | Self::Settings { .. }
            | Self::ServerFailed { .. } => Vec::new(),
        }
    }
}

/// A line for each hint of an error, and the command for a fixture that was deleted.
fn unreadable(error: &str, command: Option<&str>) -> Vec<String> {
    let hints = error.lines().skip(1).map(|hint| hint.strip_prefix("hint: ").unwrap_or(hint));
    let mut lines: Vec<String> = hints.map(|hint| excerpt(hint, MESSAGE)).collect();
    if let Some(command) = command {
        lines.push("to record it again, delete the file first:".to_owned());
        lines.push(format!("    {command}"));
    }
    lines
}

fn missing(replies: &[UnusedReply]) -> usize {
    replies.iter().map(|reply| reply.expected - reply.given).sum()
}

fn known_fields(field: &str, known: &[String]) -> String {
    let known: Vec<&str> = known.iter().take(ITEMS).map(String::as_str).collect();
    hint(field, &known)
}

/// `#1 and #2`, or how many there are.
fn which(interactions: &[usize]) -> String {
    match interactions.len() {
        0..=ITEMS => numbers(interactions, ITEMS),
        many => format!("{many} interactions"),
    }
}

fn truncated_replacements(interactions: &[usize]) -> String {
    let which = which(interactions);
    if interactions.len() == 1 {
        format!("the new recording of {which} was cut off; the complete one was kept")
    } else {
        format!("the new recordings of {which} were cut off; the complete ones were kept")
    }
}

fn self_check(interactions: &[Unfaithful]) -> String {
    let numbers: Vec<_> = interactions.iter().map(|one| one.interaction).collect();
    let noun = match numbers.len() {
        1 => "interaction ",
        0..=ITEMS => "interactions ",
        _ => "",
    };
    format!("{noun}{} would not replay as recorded", which(&numbers))
}

fn unfaithful(interactions: &[Unfaithful]) -> Vec<String> {
    let more = |rest| format!("and {rest} more");
    let mut lines = limited(interactions, ITEMS, more, |one| {
        let (path, why) = (excerpt(&one.path, PATH), excerpt(&one.why, MESSAGE));
        let prompt = one.prompt.as_ref().map(|text| format!("  {}", quote(text, 60)));
        format!("#{} {} {path}{}: {why}", one.interaction, one.method, prompt.unwrap_or_default())
    });
    lines.push("the fixture is unchanged".to_owned());
    lines
}

fn idle(interactions: &[IdleInteraction]) -> Vec<String> {
    let more = |rest| format!("and {rest} more");
    limited(interactions, ITEMS, more, |idle| {
        let path = excerpt(&idle.path, PATH);
        let prompt = idle.prompt.as_ref().map(|text| format!("  {}", quote(text, 60)));
        let lane = idle.lane.as_ref().map(|name| format!("  lane {}", quote(name, 60)));
        let [prompt, lane] = [prompt, lane].map(Option::unwrap_or_default);
        format!("#{} {} {path}{prompt}{lane}", idle.interaction, idle.method)
    })
}

fn no_place(tried: &[String]) -> Vec<String> {
    let folders = tried.iter().take(8).map(|path| format!("  {}", excerpt(path, MESSAGE)));
    let way = "set LLMOCK_WORKSPACE_ROOT to the root of the workspace; with Bazel, declare fixtures as data";
    let (lead, way) = ("tried, in this order:".to_owned(), way.to_owned());
    std::iter::once(lead).chain(folders).chain([way]).collect()
}

/// The requests that arrived, whatever a `Mock` expected.
fn arrived(sent: &[(String, String, usize)]) -> Option<String> {
    let more = |rest| count(rest, "more endpoint");
    let sent = limited(sent, ITEMS, more, |(method, path, times)| {
        let times = if *times > 1 { format!(" ({times} times)") } else { String::new() };
        format!("{method} {}{times}", excerpt(path, PATH))
    });
    (!sent.is_empty()).then(|| format!("requests that arrived: {}", list(&sent)))
}

/// At most a dozen lines of text from another program, indentation kept.
fn quoted_block(text: &str) -> Vec<String> {
    let lines: Vec<&str> = text.lines().filter(|line| !line.trim().is_empty()).collect();
    let more = |rest| format!("and {}", count(rest, "more line"));
    limited(&lines, 12, more, |line| excerpt(&line.trim_end().replace('\t', "  "), MESSAGE))
}
