//! Record mode: a request goes to the real provider, its answer on its way into the fixture.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::SystemTime;

use http::header;

use crate::env;
use crate::fixture::encoding;
use crate::fixture::interaction::{Body, Content, Interaction, Request, Response};
use crate::fixture::redact::Redactor;
use crate::fixture::store;
use crate::front::body::FrontBody;
use crate::front::sigv4::{self, Credentials, SignError};
use crate::front::upstream::{self, Head, Job, Recorded, UpstreamError};
use crate::front::{Answer, Incoming};
use crate::json;
use crate::matching::{self, Rules};
use crate::provider::{self, Address, Provider, aws};
use crate::report::MissReason;
use crate::session::announce;
use crate::session::ledger::{AnsweredBy, Recording};
use crate::session::links;
use crate::session::state::State;
use crate::stream::{Chunk, End, Framing, Stream, framing_of};
use crate::wire;

/// Asks the provider and relays what it says while it says it.
pub(crate) async fn forward(
    state: &Arc<State>,
    entry: usize,
    incoming: Incoming,
    request: Request,
) -> Answer {
    let provider = incoming.provider;
    let Some(base) = state.upstream_base(provider) else {
        let variables =
            provider.entry().variables.iter().map(|(name, _)| (*name).to_owned()).collect();
        return state.miss(entry, &incoming, &request, MissReason::NoUpstream { variables });
    };
    note_upstream(state, provider, &base);
    let mut job = Job {
        url: state.upstream_url(provider, &base, &target(&incoming)),
        method: incoming.method.clone(),
        headers: incoming.headers.clone(),
        body: incoming.body.as_ref().cloned().unwrap_or_default(),
        received: incoming.received,
    };
    if let Err(why) = sign_anew(&mut job) {
        return state.miss(entry, &incoming, &request, MissReason::RecordRefused { why });
    }
    state.streams.begin();
    state.book().ledger.entries[entry].answered_by = AnsweredBy::Upstream;
    let keeper = Arc::clone(state);
    let asked = request.clone();
    let head = upstream::forward(job, move |outcome| {
        keep(&keeper, entry, provider, asked, outcome);
    });
    match head.await {
        Ok(Ok(head)) => relayed(state, provider, &request, head).await,
        Ok(Err(UpstreamError { cause, .. })) => {
            failed(state, entry, &incoming, &request, &base, cause)
        }
        // The task cannot go away before it has sent a head.
        Err(_) => failed(state, entry, &incoming, &request, &base, String::new()),
    }
}

/// The canonical path with a slash at its end if the client sent one: some servers answer nothing else.
fn target(incoming: &Incoming) -> String {
    let target = incoming.target();
    let (path, query) = target.split_at(target.find('?').unwrap_or(target.len()));
    let sent = incoming.rest.split(['?', '#']).next().unwrap_or_default();
    let slash = if sent.ends_with('/') && !path.ends_with('/') { "/" } else { "" };
    format!("{path}{slash}{query}")
}

/// Signs a request for AWS with the user's credentials, if its client signed it. Where no AWS is asked, a gateway
/// or a server of somebody's own, the client's signature may do.
pub(crate) fn sign_anew(job: &mut Job) -> Result<(), String> {
    let Some(scope) = sigv4::scope(&job.headers) else { return Ok(()) };
    let host = Address::parse(&job.url).map_or_else(String::new, |url| url.host().to_owned());
    let must = aws::is_host(&host);
    if cfg!(not(feature = "bedrock")) {
        return if must { Err(SignError::NoFeature { host }.to_string()) } else { Ok(()) };
    }
    let read = |name| env::read(name).filter(|value| !value.trim().is_empty());
    let [key_id, secret] = [aws::KEY_ID, aws::SECRET].map(read);
    let Some((key_id, secret)) = key_id.zip(secret) else {
        return if must { Err(SignError::NoCredentials { host }.to_string()) } else { Ok(()) };
    };
    let session_token = read(aws::SESSION_TOKEN);
    let credentials = Credentials { key_id, secret, session_token };
    sigv4::sign(job, &scope, &credentials)
        .map_err(|why| SignError::Failed { host, why }.to_string())
}

/// What the provider says while it says it, its own addresses leading to the front. A JSON body that may hold some
/// goes on when it is complete: nobody can read it before.
async fn relayed(state: &State, provider: Provider, request: &Request, head: Head) -> Answer {
    let Head { status, mut headers, mut body } = head;
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
    let is_json = text(header::CONTENT_TYPE).is_some_and(|kind| kind.contains("json"));
    let is_coded = headers.contains_key(header::CONTENT_ENCODING);
    if is_json && !is_coded && links::may_be_in(provider, request) {
        body = body.held().await;
    }
    state.with_links(provider, request, |links| {
        links::headers(status.as_u16(), &mut headers, links);
        let text = body.whole().and_then(|bytes| String::from_utf8(bytes).ok());
        if let Some(Cow::Owned(text)) = text.as_deref().map(|text| links.json(text)) {
            headers.remove(header::CONTENT_LENGTH);
            body = FrontBody::full(text);
        }
    });
    Answer::Reply { status, headers, body }
}

fn failed(
    state: &State,
    entry: usize,
    incoming: &Incoming,
    request: &Request,
    upstream: &str,
    why: String,
) -> Answer {
    state.book().ledger.entries[entry].answered_by = AnsweredBy::Nothing;
    let upstream = shown(&state.setup.redactor, upstream);
    state.miss(entry, incoming, request, MissReason::UpstreamFailed { upstream, why })
}

/// An upstream as people may see it: without user info and query, which may hold a key.
pub(crate) fn shown(redactor: &Redactor, base: &str) -> String {
    let base = Address::parse(base).map_or_else(
        || {
            // No URL: what may be user info or a query is left out all the same.
            let base = base.split(['?', '#']).next().unwrap_or(base);
            base.rsplit('@').next().unwrap_or(base).to_owned()
        },
        |address| address.without_secrets(),
    );
    redactor.text(&base).into_owned()
}

fn note_upstream(state: &State, provider: Provider, base: &str) {
    let base = &shown(&state.setup.redactor, base);
    let mut book = state.book();
    let upstreams = &mut book.ledger.upstreams;
    if !upstreams.iter().any(|(known, at)| *known == provider && at == base) {
        upstreams.push((provider, base.to_owned()));
        drop(book);
        announce::upstream(provider, base, state.key_variable(provider).as_deref());
    }
}

/// Runs when an answer is complete, in the task that received it.
fn keep(
    state: &Arc<State>,
    entry: usize,
    provider: Provider,
    request: Request,
    outcome: Result<Recorded, UpstreamError>,
) {
    let Ok(recorded) = outcome else {
        state.streams.end();
        return;
    };
    let mut response = response_of(provider, &request, &recorded, state.setup.max_body);
    state.setup.redactor.response(&mut response);
    let error_message = error_message(provider, &request, &response);
    let interaction = Interaction {
        hash: matching::key(provider, &request, &Rules::default()).to_string(),
        provider,
        test: state.setup.owner.clone(),
        recorded_at: Some(humantime::format_rfc3339_seconds(SystemTime::now()).to_string()),
        response,
        request,
    };
    let key = state.key(provider, &interaction.request);
    let attempt = interaction.clone();
    state.book().ledger.recordings.push(Recording { entry, key, interaction, error_message });
    let state = Arc::clone(state);
    tokio::task::spawn_blocking(move || {
        // Best effort: the test may yet pass, and then says what it could not write.
        let _ = store::keep_attempt(&state.setup.write_to, attempt);
        state.streams.end();
    });
}

/// What an answer says that is an error.
pub(crate) fn error_message(
    provider: Provider,
    request: &Request,
    response: &Response,
) -> Option<String> {
    let format = wire::format(provider, &request.method, &request.path);
    match &response.content {
        Content::Body(Body::Json(text)) if response.status >= 400 => {
            json::parse(text).ok().and_then(|body| (format.error_message)(&body))
        }
        Content::Body(Body::Text(text)) if response.status >= 400 => Some(text.clone()),
        _ => None,
    }
}

/// An answer as it arrived, as a fixture keeps it.
pub(crate) fn response_of(
    provider: Provider,
    request: &Request,
    recorded: &Recorded,
    max_body: u64,
) -> Response {
    let format = wire::format(provider, &request.method, &request.path);
    let text = |name: &str| recorded.headers.get(name).and_then(|value| value.to_str().ok());
    let parsed = match &request.body {
        Body::Json(text) => json::parse(text).ok(),
        _ => None,
    };
    let streamed = format.wants_stream(&request.path, parsed.as_ref());
    let content_type = text("content-type");
    let mut headers: Vec<(String, String)> = recorded
        .headers
        .iter()
        .filter(|(name, _)| provider::keeps_response_header(name.as_str()))
        .map(|(name, value)| {
            (name.as_str().to_owned(), String::from_utf8_lossy(value.as_bytes()).into_owned())
        })
        .collect();
    let chunks = plain(recorded, text("content-encoding"), max_body).unwrap_or_else(|| {
        // Undecodable: the client must hear how the bytes it gets are encoded.
        let coding = text("content-encoding").unwrap_or_default().to_owned();
        headers.push(("content-encoding".to_owned(), coding));
        recorded.chunks.clone()
    });
    // A request to stream may be answered in one piece: an error, or a gateway that does not stream.
    let is_array = |chunks: &[Chunk]| {
        let mut bytes = chunks.iter().flat_map(|chunk| &chunk.bytes);
        bytes.find(|byte| !byte.is_ascii_whitespace()) == Some(&b'[')
    };
    let is_error = recorded.status.is_client_error() || recorded.status.is_server_error();
    let framing = framing_of(content_type, streamed).filter(|framing| match framing {
        Framing::JsonArray => is_array(&chunks),
        Framing::Bytes => !is_error,
        Framing::Sse | Framing::Ndjson | Framing::AwsEventStream => true,
    });
    let (ms, content) = match framing {
        Some(framing) => {
            (None, Content::Stream(Stream::from_chunks(framing, &chunks, recorded.end)))
        }
        None if recorded.end == End::Cut => {
            (None, Content::Stream(Stream::from_chunks(Framing::Bytes, &chunks, End::Cut)))
        }
        None => {
            let bytes = chunks.into_iter().flat_map(|chunk| chunk.bytes).collect();
            // Without its type: the parts of a multipart answer are bytes to replay, not to compare.
            (Some(recorded.ms), Content::Body(Body::from_wire(None, bytes)))
        }
    };
    Response { status: recorded.status.as_u16(), headers, ms, content }
}

/// The chunks without compression; `None` if they cannot be decoded.
///
/// We ask for plain bytes, so this is for providers that compress all the same; a compressed stream
/// loses its boundaries, as they were boundaries of something else.
fn plain(recorded: &Recorded, coding: Option<&str>, max_body: u64) -> Option<Vec<Chunk>> {
    if coding.is_none_or(|coding| coding.trim().is_empty()) {
        return Some(recorded.chunks.clone());
    }
    let whole: Vec<u8> =
        recorded.chunks.iter().flat_map(|chunk| chunk.bytes.iter().copied()).collect();
    // Answers may be larger than what a client may send.
    let limit = usize::try_from(max_body).unwrap_or(usize::MAX).saturating_mul(16);
    let bytes = encoding::decompress(coding, &whole, limit).ok()?;
    Some(vec![Chunk { ms: recorded.ms, bytes: bytes.into_owned() }])
}
