//! WebSockets of a session: the handshake is a request like any other, and the messages follow on its connection.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use http::HeaderMap;
use hyper::upgrade::OnUpgrade;
use hyper_util::rt::TokioIo;
use tokio_tungstenite::tungstenite::protocol::Role;

use crate::control::sockets::Control;
use crate::exchange::response::{self, Response};
use crate::exchange::transcript::Transcript;
use crate::exchange::{RequestNumber, RespondedBy, miss};
use crate::fixture::Position;
use crate::fixture::interaction::Content;
use crate::fixture::socket::{Message, Side};
use crate::front::handler::Aborted;
use crate::report::values::excerpt;
use crate::report::{Failure, MissReason, Outcome, Report, UnusedReply, answer};
use crate::session::deliver::{Delivery, Started};
use crate::session::ledger::Ledger;
use crate::session::pending::Pending;
use crate::session::refuse::refuse;
use crate::session::replayed::{ReplayedSocket, SocketSource};
use crate::session::respond::{self, Decision};
use crate::session::state::State;
use crate::session::stored;
use crate::session::verifying;
use crate::socket::accepting::{redact, reject, selected};
use crate::socket::connection::{self, Broken, Limit, Receiver, Sender};
use crate::socket::play::{Ended, Playing};
use crate::socket::player::{EXCERPT, Player};
use crate::socket::script::SocketScript;
use crate::sync::lock;

mod choice;
#[cfg(feature = "record")]
mod recording;
#[cfg(feature = "record")]
mod spending;
mod written;

/// How long messages that are on their way may take to arrive when a test ends.
const ARRIVAL: Duration = Duration::from_millis(500);

/// Responds to a handshake.
pub(super) async fn respond(state: &Arc<State>, mut pending: Pending) -> Result<Response, Aborted> {
    let Some(upgrade) = pending.incoming.upgrade.take() else { return Err(Aborted) };
    let number = pending.number;
    if let Some(dialogue) = written::dialogue(state, &pending) {
        // Gates and faults are those of the requests that its messages stand for.
        let control = Control::new(Arc::clone(&state.traffic), None, Vec::new());
        return Ok(written::respond(state, &pending, upgrade, dialogue, control));
    }
    let delivery = match Delivery::begin(state, &pending) {
        Started::Delivery(delivery) => delivery,
        Started::Instead(response) => return response,
    };
    if let Some((script, place)) = state.socket_scripts.take(&pending.request.path) {
        let control = delivery.of_socket(state);
        if control.is_faulty() {
            state.socket_scripts.offer_again(&place);
        }
        state.ledger().exchange(number).sent.responded_by = RespondedBy::Reply;
        return Ok(script_of(state, &pending, upgrade, (&script, place), control));
    }
    match respond::decide(state, number, pending.incoming.provider, &pending.request, None) {
        Decision::Replay(key, at) => {
            verifying::begin(state, &pending, at);
            let control = delivery.of_socket(state);
            if control.is_faulty() {
                state.ledger().offer_again(key, at);
            }
            Ok(replay(state, &pending, upgrade, at, control))
        }
        Decision::Side(body) => {
            state.ledger().exchange(number).sent.responded_by = RespondedBy::Fixture;
            Ok(response::json(body))
        }
        Decision::Miss(reason) => Ok(refuse(state, &pending, reason)),
        // A handshake has no body, and so no inputs.
        Decision::Assembled(made) => {
            let provider = pending.incoming.provider;
            Ok(stored::send(state, &made.response, provider, &pending.request))
        }
        Decision::Unmatched(key, unmatched) => {
            Ok(respond::refuse_unmatched(state, pending, key, unmatched).await)
        }
        #[cfg(feature = "record")]
        Decision::Forward => recording::forward(state, pending, upgrade).await,
        #[cfg(not(feature = "record"))]
        Decision::Forward => {
            let why = "llmock was built without its feature `record`".to_owned();
            Ok(refuse(state, &pending, MissReason::RecordRefused { why }))
        }
    }
}

/// Accepts a handshake and replays the messages.
fn replay(
    state: &Arc<State>,
    pending: &Pending,
    upgrade: OnUpgrade,
    at: Position,
    control: Control,
) -> Response {
    let Pending { incoming, request, .. } = pending;
    let interaction = state.fixture.get(at);
    let Content::Socket(socket) = &interaction.response.content else {
        // The provider refused the handshake.
        return stored::replay(state, at, incoming.provider, request);
    };
    let player = Player::new(interaction, socket, state.fixture.rules());
    let (_, headers) = response::head(&interaction.response, "GET");
    serve(state, pending, upgrade, (SocketSource::Recorded(at), player), headers, control)
}

/// Accepts a handshake and follows a script of the test.
fn script_of(
    state: &Arc<State>,
    pending: &Pending,
    upgrade: OnUpgrade,
    (script, place): (&SocketScript, String),
    control: Control,
) -> Response {
    let (provider, path) = (pending.incoming.provider, &pending.request.path);
    let player = Player::scripted(script, provider, path, state.fixture.rules());
    let source = SocketSource::Script(place);
    serve(state, pending, upgrade, (source, player), HeaderMap::new(), control)
}

fn serve(
    state: &Arc<State>,
    pending: &Pending,
    upgrade: OnUpgrade,
    (source, player): (SocketSource, Player),
    headers: HeaderMap,
    control: Control,
) -> Response {
    let Pending { number, incoming, request, .. } = pending;
    let redactor = state.secrets.redactor();
    let recorded = player.socket().protocol.as_deref();
    let protocol = match selected(&redactor, &incoming.headers, recorded) {
        Ok(protocol) => protocol,
        Err(why) => return refuse(state, pending, MissReason::Socket { why }),
    };
    let (place, replayed) = noted(state, *number, (source, player), control.is_faulty());
    let accepted = connection::accepted(&incoming.headers, protocol.as_deref(), headers);
    let (state, number) = (Arc::clone(state), *number);
    let (provider, request) = (incoming.provider, request.clone());
    tokio::spawn(async move {
        let transcript = replayed.transcript.clone();
        if let Ok(io) = upgrade.await {
            let io = TokioIo::new(io);
            let (mut sender, mut source) =
                connection::open(io, Role::Server, state.message_limit()).await;
            let ends = (&mut sender, &mut source);
            let failed = play(&state, (number, place), replayed, control, ends).await;
            if let Some((reason, broken)) = failed {
                let miss = miss::describe(provider, &request, number, reason);
                let message = answer::message(&miss, &state.setup.shown);
                {
                    let mut ledger = state.ledger();
                    ledger.sockets[place].is_refused = true;
                    ledger.add_miss(number, miss);
                }
                match broken {
                    Some(broken) => connection::break_off(sender, source, &broken).await,
                    None => reject(&request.path, &message, &mut sender, &mut source).await,
                }
            }
        }
        transcript.end();
        state.activity.note();
    });
    accepted
}

/// Notes a socket that is replayed; returns its place among all.
fn noted(
    state: &State,
    number: RequestNumber,
    (source, player): (SocketSource, Player),
    is_refused: bool,
) -> (usize, ReplayedSocket) {
    let transcript = Transcript::new();
    let replayed = ReplayedSocket {
        source,
        player: Arc::new(Mutex::new(player)),
        transcript: transcript.clone(),
        is_refused,
    };
    let mut ledger = state.ledger();
    ledger.exchange(number).socket.transcript = Some(transcript);
    ledger.sockets.push(replayed.clone());
    (ledger.sockets.len() - 1, replayed)
}

/// Replays a socket until it ends; returns why a message was refused, and what the client broke.
async fn play<Io>(
    state: &State,
    place: (RequestNumber, usize),
    replayed: ReplayedSocket,
    control: Control,
    (sender, source): (&mut Sender<Io>, &mut Receiver<Io>),
) -> Option<(MissReason, Option<Broken>)>
where
    Io: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin,
{
    let redact = |message: &mut Message| redact(&state.secrets.redactor(), message);
    let playing = Playing {
        player: replayed.player,
        transcript: replayed.transcript,
        pace: state.traffic.stream().pace,
        redact: &redact,
        control: Mutex::new(control),
        choose: &|messages| choice::choose(state, place, messages),
    };
    let ended = tokio::select! {
        ended = playing.run(sender, source) => ended,
        () = state.traffic.closed() => {
            sender.close(Some(1001), "llmock: the test has ended").await;
            return None;
        }
    };
    match ended {
        Ended::Done => None,
        Ended::Refused(number, refused) => {
            let (why, differences) = (refused.why, refused.differences);
            Some((MissReason::Message { number, why, differences }, None))
        }
        Ended::Broken(broken) => {
            Some((MissReason::Socket { why: broken.why.clone() }, Some(broken)))
        }
    }
}

/// Waits a little for messages that may be on their way: a test ends when its program has sent them.
pub(super) fn await_messages(state: &State) {
    let is_waiting = || {
        let sockets = state.ledger().sockets.clone();
        sockets
            .iter()
            .any(|socket| !socket.transcript.is_over() && !lock(&socket.player).unsent().is_empty())
    };
    let deadline = Instant::now() + ARRIVAL;
    while is_waiting() && Instant::now() < deadline {
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// The messages that clients did not send, each with the interaction that it is recorded in.
pub(super) fn unsent(ledger: &Ledger) -> Vec<(Position, Option<String>)> {
    let sockets = ledger.sockets.iter().filter(|socket| !socket.is_refused);
    let unsent = sockets.filter_map(|socket| {
        let SocketSource::Recorded(interaction) = &socket.source else { return None };
        let text = format!("message not sent: {}", lock(&socket.player).unsent_text()?);
        Some((*interaction, Some(text)))
    });
    unsent.collect()
}

/// The scripts of the test that served no socket, and those whose messages did not come.
pub(super) fn unused_scripts(state: &State, ledger: &Ledger, report: &mut Report) {
    if report.outcome != Outcome::Passed || state.skipped().is_some() {
        return;
    }
    let mut unused = state.socket_scripts.unused();
    let unsent = ledger.sockets.iter().filter(|socket| !socket.is_refused).filter_map(|socket| {
        let SocketSource::Script(place) = &socket.source else { return None };
        let player = lock(&socket.player);
        let all = player.socket().messages.iter().filter(|one| one.from == Side::Client).count();
        let unsent = player.unsent();
        let first = unsent.first()?.text().unwrap_or("binary data");
        Some(UnusedReply {
            place: place.clone(),
            rule: format!("expect({})", excerpt(first, EXCERPT)),
            given: all - unsent.len(),
            expected: all,
            what: "message",
        })
    });
    unused.extend(unsent);
    if !unused.is_empty() {
        report.failures.push(Failure::UnusedReplies { replies: unused });
    }
}

impl State {
    /// The largest message of a socket. Responses may be larger than requests.
    fn message_limit(&self) -> Limit {
        Limit { bytes: self.max_body, setting: "LLMOCK_MAX_BODY" }
    }
}
