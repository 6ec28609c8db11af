//! The sentences that reports, HTTP responses, and errors share.

use super::Arrivals;
use super::miss::{Closest, Endpoint, MissReason};
use super::scripted;
use super::values::{count, excerpt, limited, ordinal, quote};
use crate::matching::{Difference, Reordered};
use crate::provider::Provider;

/// Paths and messages are shortened to this many characters.
pub(crate) const PATH: usize = 100;
pub(crate) const MESSAGE: usize = 300;
/// Items of a list that are shown.
pub(super) const ITEMS: usize = 5;

pub(super) const PAUSED_CLOCK: &str = "the tokio clock of this test is paused, so client timeouts expire at once: call \
                            `tokio::time::pause()` after the requests, or `tokio::time::resume()` before them";

pub(crate) const SWEEP_NOT_REPEATABLE: &str = "the test failed when it ran a second time, in a process of its own: a swept test must be repeatable";

pub(crate) const SWEEP_WITHOUT_REQUEST: &str =
    "the test sends no request, so there is nothing to let fail";

pub(crate) fn sweep_failed(why: &str) -> String {
    format!("the test binary could not be run again: {}", excerpt(why, MESSAGE))
}

pub(crate) fn sweep_unknown_test(test: &str) -> String {
    format!(
        "the test binary does not list exactly one test `{}`: a sweep needs the test harness of Rust, and a test with a \
         name of its own",
        excerpt(test, PATH)
    )
}

/// Why there was no sweep.
pub(crate) fn sweep_refused(test: &str, why: &str) -> String {
    format!("llmock: no sweep of {}: {why}", excerpt(test, PATH))
}

pub(crate) fn reason(reason: &MissReason, test: &str) -> String {
    match reason {
        MissReason::NoFixtureFile => "the fixture does not exist yet".to_owned(),
        MissReason::Empty => "the fixture has no interactions".to_owned(),
        MissReason::EndpointUnknown { .. } => {
            "the fixture has no recording of this endpoint, only of:".to_owned()
        }
        MissReason::BodyDiffers { closest, .. } if !closest.resembles => unlike(closest, test),
        MissReason::BodyDiffers { closest, differences } => {
            let (what, closest) = (unmatched(differences), closest_phrase(closest, test));
            format!("no recorded request {what}; the closest is {closest}")
        }
        MissReason::AlreadyUsed { interaction, by_request } => format!(
            "#{interaction} in the file matches, but the {} request of this test already used it \
             (`order = \"strict\"`)",
            ordinal(*by_request)
        ),
        MissReason::WrongOrder { interaction, expected, endpoint, prompt, .. } => {
            wrong_order(*interaction, *expected, endpoint, prompt.as_deref())
        }
        MissReason::OtherVersion { interaction, what } => other_version(*interaction, what),
        MissReason::NoReply { rules } => scripted::no_reply(rules),
        MissReason::RepliesUsed { place, replies, .. } => scripted::used_up(place, *replies),
        MissReason::ReplyRefused { place, why } => scripted::refused(place, why),
        MissReason::ClosurePanicked { why } => scripted::panicked(why),
        MissReason::Early { test } => format!("the request started {}", began(test.as_deref())),
        MissReason::Late { test } => {
            format!("it belongs to test `{}`, which has already ended", excerpt(test, PATH))
        }
        MissReason::NoProvider => {
            "its address does not name a provider that llmock knows".to_owned()
        }
        MissReason::UnknownHost { host } => unknown_host(host),
        MissReason::Foreign { why } => why.clone(),
        MissReason::DotSegment => {
            "its path has the segment `.` or `..`, which leads out of the provider's path"
                .to_owned()
        }
        MissReason::HeaderMissing { header } => {
            format!("it has no header `{header}` (`require_header`)")
        }
        MissReason::BodyUnreadable { why } => {
            format!("failed to read its body: {}", excerpt(why, MESSAGE))
        }
        MissReason::BodyTooLarge { limit } => too_large(*limit),
        #[cfg(feature = "websocket")]
        MissReason::Message { .. } | MissReason::Socket { .. } => of_socket(reason),
        MissReason::NoUpstream { variables } => no_upstream(variables),
        MissReason::UpstreamFailed { upstream, why } => {
            format!("{} could not be reached: {}", excerpt(upstream, PATH), excerpt(why, MESSAGE))
        }
        MissReason::RecordRefused { why } => {
            format!("it cannot be recorded: {}", excerpt(why, MESSAGE))
        }
    }
}

fn too_large(limit: u64) -> String {
    format!("its body is larger than {}; to raise the limit, set LLMOCK_MAX_BODY=64M", size(limit))
}

fn other_version(interaction: usize, what: &str) -> String {
    let what = excerpt(what, MESSAGE);
    format!("#{interaction} in the file matches, but was {what} (`api_version = \"strict\"`)")
}

#[cfg(feature = "websocket")]
fn of_socket(reason: &MissReason) -> String {
    match reason {
        MissReason::Message { number, why, .. } => {
            format!("message {number} of the client {}", excerpt(why, MESSAGE))
        }
        MissReason::Socket { why } => excerpt(why, MESSAGE),
        _ => String::new(),
    }
}

/// What of a request the closest recording does not have.
fn unmatched(differences: &[Difference]) -> &'static str {
    let every = |is: fn(&str) -> bool| differences.iter().all(|difference| is(&difference.path));
    match differences {
        [] => "matches this body",
        _ if every(|path| path == "path") => "has this path",
        _ if every(|path| path.starts_with("query.")) => "has this query",
        _ if every(|path| path.starts_with("header ")) => "has these headers",
        _ if every(|path| path == "range") => "has this range",
        _ if every(|path| !path.starts_with('$') && path != "body") => "has this address",
        _ => "matches this body",
    }
}

/// `the same tools in a different order`, and what usually causes that.
pub(crate) fn reordered(difference: &Difference) -> Option<String> {
    match difference.reordered? {
        Reordered::Elements => Some(format!("{} ({HASH_MAP})", same_elements(difference))),
        Reordered::Json => Some(format!("the same JSON in a different order ({HASH_MAP})")),
    }
}

/// wiremock calls a `Mock` by its number unless it has a name.
pub(super) const UNNAMED_MOCK: &str = "the `Mock`s count from 0 in the order of `mount`; to see a name here, give it one with `.named(\"...\")`";

/// Why a panic that a test expects did not make it pass.
pub(crate) const PANIC_KEPT: &str = "  The test expects a panic, but the report above is a reason to fail, so llmock keeps the panic from the test harness.";

/// What usually changes an order.
pub(super) const HASH_MAP: &str = "a `HashMap` has another order in each process";

/// Whether a path leads to the turns of a conversation, which no map holds.
pub(super) fn is_conversation(path: &str) -> bool {
    ["$.messages", "$.input", "$.contents", "$.chat_history"].contains(&path)
}

/// `the same tools in a different order`.
pub(super) fn same_elements(difference: &Difference) -> String {
    let member = difference.path.rsplit(['.', ']']).next().unwrap_or_default();
    let elements = if member.is_empty() { "elements" } else { member };
    format!("the same {} in a different order", excerpt(elements, 40))
}

fn closest_phrase(closest: &Closest, test: &str) -> String {
    let mut facts = Vec::new();
    if let Some(at) = &closest.recorded_at {
        facts.push(format!("recorded {}", excerpt(at.get(..10).unwrap_or(at), 40)));
    }
    if let Some(owner) = closest.owner.as_deref().filter(|owner| *owner != test) {
        facts.push(format!("by `{}`", excerpt(owner, PATH)));
    }
    if let Some(request) = closest.used_by {
        facts.push(format!("used by the {} request", ordinal(request)));
    }
    let facts = if facts.is_empty() { String::new() } else { format!(" ({})", facts.join(", ")) };
    format!("#{} in the file{facts}", closest.interaction)
}

/// For a prompt that is none of the recorded ones, changed.
fn unlike(closest: &Closest, test: &str) -> String {
    let what = "no recorded request resembles this prompt";
    if closest.others.is_empty() {
        format!("{what}; the least different is {}", closest_phrase(closest, test))
    } else {
        what.to_owned()
    }
}

/// `the same 4 requests arrived in the order 4, 3, 2, 1`.
pub(super) fn arrivals(arrivals: &Arrivals) -> String {
    const MOST: usize = 12;
    let Arrivals { order, recorded } = arrivals;
    let numbers: Vec<String> = order.iter().take(MOST).map(usize::to_string).collect();
    let more = order.len().saturating_sub(MOST);
    let more = if more > 0 { format!(", and {more} more") } else { String::new() };
    let which = if order.len() == *recorded {
        format!("the same {} arrived", count(*recorded, "request"))
    } else {
        format!("{} of the {recorded} recorded requests arrived", order.len())
    };
    format!("{which} in the order {}{more} (`order = \"strict\"`)", numbers.join(", "))
}

fn wrong_order(
    interaction: Option<usize>,
    expected: usize,
    endpoint: &Endpoint,
    prompt: Option<&str>,
) -> String {
    let prompt = prompt.map(|prompt| format!(" {}", quote(prompt, 60))).unwrap_or_default();
    let found = match interaction {
        Some(at) => format!("it matches #{at} in the file, but"),
        None => "no recorded request matches it, and".to_owned(),
    };
    format!(
        "{found} #{expected}{prompt} comes next ({} {}, `order = \"strict\"`)",
        endpoint.method,
        excerpt(&endpoint.path, PATH)
    )
}

fn unknown_host(host: &str) -> String {
    let host = excerpt(host, PATH);
    let name = host.split_once("://").map_or(&*host, |(_, name)| name);
    format!(
        "`{host}` is not the host of a provider that llmock knows; declare it: providers(name = \"{host}\"), \
         or exclude it from the proxy: env(NO_PROXY = \"{name}\")"
    )
}

fn no_upstream(variables: &[String]) -> String {
    let names = codes(variables, ITEMS).join(" or ");
    let what = if names.is_empty() {
        "declare one: providers(name = \"https://llm.name.dev/v1\")".to_owned()
    } else {
        format!("set {names} before the test starts")
    };
    format!("no upstream is configured for this provider; {what}")
}

/// The recorded endpoints, for a request to another one.
pub(crate) fn endpoints(recorded: &[Endpoint]) -> Vec<String> {
    let more = |rest| format!("and {}", count(rest, "more endpoint"));
    limited(recorded, ITEMS, more, |endpoint| {
        let Endpoint { provider, method, path, times } = endpoint;
        let times = if *times > 1 { format!(", {times} times") } else { String::new() };
        format!("{method} {}  {provider}{times}", excerpt(path, PATH))
    })
}

/// Printed once for each process and upstream, when the first request is forwarded.
pub(crate) fn recording_from(provider: &str, upstream: &str, key: Option<&str>) -> String {
    let usual = Provider::from_id(provider).entry().keys.first();
    let key = match (key, usual) {
        (Some(name), _) => format!(", key from {name}"),
        (None, Some((name, _))) => format!(", {name} is not set"),
        (None, None) => String::new(),
    };
    format!("llmock: recording {provider} from {}{key}", excerpt(upstream, MESSAGE))
}

/// Printed while a test waits unusually long for the environment guard.
pub(crate) fn waiting_for_guard(holder: &str, seconds: u64) -> String {
    format!(
        "llmock: waiting for the environment guard, held by test `{}` for {} s; if both tests use #[serial], put \
         #[llm_replay] above it",
        excerpt(holder, PATH),
        seconds.max(1)
    )
}

/// Printed while a recorder waits unusually long for others that write into the same folder.
pub(crate) fn waiting_for_lock(folder: &str, seconds: u64) -> String {
    format!(
        "llmock: waiting for another process or test that writes fixtures in `{}`, for {} s so far",
        excerpt(folder, MESSAGE),
        seconds.max(1)
    )
}

/// The reason why a file was not written: a recorder waited in vain for others that write into the same folder.
pub(crate) fn lock_timeout(folder: &str, seconds: u64) -> String {
    format!(
        "another process or test has locked `{}` for {seconds} s; if it hangs, stop it",
        excerpt(folder, MESSAGE)
    )
}

/// Why a request is not forwarded.
#[cfg(feature = "record")]
pub(crate) fn unwritable(path: &str, why: &str) -> String {
    format!("`{}` cannot be written: {}", excerpt(path, PATH), excerpt(why, MESSAGE))
}

/// The same where a variable has led the recording into another folder than that of the fixtures.
pub(crate) fn in_record_dir(why: &str) -> String {
    format!("{why} (LLMOCK_RECORD_DIR says where to record)")
}

/// Printed when a handle from the builder is dropped before `finish()`.
pub(crate) fn dropped_unfinished(test: &str, path: Option<&str>) -> String {
    let (test, kept) = (excerpt(test, PATH), kept("its recording is", path));
    format!(
        "llmock: `{test}` was dropped before `finish()`, so nothing was checked or written{kept}"
    )
}

/// Printed when a session is dropped before it is concluded.
pub(crate) fn cancelled(test: &str, path: Option<&str>) -> String {
    let (test, kept) = (excerpt(test, PATH), kept("what it recorded is", path));
    format!("llmock: test `{test}` was cancelled before it ended, so nothing was checked{kept}")
}

fn kept(what: &str, path: Option<&str>) -> String {
    path.map_or_else(String::new, |path| format!("; {what} kept in `{}`", excerpt(path, MESSAGE)))
}

/// `while test ... was running`, or `before this test`.
pub(super) fn began(test: Option<&str>) -> String {
    match test {
        Some(test) => format!("while test `{}` was running", excerpt(test, PATH)),
        None => "before this test".to_owned(),
    }
}

/// A message without the prefix that clients see.
pub(crate) fn without_name(message: &str) -> &str {
    message.strip_prefix("llmock: ").unwrap_or(message)
}

/// Sent when no session is open but a client still has llmock's address.
pub(crate) fn belongs_to_llmock(variable: &str) -> String {
    format!(
        "{variable} of this process points to llmock; annotate the test with #[llm_replay] or set \
         LLMOCK_MODE=off"
    )
}

pub(crate) fn size(bytes: u64) -> String {
    const MIB: u64 = 1024 * 1024;
    if bytes >= MIB && bytes.is_multiple_of(MIB) {
        format!("{} MiB", bytes / MIB)
    } else {
        format!("{bytes} bytes")
    }
}

pub(super) fn code(name: &str) -> String {
    format!("`{}`", excerpt(name, PATH))
}

pub(super) fn codes(names: &[String], most: usize) -> Vec<String> {
    names.iter().take(most).map(|name| code(name)).collect()
}
