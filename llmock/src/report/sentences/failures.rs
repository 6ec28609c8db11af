//! The sentences for failures that are not misses: a headline for each, and what helps.

use llmock_rules::hint;

use super::{ITEMS, MESSAGE, PATH, code};
use crate::mode;
use crate::report::failure::{Failure, IdleInteraction, Through};
use crate::report::values::{count, excerpt, list, quote};

/// What failed, as the first line of its own entry.
pub(crate) fn headline(failure: &Failure) -> String {
    match failure {
        Failure::NoRequests { .. } => NO_REQUESTS.to_owned(),
        Failure::Calls { expected, got } => {
            format!(
                "{} reached llmock, expected {expected} (`calls = {expected}`)",
                count(*got, "request")
            )
        }
        Failure::UnknownField { field, known } => {
            let known: Vec<&str> = known.iter().take(ITEMS).map(String::as_str).collect();
            let hint = hint(field, &known);
            format!("no request and no recording has the field `{field}` of `match_on`{hint}")
        }
        Failure::Unused { interactions } => unused(interactions.len()),
        Failure::MockExpectations { .. } => "unmet `Mock` expectations".to_owned(),
        Failure::UpstreamError { provider, method, path, status, .. } => {
            let path = excerpt(path, PATH);
            format!("{provider} responded with {status} to {method} {path}, so it was not recorded")
        }
        Failure::Unwritable { path, why } => {
            format!("failed to write `{}`: {}", excerpt(path, MESSAGE), excerpt(why, MESSAGE))
        }
        Failure::FixtureUnreadable { error } => {
            excerpt(error.lines().next().unwrap_or_default(), 2 * MESSAGE)
        }
        Failure::Settings { error } => excerpt(error, 2 * MESSAGE),
        Failure::SelfCheck { interactions } => self_check(interactions),
        Failure::TruncatedReplacement { interactions } => truncated_replacements(interactions),
        Failure::DrainTimeout { seconds, streams } => {
            let were = if *streams == 1 { "was" } else { "were" };
            let streams = count(*streams, "stream");
            format!("{streams} from the provider {were} still open {seconds} s after the test")
        }
        Failure::CiRecord { set_by } => {
            format!("mode `record` (from {}) is refused in CI (`CI` is set)", excerpt(set_by, PATH))
        }
        Failure::NestedSession { outer } => {
            format!("this thread already runs an llmock test, `{}`", excerpt(outer, PATH))
        }
        Failure::TurnTimeout { holder, seconds } => {
            let (seconds, holder) = ((*seconds).max(1), excerpt(holder, PATH));
            format!("waited {seconds} s for the environment guard, held by test `{holder}`")
        }
        Failure::UnknownCase { function } => {
            format!(
                "cannot tell the cases of `{}` apart: its thread has no name",
                excerpt(function, PATH)
            )
        }
        Failure::NoPlace { .. } => "no folder for the fixture was found".to_owned(),
        Failure::ServerFailed { why } => {
            format!("the local server failed to start: {}", excerpt(why, MESSAGE))
        }
    }
}

const NO_REQUESTS: &str = "no request reached llmock, so this test has replayed nothing";

fn unused(number: usize) -> String {
    let verb = if number == 1 { "was" } else { "were" };
    format!("{} of this test {verb} not used (`unused = \"fail\"`)", count(number, "interaction"))
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

/// The lines below the headline of a failure.
pub(crate) fn details(failure: &Failure) -> Vec<String> {
    let line = |text: &str| vec![text.to_owned()];
    match failure {
        Failure::NoRequests { handle, variables, through, distrusted, proxies } => {
            let refused = distrusted.iter().take(ITEMS).map(|host| distrust(host));
            refused.chain(no_requests(*handle, variables, *through, proxies)).collect()
        }
        Failure::Calls { expected: 0, .. } => {
            line("`calls = 0` declares that a test calls no model; remove it if this one does")
        }
        Failure::Unused { interactions } => idle(interactions),
        Failure::MockExpectations { text } => quoted_block(text),
        Failure::UpstreamError { status, message, key, .. } => {
            upstream_error(*status, message.as_deref(), key.as_deref())
        }
        Failure::Unwritable { .. } => line("the fixture is unchanged"),
        Failure::FixtureUnreadable { error } => {
            // One line for each hint of the error.
            let hints =
                error.lines().skip(1).map(|hint| hint.strip_prefix("hint: ").unwrap_or(hint));
            let hints = hints.map(|hint| excerpt(hint, MESSAGE));
            hints.chain(["the file is unchanged".to_owned()]).collect()
        }
        Failure::SelfCheck { .. } => line(
            "redaction or a rule changed the stored request, so that it differs from the one that was sent",
        ),
        Failure::TruncatedReplacement { interactions } => {
            let them = if interactions.len() == 1 { "it" } else { "them" };
            vec![
                "the fixture is unchanged".to_owned(),
                format!(
                    "to record a response that is cut off, remove {them} from the file and record again"
                ),
            ]
        }
        Failure::DrainTimeout { .. } => {
            line("the fixture is unchanged; to wait longer, set LLMOCK_DRAIN_TIMEOUT=120")
        }
        Failure::CiRecord { .. } => line(mode::RECORD_ELSEWHERE),
        Failure::NestedSession { .. } => line(
            "keep #[llm_replay] on the test and remove it from the function that the test calls",
        ),
        Failure::TurnTimeout { .. } => {
            vec![
                "two locks taken in different orders deadlock: put #[llm_replay] above #[serial]"
                    .to_owned(),
                "in every test, or take a handle, which needs no guard: `mock: LlmMock`".to_owned(),
                "if that test is only slow: LLMOCK_TURN_TIMEOUT=600".to_owned(),
            ]
        }
        Failure::UnknownCase { .. } => {
            line("run the body on the test's own thread, or make each case a test function")
        }
        Failure::NoPlace { tried } => no_place(tried),
        Failure::UnknownField { .. }
        | Failure::Settings { .. }
        | Failure::ServerFailed { .. }
        | Failure::Calls { .. } => Vec::new(),
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

/// The line for a client that disconnected because of the certificate.
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
