//! WebSockets of a server: recorded ones, those that the provider answers, and those that the server makes up.

use std::pin::Pin;
use std::sync::{Arc, LazyLock, Mutex};
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, Method, Version};
use hyper::upgrade::OnUpgrade;
use hyper_util::rt::TokioIo;
use llmock_rules::{FaultKind, FaultRule, Pace};
use tokio::sync::watch;
use tokio_tungstenite::tungstenite::protocol::Role;

use super::{Playback, Played, Request};
use crate::control::server::first_hit;
use crate::control::sockets::Control;
use crate::control::traffic::Traffic;
use crate::exchange::handshake::{invalid, is_websocket};
use crate::exchange::transcript::Transcript;
use crate::exchange::{RequestNumber, miss, request, response};
use crate::fixture::interaction::{Content, Interaction};
use crate::fixture::redact::Redactor;
use crate::fixture::socket::Message;
use crate::matching::MatchRules;
use crate::report::{MissReason, answer};
use crate::socket::accepting::{redact, reject, selected};
use crate::socket::connection::{self, Limit};
use crate::socket::dialogue::{self, Dialogue};
use crate::socket::play::{Ended, Playing};
use crate::socket::player::{Player, Refused};
use crate::socket::talk::{Answered, Talk};
use crate::sync::lock;

/// The method of a handshake where requests are compared.
#[must_use]
pub fn handshake_method() -> Method {
    Method::from_bytes(request::HANDSHAKE.as_bytes()).unwrap_or(Method::GET)
}

/// Whether a request asks for a WebSocket, and what is wrong with its handshake.
#[must_use]
pub fn handshake(
    method: &Method,
    headers: &HeaderMap,
    version: Version,
) -> Option<Result<(), String>> {
    is_websocket(headers).then(|| match invalid(method, headers, version) {
        Some(why) => Err(why),
        None => Ok(()),
    })
}

/// How a WebSocket of a server is sent.
#[derive(Debug)]
pub struct SocketSettings {
    /// The most bytes of a message.
    pub max_message: usize,
    /// The setting that raises it.
    pub max_message_setting: &'static str,
    /// Whether recorded messages come at their recorded times.
    pub is_paced: bool,
    /// What happens between its messages on purpose.
    pub fault: Option<FaultKind>,
    /// Becomes true when the server stops.
    pub stop: watch::Receiver<bool>,
}

/// How a WebSocket has ended.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SocketEnd {
    /// One side closed it, or the connection ended.
    Closed,
    /// A message of the client is not the recorded one; the text has the details.
    Refused(String),
    /// The client left before it sent everything that was recorded; the text has the first of it.
    Left(String),
    /// The client broke a rule of the protocol, or a limit.
    Broken(String),
}

/// A WebSocket that is being served: spawn it, so that it goes on after the response that accepts the handshake.
pub type ServedSocket = Pin<Box<dyn Future<Output = SocketEnd> + Send>>;

/// What a server hears of the messages of its clients, redacted.
pub type OnMessage = Box<dyn Fn(&[u8]) + Send + Sync>;

/// A recorded WebSocket.
#[derive(Debug)]
pub struct PlayedSocket {
    interaction: Arc<Interaction>,
    rules: MatchRules,
    redactor: Arc<LazyLock<Redactor>>,
    /// The fixture and the number of the interaction in it.
    recording: Arc<str>,
    /// Others with the same handshake.
    others: Vec<Arc<Interaction>>,
}

impl Playback {
    /// The WebSocket of a recorded handshake; `None` if the provider refused it, or the response is to another request.
    #[must_use]
    #[doc(hidden)]
    pub fn socket(&self, played: &Played, request: &Request) -> Option<PlayedSocket> {
        let others = self.queue(request).iter().map(|item| Arc::clone(&item.interaction)).collect();
        Some(PlayedSocket {
            others,
            interaction: Arc::clone(played.of_socket()?),
            rules: self.shared.rules.matching.clone(),
            redactor: Arc::clone(&self.shared.redactor),
            recording: Arc::clone(played.recording()),
        })
    }
}

impl PlayedSocket {
    /// The headers of the response that accepts the handshake.
    ///
    /// # Errors
    ///
    /// Says why not, if the client does not offer the recorded subprotocol.
    pub fn accept(&self, client: &HeaderMap) -> Result<HeaderMap, String> {
        let recorded = match &self.interaction.response.content {
            Content::Socket(socket) => socket.protocol.as_deref(),
            _ => None,
        };
        let protocol = selected(&self.redactor, client, recorded)?;
        let (_, own) = response::head(&self.interaction.response, "GET");
        Ok(connection::accepted(client, protocol.as_deref(), own).headers().clone())
    }

    /// Replays the messages.
    #[must_use]
    pub fn serve(
        self,
        upgrade: OnUpgrade,
        settings: SocketSettings,
        on_message: OnMessage,
    ) -> ServedSocket {
        Box::pin(async move {
            let Content::Socket(socket) = &self.interaction.response.content else {
                return SocketEnd::Closed;
            };
            let player = Player::new(&self.interaction, socket, &self.rules);
            let redactor = Arc::clone(&self.redactor);
            let note = move |message: &mut Message| {
                redact(&redactor, message);
                on_message(&message.bytes());
            };
            let player = Arc::new(Mutex::new(player));
            let chosen = Arc::clone(&player);
            let (ended_with, transcript) = (Arc::clone(&player), Transcript::new());
            let choose = |messages: &[Message]| self.choose(&chosen, messages);
            let playing = Playing {
                player,
                choose: &choose,
                transcript: transcript.clone(),
                pace: settings.is_paced.then_some(Pace::Recorded),
                redact: &note,
                control: Mutex::new(settings.control()),
            };
            let Ok(io) = upgrade.await else { return SocketEnd::Closed };
            let io = TokioIo::new(io);
            let (mut sender, mut source) =
                connection::open(io, Role::Server, settings.limit()).await;
            let stop = settings.stop.clone();
            let ended = tokio::select! {
                ended = playing.run(&mut sender, &mut source) => ended,
                () = stopped(stop) => {
                    sender.close(Some(GOING_AWAY), STOPS).await;
                    return SocketEnd::Closed;
                }
            };
            match ended {
                Ended::Done => left(&ended_with, &transcript),
                Ended::Broken(broken) => {
                    connection::break_off(sender, source, &broken).await;
                    SocketEnd::Broken(broken.why)
                }
                Ended::Refused(number, refused) => {
                    let message = self.explained(number, refused);
                    let path = &self.interaction.request.path;
                    reject(path, &message, &mut sender, &mut source).await;
                    SocketEnd::Refused(message)
                }
            }
        })
    }

    /// Puts another recording into the player, in which all messages so far are the recorded ones; whether there is one.
    fn choose(&self, player: &Mutex<Player>, messages: &[Message]) -> bool {
        let fitting = self.others.iter().find_map(|other| {
            let Content::Socket(socket) = &other.response.content else { return None };
            let mut player = Player::new(other, socket, &self.rules);
            player.follows(messages).then_some(player)
        });
        fitting.map(|fitting| *lock(player) = fitting).is_some()
    }

    fn explained(&self, number: usize, refused: Refused) -> String {
        let Refused { why, differences } = refused;
        let reason = MissReason::Message { number, why, differences };
        let Interaction { provider, request, .. } = &*self.interaction;
        let miss = miss::describe(*provider, request, RequestNumber::FIRST, reason);
        answer::explanation(&miss, &self.recording, "")
    }
}

/// How a socket has ended whose client may have left early.
fn left(player: &Mutex<Player>, transcript: &Transcript) -> SocketEnd {
    let unsent = lock(player).unsent_text().filter(|_| transcript.has_client_left());
    unsent.map_or(SocketEnd::Closed, |what| {
        SocketEnd::Left(format!("the client left before it sent {what}"))
    })
}

/// The code of an endpoint that goes away: RFC 6455, section 7.4.1.
const GOING_AWAY: u16 = 1001;
const STOPS: &str = "llmock: the server stops";

async fn stopped(mut stop: watch::Receiver<bool>) {
    // A sender that is gone will not tell.
    if stop.wait_for(|is_stopping| *is_stopping).await.is_err() {
        std::future::pending::<()>().await;
    }
}

impl SocketSettings {
    pub(super) fn limit(&self) -> Limit {
        Limit { bytes: self.max_message, setting: self.max_message_setting }
    }

    fn control(&self) -> Control {
        let traffic = Arc::new(Traffic::idle());
        let hit = self.fault.clone().map(|kind| {
            traffic.add_fault(FaultRule::new(kind.clone()), None);
            first_hit(kind)
        });
        Control::new(traffic, hit, Vec::new())
    }
}

/// A response to a message of a client.
#[derive(Debug, Default)]
pub struct SocketReply {
    /// The status that it would have over HTTP.
    pub status: u16,
    /// The body that it would have: events.
    pub body: Bytes,
    /// When each event is due, counted from now; at once where there is none.
    pub due: Vec<Duration>,
    /// Whether the connection ends after it.
    pub is_cut: bool,
}

/// A reply that is not decided yet.
pub type Replying = Pin<Box<dyn Future<Output = SocketReply> + Send>>;

/// Finds the reply to a request: to the path and the body that a message stands for.
pub type SocketReplies = Box<dyn Fn(String, String) -> Replying + Send + Sync>;

/// A WebSocket of an API that llmock speaks, without a recording: each demand of the client becomes a request of HTTP.
#[derive(Debug)]
pub struct SpokenSocket(Box<dyn Dialogue>);

impl SpokenSocket {
    /// The WebSocket at a path with its query; `None` if llmock does not speak its API. `seed` makes its ids.
    #[must_use]
    pub fn at(target: &str, client: &HeaderMap, seed: u64) -> Option<Self> {
        dialogue::at(target, client, seed).map(Self)
    }

    /// The headers of the response that accepts the handshake.
    #[must_use]
    pub fn accept(client: &HeaderMap) -> HeaderMap {
        let protocol = connection::answer(client);
        connection::accepted(client, protocol, HeaderMap::new()).headers().clone()
    }

    /// Talks with the client.
    #[must_use]
    pub fn serve(
        self,
        upgrade: OnUpgrade,
        settings: SocketSettings,
        replies: SocketReplies,
    ) -> ServedSocket {
        let answered = |reply: SocketReply| Answered {
            status: reply.status,
            body: reply.body,
            due: reply.due,
            is_cut: reply.is_cut,
        };
        let talk = Talk {
            dialogue: self.0,
            transcript: Transcript::new(),
            control: Mutex::new(settings.control()),
            respond: Box::new(move |path, body| {
                let reply = replies(path, body);
                Box::pin(async move { answered(reply.await) })
            }),
        };
        Box::pin(async move {
            let Ok(io) = upgrade.await else { return SocketEnd::Closed };
            let io = TokioIo::new(io);
            let (mut sender, mut source) =
                connection::open(io, Role::Server, settings.limit()).await;
            let stop = settings.stop.clone();
            let broken = tokio::select! {
                broken = talk.run(&mut sender, &mut source) => broken,
                () = stopped(stop) => {
                    sender.close(Some(GOING_AWAY), STOPS).await;
                    None
                }
            };
            match broken {
                None => SocketEnd::Closed,
                Some(broken) => {
                    connection::break_off(sender, source, &broken).await;
                    SocketEnd::Broken(broken.why)
                }
            }
        })
    }
}
