//! While prompts are edited: a request without a recording gets the response of the recording at the same place of its
//! conversation, so that the turns behind it are seen too.
//!
//! `while_editing = true` keeps the changed requests in `NAME.json.pending`; `llmock plan` collects them from all tests. A
//! recording that stands in stays free for the request that it was recorded for.

use std::collections::HashSet;
use std::fs::File;
use std::io::Write as _;
use std::path::Path;
use std::sync::Arc;

use crate::encryption;
use crate::exchange::{RequestNumber, RespondedBy};
use crate::fixture::interaction::{Body, Interaction, Request};
use crate::fixture::{Position, format, store};
use crate::hex;
use crate::json;
use crate::json::write::{Object, object};
use crate::matching;
use crate::mode::Mode;
use crate::provider::Provider;
use crate::report::{Miss, Note, Outcome, Report};
use crate::session::ledger::StandIn;
use crate::session::pending::Pending;
use crate::session::reframed;
use crate::session::save;
use crate::session::state::State;
use crate::session::stored::replay;
use crate::{exchange::response::Response, wire};

/// Whether recordings stand in for one another.
pub(super) fn is_on(state: &State) -> bool {
    let setup = &state.setup;
    setup.mode() == Mode::Replay
        && !setup.in_force.scripted.value
        && (setup.in_force.while_editing.value || setup.limits.plan.is_some())
}

/// The response to a request that has none of its own, if a recording can stand in.
pub(super) async fn stand_in(
    state: &Arc<State>,
    pending: &Pending,
    is_miss: bool,
) -> Option<Response> {
    if !is_miss || !is_on(state) {
        return None;
    }
    let (provider, request, number) =
        (pending.incoming.provider, pending.request.clone(), pending.number);
    let (state, in_flight) = (Arc::clone(state), state.in_flight.begin());
    // Comparing takes long: on a thread that serves nothing else.
    let found = tokio::task::spawn_blocking(move || {
        let found = respond(&state, provider, &request, number);
        drop(in_flight);
        found
    });
    found.await.ok().flatten()
}

fn respond(
    state: &State,
    provider: Provider,
    request: &Request,
    number: RequestNumber,
) -> Option<Response> {
    let earlier =
        state.ledger().stand_ins.iter().rfind(|one| one.pending.request == *request).cloned();
    let is_streaming = state.ledger().exchange(number).sent.is_streaming();
    let free = free(state, provider, request);
    // A request that was recorded several times stands in as often; after that the last one repeats.
    let twin = |earlier: &StandIn| {
        let recorded = &state.fixture.get(earlier.interaction).request;
        free.iter().copied().find(|at| state.fixture.get(*at).request == *recorded)
    };
    let (interaction, is_repeated) = match &earlier {
        Some(earlier) => match twin(earlier) {
            Some(twin) => (twin, false),
            None => (earlier.interaction, true),
        },
        None => (choose(state, provider, request, &free, is_streaming)?, false),
    };
    let recorded = state.fixture.get(interaction);
    let sent = state.ledger().exchange(number).sent.clone();
    let is_switched = recorded.is_streaming() != sent.is_streaming();
    let response = if is_switched && recorded.response.status < 400 {
        reframed::response(recorded, &sent)?
    } else {
        replay(state, interaction, provider, request)
    };
    let mut ledger = state.ledger();
    ledger.exchange(number).sent.responded_by = RespondedBy::Fixture;
    if !is_repeated {
        let pending = Interaction {
            hash: recorded.hash(),
            test: state.setup.owner.clone(),
            provider,
            request: request.clone(),
            written: None,
            ..recorded.clone()
        };
        ledger.stand_ins.push(StandIn { request: number, interaction, pending });
    }
    Some(response)
}

/// Recordings of this test that nothing has used yet.
fn free(state: &State, provider: Provider, request: &Request) -> Vec<Position> {
    let fixture = &state.fixture;
    let taken = {
        let ledger = state.ledger();
        let mut taken: HashSet<Position> = ledger.used();
        taken.extend(ledger.stand_ins.iter().map(|one| one.interaction));
        taken
    };
    let fits = |at: &Position| {
        let one = fixture.get(*at);
        !taken.contains(at) && one.provider == provider && one.request.method == request.method
    };
    fixture.own().filter(fits).collect()
}

/// The recording at the same place: the same request with streaming switched; else one that a client of this request
/// understands, with as many turns, and the most similar one of those; else one with streaming switched.
fn choose(
    state: &State,
    provider: Provider,
    request: &Request,
    free: &[Position],
    is_streaming: bool,
) -> Option<Position> {
    let fixture = &state.fixture;
    let (alike, switched): (Vec<Position>, Vec<Position>) =
        free.iter().partition(|at| fixture.get(**at).is_streaming() == is_streaming);
    let requests = switched.iter().map(|at| (*at, &fixture.get(*at).request));
    if let Some(twin) = reframed::twin(provider, request, requests, fixture.rules()) {
        return Some(twin);
    }
    let turns = turns(request);
    let as_long = |pool: &[Position]| -> Vec<Position> {
        let is_as_long = |at: &Position| self::turns(&fixture.get(*at).request) == turns;
        pool.iter().copied().filter(is_as_long).collect()
    };
    [as_long(&alike), alike, as_long(&switched), switched].iter().find_map(|pool| {
        let candidates = pool.iter().map(|at| (at.index(), fixture.get(*at)));
        let (nearest, _) = matching::nearest(provider, request, candidates, fixture.rules())?;
        Some(Position::from_index(nearest.at))
    })
}

/// How many messages a request has.
fn turns(request: &Request) -> Option<usize> {
    let Body::Json(text) = &request.body else { return None };
    let body = json::parse(text).ok()?;
    let lists = ["messages", "input", "contents"].into_iter();
    lists.filter_map(|name| body.get(name)?.as_array()).map(<[_]>::len).next()
}

/// Keeps what stood in, at the end of the test.
pub(super) fn finish(state: &State, report: &mut Report) {
    if !is_on(state) {
        return;
    }
    let setup = &state.setup;
    if let Some(path) = &setup.limits.plan {
        let has_passed = report.outcome == Outcome::Passed && report.misses.is_empty();
        let _ = append(path, &plan_line(state, has_passed, &report.misses));
        return;
    }
    let stand_ins = state.ledger().stand_ins.clone();
    if stand_ins.is_empty() {
        return;
    }
    let count = stand_ins.len();
    let pending = stand_ins.into_iter().map(|one| one.pending).collect();
    match store::replace_pending(&setup.write_to, setup.owner.as_deref(), pending) {
        Ok(()) => {
            let path = setup.shown_path(&store::pending_path(&setup.write_to));
            report.notes.push(Note::Editing { count, path });
        }
        Err(error) => report.failures.push(save::unwritable(state, &error)),
    }
}

/// Keeps for a plan what a session saw that was dropped before it ended, as when a test panics.
pub(super) fn abandon(state: &State) {
    if let Some(path) = state.setup.limits.plan.as_ref().filter(|_| is_on(state)) {
        let misses = state.ledger().misses.clone();
        let _ = append(path, &plan_line(state, false, &misses));
    }
}

/// What a test would record, as one line of JSON.
fn plan_line(state: &State, has_passed: bool, misses: &[Miss]) -> String {
    let ledger = state.ledger();
    let numbers = |all: &mut dyn Iterator<Item = Position>| -> Vec<usize> {
        let mut numbers: Vec<usize> = all.map(Position::number).collect();
        numbers.sort_unstable();
        numbers
    };
    let pending: Vec<Interaction> =
        ledger.stand_ins.iter().map(|one| one.pending.clone()).collect();
    let new = |miss: &Miss| {
        if state.setup.is_encrypted() {
            new_request(&miss.clone().hidden())
        } else {
            new_request(miss)
        }
    };
    let line = object! {
        "test": *state.setup.test(),
        "fixture": *state.setup.fixture.to_string_lossy(),
        "passed": has_passed,
        "requests": ledger.counted().count(),
        "used": numbers(&mut ledger.used().into_iter()),
        "own": numbers(&mut state.fixture.own()),
        "stand_ins": ledger.stand_ins.iter().map(|one| one.interaction.number()).collect::<Vec<_>>(),
        "at": ledger.stand_ins.iter().map(|one| one.request.number()).collect::<Vec<_>>(),
        "new": misses.iter().map(new).collect::<Vec<_>>(),
    };
    with_pending(line, state, &format::write(&pending)).into_text()
}

/// Adds the requests that stood in: as they are, or encrypted as the fixture is, in hexadecimal digits.
fn with_pending(line: Object, state: &State, pending: &str) -> Object {
    if !state.setup.is_encrypted() {
        return line.with("pending", pending);
    }
    let path = encryption::encrypted(&state.setup.write_to);
    match encryption::seal(&path, pending.as_bytes()) {
        Ok(sealed) => line.with("sealed", hex::encode(&sealed).as_str()),
        Err(why) => line.with("unsealed", why.to_string().as_str()),
    }
}

fn new_request(miss: &Miss) -> Object {
    let object = object! { "provider": *miss.provider, "method": miss.method, "path": miss.path };
    let prompt = miss.prompt.as_ref();
    let tokens = usize::try_from(prompt.map_or(0, |text| wire::tokens::of_text(text))).unwrap_or(0);
    object
        .with_some("model", miss.model.as_ref())
        .with_some("prompt", prompt)
        .with("tokens", &tokens)
}

fn append(path: &Path, line: &str) -> std::io::Result<()> {
    let mut file = File::options().create(true).append(true).open(path)?;
    // Many processes of one run write here.
    file.lock()?;
    file.write_all(format!("{line}\n").as_bytes())
}
