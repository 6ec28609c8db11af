//! `ProxyStrategy`: asks the provider itself, and with `--record` writes down what it says.

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::body::Body;
use llmock::Provider;
use llmock::playback::{AskError, RecordRefused, Recorder, Relayed};
use llmock::reply::Reply;

use super::Verdict;
use super::fixture::{self, Fixtures};
use crate::output::server;
use crate::serve::answer::{Answer, AnswerBody};
use crate::serve::ask::Ask;
use crate::serve::recorder;

/// The provider did not answer, or nobody knows where it is.
const BAD_GATEWAY: u16 = 502;

/// What a proxy is made of.
#[derive(Debug)]
pub(crate) struct ProxySettings<'a> {
    /// Where answers are written; without, they are only passed on.
    pub(crate) record: Option<&'a Path>,
    /// Where providers are, by their ids; others are where their variables say, or at their own hosts.
    pub(crate) upstreams: &'a [(Provider, String)],
    /// Addresses of this server (`http://127.0.0.1:8000`): no variable that names one is followed.
    pub(crate) own: &'a [String],
    /// The key that clients show to this server, which no provider gets to see.
    pub(crate) api_key: Option<&'a str>,
}

/// The way to the providers.
#[derive(Debug)]
pub(crate) struct Proxy {
    recorder: Recorder,
    records: bool,
    fixtures: Arc<Fixtures>,
    /// Whose upstream was told to the person who watches.
    told: Mutex<Vec<(Provider, String)>>,
}

impl Proxy {
    /// A proxy that adds what it hears to `fixtures`, if it records.
    pub(crate) fn new(
        settings: &ProxySettings<'_>,
        fixtures: Arc<Fixtures>,
    ) -> Result<Self, RecordRefused> {
        let mut recorder = recorder::new(settings.record, &fixtures)?;
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
        Ok(Self { recorder, records, fixtures, told: Mutex::default() })
    }

    /// Asks the provider; its answer streams to the client as it comes.
    pub(crate) async fn answer(&self, ask: &Ask) -> Verdict {
        let request = match self.fixtures.request(ask) {
            Ok(request) => request,
            Err(error) => return failed(400, &error.to_string()),
        };
        let (sent, origin) = (fixture::sent(ask), self.fixtures.origin(ask));
        let redirects = &self.fixtures.redirects;
        match self.recorder.ask_redirecting(&sent, request, redirects, &origin).await {
            Ok(relayed) => {
                self.tell(ask.provider(), &relayed.upstream);
                Verdict::Answer(answer_of(relayed))
            }
            Err(error) => failed(BAD_GATEWAY, &explained(&error)),
        }
    }

    /// Waits until what is being received has arrived and is written; returns how many answers were not
    /// in time.
    pub(crate) async fn drain(&self, limit: Duration) -> usize {
        let recorder = self.recorder.clone();
        tokio::task::spawn_blocking(move || recorder.drain(limit)).await.unwrap_or_default()
    }

    /// Says once where a provider is asked.
    fn tell(&self, provider: Provider, upstream: &str) {
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        if !told.iter().any(|(known, at)| *known == provider && at == upstream) {
            told.push((provider, upstream.to_owned()));
            server::forwards(provider, upstream, self.records);
        }
    }
}

/// An answer in the provider's own shape that no client repeats by itself.
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
        body: AnswerBody::Live(Body::new(relayed.body)),
        after: None,
    }
}
