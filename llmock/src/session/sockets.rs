//! WebSockets of a session: the handshake is a request like any other, and the messages follow on its connection.

use std::borrow::Cow;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use http::HeaderMap;
use hyper::upgrade::OnUpgrade;
use hyper_util::rt::TokioIo;
use tokio_tungstenite::tungstenite::protocol::Role;

use crate::control::sockets::Control;
use crate::exchange::response::{self, Response};
use crate::exchange::transcript::Transcript;
use crate::exchange::{RespondedBy, miss};
use crate::fixture::Position;
use crate::fixture::interaction::Content;
use crate::fixture::redact::Redactor;
use crate::fixture::socket::{Data, Message};
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
use crate::socket::api;
use crate::socket::connection::{self, Received, Receiver, Sender};
use crate::socket::play::{Ended, GOODBYE, Playing};
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
    if written::is_due(state, &pending) {
        return Ok(written::respond(state, &pending, upgrade));
    }
    let delivery = match Delivery::begin(state, &pending) {
        Started::Delivery(delivery) => delivery,
        Started::Instead(response) => return response,
    };
    match respond::decide(state, number, pending.incoming.provider, &pending.request, None) {
        Decision::Replay(key, at) => {
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
        return respond::replay(state, at, incoming.provider, request);
    };
    let redactor = state.secrets.redactor();
    let protocol = match selected(&redactor, &incoming.headers, socket.protocol.as_deref()) {
        Ok(protocol) => protocol,
        Err(why) => return refuse(state, pending, MissReason::Socket { why }),
    };
    let player = Player::new(interaction, socket, state.fixture.rules(), false);
    let transcript = Transcript::new();
    let replayed = ReplayedSocket {
        interaction: at,
        player: Arc::new(Mutex::new(player)),
        transcript: transcript.clone(),
        is_refused: control.is_faulty(),
    };
    let place = {
        let mut ledger = state.ledger();
        ledger.exchange(*number).socket.transcript = Some(transcript);
        ledger.sockets.push(replayed.clone());
        ledger.sockets.len() - 1
    };
    let (_, headers) = response::head(&interaction.response, "GET");
    let accepted = connection::accepted(&incoming.headers, protocol.as_deref(), headers);
    let (state, number) = (Arc::clone(state), *number);
    let (provider, request) = (incoming.provider, request.clone());
    tokio::spawn(async move {
        let transcript = replayed.transcript.clone();
        if let Ok(io) = upgrade.await {
            let io = TokioIo::new(io);
            let (mut sender, mut source) =
                connection::open(io, Role::Server, state.max_message()).await;
            if let Some(reason) = play(&state, replayed, control, &mut sender, &mut source).await {
                let miss = miss::describe(provider, &request, number, reason);
                let message = answer::message(&miss, &state.setup.shown);
                {
                    let mut ledger = state.ledger();
                    ledger.sockets[place].is_refused = true;
                    ledger.add_miss(number, miss);
                }
                reject(&request.path, &message, &mut sender, &mut source).await;
            }
        }
        transcript.end();
        state.activity.note();
    });
    accepted
}

/// Replays a socket until it ends; returns why a message was refused.
async fn play<Io>(
    state: &State,
    replayed: ReplayedSocket,
    control: Control,
    sender: &mut Sender<Io>,
    source: &mut Receiver<Io>,
) -> Option<MissReason>
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
            Some(MissReason::Message { number, why, differences })
        }
        Ended::Broken(broken) => {
            sender.close(Some(broken.code), &format!("llmock: {}", broken.why)).await;
            Some(MissReason::Socket { why: broken.why })
        }
    }
}

/// Reports an error as the API does, and closes the socket.
async fn reject<Io>(path: &str, message: &str, sender: &mut Sender<Io>, source: &mut Receiver<Io>)
where
    Io: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin,
{
    if let Some(event) = api::at(path).error(message) {
        let _ = sender.message(false, event.into(), None).await;
    }
    // 1008: the message violates a policy.
    sender.close(Some(1008), message).await;
    let goodbye =
        async { while !matches!(source.next().await, Received::Close { .. } | Received::Gone) {} };
    let _ = tokio::time::timeout(GOODBYE, goodbye).await;
}

/// The offer of the client that is the subprotocol which the server selected when the socket was recorded.
fn selected(
    redactor: &Redactor,
    headers: &HeaderMap,
    recorded: Option<&str>,
) -> Result<Option<String>, String> {
    let Some(recorded) = recorded else { return Ok(None) };
    let offered = connection::offered(headers);
    if let Some(offer) = offered.iter().find(|offer| redactor.text(offer) == recorded) {
        return Ok(Some((*offer).to_owned()));
    }
    let offers = match offered.len() {
        0 => "no subprotocol".to_owned(),
        // They may be credentials.
        count => format!("{count} other subprotocols"),
    };
    Err(format!("the recording has the subprotocol `{recorded}`, and the client offers {offers}"))
}

/// Removes secrets from a message of the client.
fn redact(redactor: &Redactor, message: &mut Message) {
    if let Data::Text(text) = &mut message.data
        && let Cow::Owned(redacted) = redactor.json(text)
    {
        *text = redacted;
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
    fn max_message(&self) -> usize {
        self.max_body
    }
}
