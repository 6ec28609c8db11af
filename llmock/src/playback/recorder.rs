//! Asking the provider what a playback does not know.

use std::borrow::Cow;
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::{Duration, Instant, SystemTime};

use bytes::Bytes;
use http::{HeaderMap, StatusCode, header};
use hyper::body::{Body as HttpBody, Frame, SizeHint};

use super::upstream::{Upstreams, key_of};
use super::writer::{self, Finished, Outcome, RecordRefused, Writer};
use super::{Redirects, Request, Sent};
use crate::env;
use crate::fixture::interaction::Interaction;
use crate::fixture::redact::Redactor;
use crate::front;
use crate::front::body::FrontBody;
use crate::front::upstream::{self, Job, Recorded, UpstreamError};
use crate::matching::{self, Rules};
use crate::provider::{self, Links, Provider};
use crate::session::streams::Streams;
use crate::session::{links, open, recording};

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
    writer: Option<Writer>,
    outcomes: writer::Listener,
    streams: Arc<Streams>,
    redactor: Arc<Redactor>,
    max_body: u64,
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
pub struct RelayedBody(FrontBody);

impl Relayed {
    /// Itself when a body that is JSON has arrived.
    async fn held(mut self) -> Self {
        let kind = self.headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
        let is_json = kind.is_some_and(|kind| kind.contains("json"));
        if is_json && !self.headers.contains_key(header::CONTENT_ENCODING) {
            self.body = RelayedBody(self.body.0.held().await);
        }
        self
    }

    /// Itself with other addresses, in its body only if that is held.
    fn linked(mut self, links: &Links<'_>) -> Self {
        links::headers(self.status.as_u16(), &mut self.headers, links);
        let text = self.body.0.whole().and_then(|bytes| String::from_utf8(bytes).ok());
        if let Some(Cow::Owned(text)) = text.as_deref().map(|text| links.json(text)) {
            self.headers.remove(header::CONTENT_LENGTH);
            self.body = RelayedBody(FrontBody::full(text));
        }
        self
    }
}

/// Why a provider did not answer.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AskError {
    /// Nothing says where it is.
    #[error("nothing says where provider `{provider}` is")]
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
    #[error("{0}")]
    NotSigned(String),
}

impl Recorder {
    /// One that forwards and writes nothing.
    pub fn forwarding() -> Self {
        Self {
            upstreams: Upstreams::default(),
            writer: None,
            outcomes: writer::Listener::default(),
            streams: Arc::default(),
            redactor: Arc::new(open::redactor()),
            max_body: 16 << 20,
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
        self.upstreams.own_key = Some(key.into());
        self
    }

    /// Counts what another recorder is still receiving as its own, for [`drain`](Self::drain): a server that
    /// is set up anew takes the place of itself.
    #[must_use]
    pub fn in_place_of(mut self, other: &Self) -> Self {
        self.streams = Arc::clone(&other.streams);
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
        self.ask_and(sent, request, |relayed, _| std::future::ready(relayed)).await
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
        self.ask_and(sent, request, async |relayed: Relayed, base: String| {
            let relayed = if in_body { relayed.held().await } else { relayed };
            let nothing = |_: &str| false;
            redirects.with_links(provider, &path, origin, Some(&base), &nothing, |links| {
                relayed.linked(links)
            })
        })
        .await
    }

    async fn ask_and<F: Future<Output = Relayed>>(
        &self,
        sent: &Sent<'_>,
        request: Request,
        then: impl FnOnce(Relayed, String) -> F,
    ) -> Result<Relayed, AskError> {
        let provider = sent.provider;
        let originals = env::originals();
        let Some(base) = self.upstreams.base(provider, originals) else {
            let variables = provider.entry().variables.iter().map(|(name, _)| *name).collect();
            return Err(AskError::NoUpstream { provider, variables });
        };
        let shown = recording::shown(&self.redactor, &base);
        let unreachable = |cause| AskError::Unreachable { upstream: shown.clone(), cause };
        let mut job = self.job(sent, &base);
        recording::sign_anew(&mut job).map_err(AskError::NotSigned)?;
        let head = upstream::forward(job, self.keeper(request));
        match head.await {
            Ok(Ok(head)) => {
                let (status, headers, body) = (head.status, head.headers, RelayedBody(head.body));
                let relayed = Relayed { status, headers, body, upstream: shown };
                Ok(then(relayed, base).await)
            }
            Ok(Err(UpstreamError { cause, .. })) => Err(unreachable(cause)),
            // The task cannot go away before it has sent a head.
            Err(_) => Err(unreachable(String::new())),
        }
    }

    /// Waits until what is under way has arrived and is written; returns how many answers were not in time.
    ///
    /// It blocks the thread.
    pub fn drain(&self, timeout: Duration) -> usize {
        self.streams.drain(timeout)
    }

    fn job(&self, sent: &Sent<'_>, base: &str) -> Job {
        let mut headers = sent.headers.clone();
        front::strip_own(&mut headers);
        let mut target = front::target_of(sent.provider, sent.path);
        let key = key_of(sent.provider, env::originals());
        self.upstreams.credentials(key, &mut headers, &mut target);
        Job {
            url: provider::upstream_url(sent.provider, base, &target),
            method: sent.method.clone(),
            headers,
            body: sent.body.clone(),
            received: Instant::now(),
        }
    }

    /// What happens to a whole answer.
    fn keeper(
        &self,
        request: Request,
    ) -> impl FnOnce(Result<Recorded, UpstreamError>) + Send + 'static {
        let recorder = self.clone();
        recorder.streams.begin();
        move |outcome| {
            let under_way = UnderWay(Arc::clone(&recorder.streams));
            let (Ok(answer), Some(writer)) = (outcome, &recorder.writer) else { return };
            let finished = recorder.finished(request, &answer, under_way);
            writer.take(finished, &recorder.outcomes);
        }
    }

    fn finished(&self, request: Request, recorded: &Recorded, under_way: UnderWay) -> Finished {
        let Request { provider, compared, .. } = request;
        let mut response = recording::response_of(provider, &compared, recorded, self.max_body);
        self.redactor.response(&mut response);
        let message = recording::error_message(provider, &compared, &response);
        // Whatever rules the program compares by, a file has the key under the default ones.
        let key = matching::key(provider, &compared, &Rules::default());
        let interaction = Interaction {
            hash: key.to_string(),
            provider,
            test: None,
            recorded_at: Some(humantime::format_rfc3339_seconds(SystemTime::now()).to_string()),
            request: compared,
            response,
        };
        Finished { key, interaction, message, _under_way: under_way }
    }
}

/// An answer that is being received or written; the end of it is the end of this.
#[derive(Debug)]
pub(super) struct UnderWay(Arc<Streams>);

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.0.end();
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
