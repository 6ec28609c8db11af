//! `ProxyStrategy`: forwards to the provider, and with `--record` records the responses.

use std::sync::{Arc, Weak};
use std::time::Duration;

use http_body_util::BodyExt as _;
use llmock::__server::RelayedSocket;
use llmock::Provider;
use llmock::playback::{ForwardError, Outcome, RecordRefused, Recorder, Relayed, Request};
use llmock::reply::Reply;
use parking_lot::Mutex;

use super::fixture::{self, Fixtures};
use crate::output::server;
use crate::serve::answer::{Answer, AnswerBody, BoxError, Verdict};
use crate::serve::api_request::ApiRequest;
use crate::serve::config::Config;

/// The provider did not answer, or no upstream is configured.
const BAD_GATEWAY: u16 = 502;

#[derive(Debug)]
pub(crate) struct Proxy {
    recorder: Recorder,
    records: bool,
    fixtures: Arc<Fixtures>,
    /// Upstreams that standard error has named.
    reported: Mutex<Vec<(Provider, String)>>,
}

impl Proxy {
    /// A proxy that adds recorded responses to `fixtures`. A variable with an address of this server (`own`) is not an
    /// upstream.
    pub(crate) fn new(
        config: &Config,
        fixtures: &Arc<Fixtures>,
        own: &[String],
    ) -> Result<Self, RecordRefused> {
        let record = fixture::recording_path(config);
        let mut recorder = match &record {
            Some(path) => {
                let fixtures = Arc::downgrade(fixtures);
                let outcome = move |outcome| record_outcome(&fixtures, &outcome);
                Recorder::into_fixture(path)?.on_outcome(outcome)
            }
            None => Recorder::forwarding(),
        };
        if let Some(path) = record.as_deref().filter(|_| recorder.recovered() > 0) {
            server::recovered(recorder.recovered(), path);
        }
        for (provider, url) in &config.upstreams {
            recorder = recorder.upstream(*provider, url);
        }
        for own in own {
            recorder = recorder.own_address(own);
        }
        if let Some(key) = &config.api_key {
            recorder = recorder.own_key(key);
        }
        Ok(Self {
            recorder: fixtures.recorded_by(recorder),
            records: record.is_some(),
            fixtures: Arc::clone(fixtures),
            reported: Mutex::default(),
        })
    }

    /// Forwards the request; the response streams to the client as it arrives.
    pub(crate) async fn answer(&self, api_request: &ApiRequest) -> Verdict {
        let request = match self.request(api_request) {
            Ok(request) => request,
            Err(reply) => return Verdict::Reply(reply),
        };
        let (sent, origin) = (fixture::sent(api_request), self.fixtures.origin(api_request));
        let redirects = &self.fixtures.redirects;
        match self.recorder.forward_redirecting(&sent, request, redirects, &origin).await {
            Ok(relayed) => Verdict::Answer(self.relayed(api_request, relayed)),
            // A client that meets this itself sends its request again.
            Err(error @ ForwardError::Disconnected { .. }) => {
                server::disconnected(&error);
                Verdict::Answer(Answer::nothing())
            }
            Err(error) => Verdict::Reply(unforwarded(&error)),
        }
    }

    /// Forwards a handshake; the second value relays the messages, if the provider has accepted it.
    pub(crate) async fn socket(
        &self,
        api_request: &ApiRequest,
    ) -> Result<(Answer, Option<RelayedSocket>), Box<Reply>> {
        let request = self.request(api_request)?;
        match self.recorder.forward_socket(&fixture::sent(api_request), request).await {
            Ok((relayed, socket)) => Ok((self.relayed(api_request, relayed), socket)),
            Err(error) => Err(unforwarded(&error)),
        }
    }

    fn request(&self, api_request: &ApiRequest) -> Result<Request, Box<Reply>> {
        let compared = self.fixtures.compared(api_request);
        let request = compared.map_err(|error| failed(400, &error.to_string()))?.request.clone();
        Ok(match &api_request.client_left {
            Some(client_left) => request.client(client_left.0.clone()),
            None => request,
        })
    }

    fn relayed(&self, api_request: &ApiRequest, relayed: Relayed) -> Answer {
        self.report(api_request.provider(), &relayed.upstream);
        let Relayed { status, headers, body, .. } = relayed;
        let body = AnswerBody::Live(body.map_err(BoxError::from).boxed_unsync());
        Answer { status, headers, body, after: None }
    }

    /// Announces that the server stops.
    pub(crate) fn close(&self) {
        self.recorder.close();
    }

    /// Waits until responses that are being received are complete and written; returns how many were not in time.
    pub(crate) async fn drain(&self, limit: Duration) -> usize {
        let recorder = self.recorder.clone();
        tokio::task::spawn_blocking(move || recorder.drain(limit)).await.unwrap_or_default()
    }

    fn report(&self, provider: Provider, upstream: &str) {
        let mut reported = self.reported.lock();
        if !reported.iter().any(|(known, at)| *known == provider && at == upstream) {
            reported.push((provider, upstream.to_owned()));
            server::forwards(provider, upstream, self.records);
        }
    }
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

/// Why a request was not forwarded.
fn unforwarded(error: &ForwardError) -> Box<Reply> {
    match error {
        ForwardError::NoUpstream { provider, variables } => {
            failed(BAD_GATEWAY, &server::no_upstream(*provider, variables))
        }
        // The upstream may be reachable when the client tries again.
        ForwardError::Unreachable { .. } | ForwardError::Disconnected { .. } => {
            Box::new(Reply::error(BAD_GATEWAY, format!("llmock: {error}")))
        }
        error => failed(BAD_GATEWAY, &error.to_string()),
    }
}

/// An error in the provider's own shape that clients do not retry.
fn failed(status: u16, why: &str) -> Box<Reply> {
    let reply = Reply::error(status, format!("llmock: {why}"));
    Box::new(reply.header("x-should-retry", "false"))
}
