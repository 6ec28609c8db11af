//! Asking the provider what a playback does not know.

use std::path::PathBuf;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use bytes::Bytes;
use http::{HeaderMap, StatusCode};
use hyper::body::{Body as HttpBody, Frame, SizeHint};

use super::credentials::OwnKey;
use super::writer::{self, Finished, Outcome, RecordRefused, Writer};
use super::{Redirects, Request, Sent};
use crate::env;
use crate::exchange::body::ResponseBody;
use crate::exchange::forward::{self, Job, ReceivedResponse};
use crate::exchange::in_flight::{InFlight, InFlightGuard};
use crate::exchange::request::{MAX_BODY, redactor, remove_own_headers, upstream_target};
use crate::exchange::response::Response;
use crate::exchange::sigv4::{self, SigningError};
use crate::exchange::upstream::Upstreams;
use crate::exchange::{links, record};
use crate::fixture::redact::Redactor;
use crate::matching::{self, Rules};
use crate::provider::Provider;

/// Forwards requests to their providers, and writes the answers into a fixture if it has one.
///
/// Requests go with the client's own credentials; their answers are relayed while they arrive. A client
/// that leaves does not end a recording. What is written, and what never is, is what a test
/// would write: secrets taken out, nothing with status 401, 403, 429, or 5xx, nothing in CI.
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
/// let relayed = recorder.ask(&sent, playback.read(&sent)?).await?;
/// println!("{}", relayed.status);
/// # Ok(()) }
/// ```
///
/// Everything runs on the runtime of whoever asks, which must be one of tokio's.
#[derive(Clone, Debug)]
pub struct Recorder {
    upstreams: Upstreams,
    own_key: OwnKey,
    writer: Option<Writer>,
    outcomes: writer::Listener,
    in_flight: Arc<InFlight>,
    redactor: Arc<Redactor>,
}

/// An answer of a provider; its body is still arriving.
#[derive(Debug)]
#[non_exhaustive]
pub struct Relayed {
    /// The provider's status.
    pub status: StatusCode,
    /// The provider's headers, without those that describe its connection.
    pub headers: HeaderMap,
    /// The body as it arrives.
    pub body: RelayedBody,
    /// Where it comes from, for people: no user name and no query.
    pub upstream: String,
}

/// The body of a [`Relayed`] answer; ends with an error where the provider's connection broke off.
#[derive(Debug)]
pub struct RelayedBody(ResponseBody);

/// Why a provider did not answer.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AskError {
    /// Nothing says where it is.
    #[error("no upstream is configured for provider `{provider}`")]
    NoUpstream {
        /// Who was to be asked.
        provider: Provider,
        /// The variables that would say it.
        variables: Vec<&'static str>,
    },
    /// It could not be reached, or broke off before its answer began.
    #[error("`{upstream}` could not be reached: {cause}")]
    Unreachable {
        /// Where it was looked for, for people: no user name and no query.
        upstream: String,
        /// What happened.
        cause: String,
    },
    /// AWS takes no request that its client signed for another address, and this one cannot be signed anew.
    #[error(transparent)]
    NotSigned(#[from] SigningError),
}

impl Recorder {
    /// One that forwards and writes nothing.
    pub fn forwarding() -> Self {
        Self {
            upstreams: Upstreams::default(),
            own_key: OwnKey::default(),
            writer: None,
            outcomes: writer::Listener::default(),
            in_flight: Arc::default(),
            redactor: Arc::new(redactor()),
        }
    }

    /// One that adds what it hears to this fixture, `.json` appended unless present.
    ///
    /// The file is made when there is something to write. Several recorders, in several processes, may
    /// write into one file.
    ///
    /// # Errors
    ///
    /// In CI, unless `LLMOCK_ALLOW_CI_RECORD` allows it.
    pub fn into_fixture(path: impl Into<PathBuf>) -> Result<Self, RecordRefused> {
        writer::allowed()?;
        let path = crate::fixture::store::path_of(path.into());
        Ok(Self { writer: Some(Writer::new(path)), ..Self::forwarding() })
    }

    /// Where a provider is, in the shape of its own base URL; without, its variable says it, else it is
    /// the provider's own host.
    #[must_use]
    pub fn upstream(mut self, provider: Provider, base_url: impl Into<String>) -> Self {
        self.upstreams.named.push((provider, base_url.into()));
        self
    }

    /// An address of this very program, `http://127.0.0.1:8000`: a variable that leads there is passed
    /// over, as requests would go in circles.
    #[must_use]
    pub fn own_address(mut self, origin: impl Into<String>) -> Self {
        self.upstreams.own.push(origin.into());
        self
    }

    /// A key that clients show to this very program: providers never see it. They get the one in their
    /// own variable (`OPENAI_API_KEY`) in its place, or none.
    #[must_use]
    pub fn own_key(mut self, key: impl Into<String>) -> Self {
        self.own_key = OwnKey(Some(key.into()));
        self
    }

    /// Counts what another recorder is still receiving as its own, for [`drain`](Self::drain): a server that
    /// is set up anew takes the place of itself.
    #[must_use]
    pub fn in_place_of(mut self, other: &Self) -> Self {
        self.in_flight = Arc::clone(&other.in_flight);
        self
    }

    /// Called with everything that happens to answers that are to be recorded, from the thread in which
    /// it happens.
    #[must_use]
    pub fn on_outcome(mut self, listener: impl Fn(Outcome) + Send + Sync + 'static) -> Self {
        self.outcomes = writer::Listener::new(listener);
        self
    }

    /// Asks the provider, and returns when its answer has begun.
    ///
    /// # Errors
    ///
    /// If nobody knows where the provider is, or it cannot be reached.
    pub async fn ask(&self, sent: &Sent<'_>, request: Request) -> Result<Relayed, AskError> {
        let (response, upstream) = self.forward(sent, request).await?;
        Ok(Relayed::new(response, self.shown(&upstream)))
    }

    /// The same for a client that reaches the server at `origin`: addresses of the provider's API inside the
    /// answer lead there. A JSON body that may hold some goes on when it is complete.
    ///
    /// # Errors
    ///
    /// As [`ask`](Self::ask).
    pub async fn ask_redirecting(
        &self,
        sent: &Sent<'_>,
        request: Request,
        redirects: &Redirects,
        origin: &str,
    ) -> Result<Relayed, AskError> {
        let (provider, path) = (request.provider, request.path().to_owned());
        let in_body = links::may_be_in(provider, &request.compared);
        let (response, upstream) = self.forward(sent, request).await?;
        let mut response = record::buffered(response, in_body).await;
        redirects.with_links(provider, &path, origin, Some(&upstream), &|_| false, |links| {
            record::relink(&mut response, links);
        });
        Ok(Relayed::new(response, self.shown(&upstream)))
    }

    /// The response when it begins, and the base URL that it comes from.
    async fn forward(
        &self,
        sent: &Sent<'_>,
        request: Request,
    ) -> Result<(Response, String), AskError> {
        let provider = sent.provider;
        let Some(base) = self.upstreams.base(provider, env::originals(), || None) else {
            let variables = provider.entry().variables.iter().map(|(name, _)| *name).collect();
            return Err(AskError::NoUpstream { provider, variables });
        };
        let mut job = self.job(sent, &base);
        sigv4::sign_again(&mut job)?;
        match forward::forward(job, self.keeper(request)).await {
            Ok(response) => Ok((response, base)),
            Err(error) => {
                let (upstream, cause) = (self.shown(&base), error.to_string());
                Err(AskError::Unreachable { upstream, cause })
            }
        }
    }

    fn shown(&self, base: &str) -> String {
        record::redacted(&self.redactor, base)
    }

    /// Waits until what is under way has arrived and is written; returns how many answers were not in time.
    ///
    /// It blocks the thread.
    pub fn drain(&self, timeout: Duration) -> usize {
        self.in_flight.drain(timeout)
    }

    fn job(&self, sent: &Sent<'_>, base: &str) -> Job {
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
        }
    }

    /// What happens with a complete response.
    fn keeper(&self, request: Request) -> impl FnOnce(ReceivedResponse) + Send + 'static {
        let (recorder, in_flight) = (self.clone(), self.in_flight.begin());
        move |received| {
            let Some(writer) = &recorder.writer else { return };
            let finished = recorder.finished(request, &received, in_flight);
            writer.take(finished, &recorder.outcomes);
        }
    }

    fn finished(
        &self,
        request: Request,
        received: &ReceivedResponse,
        in_flight: InFlightGuard,
    ) -> Finished {
        let Request { provider, compared, .. } = request;
        let (interaction, message) =
            record::interaction(provider, compared, received, None, &self.redactor, MAX_BODY);
        // Whatever rules the program compares by, a file is merged under the default ones.
        let key = matching::key(provider, &interaction.request, &Rules::default());
        Finished { key, interaction, message, _in_flight: in_flight }
    }
}

impl Relayed {
    fn new(response: Response, upstream: String) -> Self {
        let (parts, body) = response.into_parts();
        Self { status: parts.status, headers: parts.headers, body: RelayedBody(body), upstream }
    }
}

impl HttpBody for RelayedBody {
    type Data = Bytes;
    type Error = Box<dyn std::error::Error + Send + Sync>;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        Pin::new(&mut self.0).poll_frame(context).map_err(Into::into)
    }

    fn is_end_stream(&self) -> bool {
        self.0.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.0.size_hint()
    }
}
