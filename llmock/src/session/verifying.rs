//! Mode `verify`: the program receives its recordings, and the provider gets the same requests beside it, so that what
//! it responds now can be compared with what is recorded.
//!
//! Nothing is written, and nothing that the provider does reaches the program. Each recording is compared once.

use std::sync::Arc;

use crate::audit::Conclusion;
use crate::audit::drift::{Change, Verdict, Verified, quoting};
use crate::exchange::RequestNumber;
use crate::fixture::Position;
use crate::fixture::interaction::Body;
use crate::json;
use crate::mode::Mode;
use crate::report::{Drifted, Failure, Note, Report, Unverified};
use crate::session::pending::Pending;
use crate::session::state::State;

/// A test waits so many times the limit of a recording for responses that its program did not wait for.
const PATIENCE: u32 = 4;

/// Lists of a note are cut after so many.
const TOLD: usize = 5;

/// Sends a request, whose recording responds, to the provider too.
pub(super) fn begin(state: &Arc<State>, pending: &Pending, at: Position) {
    if state.setup.mode() != Mode::Verify {
        return;
    }
    let Pending { number, incoming, request, .. } = pending;
    {
        let mut ledger = state.ledger();
        let exchange = ledger.exchange(*number);
        // The same request was sent before, or its response is of no interest.
        if exchange.is_side || exchange.used.is_none_or(|used| used.is_repeated) {
            return;
        }
    }
    let one = |verdict| Verified {
        interaction: at.number(),
        provider: incoming.provider.id(),
        method: request.method.clone(),
        path: request.path.clone(),
        verdict,
    };
    if let Some(why) = skipped(state, pending, at) {
        state.ledger().verification.verified.push(one(Verdict::Skipped(why)));
        return;
    }
    let unfinished = one(Verdict::Failed("the provider did not respond in time".to_owned()));
    state.ledger().verification.open(*number, unfinished);
    #[cfg(feature = "record")]
    probe::send(state, pending, at);
    #[cfg(not(feature = "record"))]
    finish(
        state,
        *number,
        Verdict::Failed("llmock was built without its feature `record`".to_owned()),
    );
}

/// Why a request is not sent again.
fn skipped(state: &State, pending: &Pending, at: Position) -> Option<String> {
    let Pending { request, .. } = pending;
    let interaction = state.fixture.get(at);
    #[cfg(feature = "websocket")]
    if matches!(&interaction.response.content, crate::fixture::interaction::Content::Socket(_)) {
        return Some("it is a WebSocket".to_owned());
    }
    let status = interaction.response.status;
    if crate::exchange::response::is_outage(status) {
        return Some(format!("its recording is an outage (status {status})"));
    }
    if interaction.origin == crate::fixture::interaction::Origin::Written {
        return Some("a person wrote its response".to_owned());
    }
    let body = match &request.body {
        Body::Json(text) => json::parse(text).ok(),
        _ => None,
    };
    quoting::reason(&request.method, &request.path, body.as_ref())
}

/// Notes how the comparison of one recording ended.
fn finish(state: &State, number: RequestNumber, verdict: Verdict) {
    state.ledger().verification.close(number, verdict);
}

/// Waits for the provider; what has not responded by then could not be compared.
pub(super) fn conclude(state: &State, report: &mut Report) {
    if state.setup.mode() != Mode::Verify {
        return;
    }
    state.verifying.drain(state.setup.limits.drain * PATIENCE);
    let verification = std::mem::take(&mut state.ledger().verification);
    report.usage = verification.usage.clone();
    let mut all = verification.all();
    for one in &mut all {
        if let Verdict::Compared(changes) = &mut one.verdict {
            changes.retain(|change| !state.setup.in_force.allows(change.code));
        }
    }
    failures(state, &all, report);
    report.notes.extend(notes(&all));
    report.verified = all;
}

fn failures(state: &State, all: &[Verified], report: &mut Report) {
    let of = |one: &Verified| {
        let changes = one.changes().iter().filter(|change| change.fails());
        Drifted {
            interaction: one.interaction,
            method: one.method.clone(),
            path: one.path.clone(),
            changes: changes.map(|change| (change.code, change.shown())).collect(),
        }
    };
    let drifted: Vec<Drifted> = all.iter().filter(|one| one.word() == "drift").map(of).collect();
    let compared = all.iter().filter(|one| matches!(one.verdict, Verdict::Compared(_))).count();
    if !drifted.is_empty() {
        report.failures.push(Failure::Drift { interactions: drifted, compared });
    }
    let failed = |one: &Verified| match &one.verdict {
        Verdict::Failed(why) => Some(Unverified {
            interaction: one.interaction,
            method: one.method.clone(),
            path: one.path.clone(),
            why: why.clone(),
        }),
        _ => None,
    };
    let failed: Vec<Unverified> = all.iter().filter_map(failed).collect();
    if !failed.is_empty() && !state.setup.in_force.allows("verify_failed") {
        report.failures.push(Failure::VerifyFailed { interactions: failed });
    }
}

fn notes(all: &[Verified]) -> Vec<Note> {
    let mut notes = Vec::new();
    let note = |code, message| Note::Concluded(Conclusion { code, message, remedy: None });
    let limited = |mut told: Vec<String>| {
        let rest = told.len().saturating_sub(TOLD);
        told.truncate(TOLD);
        let more = if rest > 0 { format!("; {rest} more") } else { String::new() };
        format!("{}{more}", told.join("; "))
    };
    let compared = all.iter().filter(|one| matches!(one.verdict, Verdict::Compared(_))).count();
    let same = all.iter().filter(|one| matches!(one.word(), "same" | "added")).count();
    if same > 0 {
        let message = match (compared, same) {
            (1, 1) => "the provider still responds as recorded (1 recording)".to_owned(),
            _ => {
                format!("the provider still responds as recorded to {same} of {compared} requests")
            }
        };
        notes.push(note("verified", message));
    }
    let minor = |one: &Verified| {
        let changes: Vec<&Change> = one.changes().iter().filter(|one| !one.fails()).collect();
        let told: Vec<String> = changes.iter().take(TOLD).map(|change| change.shown()).collect();
        (!told.is_empty()).then(|| format!("#{} {}", one.interaction, told.join(", ")))
    };
    let minor: Vec<String> = all.iter().filter_map(minor).collect();
    if !minor.is_empty() {
        let message = format!("responses differ where programs seldom look: {}", limited(minor));
        notes.push(note("drift_added", message));
    }
    let skipped = |one: &Verified| match &one.verdict {
        Verdict::Skipped(why) => {
            Some(format!("#{} {} {}, because {why}", one.interaction, one.method, one.path))
        }
        _ => None,
    };
    let skipped: Vec<String> = all.iter().filter_map(skipped).collect();
    if !skipped.is_empty() {
        notes.push(note("not_verified", format!("not compared: {}", limited(skipped))));
    }
    notes
}

#[cfg(feature = "record")]
mod probe {
    //! One request to the provider, whose response no program receives.

    use std::sync::Arc;
    use std::time::{Duration, Instant};

    use http::HeaderMap;
    use tokio::sync::{Semaphore, oneshot};

    use super::finish;
    use crate::audit::drift::{Verdict, compare};
    use crate::exchange::client::Client;
    use crate::exchange::forward::{self, Job, Keeper, UpstreamError, UpstreamResponse};
    use crate::exchange::in_flight::InFlightGuard;
    use crate::exchange::{ReceivedResponse, record, sigv4};
    use crate::fixture::Position;
    use crate::fixture::interaction::Interaction;
    use crate::report::sentences;
    use crate::session::pending::Pending;
    use crate::session::recording;
    use crate::session::state::State;

    /// A replay sends its requests in one burst, which providers limit.
    static AT_ONCE: Semaphore = Semaphore::const_new(4);

    /// How long to wait before a request that met a limit or a fault is sent again.
    const AGAIN: [Duration; 2] = [Duration::from_millis(500), Duration::from_secs(2)];

    /// The longest time that a provider may demand before the next attempt.
    const LONGEST: Duration = Duration::from_secs(30);

    pub(super) fn send(state: &Arc<State>, pending: &Pending, at: Position) {
        let number = pending.number;
        let (base, shown) = match recording::base(state, pending.incoming.provider) {
            Ok(found) => found,
            Err(reason) => {
                let why = sentences::reason(&reason, state.setup.test());
                return finish(state, number, Verdict::Failed(why));
            }
        };
        let mut job = recording::job(state, pending, &base);
        job.client = Client::default();
        if let Err(error) = sigv4::sign_again(&mut job) {
            return finish(state, number, Verdict::Failed(error.to_string()));
        }
        let asked = (pending.request.clone(), pending.found.clone());
        let in_flight = state.verifying.begin();
        let state = Arc::clone(state);
        tokio::spawn(async move {
            let verdict = verdict(&state, &job, (at, &shown), asked).await;
            finish(&state, number, verdict);
            drop(in_flight);
        });
    }

    type Asked = (crate::fixture::interaction::Request, crate::fixture::redact::Found);

    async fn verdict(
        state: &Arc<State>,
        job: &Job,
        (at, shown): (Position, &str),
        asked: Asked,
    ) -> Verdict {
        let recorded = state.fixture.get(at);
        let received = match attempts(state, job).await {
            Ok(received) => received,
            Err(error) => return Verdict::Failed(format!("{shown} does not respond: {error}")),
        };
        let keeps = |name: &str| name == "content-type";
        let redactor = state.secrets.redactor();
        let provider = recorded.provider;
        let served = record::interaction(
            provider,
            asked,
            &received,
            None,
            &redactor,
            state.max_body,
            &keeps,
        );
        let (served, error) = (served.interaction, served.error);
        note_usage(state, &served);
        let status = served.response.status;
        if crate::exchange::response::is_outage(status) {
            let message = error.and_then(|error| error.message).unwrap_or_default();
            return Verdict::Failed(outage(state, &served, shown, &message));
        }
        Verdict::Compared(compare(&recorded.response, &served.response))
    }

    /// A status that tells about an account, a quota, or an outage.
    fn outage(state: &State, served: &Interaction, shown: &str, message: &str) -> String {
        let status = served.response.status;
        let words = if message.is_empty() { String::new() } else { format!(" ({message:?})") };
        let key = match (status, state.key_variable(served.provider)) {
            (401 | 403, Some(name)) => format!("; the key is that of {name}"),
            (401 | 403, None) => {
                let names = served.provider.entry().keys.first();
                names.map(|(name, _)| format!("; {name} is not set")).unwrap_or_default()
            }
            _ => String::new(),
        };
        format!("{shown} responds with status {status}{words}{key}")
    }

    fn note_usage(state: &State, served: &Interaction) {
        let usage = ReceivedResponse::stored(served).usage();
        let sent = crate::exchange::SentRequest::stored(served);
        state.ledger().verification.usage.add(served.provider, sent.model(), usage);
    }

    /// The response, after limits and faults that pass.
    async fn attempts(state: &Arc<State>, job: &Job) -> Result<UpstreamResponse, UpstreamError> {
        let mut pauses = AGAIN.into_iter();
        loop {
            let attempt = attempt(state, job).await;
            let demanded = match &attempt {
                Ok(received) if matches!(received.status.as_u16(), 429 | 503 | 529) => {
                    retry_after(&received.headers)
                }
                Err(UpstreamError::Network(_)) => Duration::ZERO,
                _ => return attempt,
            };
            let Some(pause) = pauses.next() else { return attempt };
            tokio::time::sleep(pause.max(demanded).min(LONGEST)).await;
        }
    }

    fn retry_after(headers: &HeaderMap) -> Duration {
        let value = headers.get("retry-after").and_then(|value| value.to_str().ok());
        let seconds = value.and_then(|value| value.trim().parse().ok());
        Duration::from_secs(seconds.unwrap_or_default())
    }

    async fn attempt(state: &Arc<State>, job: &Job) -> Result<UpstreamResponse, UpstreamError> {
        let permit = AT_ONCE.acquire().await.map_err(|_| UpstreamError::Stopped)?;
        let (kept, received) = oneshot::channel();
        let keeper = Receiving { in_flight: state.verifying.begin(), kept };
        let job = Job {
            url: job.url.clone(),
            method: job.method.clone(),
            headers: job.headers.clone(),
            body: job.body.clone(),
            received: Instant::now(),
            client: Client::default(),
            format: job.format,
            patience: job.patience,
        };
        let response = forward::forward(job, keeper).await?;
        // The reader of the response keeps it going.
        let _ = response.into_body().buffered().await;
        drop(permit);
        received.await.map_err(|_| UpstreamError::Stopped)
    }

    /// Takes the response.
    struct Receiving {
        in_flight: InFlightGuard,
        kept: oneshot::Sender<UpstreamResponse>,
    }

    impl Keeper for Receiving {
        type Kept = ();

        fn in_flight(&self) -> &InFlightGuard {
            &self.in_flight
        }

        async fn keep(self, received: UpstreamResponse) {
            let _ = self.kept.send(received);
        }

        fn is_superseded(&self) -> bool {
            false
        }
    }
}
