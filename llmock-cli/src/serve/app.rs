//! Routes requests: a few paths of the server itself, and the APIs of all providers.

use std::borrow::Cow;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use http::header::{ALLOW, CONTENT_TYPE, HeaderName, ORIGIN, UPGRADE};
use http::request::Parts;
use http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode};
use http_body_util::{BodyExt as _, Either, Full};
use hyper::body::Incoming;
use llmock::__server::Secrets;
use tower::{Layer as _, ServiceExt as _, service_fn};
use tower_http::cors::{AllowHeaders, AllowMethods, AllowOrigin, CorsLayer, ExposeHeaders};

use super::answer::AnswerBytes;
use super::answering::{self, own_error};
use super::auth;
use super::boundary::Refusal;
use super::metrics;
use super::session_path::{self, SessionPath};
use super::sockets;
use super::state::State;
use super::tls::Tls;

/// Headers that a page may read in addition to those that every page may.
const EXPOSED: [&str; 8] = [
    "request-id",
    "retry-after",
    "x-amzn-errortype",
    "x-amzn-requestid",
    "x-llmock",
    "x-llmock-skipped",
    "x-request-id",
    "x-should-retry",
];

/// Serves all requests, from programs and from pages in browsers.
pub(crate) struct App {
    state: Arc<State>,
    cors: CorsLayer,
    tls: Option<Tls>,
}

/// A path of the server itself, with or without a slash at the end.
enum OwnRoute<'a> {
    Root,
    Health,
    History,
    Metrics,
    /// How clients handled faults.
    Verdict,
    /// All sessions, or the one with this id.
    Sessions(Option<Cow<'a, str>>),
}

impl App {
    pub(crate) fn new(state: Arc<State>, tls: Option<Tls>) -> Self {
        let cors = cors(&state);
        Self { state, cors, tls }
    }

    /// How connections begin, if not in plain text.
    pub(crate) fn tls(&self) -> Option<&Tls> {
        self.tls.as_ref()
    }

    /// How long a client may take to send the head of a request.
    pub(crate) fn head_timeout(&self) -> Duration {
        self.state.running().config.read_timeout
    }

    /// Whether requests may go to an upstream.
    pub(crate) fn forwards(&self) -> bool {
        self.state.running().proxy().is_some()
    }

    /// Responds to a request.
    pub(crate) async fn answer(&self, mut request: Request<Incoming>) -> Response<AnswerBytes> {
        session_path::take(&mut request);
        let route = OwnRoute::of(request.uri().path());
        let is_guarded = route.is_some_and(|route| route.is_guarded());
        let refusal = {
            let running = self.state.running();
            self.state.boundary.refusal(&running.config, &request, is_guarded)
        };
        if let Some(refusal) = refusal {
            return Box::pin(self.refuse(request, refusal)).await;
        }
        if request.headers().contains_key(UPGRADE) && is_socket(&request) {
            return Box::pin(sockets::answer(&self.state, request, None)).await;
        }
        let is_of_page = request.headers().contains_key(ORIGIN)
            && !self.state.running().config.cors.allow_origins.is_empty();
        if is_of_page || request.method() == Method::OPTIONS {
            // In a box, so that all other requests do not have to carry its state.
            return Box::pin(self.answer_page(request)).await;
        }
        // Not in a function of its own: each future around this one costs a copy of the request.
        match OwnRoute::of(request.uri().path()) {
            Some(route) => route.answer(&self.state, &request),
            None => answering::answer(&self.state, request, None).await,
        }
    }

    /// Refuses a request: for a provider in its format, and in the history like any other.
    async fn refuse(&self, request: Request<Incoming>, refusal: Refusal) -> Response<AnswerBytes> {
        let is_own = OwnRoute::of(request.uri().path()).is_some();
        if is_own || request.method() == Method::OPTIONS {
            return own_error(refusal.status(), &refusal.to_string(), HeaderMap::new());
        }
        if is_socket(&request) {
            return sockets::answer(&self.state, request, Some(refusal)).await;
        }
        answering::answer(&self.state, request, Some(refusal)).await
    }

    /// The same with the headers of CORS, which programs do not need.
    async fn answer_page(&self, request: Request<Incoming>) -> Response<AnswerBytes> {
        let inner = service_fn(|request: Request<Incoming>| async {
            let response = match OwnRoute::of(request.uri().path()) {
                Some(route) => route.answer(&self.state, &request),
                None => answering::answer(&self.state, request, None).await,
            };
            Ok::<_, Infallible>(response.map(|body| body.map_err(Into::into).boxed_unsync()))
        });
        match self.cors.layer(inner).oneshot(request).await {
            Ok(response) => response.map(Either::Right),
            Err(never) => match never {},
        }
    }
}

/// Whether a request opens a WebSocket of a provider.
fn is_socket(request: &Request<Incoming>) -> bool {
    sockets::is_handshake(request) && OwnRoute::of(request.uri().path()).is_none()
}

/// What is shown of requests, redacted as a fixture is.
fn without_secrets(state: &State, shown: &[u8]) -> Vec<u8> {
    let running = state.running();
    let secrets = Secrets::of_process(running.config.api_key.as_deref());
    secrets.redacted(&String::from_utf8_lossy(shown)).into_owned().into_bytes()
}

fn cors(state: &Arc<State>) -> CorsLayer {
    let state = Arc::clone(state);
    // Looked up for each request, so that a reload takes effect at once.
    let is_allowed = move |origin: &HeaderValue, _: &Parts| {
        let running = state.running();
        let origins = &running.config.cors.allow_origins;
        origins.iter().any(|known| known == "*" || known.as_bytes() == origin.as_bytes())
    };
    CorsLayer::new()
        .allow_origin(AllowOrigin::predicate(is_allowed))
        .allow_methods(AllowMethods::mirror_request())
        .allow_headers(AllowHeaders::mirror_request())
        .expose_headers(ExposeHeaders::list(EXPOSED.map(HeaderName::from_static)))
        .allow_credentials(true)
}

impl<'a> OwnRoute<'a> {
    /// The route of a path; `None` for those of providers.
    fn of(path: &'a str) -> Option<Self> {
        let path = path.strip_prefix('/')?;
        // A slash at the end must not lead to a provider.
        Some(match path.strip_suffix('/').unwrap_or(path) {
            "" if path.is_empty() => Self::Root,
            "health" => Self::Health,
            "history" => Self::History,
            "metrics" => Self::Metrics,
            "verdict" => Self::Verdict,
            "sessions" => Self::Sessions(None),
            other => {
                let id = other
                    .strip_prefix("sessions/")
                    .filter(|id| !id.is_empty() && !id.contains('/'))?;
                let id = percent_encoding::percent_decode_str(id).decode_utf8_lossy();
                Self::Sessions(Some(id))
            }
        })
    }

    /// Whether the route shows or changes what other clients did. It is closed to pages that the configuration does not
    /// name, and to requests of a client that takes this server for a proxy.
    fn is_guarded(&self) -> bool {
        matches!(self, Self::History | Self::Metrics | Self::Verdict | Self::Sessions(_))
    }

    fn answer(self, state: &State, request: &Request<Incoming>) -> Response<AnswerBytes> {
        let allowed: &[Method] = match self {
            Self::Root | Self::Health | Self::Metrics => &[Method::GET, Method::HEAD],
            Self::History | Self::Verdict => &[Method::GET, Method::HEAD, Method::DELETE],
            Self::Sessions(_) => &[Method::DELETE],
        };
        if !allowed.contains(request.method()) {
            return wrong_method(request, allowed);
        }
        if !matches!(self, Self::Root | Self::Health)
            && let Some(denied) = denied(state, request)
        {
            return denied;
        }
        match self {
            // Ollama clients use this path to check whether the server is running.
            Self::Root => ok("text/plain", "llmock is running\n"),
            Self::Health => {
                let now = humantime::format_rfc3339_millis(SystemTime::now());
                ok("application/json", format!(r#"{{"status":"healthy","timestamp":"{now}"}}"#))
            }
            Self::History if request.method() == Method::DELETE => {
                state.journal.load().clear(session_of(request));
                no_content()
            }
            Self::History => {
                let query = request.uri().query().unwrap_or_default();
                match state.journal.load().shown(query, session_of(request)) {
                    Ok(shown) => ok("application/json", without_secrets(state, &shown)),
                    Err(error) => own_error(400, &error.to_string(), HeaderMap::new()),
                }
            }
            Self::Verdict if request.method() == Method::DELETE => {
                state.verdicts.clear();
                no_content()
            }
            Self::Verdict => {
                let query = request.uri().query().unwrap_or_default();
                match state.verdicts.answer(query, session_of(request)) {
                    Ok((kind, shown)) => ok(kind, without_secrets(state, shown.as_bytes())),
                    Err(error) => own_error(400, &error.to_string(), HeaderMap::new()),
                }
            }
            Self::Metrics => ok(metrics::CONTENT_TYPE, state.metrics.shown()),
            Self::Sessions(id) => {
                match id {
                    Some(id) => state.end_session(&id),
                    None => state.end_sessions(),
                }
                no_content()
            }
        }
    }
}

/// The session in the path of a request.
fn session_of(request: &Request<Incoming>) -> Option<&str> {
    request.extensions().get::<SessionPath>().map(|session| session.name.as_str())
}

fn wrong_method(request: &Request<Incoming>, allowed: &[Method]) -> Response<AnswerBytes> {
    let why = format!("`{}` does not accept {}", request.uri().path(), request.method());
    let allowed: Vec<&str> = allowed.iter().map(Method::as_str).collect();
    let allowed = HeaderValue::try_from(allowed.join(",")).expect("methods are ASCII");
    own_error(405, &why, HeaderMap::from_iter([(ALLOW, allowed)]))
}

/// The refusal of a request without the server's key.
fn denied(state: &State, request: &Request<Incoming>) -> Option<Response<AnswerBytes>> {
    let running = state.running();
    let key = running.config.api_key.as_deref();
    let denied = auth::check(key, request.headers(), request.uri().query()).err()?;
    Some(own_error(401, &denied.to_string(), HeaderMap::new()))
}

fn ok(content_type: &'static str, body: impl Into<Bytes>) -> Response<AnswerBytes> {
    let mut response = Response::new(Either::Left(Full::new(body.into())));
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    response
}

fn no_content() -> Response<AnswerBytes> {
    let mut response = Response::new(Either::Left(Full::default()));
    *response.status_mut() = StatusCode::NO_CONTENT;
    response
}
