//! `ProxyStrategy`: forwards to the provider, and with `--record` records the responses.

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use http_body_util::BodyExt as _;
use llmock::Provider;
use llmock::playback::{AskError, Outcome, RecordRefused, Recorder, Relayed};
use llmock::reply::Reply;

use super::fixture::{self, Fixtures};
use crate::output::server;
use crate::serve::answer::{Answer, AnswerBody, BoxError, Verdict};
use crate::serve::api_request::ApiRequest;

/// The provider did not answer, or no upstream is configured.
const BAD_GATEWAY: u16 = 502;

#[derive(Debug)]
pub(crate) struct ProxySettings<'a> {
    /// The fixture to record into; without it, responses are only forwarded.
    pub(crate) record: Option<&'a Path>,
    /// Base URLs by provider; others are reached at their variable or their public host.
    pub(crate) upstreams: &'a [(Provider, String)],
    /// Addresses of this server (`http://127.0.0.1:8000`): a variable with one of them is not an upstream.
    pub(crate) own: &'a [String],
    /// The key for this server, which is not forwarded.
    pub(crate) api_key: Option<&'a str>,
}

#[derive(Debug)]
pub(crate) struct Proxy {
    recorder: Recorder,
    records: bool,
    fixtures: Arc<Fixtures>,
    /// Upstreams that standard error has named.
    reported: Mutex<Vec<(Provider, String)>>,
}

impl Proxy {
    /// A proxy that adds recorded responses to `fixtures`.
    pub(crate) fn new(
        settings: &ProxySettings<'_>,
        fixtures: Arc<Fixtures>,
    ) -> Result<Self, RecordRefused> {
        let mut recorder = recorder(settings.record, &fixtures)?;
        for (provider, url) in settings.upstreams {
            recorder = recorder.upstream(*provider, url);
        }
        for own in settings.own {
            recorder = recorder.own_address(own);
        }
        if let Some(key) = settings.api_key {
            recorder = recorder.own_key(key);
        }
        let recorder = fixtures.recorded_by(recorder);
        let records = settings.record.is_some();
        Ok(Self { recorder, records, fixtures, reported: Mutex::default() })
    }

    /// Forwards the request; the response streams to the client as it arrives.
    pub(crate) async fn answer(&self, api_request: &ApiRequest) -> Verdict {
        let request = match self.fixtures.compared(api_request) {
            Ok(compared) => compared.request.clone(),
            Err(error) => return failed(400, &error.to_string()),
        };
        let (sent, origin) = (fixture::sent(api_request), self.fixtures.origin(api_request));
        let redirects = &self.fixtures.redirects;
        match self.recorder.ask_redirecting(&sent, request, redirects, &origin).await {
            Ok(relayed) => {
                self.report(api_request.provider(), &relayed.upstream);
                Verdict::Answer(answer_of(relayed))
            }
            Err(error) => failed(BAD_GATEWAY, &explained(&error)),
        }
    }

    /// Waits until responses that are being received are complete and written; returns how many were not in time.
    pub(crate) async fn drain(&self, limit: Duration) -> usize {
        let recorder = self.recorder.clone();
        tokio::task::spawn_blocking(move || recorder.drain(limit)).await.unwrap_or_default()
    }

    fn report(&self, provider: Provider, upstream: &str) {
        let mut reported = self.reported.lock().unwrap_or_else(PoisonError::into_inner);
        if !reported.iter().any(|(known, at)| *known == provider && at == upstream) {
            reported.push((provider, upstream.to_owned()));
            server::forwards(provider, upstream, self.records);
        }
    }
}

/// A recorder that writes to `path`, or one that only forwards.
fn recorder(path: Option<&Path>, fixtures: &Arc<Fixtures>) -> Result<Recorder, RecordRefused> {
    let Some(path) = path else { return Ok(Recorder::forwarding()) };
    let fixtures = Arc::downgrade(fixtures);
    Ok(Recorder::into_fixture(path)?.on_outcome(move |outcome| record_outcome(&fixtures, &outcome)))
}

/// Makes a new recording available for replay, and reports the outcome.
fn record_outcome(fixtures: &Weak<Fixtures>, outcome: &Outcome) {
    if let (Outcome::Received { fixture, interaction }, Some(fixtures)) =
        (outcome, fixtures.upgrade())
    {
        fixtures.add(fixture, std::slice::from_ref(interaction));
    }
    server::recording(outcome);
}

/// An error in the provider's own shape that clients do not retry.
fn failed(status: u16, why: &str) -> Verdict {
    let reply = Reply::error(status, format!("llmock: {why}"));
    Verdict::Reply(Box::new(reply.header("x-should-retry", "false")))
}

fn explained(error: &AskError) -> String {
    match error {
        AskError::NoUpstream { provider, variables } => server::no_upstream(*provider, variables),
        error => error.to_string(),
    }
}

fn answer_of(relayed: Relayed) -> Answer {
    Answer {
        status: relayed.status,
        headers: relayed.headers,
        body: AnswerBody::Live(relayed.body.map_err(BoxError::from).boxed_unsync()),
        after: None,
    }
}
