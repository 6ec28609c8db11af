//! `similar = 0.95`: a request is responded to by the recording of another one, if the last text of the user is that
//! alike and everything else is equal.
//!
//! [`vectors`] keeps what an endpoint for embeddings has computed, [`endpoint`] asks it. Without one, the words decide.

#[cfg(feature = "record")]
mod endpoint;
mod vectors;

use std::cmp::Ordering;

use crate::env;
use crate::exchange::RequestNumber;
use crate::exchange::queue::Claim;
use crate::exchange::{RespondedBy, Used};
use crate::fixture::Position;
use crate::fixture::interaction::{Body, Interaction, Request};
use crate::json::{self, Json};
use crate::matching::{Key, Lexicon, are_opposed};
use crate::mode::Mode;
use crate::provider::Provider;
use crate::report::Note;
#[cfg(feature = "record")]
use crate::session::ledger::Recording;
use crate::session::pending::Pending;
use crate::session::state::State;
use crate::wire;

/// A recording whose request is alike.
struct Found {
    at: Position,
    key: Key,
    score: f64,
}

/// The most similar recording, if the session allows that and nothing is recorded for the request.
pub(super) async fn find(state: &State, pending: &Pending) -> Option<(Key, Position)> {
    let least = state.setup.in_force.semantic.similar.value?;
    let is_open = match state.setup.mode() {
        Mode::Replay => true,
        Mode::Auto => !is_recorded(state, pending),
        _ => false,
    };
    if !is_open {
        return None;
    }
    let (provider, request) = (pending.incoming.provider, &pending.request);
    let why = match closest(state, provider, request, least).await {
        Ok(None) => return None,
        Ok(Some(found)) if env::ci() => {
            let (interaction, score) = (found.at.number(), shown(found.score));
            format!(
                "the request of #{interaction} is {score} alike, and `similar` is refused in CI"
            )
        }
        Ok(Some(found)) => return claim(state, pending.number, &found, prompt(provider, request)),
        Err(why) => why,
    };
    state.ledger().similar.push(Note::NotSimilar { why });
    None
}

/// Two digits, rounded down: what is shown as 1 is the same.
fn shown(score: f64) -> String {
    format!("{:.2}", (score * 100.0).floor() / 100.0)
}

fn is_recorded(state: &State, pending: &Pending) -> bool {
    let fixture = &state.fixture;
    let key = fixture.key(pending.incoming.provider, &pending.request);
    fixture.interactions().iter().any(|one| fixture.key(one.provider, &one.request) == key)
}

/// Uses the recording, and notes that.
fn claim(
    state: &State,
    number: RequestNumber,
    found: &Found,
    sent: Option<String>,
) -> Option<(Key, Position)> {
    let order = state.setup.in_force.order.value;
    let mut ledger = state.ledger();
    let (interaction, is_borrowed, is_repeated) =
        match ledger.claim(&state.fixture, found.key, order) {
            Claim::Fresh { at, is_borrowed } => (at, is_borrowed, false),
            Claim::Spent { last } if state.setup.mode() == Mode::Replay => (last, false, true),
            _ => return None,
        };
    let exchange = ledger.exchange(number);
    exchange.sent.responded_by = RespondedBy::Fixture;
    exchange.used = Some(Used { interaction, is_borrowed, is_repeated });
    ledger.similar.push(Note::Similar {
        interaction: interaction.number(),
        score: shown(found.score),
        prompt: sent,
    });
    Some((found.key, interaction))
}

/// The last text of the user.
fn prompt(provider: Provider, request: &Request) -> Option<String> {
    let Body::Json(text) = &request.body else { return None };
    let format = wire::format(provider, &request.method, &request.path);
    format.prompt(&json::parse(text).ok()?)
}

/// The most similar recording that differs in the last text of the user alone.
async fn closest(
    state: &State,
    provider: Provider,
    request: &Request,
    least: f64,
) -> Result<Option<Found>, String> {
    let Some(sent) = prompt(provider, request) else { return Ok(None) };
    let fixture = &state.fixture;
    let candidate = |(index, one): (usize, &Interaction)| {
        if one.provider != provider || one.request.method != request.method {
            return None;
        }
        let recorded = prompt(provider, &one.request).filter(|recorded| *recorded != sent)?;
        let key = fixture.key(provider, &one.request);
        let replaced = with_last_text(request, &sent, &recorded)?;
        (fixture.key(provider, &replaced) == key).then_some((
            Position::from_index(index),
            key,
            recorded,
        ))
    };
    let candidates: Vec<_> =
        fixture.interactions().iter().enumerate().filter_map(candidate).collect();
    if candidates.is_empty() {
        return Ok(None);
    }
    let texts: Vec<&str> = candidates.iter().map(|(_, _, text)| text.as_str()).collect();
    let scores = scores(state, &sent, &texts).await?;
    let rated = candidates.iter().zip(scores).map(|((at, key, _), score)| Found {
        at: *at,
        key: *key,
        score,
    });
    let best = rated.filter(|found| found.score >= least).max_by(|left, right| {
        // The first of equals.
        left.score.partial_cmp(&right.score).unwrap_or(Ordering::Equal).then(right.at.cmp(&left.at))
    });
    Ok(best)
}

/// How alike each text is: by vectors, or else by words.
async fn scores(state: &State, sent: &str, recorded: &[&str]) -> Result<Vec<f64>, String> {
    let Some(embeddings) = &state.setup.in_force.semantic.embeddings.value else {
        let all = state.fixture.interactions().iter();
        let all: Vec<String> = all.filter_map(|one| prompt(one.provider, &one.request)).collect();
        let lexicon = Lexicon::new(all.iter().map(String::as_str));
        let score = |text: &&str| {
            if are_opposed(sent, text) { 0.0 } else { f64::from(lexicon.similarity(sent, text)) }
        };
        return Ok(recorded.iter().map(score).collect());
    };
    let path = vectors::path_of(&state.setup.fixture);
    #[cfg_attr(not(feature = "record"), allow(unused_mut, reason = "only an endpoint adds some"))]
    let mut known = vectors::Vectors::load(&path, &embeddings.model)?;
    #[cfg(not(feature = "record"))]
    std::future::ready(()).await;
    #[cfg(feature = "record")]
    if state.setup.mode() == Mode::Auto && !env::is_replay_only() {
        let wanted: Vec<&str> = std::iter::once(sent).chain(recorded.iter().copied()).collect();
        endpoint::complete(
            &mut known,
            embeddings,
            &wanted,
            &vectors::path_of(&state.setup.write_to),
        )
        .await?;
    }
    let missing = |text: &str| {
        format!(
            "`{}` has no vector of {text}; run the test once with `LLMOCK_MODE=auto`",
            path.display()
        )
    };
    let own = known.of(sent).ok_or_else(|| missing("the text that was sent"))?;
    // A recording without a vector is not similar.
    let score =
        |text: &&str| known.of(text).and_then(|vector| vectors::cosine(own, vector)).unwrap_or(0.0);
    let scores: Vec<f64> = recorded.iter().map(score).collect();
    if recorded.iter().all(|text| known.of(text).is_none()) {
        return Err(missing("any recorded text"));
    }
    Ok(scores)
}

/// The request with another text in place of the last one of the user; `None` if the text is not one string of the body.
fn with_last_text(request: &Request, from: &str, to: &str) -> Option<Request> {
    let Body::Json(body) = &request.body else { return None };
    let parsed = json::parse(body).ok()?;
    let mut last = None;
    walk(&parsed, &mut |raw, text| {
        if text == from {
            last = json::offset_in(body, raw).map(|start| start..start + raw.len());
        }
    });
    let quoted = json::quote(to);
    let inner = quoted[1..quoted.len() - 1].to_owned();
    let replaced = json::splice(body, [(last?, inner)]).into_owned();
    Some(Request { body: Body::Json(replaced), ..request.clone() })
}

fn walk<'a>(value: &Json<'a>, visit: &mut impl FnMut(&'a str, &str)) {
    match value {
        Json::String(string) => visit(string.raw(), &string.decode()),
        Json::Array(items) => items.iter().for_each(|item| walk(item, visit)),
        Json::Object(members) => members.iter().for_each(|(_, value)| walk(value, visit)),
        _ => {}
    }
}

/// Computes the vectors of what was recorded, so that a replay has them.
#[cfg(feature = "record")]
pub(super) fn keep_vectors(state: &State, recordings: &[Recording]) -> Option<Note> {
    let embeddings = state.setup.in_force.semantic.embeddings.value.as_ref()?;
    let recorded = recordings.iter().map(|recording| &recording.interaction);
    let texts: Vec<String> =
        recorded.filter_map(|one| prompt(one.provider, &one.request)).collect();
    let path = vectors::path_of(&state.setup.write_to);
    let run = || {
        let mut known = vectors::Vectors::load(&path, &embeddings.model)?;
        let wanted: Vec<&str> = texts.iter().map(String::as_str).collect();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.map_err(|why| why.to_string())?;
        runtime.block_on(endpoint::complete(&mut known, embeddings, &wanted, &path))
    };
    // The test may be inside of a runtime of its own.
    let done = std::thread::scope(|scope| scope.spawn(run).join());
    let why = match done {
        Ok(Ok(())) => return None,
        Ok(Err(why)) => why,
        Err(panic) => std::panic::resume_unwind(panic),
    };
    Some(Note::NotSimilar { why: format!("the vectors of the recording were not stored: {why}") })
}
