//! Replays a stored socket to a client.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use llmock_rules::Pace;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::{Instant, sleep_until, timeout};

use super::connection::{Broken, Received, Receiver, Sender};
use super::player::{Next, Player, Refused};
use crate::control::plan::paced;
use crate::control::sockets::{Control, Interruption};
use crate::exchange::transcript::Transcript;
use crate::fixture::socket::{Close, Message, Side};
use crate::sync::lock;

/// How long a client may take to confirm that the socket is closed.
pub(crate) const GOODBYE: Duration = Duration::from_secs(1);

/// What the replay of a socket needs besides the connection.
pub(crate) struct Playing<'p> {
    pub(crate) player: Arc<Mutex<Player>>,
    pub(crate) transcript: Transcript,
    pub(crate) pace: Option<Pace>,
    /// Removes secrets from a message of the client before it is compared.
    pub(crate) redact: &'p (dyn Fn(&mut Message) + Send + Sync),
    pub(crate) control: Mutex<Control>,
    /// Puts another recording into the player that fits all messages so far; whether there is one.
    pub(crate) choose: &'p (dyn Fn(&[Message]) -> bool + Send + Sync),
}

/// Why a replay has ended.
#[derive(Debug)]
pub(crate) enum Ended {
    /// Everything was said, or the client has left.
    Done,
    /// A message of the client, by its number, is not the recorded one.
    Refused(usize, Refused),
    /// The client broke the protocol.
    Broken(Broken),
}

impl Playing<'_> {
    /// Replays the socket; the caller still has to close it if a message was refused.
    pub(crate) async fn run<Io: AsyncRead + AsyncWrite + Unpin>(
        &self,
        sender: &mut Sender<Io>,
        source: &mut Receiver<Io>,
    ) -> Ended {
        // What the client sent while the server was to send.
        let mut early = VecDeque::new();
        let (mut last, mut last_ms) = (Instant::now(), 0);
        let mut number = 0;
        loop {
            let next = self.next();
            match next {
                (Next::Send(_), Some(message)) => {
                    let gap = Duration::from_millis(message.ms.saturating_sub(last_ms));
                    let delay = lock(&self.control).delay();
                    if let Some(after) = delay.or(paced(self.pace, gap)) {
                        wait(last + after, source, &mut early).await;
                    }
                    if interrupted(&self.control, message.bytes().len(), sender, source).await {
                        return Ended::Done;
                    }
                    (last, last_ms) = (Instant::now(), message.ms);
                    if self.send(sender, message).await.is_err() {
                        return self.drained(source, early, number).await;
                    }
                }
                (Next::Close, _) => {
                    return self.close(sender, source, (last, last_ms), early).await;
                }
                (Next::Await | Next::End | Next::Send(_), _) => {
                    let received = match early.pop_front() {
                        Some(received) => received,
                        None => source.next().await,
                    };
                    (last, last_ms) = (Instant::now(), self.recorded_ms(last_ms));
                    match self.receive(received, &mut number) {
                        None => {}
                        Some(ended) => return ended,
                    }
                }
            }
        }
    }

    /// What happens next, and the message that is sent.
    fn next(&self) -> (Next, Option<Message>) {
        let mut player = lock(&self.player);
        let next = player.next();
        let message = match next {
            Next::Send(at) => player.socket().messages.get(at).cloned(),
            _ => None,
        };
        (next, message)
    }

    /// When the message that comes next was recorded.
    fn recorded_ms(&self, before: u64) -> u64 {
        lock(&self.player).ms().unwrap_or(before)
    }

    async fn send<Io: AsyncRead + AsyncWrite + Unpin>(
        &self,
        sender: &mut Sender<Io>,
        message: Message,
    ) -> Result<(), super::connection::Gone> {
        let text = lock(&self.player).text(&message);
        let bytes = text.map_or_else(|| message.bytes(), Into::into);
        let bytes = lock(&self.control).pass(bytes);
        let sent = Message { ms: self.transcript.ms(), ..message };
        let fragments = sent.fragments.clone();
        let is_binary = sent.is_binary;
        self.transcript.add(sent);
        sender.message(is_binary, bytes, fragments.as_deref()).await
    }

    /// Takes what the client did; returns how the replay ends, if it does.
    fn receive(&self, received: Received, number: &mut usize) -> Option<Ended> {
        match received {
            Received::Message { is_binary, bytes, fragments } => {
                *number += 1;
                let ms = self.transcript.ms();
                let mut message = Message::received(Side::Client, ms, is_binary, bytes);
                message.fragments = fragments;
                (self.redact)(&mut message);
                self.transcript.add(message.clone());
                let accepted = lock(&self.player).accept(&message);
                let refused = accepted.err()?;
                // Several sockets may have one handshake.
                if (self.choose)(&self.transcript.messages()) {
                    return None;
                }
                Some(Ended::Refused(*number, refused))
            }
            Received::Close { code, reason } => {
                lock(&self.control).note_disconnected();
                let ms = self.transcript.ms();
                self.transcript.close(Close::Frame { from: Side::Client, ms, code, reason });
                Some(code.and_then(Broken::of_code).map_or(Ended::Done, Ended::Broken))
            }
            Received::Gone => {
                lock(&self.control).note_disconnected();
                let ms = self.transcript.ms();
                self.transcript.close(Close::Cut { from: Side::Client, ms });
                Some(Ended::Done)
            }
            Received::Broken(broken) => Some(Ended::Broken(broken)),
        }
    }

    /// A client that does not receive any more may have sent something before.
    async fn drained<Io: AsyncRead + AsyncWrite + Unpin>(
        &self,
        source: &mut Receiver<Io>,
        mut early: VecDeque<Received>,
        mut number: usize,
    ) -> Ended {
        loop {
            while let Next::Send(_) = lock(&self.player).next() {}
            let received = match early.pop_front() {
                Some(received) => received,
                None => timeout(GOODBYE, source.next()).await.unwrap_or(Received::Gone),
            };
            if let Some(ended) = self.receive(received, &mut number) {
                return ended;
            }
        }
    }

    async fn close<Io: AsyncRead + AsyncWrite + Unpin>(
        &self,
        sender: &mut Sender<Io>,
        source: &mut Receiver<Io>,
        (last, last_ms): (Instant, u64),
        mut early: VecDeque<Received>,
    ) -> Ended {
        let close = lock(&self.player).socket().close.clone();
        let (Close::Frame { ms, .. } | Close::Cut { ms, .. }) = close else { return Ended::Done };
        let gap = Duration::from_millis(ms.saturating_sub(last_ms));
        if let Some(after) = paced(self.pace, gap) {
            wait(last + after, source, &mut early).await;
        }
        self.transcript.close(close.clone());
        if let Close::Frame { code, reason, .. } = close {
            sender.close(code, &reason).await;
            let goodbye = async {
                while !matches!(source.next().await, Received::Close { .. } | Received::Gone) {}
            };
            let _ = timeout(GOODBYE, goodbye).await;
        }
        Ended::Done
    }
}

/// Waits at gates before a message of this length; whether a fault ends the socket here.
pub(super) async fn interrupted<Io: AsyncRead + AsyncWrite + Unpin>(
    control: &Mutex<Control>,
    length: usize,
    sender: &mut Sender<Io>,
    source: &mut Receiver<Io>,
) -> bool {
    let interruption = lock(control).interruption(length);
    match interruption {
        Some(Interruption::Cut) => return true,
        Some(Interruption::Stall) => {
            while !matches!(source.next().await, Received::Close { .. } | Received::Gone) {}
            return true;
        }
        Some(Interruption::Close(code)) => {
            sender.close(Some(code), "llmock: a fault on purpose").await;
            let goodbye = async {
                while !matches!(source.next().await, Received::Close { .. } | Received::Gone) {}
            };
            let _ = timeout(GOODBYE, goodbye).await;
            return true;
        }
        None => {}
    }
    let (gates, sent) = lock(control).blocking();
    for gate in gates {
        gate.hold(sent).await;
    }
    false
}

/// Waits until then, and keeps what the client sends meanwhile. Pings are answered.
pub(super) async fn wait<Io: AsyncRead + AsyncWrite + Unpin>(
    until: Instant,
    source: &mut Receiver<Io>,
    early: &mut VecDeque<Received>,
) {
    loop {
        let is_here = !matches!(early.back(), Some(Received::Close { .. } | Received::Gone));
        tokio::select! {
            biased;
            () = sleep_until(until) => return,
            received = source.next(), if is_here => early.push_back(received),
        }
    }
}
