//! The sentences of failures that are not misses: one headline each, and what helps.

use super::{ITEMS, MESSAGE, PATH, code};
use crate::report::failure::{Failure, IdleInteraction, Through};
use crate::report::settings;
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
        Failure::Unused { interactions } => unused(interactions.len()),
        Failure::MockExpectations { .. } => "the Mocks of this test are not satisfied".to_owned(),
        Failure::UpstreamError { provider, method, path, status, .. } => {
            let path = excerpt(path, PATH);
            format!("{provider} answered {status} to {method} {path}, which is not recorded")
        }
        Failure::Unwritable { path, why } => {
            format!("failed to write `{}`: {}", excerpt(path, MESSAGE), excerpt(why, MESSAGE))
        }
        Failure::FixtureUnreadable { error } => {
            excerpt(error.lines().next().unwrap_or_default(), 2 * MESSAGE)
        }
        Failure::Settings { error } => excerpt(error, 2 * MESSAGE),
        Failure::SelfCheck { interactions } => self_check(interactions),
        Failure::CutOverWhole { interactions } => cut_over_whole(interactions),
        Failure::DrainTimeout { seconds, streams } => {
            let streams = count(*streams, "stream");
            format!("{streams} of the provider had not ended {seconds} s after the test")
        }
        Failure::CiRecord { asked_by } => {
            format!(
                "mode `record` (from {}) is refused in CI (`CI` is set)",
                excerpt(asked_by, PATH)
            )
        }
        Failure::NestedSession { outer } => {
            format!("this thread already runs a test of llmock, `{}`", excerpt(outer, PATH))
        }
        Failure::TurnTimeout { holder, seconds } => {
            let (seconds, holder) = ((*seconds).max(1), excerpt(holder, PATH));
            format!("waited {seconds} s for the turn held by test `{holder}`")
        }
        Failure::UnknownCase { function } => {
            format!(
                "cannot tell the cases of `{}` apart: its thread has no name",
                excerpt(function, PATH)
            )
        }
        Failure::NoPlace { .. } => "found no folder for the fixture".to_owned(),
        Failure::ServerFailed { why } => {
            format!("the local server could not start: {}", excerpt(why, MESSAGE))
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

fn cut_over_whole(interactions: &[usize]) -> String {
    let whole = match interactions.len() {
        0..=ITEMS => list(&numbers(interactions)),
        many => format!("{many} interactions"),
    };
    let is = if interactions.len() == 1 { "is" } else { "are" };
    format!("the provider cut what was to replace {whole}, which {is} complete")
}

fn self_check(interactions: &[usize]) -> String {
    let numbers = numbers(interactions);
    match interactions.len() {
        1 => format!("interaction {} does not find its own answer again", list(&numbers)),
        0..=ITEMS => format!("interactions {} do not find their own answers again", list(&numbers)),
        many => format!("{many} interactions do not find their own answers again"),
    }
}

/// What stands under the headline of a failure, one line each.
pub(crate) fn details(failure: &Failure) -> Vec<String> {
    let line = |text: &str| vec![text.to_owned()];
    match failure {
        Failure::NoRequests { handle, variables, through, distrusted, proxies } => {
            let refused = distrusted.iter().take(ITEMS).map(|host| distrust(host));
            refused.chain(no_requests(*handle, variables, *through, proxies)).collect()
        }
        Failure::Calls { expected: 0, .. } => {
            line("`calls = 0` declares a test that asks no model; take it off if this one does")
        }
        Failure::Unused { interactions } => idle(interactions),
        Failure::MockExpectations { text } => quoted_block(text),
        Failure::UpstreamError { status, message, key, .. } => {
            upstream_error(*status, message.as_deref(), key.as_deref())
        }
        Failure::Unwritable { .. } => line("the fixture is as it was before this test"),
        Failure::FixtureUnreadable { error } => {
            // The hints of the error, a line each.
            let hints =
                error.lines().skip(1).map(|hint| hint.strip_prefix("hint: ").unwrap_or(hint));
            let hints = hints.map(|hint| excerpt(hint, MESSAGE));
            hints.chain(["the file is left as it is".to_owned()]).collect()
        }
        Failure::SelfCheck { .. } => line(
            "the request that was stored is not the one that was sent: a secret, or a rule, has changed it",
        ),
        Failure::CutOverWhole { interactions } => {
            let them = if interactions.len() == 1 { "it" } else { "them" };
            vec![
                "the fixture is as it was before this test".to_owned(),
                format!(
                    "if the test is about a cut answer: take {them} out of the file and record again"
                ),
            ]
        }
        Failure::DrainTimeout { .. } => {
            line("the fixture is as it was; for a longer wait: LLMOCK_DRAIN_TIMEOUT=120")
        }
        Failure::CiRecord { .. } => line(settings::NO_RECORDING_IN_CI),
        Failure::NestedSession { .. } => {
            line("keep #[llm_replay] on the test, and take it off the function that the test calls")
        }
        Failure::TurnTimeout { .. } => {
            vec![
                "two locks taken in different orders wait for ever: put #[llm_replay] above #[serial]"
                    .to_owned(),
                "in every test, or take a handle, which needs no turn: `mock: LlmMock`".to_owned(),
                "if that test only takes long: LLMOCK_TURN_TIMEOUT=600".to_owned(),
            ]
        }
        Failure::UnknownCase { .. } => {
            line("run the body on the test's own thread, or make each case a test function")
        }
        Failure::NoPlace { tried } => no_place(tried),
        Failure::Settings { .. } | Failure::ServerFailed { .. } | Failure::Calls { .. } => {
            Vec::new()
        }
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
            "hand `mock.base_url(..)` to the client: a test with an `LlmMock` sets no variable"
                .to_owned(),
        );
        "your client probably asks another server; ways to reach llmock:".to_owned()
    } else {
        ways.push(
            "the client takes a URL: add the parameter `mock: LlmMock`, pass `mock.base_url(..)`"
                .to_owned(),
        );
        ways.push("it reads another variable: env(MY_LLM_URL = \"{base}/openai/v1\")".to_owned());
        ways.push(
            "it is built before the first test: `llmock::preload!()` in the test crate".to_owned(),
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
            "{} {verb} set: keep 127.0.0.1 out of the proxy (`NO_PROXY`)",
            list(&names)
        ));
    }
    ways.push("it asks no model in this test: calls = 0".to_owned());
    std::iter::once(lead).chain(ways.into_iter().map(|way| format!("  · {way}"))).collect()
}

/// A client that came and left.
fn distrust(host: &str) -> String {
    format!(
        "the client for `{}` refused llmock's certificate: its TLS does not read SSL_CERT_FILE",
        excerpt(host, PATH)
    )
}

/// What to try for a client whose address is fixed, beyond what the test has tried.
fn fixed_address(Through { proxy, intercept }: Through) -> String {
    let tried = match (proxy, intercept) {
        (false, false) => {
            return "its address is fixed: proxy = true (plain http), intercept = true (https)"
                .to_owned();
        }
        (true, false) => "HTTP_PROXY",
        (false, true) => "HTTPS_PROXY and SSL_CERT_FILE",
        (true, true) => "HTTP_PROXY, HTTPS_PROXY and SSL_CERT_FILE",
    };
    format!(
        "it was built before this test set {tried} (a `static`?): run the test in a process of its own"
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
        lines.push(format!("it said: {}", quote(message, MESSAGE)));
    }
    lines.push(match (status, key) {
        (401 | 403, Some(key)) => format!("the key comes from {}", code(key)),
        (401 | 403, None) => "no variable with a key of this provider is set".to_owned(),
        (429, _) => "it limits the rate, or the account has no credit left".to_owned(),
        _ => "the failure is on its side".to_owned(),
    });
    lines.push(format!("if the test is about this answer: allow_errors({status})"));
    lines
}

fn no_place(tried: &[String]) -> Vec<String> {
    let mut lines = vec!["tried, in this order:".to_owned()];
    lines.extend(tried.iter().take(8).map(|path| format!("  {}", excerpt(path, MESSAGE))));
    lines.push(
        "set LLMOCK_WORKSPACE_ROOT to the workspace; with Bazel, declare fixtures as data"
            .to_owned(),
    );
    lines
}

/// Text of another program: at most a dozen lines of it, its indentation kept.
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
