//! The verdict on a client: how it handled each fault on purpose. The findings are those of a sweep in tests.
//!
//! A request that comes again with the same method, path, and body in the same session is a repetition. A client that goes
//! on with a conversation whose last response was cut off took it for complete.

pub(crate) mod form;
mod shown;

use std::collections::VecDeque;
use std::hash::{BuildHasher as _, RandomState};
use std::str::FromStr as _;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use llmock::__server::{ClientFinding, Reaction, is_secret_query, judge_client};
use llmock::reply::{Message, Role};
use llmock_rules::{FaultKind, Problem};
use parking_lot::Mutex;
use tokio::time::Instant;

use super::answer::Decided;
use super::api_request::ApiRequest;
use super::config::StrategyName;
use super::fault::Fault;
use super::journal::without_keys;
use super::sessions::SessionId;

pub(crate) use form::{Format, VerdictForm};
pub(crate) use shown::Verdict;

/// How many faults are kept; older ones are forgotten.
const KEPT: usize = 1000;

/// A request that comes this much later is a new one.
const WINDOW: Duration = Duration::from_secs(300);

/// What is known of the faults on purpose.
#[derive(Debug, Default)]
pub(crate) struct Verdicts {
    chains: Mutex<VecDeque<Chain>>,
    /// Whether there are any, so that requests to a server without faults cost nothing.
    has_any: AtomicBool,
}

/// A request with a fault, and its repetitions.
#[derive(Debug)]
struct Chain {
    digest: u64,
    session: SessionId,
    /// `POST /v1/chat/completions gpt-4o`.
    request: String,
    hits: Vec<Hit>,
    /// The conversation so far, if the client can be seen to go on with it.
    messages: Vec<Message>,
    has_accepted: bool,
}

/// An arrival of the request.
#[derive(Debug)]
struct Hit {
    arrived: Instant,
    /// When its response was ready.
    responded: Instant,
    fault: Option<(FaultKind, String)>,
}

impl Verdicts {
    /// Notes a request and the fault of its response, if it has one.
    pub(crate) fn note(&self, api_request: &ApiRequest, decided: &Decided, fault: Option<Fault>) {
        let fault = injected(decided, fault);
        if fault.is_none() && !self.has_any.load(Ordering::Relaxed) {
            return;
        }
        let session = api_request.session.clone();
        let digest = digest(api_request, &session.to_string());
        let now = Instant::now();
        let hit = Hit { arrived: api_request.arrived, responded: now, fault };
        let mut chains = self.chains.lock();
        let is_it = |chain: &&mut Chain| chain.digest == digest && chain.is_open(now);
        if let Some(chain) = chains.iter_mut().rev().find(is_it) {
            chain.hits.push(hit);
            return;
        }
        let is_cut = |chain: &&mut Chain| chain.session == session && chain.is_cut();
        let mut cut = chains.iter_mut().filter(is_cut).peekable();
        if cut.peek().is_some() {
            let messages = messages(api_request);
            for chain in cut {
                chain.has_accepted |= chain.goes_on_with(&messages);
            }
        }
        if hit.fault.is_none() {
            return;
        }
        self.has_any.store(true, Ordering::Relaxed);
        if chains.len() == KEPT {
            chains.pop_front();
        }
        let model = decided.model.as_deref().map(|model| format!(" {model}")).unwrap_or_default();
        let path = without_keys(&api_request.route.sent);
        chains.push_back(Chain {
            digest,
            session,
            request: format!("{} {path}{model}", api_request.method),
            hits: vec![hit],
            messages: messages(api_request),
            has_accepted: false,
        });
    }

    /// The verdict on all clients, or on one session.
    pub(crate) fn verdict(&self, session: Option<&str>) -> Verdict {
        let chains = self.chains.lock();
        let is_it = |chain: &&Chain| session.is_none_or(|one| chain.session.is_named(one));
        let chains = chains.iter().filter(is_it);
        Verdict { cases: chains.flat_map(Chain::cases).collect() }
    }

    /// The response to a request for the verdict: its type and its text. The query has `session` and `format`.
    pub(crate) fn answer(
        &self,
        query: &str,
        in_path: Option<&str>,
    ) -> Result<(&'static str, String), Problem> {
        let mut session = in_path.map(str::to_owned);
        let mut format = Format::Json;
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            match name.as_ref() {
                "session" => session = Some(value.into_owned()),
                "format" => format = Format::from_str(&value)?,
                name if is_secret_query(name) => {}
                other => {
                    let expected = "expected `session` or `format`";
                    return Err(Problem::new(format!("unknown parameter `{other}`: {expected}")));
                }
            }
        }
        let kind = match format {
            Format::Text => "text/plain; charset=utf-8",
            Format::Json => "application/json",
            Format::Junit => "application/xml",
        };
        Ok((kind, self.verdict(session.as_deref()).shown(format)))
    }

    pub(crate) fn clear(&self) {
        self.chains.lock().clear();
        self.has_any.store(false, Ordering::Relaxed);
    }
}

impl Chain {
    fn is_open(&self, now: Instant) -> bool {
        self.hits.last().is_some_and(|last| now.duration_since(last.responded) < WINDOW)
    }

    /// Whether its last response was cut off.
    fn is_cut(&self) -> bool {
        let last = self.hits.last().and_then(|hit| hit.fault.as_ref());
        matches!(last, Some((FaultKind::Cut { .. } | FaultKind::EmptyBody, _)))
    }

    /// Whether a conversation is this one with a message of the model after it.
    fn goes_on_with(&self, messages: &[Message]) -> bool {
        let known = self.messages.len();
        known > 0
            && messages.len() > known
            && messages[..known] == self.messages
            && messages[known].role == Role::Assistant
    }

    /// A case for each fault. What follows from all of them together, a storm or giving up, belongs to the first or the
    /// last one.
    fn cases(&self) -> Vec<shown::Case> {
        let faults = self.hits.iter().enumerate();
        let faults = faults.filter_map(|(at, hit)| Some((at, hit, hit.fault.as_ref()?)));
        let first = self.hits.iter().position(|hit| hit.fault.is_some());
        let case = |(at, hit, (kind, name)): (usize, &Hit, &(FaultKind, String))| {
            let later = &self.hits[at + 1..];
            let waited = later.first().map(|next| {
                let waited = next.arrived.saturating_duration_since(hit.responded);
                u64::try_from(waited.as_millis()).unwrap_or(u64::MAX)
            });
            let has_accepted = self.has_accepted && later.is_empty();
            let reaction =
                Reaction { repeats: later.len(), waited, is_waiting: false, has_accepted };
            let mut findings = judge_client(kind, &reaction);
            // A client that gives up after some attempts did try again.
            let is_first = Some(at) == first;
            let belongs_here = |one: &ClientFinding| match one.code {
                "sweep_did_not_retry" | "sweep_retry_storm" => is_first,
                _ => true,
            };
            findings.retain(belongs_here);
            shown::Case {
                request: self.request.clone(),
                session: self.session.to_string(),
                fault: name.clone(),
                repeats: later.len(),
                waited,
                findings,
            }
        };
        faults.map(case).collect()
    }
}

/// The fault that a client sees: one on its way, an error that a person has written, or the end of a quota.
fn injected(decided: &Decided, fault: Option<Fault>) -> Option<(FaultKind, String)> {
    let status = decided.answer.status;
    let retry_after = || {
        let value = decided.answer.headers.get("retry-after")?.to_str().ok()?;
        value.parse().ok()
    };
    let error = || FaultKind::Status { code: status.as_u16(), retry_after: retry_after() };
    let kind = match fault {
        Some(Fault::Status { .. }) => Some(error()),
        Some(fault) => Some(fault.kind()),
        None => {
            let written = [StrategyName::Scenario, StrategyName::Error].map(StrategyName::name);
            let is_quota = decided.is_own && status.as_u16() == 429;
            (is_quota || (status.as_u16() >= 400 && written.contains(&decided.by))).then(error)
        }
    }?;
    let name = match fault {
        Some(
            fault @ (Fault::Disconnect
            | Fault::DisconnectMidway
            | Fault::Truncate
            | Fault::Malformed),
        ) => fault.name().to_owned(),
        _ => shown::name_of(&kind),
    };
    Some((kind, name))
}

fn messages(api_request: &ApiRequest) -> Vec<Message> {
    api_request.route.target.read(&api_request.body).messages()
}

fn digest(api_request: &ApiRequest, session: &str) -> u64 {
    static HASHER: LazyLock<RandomState> = LazyLock::new(RandomState::new);
    HASHER.hash_one((session, &api_request.method, &*api_request.route.sent, &api_request.body[..]))
}
