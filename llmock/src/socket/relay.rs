//! Connects a client with the provider and keeps what both send.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use http::HeaderMap;
use hyper::upgrade::OnUpgrade;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::watch;
use tokio::time::{Instant, sleep_until, timeout};
use tokio_tungstenite::tungstenite::protocol::Role;

use super::accepting;
use super::connection::{self, Broken, Limit, Received, Receiver, Sender};
use super::play::GOODBYE;
use super::upstream::Accepted;
use crate::exchange::forward::end_to_end;
use crate::exchange::in_flight::{InFlightGuard, Phase};
use crate::exchange::request;
use crate::exchange::response::Response;
use crate::exchange::transcript::Transcript;
use crate::fixture::socket::{Close, Message, Side, Socket};
use crate::sync::lock;

/// What was received is kept once nothing has happened for so long, and at the latest after [`LATEST`].
const PAUSE: Duration = Duration::from_millis(50);
const LATEST: Duration = Duration::from_millis(500);

/// Keeping takes at most one part of so many of the time.
const SHARE: u32 = 20;

/// A socket on which nothing happens for so long at the end of a test is open for good.
const QUIET: Duration = Duration::from_millis(300);

/// Both sides of a socket.
struct Relay<'r, A, B> {
    client: (Sender<A>, Receiver<A>),
    upstream: (Sender<B>, Receiver<B>),
    transcript: &'r Transcript,
    in_flight: &'r InFlightGuard,
    allow: Option<(&'r str, &'r Allow<'r>)>,
    /// When something was received last.
    noted: watch::Sender<Instant>,
}

/// Decides about each text that a side sends: why it must not reach the other one.
pub(crate) type Allow<'a> = dyn Fn(Side, &str) -> Result<(), String> + Send + Sync + 'a;

/// Under which conditions a socket is relayed.
pub(crate) struct Terms<'t> {
    pub(crate) limit: Limit,
    pub(crate) saving: Option<Saving>,
    /// The path of the handshake, and what is allowed; everything otherwise.
    pub(crate) allow: Option<(&'t str, &'t Allow<'t>)>,
}

/// What has become of a socket.
#[derive(Debug)]
pub(crate) enum Relayed {
    /// It never began.
    Nothing,
    /// One side broke a rule: why.
    Broken(String),
    /// It was ended before a message that was not allowed: why. What came before can be replayed.
    Stopped(String),
    /// It ended, and can be replayed.
    Whole,
}

/// The response that accepts the handshake of a client as the provider did.
pub(crate) fn accepted(client: &HeaderMap, upstream: &HeaderMap) -> Response {
    let protocol = protocol(upstream);
    connection::accepted(client, protocol.as_deref(), end_to_end(upstream))
}

/// What a fixture keeps after the handshake.
pub(crate) fn socket(upstream: &HeaderMap, transcript: &Transcript) -> Socket {
    let (messages, close) = transcript.so_far();
    Socket { protocol: protocol(upstream), messages, close }
}

fn protocol(headers: &HeaderMap) -> Option<String> {
    request::text(headers, "sec-websocket-protocol").map(str::to_owned)
}

/// Keeps what an open socket has received so far, in case the process is killed. What it kept is removed with it.
#[derive(Clone)]
pub(crate) struct Saving(Arc<Mutex<dyn FnMut(Socket) + Send>>);

impl Saving {
    pub(crate) fn new(save: impl FnMut(Socket) + Send + 'static) -> Self {
        Self(Arc::new(Mutex::new(save)))
    }

    /// Saves whenever a socket has been quiet; never ends.
    async fn run(
        self,
        headers: &HeaderMap,
        transcript: &Transcript,
        mut activity: watch::Receiver<Instant>,
    ) {
        while activity.changed().await.is_ok() {
            let latest = Instant::now() + LATEST;
            loop {
                tokio::select! {
                    () = sleep_until(latest.min(Instant::now() + PAUSE)) => break,
                    _ = activity.changed() => {}
                }
            }
            let begun = Instant::now();
            let (socket, saving) = (socket(headers, transcript), self.clone());
            let saved = move || (lock(&saving.0))(socket);
            if tokio::task::spawn_blocking(saved).await.is_err() {
                break;
            }
            sleep_until(Instant::now() + begun.elapsed() * SHARE).await;
        }
        std::future::pending::<()>().await;
    }
}

/// Relays until either side closes the socket, or the recording ends.
pub(crate) async fn run(
    (client, upstream): (OnUpgrade, Accepted),
    transcript: &Transcript,
    in_flight: &InFlightGuard,
    terms: Terms<'_>,
) -> Relayed {
    let Terms { limit, saving, allow } = terms;
    let Accepted { io: upstream, headers } = upstream;
    let Ok(client) = client.await else { return Relayed::Nothing };
    let client = connection::open(TokioIo::new(client), Role::Server, limit).await;
    let upstream = connection::open(upstream, Role::Client, limit).await;
    let (noted, activity) = watch::channel(Instant::now());
    let relay = Relay { client, upstream, transcript, in_flight, allow, noted };
    let saving = async {
        match saving {
            Some(saving) => saving.run(&headers, transcript, activity).await,
            None => std::future::pending().await,
        }
    };
    let ended = tokio::select! {
        ended = relay.run() => ended,
        () = saving => Ended::Gone,
    };
    match ended {
        Ended::Broken(side, broken) => {
            Relayed::Broken(format!("from the {}: {}", side.name(), broken.why))
        }
        Ended::Refused(why) => Relayed::Stopped(why),
        Ended::Closed | Ended::Gone => Relayed::Whole,
    }
}

/// How one direction has ended.
enum Ended {
    /// This side closed the socket.
    Closed,
    /// The connection of this side, or of the other one, has ended.
    Gone,
    Broken(Side, Broken),
    /// A message was not allowed.
    Refused(String),
}

impl<A, B> Relay<'_, A, B>
where
    A: AsyncRead + AsyncWrite + Unpin,
    B: AsyncRead + AsyncWrite + Unpin,
{
    /// Relays until either side closes the socket, or the recording ends. Returns what ended it.
    async fn run(self) -> Ended {
        let Self { client, upstream, transcript, in_flight, allow, noted } = self;
        let (path, allow) = allow.unzip();
        let (mut to_client, mut from_client) = client;
        let (mut to_upstream, mut from_upstream) = upstream;
        let activity = noted.subscribe();
        let ended = {
            let mut up = std::pin::pin!(pump(
                Side::Client,
                &mut from_client,
                &mut to_upstream,
                (transcript, allow),
                &noted
            ));
            let mut down = std::pin::pin!(pump(
                Side::Server,
                &mut from_upstream,
                &mut to_client,
                (transcript, allow),
                &noted
            ));
            tokio::select! {
                ended = &mut up => {
                    if let Ended::Closed = ended {
                        // What the provider still sends, and its confirmation.
                        let _ = timeout(GOODBYE, &mut down).await;
                    }
                    ended
                }
                ended = &mut down => {
                    if let Ended::Closed = ended {
                        let _ = timeout(GOODBYE, &mut up).await;
                    }
                    ended
                }
                () = recording_ends(in_flight, activity) => Ended::Gone,
            }
        };
        match &ended {
            Ended::Broken(side, broken) => {
                to_upstream.close(Some(1001), "").await;
                let why = format!("from the {}: {}", side.name(), broken.why);
                let broken = Broken { code: broken.code, why };
                connection::break_off(to_client, from_client, &broken).await;
            }
            Ended::Refused(why) => {
                to_upstream.close(Some(1000), "").await;
                let why = format!("llmock: {why}");
                accepting::reject(path.unwrap_or_default(), &why, &mut to_client, &mut from_client)
                    .await;
            }
            Ended::Gone if transcript.so_far().1 == Close::Open => {
                to_client.close(Some(1001), "llmock: the test has ended").await;
                to_upstream.close(Some(1000), "").await;
            }
            Ended::Gone | Ended::Closed => {}
        }
        ended
    }
}

/// Passes on what one side sends.
async fn pump<A, B>(
    from: Side,
    source: &mut Receiver<A>,
    target: &mut Sender<B>,
    (transcript, allow): (&Transcript, Option<&Allow<'_>>),
    noted: &watch::Sender<Instant>,
) -> Ended
where
    A: AsyncRead + AsyncWrite + Unpin,
    B: AsyncRead + AsyncWrite + Unpin,
{
    loop {
        let received = source.next().await;
        let ms = transcript.ms();
        noted.send_replace(Instant::now());
        match received {
            Received::Message { is_binary, bytes, fragments } => {
                let mut message = Message::received(from, ms, is_binary, bytes.clone());
                message.fragments.clone_from(&fragments);
                let allowed = allow.zip(message.text()).map(|(allow, text)| allow(from, text));
                if let Some(Err(why)) = allowed {
                    return Ended::Refused(why);
                }
                transcript.add(message);
                if target.message(is_binary, bytes, fragments.as_deref()).await.is_err() {
                    // The other direction finds out why.
                    std::future::pending::<()>().await;
                }
            }
            Received::Close { code, reason } => {
                transcript.close(Close::Frame { from, ms, code, reason: reason.clone() });
                target.close(code, &reason).await;
                return Ended::Closed;
            }
            Received::Gone => {
                transcript.close(Close::Cut { from, ms });
                return Ended::Gone;
            }
            Received::Broken(broken) => return Ended::Broken(from, broken),
        }
    }
}

/// Returns when the test has ended and nothing happens any more, or when nothing is waited for.
async fn recording_ends(in_flight: &InFlightGuard, mut activity: watch::Receiver<Instant>) {
    let mut phases = in_flight.phases();
    let _ = phases.wait_for(|phase| *phase > Phase::Open).await;
    loop {
        let quiet = *activity.borrow_and_update() + QUIET;
        tokio::select! {
            _ = phases.wait_for(|phase| *phase == Phase::Stopping) => {
                in_flight.note_unfinished();
                return;
            }
            () = sleep_until(quiet) => return,
            _ = activity.changed() => {}
        }
    }
}
