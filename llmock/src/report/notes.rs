//! The notes of a passing test: lines that libtest does not capture. `docs/notes.md` has a section for each.

mod files;
mod names;
mod remedy;

use super::Report;
use super::in_vain::adversarial_chunks;
use super::redacted::{self, RedactedSecret};
use super::sentences::{MESSAGE, PATH, PAUSED_CLOCK, began, code, without_name};
use super::sources;
use super::unreached::Unreached;
use super::values::{count, excerpt, limited, list, ordinal, quote, were};
use crate::audit::Conclusion;
use crate::audit::prices::{UsageSummary, prices_date};

const RETRIED: &str = "a retry succeeded, so nothing is missing";

/// The number of an interaction in its file, and its prompt.
pub(crate) type Named = (usize, Option<String>);

/// Something worth knowing that does not fail a test.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Note {
    /// Interactions were recorded and written to the fixture.
    Recorded {
        count: usize,
        /// Of these, how many replaced one with the same key.
        replaced: usize,
        /// Earlier interactions of this test that were dropped because no request used them.
        dropped: usize,
        /// Interactions of other owners, which are unchanged.
        kept: usize,
        /// Where the responses came from, each upstream once.
        sources: Vec<Source>,
        /// What they add up to.
        usage: UsageSummary,
    },
    /// Record mode without a request to a provider: the fixture is unchanged.
    NothingRecorded,
    /// Unused interactions of this test: positions in the file, counted from one, with their prompts.
    Unused {
        interactions: Vec<Named>,
        /// Why mode `refresh` did not remove them.
        why_kept: Option<&'static str>,
    },
    /// Interactions without an owner beside some of this test: the rules, as an attribute has them, are not about them.
    Mixed { interactions: usize, rules: Vec<&'static str> },
    /// Mode `refresh` moved so many interactions, which the test no longer uses, to this file.
    Removed { count: usize, path: String },
    /// The test declared that it sends nothing.
    Skipped { reason: String },
    /// A reply that repeats was never given; where the test wrote it.
    ReplyUnused { place: String },
    /// So many requests that an edit changed got the responses at their places; they are kept in this file.
    Editing { count: usize, path: String },
    /// Interactions that another test recorded.
    Borrowed { interactions: Vec<Named>, owner: String },
    /// The last response of a queue was sent again.
    Repeated { interaction: usize, prompt: Option<String>, times: usize },
    /// A request that started before this test acquired the environment guard; it belongs to another test, or to none.
    Stray { method: String, path: String, test: Option<String> },
    /// A request that got no response, or that was recorded, may belong to an earlier test.
    LeftBehind { request: usize, sign: Sign },
    /// A request of this process to no session, refused while this one was open.
    Refused {
        method: String,
        path: String,
        /// The message that its client received.
        message: String,
    },
    /// The tokio clock of the test is paused.
    PausedClock,
    /// Errors of the provider that were not recorded because a retry succeeded.
    Retried { status: u16, inside: bool, times: usize },
    /// Recorded, although the response reports an error: the status is a success.
    ErrorInside { request: usize, status: u16, message: Option<String> },
    /// Secrets that were redacted in recorded requests and responses, with a name each.
    Redacted { secrets: Vec<RedactedSecret> },
    /// Requests that met a network fault, after which a retry succeeded.
    Reconnected { times: usize },
    /// Responses that their client gave up on, after which a retry succeeded.
    GivenUp { times: usize },
    /// A client disconnected before it had sent all of its request.
    Incomplete { method: String, path: String, times: usize },
    /// A recorded stream was cut off by the provider.
    Cut { interaction: usize },
    /// Recording: headers of responses that replay will not send.
    HeadersNotStored { names: Vec<String> },
    /// The body failed, and no request had arrived.
    NothingReached(Box<Unreached>),
    /// The body failed although every request had a response: which ones it received.
    Responses {
        /// Interactions, each with the time of its recording, RFC 3339.
        interactions: Vec<(usize, Option<String>)>,
        /// Method and path of the requests that a `Mock` responded to, and how many.
        mocks: Vec<(String, String, usize)>,
        /// How many were replies that the test wrote.
        replies: usize,
        /// How many came from the provider.
        upstream: usize,
    },
    /// A replayed redirection sent the client to a server that is not llmock.
    LeadsElsewhere { server: String },
    /// The client of a recorded stream left before its end.
    ClientLeft { interaction: usize },
    /// The test failed while recording; what it recorded is kept in this file.
    AttemptKept { path: String, count: usize },
    /// What a test recorded could not be written into this file.
    AttemptLost { path: String, count: usize, why: String },
    /// `mode` would record, but CI only replays.
    OnlyReplayedInCi { mode: &'static str },
    /// A further layer has other responses to requests that an earlier layer has.
    LayersDiffer { layer: String, requests: usize },
    /// A variable is set that nothing reads.
    MisspeltVariable { name: String, meant: &'static str },
    /// The recording of a similar request responded.
    Similar { interaction: usize, score: String, prompt: Option<String> },
    /// A similar recording was not used, or could not be looked for.
    NotSimilar { why: String },
    /// What the audit concludes about the requests of the test.
    Concluded(Conclusion),
    /// The test failed while its streams were cut with this seed.
    AdversarialChunks { seed: u64 },
}

/// Why a request may belong to an earlier test.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Sign {
    /// Its connection was opened while this test held the environment guard, or no test.
    Connection { test: Option<String> },
    /// It is recorded for this test, the previous one, which did not send it.
    Recording { test: String },
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Source {
    pub(crate) provider: &'static str,
    /// The upstream's base URL, without user info or query.
    pub(crate) upstream: String,
    /// The variable that holds the key, never its value.
    pub(crate) key: Option<String>,
}

impl Note {
    /// What happened, as a clause; the report has the path of the fixture.
    pub(crate) fn clause(&self, report: &Report) -> String {
        let fixture = excerpt(&report.fixture, 3 * PATH);
        match self {
            Self::Recorded { count: number, replaced, dropped, kept, sources, usage } => {
                let changes =
                    [(replaced, "replaced"), (dropped, "dropped"), (kept, "of other tests kept")];
                recorded(*number, &changes, sources, &fixture) + &used(usage)
            }
            Self::NothingRecorded => {
                format!("no request was forwarded, so {fixture} is unchanged")
            }
            Self::Unused { interactions, why_kept } => {
                let (numbers, were) = (named(interactions), were(interactions.len()));
                let kept = why_kept.map(|why| format!(", and kept because {why}"));
                format!("{numbers} of {fixture} {were} not requested{}", kept.unwrap_or_default())
            }
            Self::Mixed { interactions, rules } => mixed(*interactions, rules, &fixture),
            Self::Borrowed { interactions, owner } => {
                let (numbers, were) = (named(interactions), were(interactions.len()));
                format!("{numbers} of {fixture} {were} recorded by test {}", code(owner))
            }
            Self::Repeated { interaction, prompt, times } => {
                repeated(*interaction, prompt.as_deref(), *times, &fixture)
            }
            Self::Skipped { reason } => format!("skipped: {}", excerpt(reason, MESSAGE)),
            Self::ReplyUnused { place } => {
                format!("no request got the reply at {}", excerpt(place, PATH))
            }
            Self::Stray { .. } | Self::LeftBehind { .. } | Self::Refused { .. } => {
                self.clause_of_another_test()
            }
            Self::PausedClock => PAUSED_CLOCK.to_owned(),
            Self::Retried { .. }
            | Self::ErrorInside { .. }
            | Self::Reconnected { .. }
            | Self::GivenUp { .. }
            | Self::Incomplete { .. }
            | Self::Cut { .. }
            | Self::ClientLeft { .. }
            | Self::HeadersNotStored { .. }
            | Self::LeadsElsewhere { .. }
            | Self::OnlyReplayedInCi { .. }
            | Self::AdversarialChunks { .. } => self.clause_of_transport(&fixture),
            Self::NothingReached(unreached) => unreached.clause(&fixture),
            Self::Responses { interactions, mocks, replies, upstream } => {
                sources::clause(interactions, mocks, *replies, *upstream, &fixture)
            }
            Self::Redacted { secrets } => {
                format!("{} of {fixture}", redacted::clause(secrets))
            }
            Self::Concluded(conclusion) => excerpt(&conclusion.message, 3 * MESSAGE),
            Self::MisspeltVariable { name, meant } => {
                let (name, meant) = (code(name), code(meant));
                format!("the variable {name} is set, and nothing reads it: did you mean {meant}?")
            }
            _ => self.clause_of_files(&fixture),
        }
    }

    /// The same for requests that another test may have sent.
    fn clause_of_another_test(&self) -> String {
        match self {
            Self::Stray { method, path, test } => format!(
                "{method} {} started {}, so llmock refused it and did not count it",
                excerpt(path, PATH),
                began(test.as_deref())
            ),
            Self::LeftBehind { request, sign } => left_behind(*request, sign),
            Self::Refused { method, path, message } => format!(
                "{method} {} was refused while this test ran: {}",
                excerpt(path, PATH),
                excerpt(without_name(message), MESSAGE)
            ),
            _ => String::new(),
        }
    }

    /// The same for responses that failed, and for what went wrong between client and provider.
    fn clause_of_transport(&self, fixture: &str) -> String {
        match self {
            Self::Retried { status, inside, times } => {
                let (responses, were) = (count(*times, "response"), were(*times));
                let what = if *inside { "error" } else { "status" };
                format!(
                    "{responses} with {what} {status} {were} not recorded into {fixture}: {RETRIED}"
                )
            }
            Self::ErrorInside { request, status, message } => {
                let inside = error_inside(*request, *status, message.as_deref());
                format!("{inside} and is recorded in {fixture}")
            }
            Self::Reconnected { times } => format!(
                "{} met a network fault and {} not recorded into {fixture}: {RETRIED}",
                count(*times, "request"),
                were(*times)
            ),
            Self::GivenUp { times } => format!(
                "{} that the client had stopped waiting for {} not recorded into {fixture}: {RETRIED}",
                count(*times, "response"),
                were(*times)
            ),
            Self::Incomplete { method, path, times } => format!(
                "the client disconnected before it had sent the whole body of {method} {}{}, so llmock ignored it",
                excerpt(path, PATH),
                if *times > 1 { format!(" ({times} times)") } else { String::new() }
            ),
            Self::ClientLeft { interaction } => format!(
                "the client disconnected before the response of #{interaction} ended: what had arrived until then is in \
                 {fixture} and replays"
            ),
            Self::Cut { interaction } => format!(
                "the provider cut off the response of #{interaction} of {fixture}, which replays that way"
            ),
            Self::OnlyReplayedInCi { mode } => {
                format!("mode `{mode}` only replays in CI, so {fixture} is unchanged")
            }
            Self::HeadersNotStored { names } => {
                format!("response headers that {fixture} does not keep: {}", shortened(names))
            }
            Self::LeadsElsewhere { server } => format!(
                "a recorded redirection of {fixture} sends the client to {}, past llmock",
                excerpt(server, PATH)
            ),
            Self::AdversarialChunks { seed } => adversarial_chunks(*seed),
            _ => String::new(),
        }
    }
}

/// The notes of a session, a line for each, without a line end; `None` if there is nothing to say.
pub(crate) fn lines(report: &Report) -> Option<String> {
    if report.notes.is_empty() {
        return None;
    }
    let lines = report.notes.iter().map(|note| format!("llmock: {}", note.finding(report).text()));
    Some(lines.collect::<Vec<_>>().join("\n"))
}

/// `#2 ("Write an apology")`, several of them.
fn named(interactions: &[Named]) -> String {
    let one = |(number, prompt): &Named| match prompt {
        Some(prompt) => format!("#{number} ({})", quote(prompt, 60)),
        None => format!("#{number}"),
    };
    list(&limited(interactions, 5, |rest| format!("{rest} more"), one))
}

fn mixed(interactions: usize, rules: &[&str], fixture: &str) -> String {
    let rules: Vec<String> = rules.iter().map(|rule| code(rule)).collect();
    let (of, have) =
        (count(interactions, "interaction"), if interactions == 1 { "has" } else { "have" });
    let hold = if rules.len() == 1 { "does not hold" } else { "do not hold" };
    format!(
        "{of} of {fixture} {have} no owner beside those of this test, so {} {hold} for them",
        list(&rules)
    )
}

fn attempt_lost(path: &str, interactions: usize, why: &str) -> String {
    let (path, why) = (excerpt(path, PATH), excerpt(why, MESSAGE));
    format!("{} could not be kept in {path}: {why}", count(interactions, "interaction"))
}

fn error_inside(request: usize, status: u16, message: Option<&str>) -> String {
    let message = message.map(|text| format!(" ({})", quote(text, 60))).unwrap_or_default();
    let request = ordinal(request);
    let error = if status == 0 { "an error".to_owned() } else { format!("error {status}") };
    format!("the successful response to the {request} request reports {error}{message}")
}

/// Names, at most eight of them.
fn shortened(names: &[String]) -> String {
    const MOST: usize = 8;
    let shown: Vec<_> = names.iter().take(MOST).map(|name| excerpt(name, 60)).collect();
    let more = names.len().saturating_sub(MOST);
    let more = if more > 0 { format!(", and {more} more") } else { String::new() };
    shown.join(", ") + &more
}

fn left_behind(request: usize, sign: &Sign) -> String {
    let request = ordinal(request);
    match sign {
        Sign::Connection { test } => {
            let sender = if test.is_some() { "that test" } else { "another test" };
            format!(
                "the {request} request used a connection that was opened {}, so {sender} may have sent it",
                began(test.as_deref())
            )
        }
        Sign::Recording { test } => format!(
            "the {request} request is recorded for test `{}`, which ran before and did not send it, so that test may \
             have sent it late",
            excerpt(test, PATH)
        ),
    }
}

fn repeated(interaction: usize, prompt: Option<&str>, times: usize, fixture: &str) -> String {
    let request = prompt.map_or_else(|| "a request".to_owned(), |text| quote(text, 60));
    let times = count(times, "more time");
    format!(
        "the test sent {request} {times} than {fixture} has it, so the response of #{interaction} was repeated"
    )
}

fn recorded(
    interactions: usize,
    changes: &[(&usize, &str)],
    sources: &[Source],
    fixture: &str,
) -> String {
    let changes = changes.iter().filter(|(number, _)| **number > 0);
    let changes: Vec<_> = changes.map(|(number, what)| format!("{number} {what}")).collect();
    let changes = changes.join(", ");
    let changes = if changes.is_empty() { changes } else { format!(" ({changes})") };
    format!("recorded {}{} → {fixture}{changes}", count(interactions, "interaction"), from(sources))
}

/// What a recording has used, if the responses report it.
fn used(usage: &UsageSummary) -> String {
    if usage.tokens.total() == 0 {
        return String::new();
    }
    let cost = match usage.dollars() {
        Some(dollars) => format!(", about ${dollars} by the prices of {}", prices_date()),
        None if usage.unpriced.is_empty() => String::new(),
        None => format!("; no price is known for {}", shortened(&usage.unpriced)),
    };
    let (input, output) = (usage.tokens.input, usage.tokens.output);
    format!(": {}, {input} tokens in and {output} out{cost}", count(usage.requests, "request"))
}

fn from(sources: &[Source]) -> String {
    let names: Vec<String> = sources
        .iter()
        .map(|source| match &source.key {
            Some(key) => format!("{} (key from {key})", excerpt(&source.upstream, PATH)),
            None => excerpt(&source.upstream, PATH),
        })
        .collect();
    if names.is_empty() { String::new() } else { format!(" from {}", list(&names)) }
}
