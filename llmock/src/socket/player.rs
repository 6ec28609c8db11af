//! What a stored socket sends and accepts next.
//!
//! The messages of the client are accepted one after another; those between two messages of the server in any order.
//! Messages of the server follow what they followed when they were recorded. Audio that the client appends counts in
//! bytes, however it is divided.

use std::sync::Arc;

use super::api::{self, Api};
use super::compare::{ClientIds, Compared, request};
use super::expect::Expectation;
use super::quoted::{QuotedIds, replaced};
use super::script::SocketScript;
use crate::exchange::transcript::SocketMessage;
use crate::fixture::interaction::{Body, Interaction, Request};
use crate::fixture::socket::{Close, Message, Side, Socket};
use crate::json;
use crate::matching::{self, Difference, Key, MatchRules};
use crate::provider::Provider;
use crate::report::values::excerpt;

/// A message of which a report shows the beginning.
pub(crate) const EXCERPT: usize = 120;

/// A stored socket on its way to one client.
#[derive(Debug)]
pub(crate) struct Player {
    socket: Arc<Socket>,
    provider: Provider,
    path: String,
    rules: MatchRules,
    api: &'static Api,
    /// Whether any audio is the recorded audio.
    any_audio: bool,
    /// One for each message.
    steps: Vec<Step>,
    runs: Vec<Run>,
    /// The message that comes next.
    at: usize,
    recorded_ids: ClientIds,
    ids: ClientIds,
    quoted: QuotedIds,
}

#[derive(Clone, Debug)]
enum Step {
    Server,
    Single {
        key: Key,
        body: Body,
        is_accepted: bool,
    },
    /// The run of audio that the message belongs to, and how many bytes of it have come with this message.
    Audio {
        run: usize,
        end: usize,
    },
    /// Of a script.
    Expected {
        expectation: Expectation,
        is_accepted: bool,
    },
}

/// Audio without another message of the client in between.
#[derive(Clone, Debug, Default)]
struct Run {
    bytes: Vec<u8>,
    received: usize,
    /// The message that it ends with.
    last: usize,
}

/// What happens next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Next {
    /// The server sends this message.
    Send(usize),
    /// The client's turn.
    Await,
    /// The server closes the connection.
    Close,
    /// Everything has happened: the connection stays open until the client closes it.
    End,
}

/// Why a message is not accepted.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Refused {
    pub(crate) why: String,
    pub(crate) differences: Vec<Difference>,
}

impl Player {
    /// `None` if the interaction is no socket.
    pub(crate) fn new(interaction: &Interaction, socket: &Socket, rules: &MatchRules) -> Self {
        let path = &interaction.request.path;
        let mut player = Self {
            socket: Arc::new(socket.clone()),
            provider: interaction.provider,
            path: path.clone(),
            rules: rules.clone(),
            api: api::at(path),
            any_audio: rules.any_audio,
            steps: Vec::with_capacity(socket.messages.len()),
            runs: Vec::new(),
            at: 0,
            recorded_ids: ClientIds::default(),
            ids: ClientIds::default(),
            quoted: QuotedIds::default(),
        };
        player.prepare();
        player
    }

    /// The socket that a test has written.
    pub(crate) fn scripted(
        script: &SocketScript,
        provider: Provider,
        path: &str,
        rules: &MatchRules,
    ) -> Self {
        let step = |expected: &Option<Expectation>| match expected {
            None => Step::Server,
            Some(expectation) => {
                Step::Expected { expectation: expectation.clone(), is_accepted: false }
            }
        };
        Self {
            socket: Arc::new(script.socket.clone()),
            provider,
            path: path.to_owned(),
            rules: rules.clone(),
            api: api::at(path),
            any_audio: false,
            steps: script.expected.iter().map(step).collect(),
            runs: Vec::new(),
            at: 0,
            recorded_ids: ClientIds::default(),
            ids: ClientIds::default(),
            quoted: QuotedIds::default(),
        }
    }

    fn prepare(&mut self) {
        let socket = Arc::clone(&self.socket);
        let mut ids = ClientIds::default();
        let mut is_run_open = false;
        for (at, message) in socket.messages.iter().enumerate() {
            if message.from == Side::Server {
                self.steps.push(Step::Server);
                continue;
            }
            let before = &socket.messages[..at];
            match Compared::of(self.api, message, &mut ids, &|id| is_sent(before, id)) {
                Compared::Audio(bytes) => {
                    if !is_run_open {
                        self.runs.push(Run::default());
                    }
                    let run = self.runs.len() - 1;
                    self.runs[run].bytes.extend_from_slice(&bytes);
                    self.runs[run].last = at;
                    let end = self.runs[run].bytes.len();
                    self.steps.push(Step::Audio { run, end });
                    is_run_open = true;
                }
                Compared::Single(body) => {
                    let key = self.key(body.clone());
                    self.steps.push(Step::Single { key, body, is_accepted: false });
                    is_run_open = false;
                }
            }
        }
        self.recorded_ids = ids;
    }

    fn key(&self, body: Body) -> Key {
        matching::key(self.provider, &request(&self.path, body), &self.rules)
    }

    pub(crate) fn socket(&self) -> &Socket {
        &self.socket
    }

    /// What happens next; a message that is sent counts as sent.
    pub(crate) fn next(&mut self) -> Next {
        while let Some(step) = self.steps.get(self.at) {
            let is_done = match step {
                Step::Server => {
                    self.at += 1;
                    return Next::Send(self.at - 1);
                }
                Step::Single { is_accepted, .. } | Step::Expected { is_accepted, .. } => {
                    *is_accepted
                }
                Step::Audio { run, end } => self.runs[*run].received >= *end,
            };
            if !is_done {
                return Next::Await;
            }
            self.at += 1;
        }
        match self.socket.close {
            Close::Frame { from: Side::Server, .. } | Close::Cut { from: Side::Server, .. } => {
                Next::Close
            }
            _ => Next::End,
        }
    }

    /// When the message that comes next was recorded, or the last one.
    pub(crate) fn ms(&self) -> Option<u64> {
        let messages = &self.socket.messages;
        messages.get(self.at).or(messages.last()).map(|message| message.ms)
    }

    /// The text of a message of the server, with the ids that this client made up.
    pub(crate) fn text(&self, message: &Message) -> Option<String> {
        let text = message.text()?;
        let quoted = self.quoted.of(text).iter().map(|(recorded, own)| (recorded, own));
        Some(replaced(text, self.recorded_ids.0.iter().zip(&self.ids.0).chain(quoted)))
    }

    /// Takes a message of the client.
    pub(crate) fn accept(&mut self, message: &Message) -> Result<(), Refused> {
        if self.steps.iter().any(|step| matches!(step, Step::Expected { .. })) {
            return self.accept_expected(message);
        }
        let socket = Arc::clone(&self.socket);
        let before = &socket.messages[..self.at.min(socket.messages.len())];
        let mut ids = self.ids.clone();
        match Compared::of(self.api, message, &mut ids, &|id| is_sent(before, id)) {
            Compared::Audio(bytes) => self.accept_audio(&bytes)?,
            Compared::Single(body) => {
                let at = self.accept_single(body)?;
                self.ids = ids;
                self.quoted.note(self.api, &socket.messages[at], message);
            }
        }
        Ok(())
    }

    fn accept_expected(&mut self, message: &Message) -> Result<(), Refused> {
        let message = SocketMessage::of(message);
        let mut unmet = None;
        for step in &mut self.steps[self.at..] {
            match step {
                Step::Expected { is_accepted: true, .. } => {}
                Step::Expected { expectation, is_accepted } => match expectation.unmet(&message) {
                    None => {
                        *is_accepted = true;
                        return Ok(());
                    }
                    Some(why) => {
                        unmet.get_or_insert(why);
                    }
                },
                _ if unmet.is_none() => {}
                _ => break,
            }
        }
        let why = unmet.unwrap_or_else(|| "comes after all that the script expects".to_owned());
        Err(Refused { why, differences: Vec::new() })
    }

    /// The recorded message that it is.
    fn accept_single(&mut self, body: Body) -> Result<usize, Refused> {
        let key = self.key(body.clone());
        let mut expected: Option<Body> = None;
        for at in self.at..self.steps.len() {
            match &mut self.steps[at] {
                Step::Single { is_accepted: true, .. } => {}
                Step::Single { key: known, is_accepted, .. } if *known == key => {
                    *is_accepted = true;
                    self.pass_audio(at);
                    return Ok(at);
                }
                Step::Single { body, .. } => {
                    expected.get_or_insert_with(|| body.clone());
                }
                Step::Audio { run, end } if self.runs[*run].received >= *end => {}
                Step::Audio { .. } if self.any_audio => {}
                Step::Audio { .. } if expected.is_none() => {
                    let why = "comes before the audio that was recorded".to_owned();
                    return Err(Refused { why, differences: Vec::new() });
                }
                Step::Server if expected.is_none() => {}
                Step::Audio { .. } | Step::Server | Step::Expected { .. } => break,
            }
        }
        Err(self.unexpected(expected, body))
    }

    /// Audio of any length, none included, may come before a message.
    fn pass_audio(&mut self, before: usize) {
        if self.any_audio {
            for step in &self.steps[..before] {
                if let Step::Audio { run, .. } = step {
                    self.runs[*run].received = self.runs[*run].bytes.len();
                }
            }
        }
    }

    fn unexpected(&self, expected: Option<Body>, body: Body) -> Refused {
        let Some(expected) = expected else {
            let why = "was not recorded: the recording has no further message".to_owned();
            return Refused { why, differences: Vec::new() };
        };
        let of = |body: Body| -> Request { request(&self.path, body) };
        let (recorded, sent) = (of(expected), of(body));
        let differences = matching::diff(&recorded, &sent, self.provider, &self.rules);
        Refused { why: "is not the recorded one".to_owned(), differences }
    }

    fn accept_audio(&mut self, bytes: &[u8]) -> Result<(), Refused> {
        // The first run that is not complete, unless another message comes first.
        let mut run = None;
        for step in &self.steps[self.at.min(self.steps.len())..] {
            match step {
                Step::Audio { run: at, end } if self.runs[*at].received < *end => {
                    run = Some(*at);
                    break;
                }
                Step::Single { is_accepted: false, .. } if !self.any_audio => break,
                _ => {}
            }
        }
        let refused = |why: String| Err(Refused { why, differences: Vec::new() });
        if self.any_audio {
            if let Some(run) = run {
                self.runs[run].received = self.runs[run].bytes.len();
            }
            return Ok(());
        }
        let Some(run) = run.map(|run| &mut self.runs[run]) else {
            return refused("is audio, and no audio was recorded here".to_owned());
        };
        let (from, to) = (run.received, run.received + bytes.len());
        match run.bytes.get(from..to) {
            Some(recorded) if recorded == bytes => {
                run.received = to;
                Ok(())
            }
            Some(recorded) => {
                let differing = recorded.iter().zip(bytes).position(|(one, two)| one != two);
                let at = from + differing.unwrap_or_default();
                refused(format!("is other audio than the recorded one, from byte {at} on"))
            }
            None => refused(format!(
                "appends {to} bytes of audio in a row, and {} were recorded",
                run.bytes.len()
            )),
        }
    }

    /// Takes what has happened on a socket so far; whether it could have happened here.
    pub(crate) fn follows(&mut self, messages: &[Message]) -> bool {
        messages.iter().all(|message| match message.from {
            Side::Server => matches!(self.next(), Next::Send(_)),
            Side::Client => self.accept(message).is_ok(),
        })
    }

    /// How many messages of the server were taken.
    pub(crate) fn sent(&self) -> usize {
        let taken = &self.steps[..self.at.min(self.steps.len())];
        taken.iter().filter(|step| matches!(step, Step::Server)).count()
    }

    /// The first message of the client that was recorded and did not come, and how many more did not.
    pub(crate) fn unsent_text(&self) -> Option<String> {
        let unsent = self.unsent();
        let what = unsent.first()?.text().unwrap_or("binary data");
        let more = match unsent.len() {
            1 => String::new(),
            count => format!(" and {} more", count - 1),
        };
        Some(format!("{}{more}", excerpt(what, EXCERPT)))
    }

    /// The messages of the client that were recorded and did not come.
    pub(crate) fn unsent(&self) -> Vec<&Message> {
        let all = self.steps.iter().zip(&self.socket.messages);
        all.filter(|(step, _)| match step {
            Step::Server => false,
            Step::Single { is_accepted, .. } | Step::Expected { is_accepted, .. } => !is_accepted,
            Step::Audio { run, end } => !self.any_audio && self.runs[*run].received < *end,
        })
        .map(|(_, message)| message)
        .collect()
    }
}

/// Whether the server has sent this id.
fn is_sent(messages: &[Message], id: &str) -> bool {
    let quoted = json::quote(id);
    let servers = messages.iter().filter(|message| message.from == Side::Server);
    servers.filter_map(Message::text).any(|text| text.contains(&quoted))
}
