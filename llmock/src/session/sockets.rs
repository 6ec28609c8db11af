//! WebSockets of a session: the handshake is a request like any other, and the messages follow on its connection.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use hyper::upgrade::OnUpgrade;
use hyper_util::rt::TokioIo;
use tokio_tungstenite::tungstenite::protocol::Role;

use crate::control::sockets::Control;
use crate::exchange::response::{self, Response};
use crate::exchange::transcript::Transcript;
use crate::exchange::{RequestNumber, RespondedBy, miss};
use crate::fixture::Position;
use crate::fixture::interaction::Content;
use crate::fixture::socket::Message;
use crate::front::handler::Aborted;
use crate::report::values::excerpt;
use crate::report::{MissReason, answer};
use crate::session::deliver::{Delivery, Started};
use crate::session::ledger::Ledger;
use crate::session::pending::Pending;
use crate::session::refuse::refuse;
use crate::session::replayed::ReplayedSocket;
use crate::session::respond::{self, Decision};
use crate::session::state::State;
use crate::session::stored;
use crate::session::verifying;
use crate::socket::accepting::{redact, reject, selected};
use crate::socket::connection::{self, Broken, Limit, Receiver, Sender};
use crate::socket::play::{Ended, Playing};
use crate::socket::player::Player;
use crate::sync::lock;

#[cfg(feature = "record")]
mod recording;
mod written;

/// How long messages that are on their way may take to arrive when a test ends.
const ARRIVAL: Duration = Duration::from_millis(500);

/// A message of which a report shows the beginning.
const EXCERPT: usize = 120;

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
    match respond::decide(state, number, pending.incoming.provider, &pending.request, None) {
        Decision::Replay(key, at) => {
            verifying::begin(state, &pending, at);
            let (fault, gates) = delivery.of_socket(state);
            if fault.is_some() {
                state.ledger().offer_again(key, at);
            }
            let control = Control::new(Arc::clone(&state.traffic), fault, gates);
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
    let Pending { number, incoming, request, .. } = pending;
    let interaction = state.fixture.get(at);
    let Content::Socket(socket) = &interaction.response.content else {
        // The provider refused the handshake.
        return stored::replay(state, at, incoming.provider, request);
    };
    let redactor = state.secrets.redactor();
    let protocol = match selected(&redactor, &incoming.headers, socket.protocol.as_deref()) {
        Ok(protocol) => protocol,
        Err(why) => return refuse(state, pending, MissReason::Socket { why }),
    };
    let player = Player::new(interaction, socket, state.fixture.rules(), false);
    let (place, replayed) = noted(state, *number, (at, player), control.is_faulty());
    let (_, headers) = response::head(&interaction.response, "GET");
    let accepted = connection::accepted(&incoming.headers, protocol.as_deref(), headers);
    let (state, number) = (Arc::clone(state), *number);
    let (provider, request) = (incoming.provider, request.clone());
    tokio::spawn(async move {
        let transcript = replayed.transcript.clone();
        if let Ok(io) = upgrade.await {
            let io = TokioIo::new(io);
            let (mut sender, mut source) =
                connection::open(io, Role::Server, state.message_limit()).await;
            let failed = play(&state, replayed, control, &mut sender, &mut source).await;
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
    (interaction, player): (Position, Player),
    is_refused: bool,
) -> (usize, ReplayedSocket) {
    let transcript = Transcript::new();
    let replayed = ReplayedSocket {
        interaction,
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
    replayed: ReplayedSocket,
    control: Control,
    sender: &mut Sender<Io>,
    source: &mut Receiver<Io>,
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
        let player = lock(&socket.player);
        let unsent = player.unsent();
        let first = unsent.first()?;
        let what = first.text().unwrap_or("binary data");
        let more = match unsent.len() {
            1 => String::new(),
            count => format!(" and {} more", count - 1),
        };
        let text = format!("message not sent: {}{more}", excerpt(what, EXCERPT));
        Some((socket.interaction, Some(text)))
    });
    unsent.collect()
}

impl State {
    /// The largest message of a socket. Responses may be larger than requests.
    fn message_limit(&self) -> Limit {
        Limit { bytes: self.max_body, setting: "LLMOCK_MAX_BODY" }
    }
}
