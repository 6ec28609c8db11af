//! Carries out a dialogue: the messages that replies and strategies become, with gates and faults between them.

use std::collections::VecDeque;
use std::pin::Pin;
use std::sync::Mutex;
use std::time::Duration;

use bytes::Bytes;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::Instant;

use super::connection::{Broken, Received, Receiver, Sender};
use super::dialogue::{Dialogue, Step};
use super::play::{interrupted, wait};
use crate::control::sockets::Control;
use crate::exchange::transcript::Transcript;
use crate::fixture::socket::{Close, Message, Side};
use crate::sync::lock;

/// The response to a request that a message stands for.
#[derive(Debug, Default)]
pub(crate) struct Answered {
    pub(crate) status: u16,
    pub(crate) body: Bytes,
    /// When each message is due, from now on; those after the last are sent with it.
    pub(crate) due: Vec<Duration>,
    /// Whether the connection ends after it.
    pub(crate) is_cut: bool,
}

/// An answer that is not decided yet.
pub(crate) type Answering = Pin<Box<dyn Future<Output = Answered> + Send>>;

/// Responds to requests, each a path and a body.
pub(crate) type Respond = Box<dyn Fn(String, String) -> Answering + Send + Sync>;

/// One socket on which llmock is the provider.
pub(crate) struct Talk {
    pub(crate) dialogue: Box<dyn Dialogue>,
    pub(crate) transcript: Transcript,
    pub(crate) control: Mutex<Control>,
    pub(crate) respond: Respond,
}

/// The socket is over.
struct Over;

impl Talk {
    /// Talks until one side closes the socket; returns what the client has broken.
    pub(crate) async fn run<Io: AsyncRead + AsyncWrite + Unpin>(
        mut self,
        sender: &mut Sender<Io>,
        source: &mut Receiver<Io>,
    ) -> Option<Broken> {
        let mut early = VecDeque::new();
        let opening = self.dialogue.opening().into_iter().map(Step::Send).collect();
        let mut is_over = self.send(opening, &[], sender, source, &mut early).await.is_err();
        while !is_over {
            let received = match early.pop_front() {
                Some(received) => received,
                None => source.next().await,
            };
            let text = match received {
                Received::Message { is_binary, bytes, .. } => {
                    self.note(Side::Client, is_binary, bytes.clone());
                    String::from_utf8_lossy(&bytes).into_owned()
                }
                Received::Close { code, reason } => {
                    let ms = self.transcript.ms();
                    self.transcript.close(Close::Frame { from: Side::Client, ms, code, reason });
                    return None;
                }
                Received::Gone => {
                    lock(&self.control).note_disconnected();
                    return None;
                }
                Received::Broken(broken) => return Some(broken),
            };
            let steps = self.dialogue.receive(&text);
            is_over = self.follow(steps, sender, source, &mut early).await.is_err();
        }
        None
    }

    /// Carries out what follows a message.
    async fn follow<Io: AsyncRead + AsyncWrite + Unpin>(
        &mut self,
        steps: Vec<Step>,
        sender: &mut Sender<Io>,
        source: &mut Receiver<Io>,
        early: &mut VecDeque<Received>,
    ) -> Result<(), Over> {
        for step in steps {
            let (steps, answered) = match step {
                Step::Request { path, body } => {
                    let answered = (self.respond)(path, body).await;
                    let is_nothing = answered.is_cut && answered.body.is_empty();
                    let steps = (!is_nothing)
                        .then(|| self.dialogue.responded(answered.status, &answered.body));
                    (steps.unwrap_or_default(), answered)
                }
                step => (vec![step], Answered::default()),
            };
            self.send(steps, &answered.due, sender, source, early).await?;
            if answered.is_cut {
                return Err(Over);
            }
        }
        Ok(())
    }

    async fn send<Io: AsyncRead + AsyncWrite + Unpin>(
        &mut self,
        steps: Vec<Step>,
        due: &[Duration],
        sender: &mut Sender<Io>,
        source: &mut Receiver<Io>,
        early: &mut VecDeque<Received>,
    ) -> Result<(), Over> {
        let begun = Instant::now();
        let mut steps = VecDeque::from(steps);
        let mut sent = 0;
        while let Some(step) = steps.pop_front() {
            let after = due.get(sent).or(due.last()).copied().unwrap_or_default();
            let slow = lock(&self.control).delay().unwrap_or_default();
            if !(after + slow).is_zero() {
                wait(begun + after + slow, source, early).await;
            }
            let text = match step {
                Step::Send(text) => text,
                Step::Close { code, reason } => {
                    let ms = self.transcript.ms();
                    sender.close(Some(code), &reason).await;
                    let code = Some(code);
                    self.transcript.close(Close::Frame { from: Side::Server, ms, code, reason });
                    return Err(Over);
                }
                Step::Request { .. } => continue,
            };
            if let Some(instead) = self.interruption(early, sent) {
                steps = instead.into_iter().map(Step::Send).collect();
                continue;
            }
            if interrupted(&self.control, text.len(), sender, source).await {
                return Err(Over);
            }
            self.one(text, sender).await?;
            sent += 1;
        }
        Ok(())
    }

    /// What is sent instead of the rest, because of a message that came early.
    fn interruption(&mut self, early: &mut VecDeque<Received>, sent: usize) -> Option<Vec<String>> {
        for at in 0..early.len() {
            let Received::Message { bytes, is_binary, .. } = &early[at] else { continue };
            let (is_binary, bytes) = (*is_binary, bytes.clone());
            if let Some(rest) = self.dialogue.interrupted(&String::from_utf8_lossy(&bytes), sent) {
                early.remove(at);
                self.note(Side::Client, is_binary, bytes);
                return Some(rest);
            }
        }
        None
    }

    async fn one<Io: AsyncRead + AsyncWrite + Unpin>(
        &self,
        text: String,
        sender: &mut Sender<Io>,
    ) -> Result<(), Over> {
        let is_binary = self.dialogue.is_binary();
        let text = Bytes::from(text);
        self.note(Side::Server, is_binary, text.clone());
        let bytes = lock(&self.control).pass(text);
        sender.message(is_binary, bytes, None).await.map_err(|_| Over)
    }

    fn note(&self, from: Side, is_binary: bool, bytes: Bytes) {
        self.transcript.add(Message::received(from, self.transcript.ms(), is_binary, bytes));
    }
}
