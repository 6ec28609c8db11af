//! Forwards requests to the upstream and records the responses.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::attempts::{Attempts, RecordingKeeper};
use super::credentials::OwnKey;
use super::writer::{self, Outcome, RecordRefused, Writer};
use super::{Redirects, Relayed, Request, Sent};
use crate::env;
use crate::exchange::forward::{self, Job, UpstreamError};
use crate::exchange::in_flight::InFlight;
use crate::exchange::request::{remove_own_headers, upstream_target};
use crate::exchange::response::Response;
use crate::exchange::secrets;
use crate::exchange::sigv4::{self, SigningError};
use crate::exchange::upstream::Upstreams;
use crate::exchange::verify::OriginalRequest;
use crate::exchange::{links, record};
use crate::fixture::redact::Redactor;
use crate::matching::{self, MatchRules};
use crate::provider::{self, Provider};
use crate::report::values::chain;
use crate::wire;

/// How long a response may go on after its client has left: as long as in a test.
const PATIENCE: Duration = Duration::from_secs(30);

/// Forwards requests to the upstream of their provider and optionally records the responses to a fixture.
///
/// Requests keep the client's own credentials. Responses are relayed as they arrive, and a recording continues if the
/// client disconnects. The rules for recording are those of a test: secrets are redacted, responses with status 401,
/// 403, 429, or 5xx are not recorded, and recording in CI must be allowed explicitly.
///
/// ```no_run
/// use llmock::Provider;
/// use llmock::playback::{Outcome, Playback, Recorder, Sent};
///
/// # async fn serve(sent: Sent<'_>) -> Result<(), Box<dyn std::error::Error>> {
/// let playback = Playback::default();
/// let recorder = Recorder::into_fixture("fixtures/recorded")?
///     .upstream(Provider::OpenAI, "https://gateway.example/v1")
///     .on_outcome(|outcome| {
///         if let Outcome::Written { interactions, fixture } = outcome {
///             println!("{interactions} recorded into {}", fixture.display());
///         }
///     });
/// let relayed = recorder.forward(&sent, playback.read(&sent)?).await?;
/// println!("{}", relayed.status);
/// # Ok(()) }
/// ```
///
/// The methods that forward requests must be called from within a tokio runtime.
#[derive(Clone, Debug)]
pub struct Recorder {
    upstreams: Upstreams,
    own_key: OwnKey,
    writer: Option<Writer>,
    recovered: usize,
    in_flight: Arc<InFlight>,
    attempts: Attempts,
    redactor: Arc<Redactor>,
    patience: Duration,
}

/// A request on its way to the upstream.
pub(super) struct Prepared {
    pub(super) job: Job,
    /// The base URL of the upstream.
    pub(super) base: String,
    /// What the client sent.
    pub(super) sent: OriginalRequest,
    pub(super) request: Request,
}

/// Errors of [`Recorder::forward`].
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ForwardError {
    /// No upstream is configured for the provider.
    #[error("no upstream is configured for provider `{provider}`")]
    NoUpstream {
        /// The provider of the request.
        provider: Provider,
        /// The environment variables that can set the upstream.
        variables: Vec<&'static str>,
    },
    /// The upstream could not be reached.
    #[error("`{upstream}` could not be reached: {cause}")]
    Unreachable {
        /// The base URL of the upstream, for messages: without user name and query.
        upstream: String,
        /// The cause, as text.
        cause: String,
    },
    /// The path has a segment `.` or `..`, which would lead out of the path of the upstream.
    #[error("a path with the segment `.` or `..` is not forwarded")]
    DotSegment,
    /// The fixture cannot be written, so the request was not forwarded.
    #[error("it cannot be recorded: {reason}")]
    NotWritable {
        /// The fixture.
        fixture: PathBuf,
        /// The reason, including the path.
        reason: String,
    },
    /// The connection to the upstream broke before the response began. Close the client's connection as well: clients
    /// retry a network fault.
    #[error("the connection to `{upstream}` broke: {cause}")]
    Disconnected {
        /// The base URL of the upstream, for messages: without user name and query.
        upstream: String,
        /// The cause, as text.
        cause: String,
    },
    /// The request is signed for another host, which AWS rejects, and it cannot be signed again.
    #[error(transparent)]
    NotSigned(#[from] SigningError),
}

impl Recorder {
    /// Creates a recorder that forwards requests and records nothing.
    pub fn forwarding() -> Self {
        Self {
            upstreams: Upstreams::default(),
            own_key: OwnKey::default(),
            writer: None,
            recovered: 0,
            in_flight: Arc::default(),
            attempts: Attempts::default(),
            redactor: Arc::new(secrets::redactor()),
            patience: PATIENCE,
        }
    }

    /// Creates a recorder that adds responses to this fixture. `.json` is appended to a path that does not end in it.
    ///
    /// The file is created with the first recording. Several recorders, also in different processes, may write to the
    /// same file.
    ///
    /// A response is in a journal next to the fixture before the client has all of it. Responses that a killed process
    /// left in its journal are added to the fixture now; [`recovered`](Self::recovered) counts them.
    ///
    /// # Errors
    ///
    /// Returns an error in CI, unless `LLMOCK_ALLOW_CI_RECORD=1` is set. Also returns an error if an environment
    /// variable of llmock is invalid, or if a journal cannot be added to the fixture.
    pub fn into_fixture(path: impl Into<PathBuf>) -> Result<Self, RecordRefused> {
        writer::allowed()?;
        let path = crate::fixture::store::path_of(path.into());
        let recovered = writer::recover(&path)?;
        Ok(Self { writer: Some(Writer::new(path)), recovered, ..Self::forwarding() })
    }

    /// Returns the number of responses that a killed process had left in its journal, and that are in the fixture now.
    pub fn recovered(&self) -> usize {
        self.recovered
    }

    /// Sets the upstream of a provider. `base_url` has the form of the provider's own base URL.
    ///
    /// Without this setting, the upstream is read from the provider's environment variable, and defaults to the
    /// provider's public host.
    #[must_use]
    pub fn upstream(mut self, provider: Provider, base_url: impl Into<String>) -> Self {
        self.upstreams.named.push((provider, base_url.into()));
        self
    }

    /// Adds an address of this program, such as `http://127.0.0.1:8000`. An environment variable with this address is
    /// ignored as an upstream: requests would go in circles.
    #[must_use]
    pub fn own_address(mut self, origin: impl Into<String>) -> Self {
        self.upstreams.own.push(origin.into());
        self
    }

    /// Sets the key with which clients authenticate to this program. It is never forwarded: it is replaced with the key
    /// in the provider's own environment variable (`OPENAI_API_KEY`), or removed if there is none.
    #[must_use]
    pub fn own_key(mut self, key: impl Into<String>) -> Self {
        self.own_key = OwnKey(Some(key.into()));
        self
    }

    /// Takes over the responses that `other` is still receiving, so that [`drain`](Self::drain) waits for these too.
    /// Use it when a server replaces its recorder, for example to reload its configuration.
    #[must_use]
    pub fn in_place_of(mut self, other: &Self) -> Self {
        self.in_flight = Arc::clone(&other.in_flight);
        self
    }

    /// Sets a function that is called with the [`Outcome`] of every recording, on the thread that determines it.
    #[must_use]
    pub fn on_outcome(mut self, listener: impl Fn(Outcome) + Send + Sync + 'static) -> Self {
        self.writer = self.writer.map(|writer| writer.reporting_to(listener));
        self
    }

    /// Forwards the request to the upstream and returns when the response begins.
    ///
    /// # Errors
    ///
    /// Returns an error if no upstream is configured, if it cannot be reached, or if a request to AWS cannot be signed
    /// again.
    pub async fn forward(
        &self,
        sent: &Sent<'_>,
        request: Request,
    ) -> Result<Relayed, ForwardError> {
        let (response, upstream) = self.send(sent, request).await?;
        Ok(Relayed::new(response, self.redacted_url(&upstream)))
    }

    /// Forwards the request like [`forward`](Self::forward), and rewrites URLs of the provider's API in the response so
    /// that they point to `origin`, the address at which the client reaches the server.
    ///
    /// A JSON body that may contain such URLs is relayed only once it is complete.
    ///
    /// # Errors
    ///
    /// Returns the same errors as [`forward`](Self::forward).
    pub async fn forward_redirecting(
        &self,
        sent: &Sent<'_>,
        request: Request,
        redirects: &Redirects,
        origin: &str,
    ) -> Result<Relayed, ForwardError> {
        let (provider, path) = (request.provider, request.path().to_owned());
        let may_have_links = links::may_be_in(provider, &request.compared);
        let (response, upstream) = self.send(sent, request).await?;
        let mut response = record::buffered(response, may_have_links).await;
        redirects.with_links(provider, &path, origin, &upstream, |links| {
            record::relink(&mut response, links);
        });
        Ok(Relayed::new(response, self.redacted_url(&upstream)))
    }

    /// Returns the response when it begins, and the base URL of its upstream.
    async fn send(
        &self,
        sent: &Sent<'_>,
        request: Request,
    ) -> Result<(Response, String), ForwardError> {
        let Prepared { mut job, base, sent, request } = self.prepared(sent, request).await?;
        sigv4::sign_again(&mut job)?;
        let key = self.upstreams.key(sent.provider, env::originals());
        self.own_key.replace_signature(key.map(|(_, key)| key), &mut job.headers);
        forward::forward(job, self.keeper(sent, request))
            .await
            .map(|response| (response, base.clone()))
            .map_err(|error| self.forward_error(&base, &error))
    }

    /// Checks whether a request can be forwarded and recorded.
    pub(super) async fn prepared(
        &self,
        sent: &Sent<'_>,
        mut request: Request,
    ) -> Result<Prepared, ForwardError> {
        let provider = sent.provider;
        request.redact();
        let Some(base) = self.upstreams.base(provider, env::originals(), || None) else {
            let variables = provider.entry().variables.iter().map(|(name, _)| *name).collect();
            return Err(ForwardError::NoUpstream { provider, variables });
        };
        if provider::has_dot_segment(sent.path) {
            return Err(ForwardError::DotSegment);
        }
        if let Some(writer) = &self.writer {
            writer.check().await.map_err(|error| {
                let reason = chain(&error);
                ForwardError::NotWritable { fixture: error.path, reason }
            })?;
        }
        let job = self.job(sent, &request, &base);
        let sent = OriginalRequest {
            provider,
            method: sent.method.to_string(),
            target: sent.path.to_owned(),
            headers: sent.headers.clone(),
            body: sent.body.clone(),
        };
        Ok(Prepared { job, base: base.clone(), sent, request })
    }

    pub(super) fn forward_error(&self, base: &str, error: &UpstreamError) -> ForwardError {
        let (upstream, cause) = (self.redacted_url(base), error.to_string());
        match error {
            UpstreamError::Network(_) | UpstreamError::Stopped => {
                ForwardError::Disconnected { upstream, cause }
            }
            UpstreamError::Unreachable(_) | UpstreamError::Invalid(_) => {
                ForwardError::Unreachable { upstream, cause }
            }
        }
    }

    pub(super) fn redacted_url(&self, base: &str) -> String {
        record::redacted(&self.redactor, base)
    }

    /// Sets how long a response may go on after its client has disconnected. The default is 30 seconds. A response whose
    /// protocol or transport ends it earlier is complete; what has arrived until then of any other is recorded.
    #[must_use]
    pub fn patience(mut self, patience: Duration) -> Self {
        self.patience = patience;
        self
    }

    /// Announces that no client reads any more, before [`drain`](Self::drain): streams that may never end are closed
    /// after a short time without events.
    pub fn close(&self) {
        self.in_flight.announce_end();
    }

    /// Waits until all responses that are being received are complete and written. After `timeout`, records what has
    /// arrived of the others. Returns the number of responses that were not finished within `timeout`.
    ///
    /// This blocks the current thread.
    pub fn drain(&self, timeout: Duration) -> usize {
        self.in_flight.drain(timeout)
    }

    fn job(&self, sent: &Sent<'_>, request: &Request, base: &str) -> Job {
        let mut headers = sent.headers.clone();
        remove_own_headers(&mut headers);
        let mut target = upstream_target(sent.provider, sent.path);
        let key = self.upstreams.key(sent.provider, env::originals());
        self.own_key.replace(key.map(|(_, key)| key), &mut headers, &mut target);
        Job {
            url: self.upstreams.url(sent.provider, base, &target),
            method: sent.method.clone(),
            headers,
            body: sent.body.clone(),
            received: Instant::now(),
            client: request.client.clone(),
            format: wire::format(sent.provider, &request.compared.method, &request.compared.path),
            patience: self.patience,
        }
    }

    pub(super) fn keeper(&self, sent: OriginalRequest, request: Request) -> RecordingKeeper {
        // Files are merged under the default rules, regardless of the rules that the program compares requests by.
        let key = matching::key(request.provider, &request.compared, &MatchRules::default());
        let (writer, in_flight) = (self.writer.clone(), self.in_flight.begin());
        RecordingKeeper { attempt: self.attempts.begin(key, writer), in_flight, sent, request }
    }
}
