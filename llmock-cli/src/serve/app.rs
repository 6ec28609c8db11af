//! The routes: a few of our own, and the APIs of all providers behind them.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::{Path, Request, State as Shared};
use axum::http::request::Parts;
use axum::response::Response;
use axum::routing::{delete, get};
use http::header::{CONTENT_TYPE, HeaderName, ORIGIN};
use http::{HeaderMap, HeaderValue, Method, StatusCode};
use http_body_util::Either;
use hyper::body::Incoming;
use tower::ServiceExt as _;
use tower_http::cors::{AllowHeaders, AllowMethods, AllowOrigin, CorsLayer, ExposeHeaders};

use super::answer::AnswerBytes;
use super::answering::{self, own_error};
use super::auth;
use super::metrics;
use super::state::State;

/// Headers that a page may read beside those that every page may.
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

/// Everything that is served: to programs, and to pages in browsers.
#[derive(Clone, Debug)]
pub(crate) struct App {
    state: Arc<State>,
    plain: Router,
    /// The same for pages. Programs are spared headers that mean nothing to them.
    for_pages: Router,
}

impl App {
    pub(crate) fn new(state: Arc<State>) -> Self {
        let plain = router(Arc::clone(&state));
        // outermost, so that a page may read why it was turned away
        let for_pages = plain.clone().layer(cors(&state));
        Self { state, plain, for_pages }
    }

    /// How long the head of a request may take.
    pub(crate) fn head_timeout(&self) -> Duration {
        self.state.running().config.read_timeout
    }

    /// Answers a request.
    pub(crate) async fn answer(
        &self,
        request: http::Request<Incoming>,
    ) -> http::Response<AnswerBytes> {
        let of_page = request.headers().contains_key(ORIGIN)
            && !self.state.running().config.cors.allow_origins.is_empty();
        let router = if of_page || request.method() == Method::OPTIONS {
            self.for_pages.clone()
        } else if is_ours(request.uri().path()) {
            self.plain.clone()
        } else {
            // the way of almost all requests, which no router has to find
            return answering::answer(&self.state, request).await;
        };
        // in a box, so that all others do not have to carry it around
        match Box::pin(router.oneshot(request.map(Body::new))).await {
            Ok(response) => response.map(Either::Right),
            Err(never) => match never {},
        }
    }
}

/// Whether a path may be one of our own routes.
fn is_ours(path: &str) -> bool {
    let first = path[1.min(path.len())..].split('/').next().unwrap_or_default();
    matches!(first, "" | "health" | "history" | "metrics" | "sessions")
}

fn router(state: Arc<State>) -> Router {
    let ours = [
        ("/health", get(health)),
        ("/history", get(history).delete(forget)),
        ("/metrics", get(scraped)),
        ("/sessions", delete(end_sessions)),
        ("/sessions/{id}", delete(end_session)),
    ];
    let root = Router::new().route("/", get(root));
    ours.into_iter()
        // no provider is to hear of it for a slash
        .fold(root, |router, (path, methods)| {
            router.route(path, methods.clone()).route(&format!("{path}/"), methods)
        })
        .method_not_allowed_fallback(wrong_method)
        .fallback(answering::fallback)
        .with_state(state)
}

fn cors(state: &Arc<State>) -> CorsLayer {
    let state = Arc::clone(state);
    // asked with every request, so that a reload counts at once
    let allowed = move |origin: &HeaderValue, _: &Parts| {
        let running = state.running();
        let origins = &running.config.cors.allow_origins;
        origins.iter().any(|known| known == "*" || known.as_bytes() == origin.as_bytes())
    };
    CorsLayer::new()
        .allow_origin(AllowOrigin::predicate(allowed))
        .allow_methods(AllowMethods::mirror_request())
        .allow_headers(AllowHeaders::mirror_request())
        .expose_headers(ExposeHeaders::list(EXPOSED.map(HeaderName::from_static)))
        .allow_credentials(true)
}

/// Ollama's clients ask here whether anybody is there.
async fn root() -> Response {
    let mut response = Response::new(Body::from("llmock is running\n"));
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/plain"));
    response
}

async fn health() -> Response {
    let now = humantime::format_rfc3339_millis(std::time::SystemTime::now());
    json(format!(r#"{{"status":"healthy","timestamp":"{now}"}}"#).into())
}

async fn history(Shared(state): Shared<Arc<State>>, request: Request) -> Response {
    if let Some(denied) = denied(&state, &request) {
        return denied;
    }
    match state.journal.load().shown(request.uri().query().unwrap_or_default()) {
        Ok(shown) => json(shown),
        Err(error) => own_error(400, &error.to_string(), &HeaderMap::new()),
    }
}

async fn forget(Shared(state): Shared<Arc<State>>, request: Request) -> Response {
    if let Some(denied) = denied(&state, &request) {
        return denied;
    }
    state.journal.load().clear();
    nothing()
}

async fn scraped(Shared(state): Shared<Arc<State>>, request: Request) -> Response {
    if let Some(denied) = denied(&state, &request) {
        return denied;
    }
    let mut response = Response::new(Body::from(state.metrics.shown()));
    let kind = HeaderValue::from_static(metrics::CONTENT_TYPE);
    response.headers_mut().insert(CONTENT_TYPE, kind);
    response
}

async fn end_sessions(Shared(state): Shared<Arc<State>>, request: Request) -> Response {
    if let Some(denied) = denied(&state, &request) {
        return denied;
    }
    state.fixtures.sessions.end_all();
    nothing()
}

async fn end_session(
    Shared(state): Shared<Arc<State>>,
    Path(id): Path<String>,
    request: Request,
) -> Response {
    if let Some(denied) = denied(&state, &request) {
        return denied;
    }
    state.fixtures.sessions.end(&id);
    nothing()
}

async fn wrong_method(request: Request) -> Response {
    let path = request.uri().path();
    let why = format!("`{path}` does not take {}", request.method());
    own_error(405, &why, &HeaderMap::new())
}

/// What somebody gets who may not ask.
fn denied(state: &State, request: &Request) -> Option<Response> {
    let running = state.running();
    let key = running.config.api_key.as_deref();
    let denied = auth::check(key, request.headers(), request.uri().query()).err()?;
    Some(own_error(401, denied.message(), &HeaderMap::new()))
}

fn json(body: Vec<u8>) -> Response {
    let mut response = Response::new(Body::from(body));
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

fn nothing() -> Response {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::NO_CONTENT;
    response
}
