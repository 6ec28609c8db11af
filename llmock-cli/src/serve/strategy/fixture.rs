//! `FixtureStrategy`: answers from recordings.
//!
//! The recordings are replaced as a whole, by a reload or when something was recorded; a request keeps those that it
//! started with.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use arc_swap::ArcSwap;
use http::header::CONTENT_ENCODING;
use llmock::__command::{is_encrypted_path, recipients_of};
use llmock::__server::{PlayedSocket, examine_miss};
use llmock::playback::{
    Playback, PlaybackSession, Played, PlayedBody, Recorder, Redirects, Sent, UnreadableBody,
};
use llmock::{Fixture, Interaction};
use parking_lot::Mutex;

use crate::layers::served;
use crate::output::{server, serving};
use crate::problem::Problem;
use crate::serve::answer::{Answer, AnswerBody, End, Piece, Verdict};
use crate::serve::api_request::{ApiRequest, Compared};
use crate::serve::config::Config;
use crate::serve::sessions::Sessions;
use crate::target::{self, Target};

/// The recordings, and the position of each client in them.
#[derive(Debug, Default)]
pub(crate) struct Fixtures {
    playback: ArcSwap<Playback>,
    /// Held while the recordings are replaced, so that none recorded meanwhile is lost.
    changing: Mutex<()>,
    pub(crate) sessions: Sessions,
    /// Rewrites URLs of providers so that they point to this server.
    pub(crate) redirects: Redirects,
    /// The address of this server, for requests without a host.
    own: String,
    /// Adds to them; replaced by a reload.
    recorder: Mutex<Option<Recorder>>,
}

/// What is recorded of the handshake of a WebSocket, each with the name of its recording.
#[derive(Debug)]
pub(crate) enum SocketFound {
    Nothing,
    /// The provider refused it.
    Refused(Answer, Arc<str>),
    Socket(Box<PlayedSocket>, Arc<str>),
}

/// What a client receives after the last recorded response to its request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Spent {
    /// The last response again.
    Repeats,
    /// None for a GET, so that it is forwarded: a batch that the client polls makes progress. Other requests repeat,
    /// because they would be paid for twice.
    Misses,
}

impl Fixtures {
    /// Without any recording, for a server at that address (`http://127.0.0.1:8000`).
    pub(crate) fn of_server_at(own: String) -> Self {
        Self { own, ..Self::default() }
    }

    /// The address at which this client reaches the server.
    pub(crate) fn origin(&self, api_request: &ApiRequest) -> String {
        api_request.origin().unwrap_or_else(|| self.own.clone())
    }

    /// Replaces the recordings by those that the configuration names. If a file cannot be read, everything stays as it
    /// is.
    pub(crate) fn load(&self, config: &Config) -> Result<(), Problem> {
        let _changing = self.changing.lock();
        // A server that records creates the file later.
        let exists = |path: &Path| path.exists() || target::with_json(path).exists();
        let fixtures = match &config.fixtures {
            Some(path) if served::is_remote(path) => served::read(path)?,
            Some(path) if !config.record || exists(path) => read(path)?,
            _ => Vec::new(),
        };
        if let Some(path) =
            config.fixtures.as_ref().filter(|_| !config.record && fixtures.is_empty())
        {
            serving::note(&format!("there are no fixtures in `{}`", path.display()));
        }
        let playback = Playback::new(fixtures).rules(config.matching.clone());
        self.playback.store(playback.max_body(config.body_limit).into());
        Ok(())
    }

    /// Adds new recordings.
    pub(crate) fn add(&self, file: &Path, recorded: &[Interaction]) {
        let _changing = self.changing.lock();
        let known = self.playback.load();
        self.playback.store(known.with_recorded(file, recorded).into());
    }

    /// Replaces the recorder; the new one takes over what the old one is still receiving.
    pub(crate) fn recorded_by(&self, recorder: Recorder) -> Recorder {
        let mut before = self.recorder.lock();
        let recorder = match &*before {
            Some(before) => recorder.in_place_of(before),
            None => recorder,
        };
        *before = Some(recorder.clone());
        recorder
    }

    /// How many interactions there are.
    pub(crate) fn len(&self) -> usize {
        self.playback.load().len()
    }

    /// The recorded answer, if there is one. Explaining a miss takes long and is often not needed, so it is a function
    /// of its own: [`explain_miss`](Self::explain_miss).
    pub(crate) fn answer(&self, api_request: &ApiRequest, spent: Spent) -> Verdict {
        let spent = if api_request.method.is_safe() { spent } else { Spent::Repeats };
        let (played, Compared { playback, request }) = match self.played(api_request, spent) {
            Ok(Some(found)) => found,
            Ok(None) => return Verdict::Pass { why: None },
            Err(error) => return Verdict::Pass { why: Some(error.to_string()) },
        };
        let played = self.redirects.played(played, playback, request, &self.origin(api_request));
        Verdict::Recorded(answer_of(&played), Arc::clone(played.recording()))
    }

    /// What is recorded of a handshake. A server that records forwards a handshake once its recordings are used: that its
    /// messages are the same shows too late.
    pub(crate) fn socket(&self, api_request: &ApiRequest, spent: Spent) -> SocketFound {
        let Ok(Some((played, compared))) = self.played(api_request, spent) else {
            return SocketFound::Nothing;
        };
        let source = Arc::clone(played.recording());
        match compared.playback.socket(&played, &compared.request) {
            Some(socket) => SocketFound::Socket(Box::new(socket), source),
            None => SocketFound::Refused(answer_of(&played), source),
        }
    }

    /// The next recorded response to a request, if there is one.
    fn played<'a>(
        &self,
        api_request: &'a ApiRequest,
        spent: Spent,
    ) -> Result<Option<(Played, &'a Compared)>, &'a UnreadableBody> {
        let compared = self.compared(api_request)?;
        let Compared { playback, request } = compared;
        let session = || self.sessions.of(&api_request.session.to_string());
        let played = match (spent, playback.response_count(request)) {
            (Spent::Misses, _) => session().playback.next_unplayed(playback, request),
            // The same for every client, so no position is needed.
            (Spent::Repeats, 0 | 1) => PlaybackSession::default().respond(playback, request),
            (Spent::Repeats, _) => session().playback.respond(playback, request),
        };
        Ok(played.map(|played| (played, compared)))
    }

    /// Why no recording answers, in one sentence. Finding the closest recording may take long, so a thread does it that
    /// serves no other client.
    pub(crate) async fn explain_miss(&self, api_request: &ApiRequest) -> String {
        let (playback, request) = match self.compared(api_request) {
            Ok(compared) => ((*compared.playback).clone(), compared.request.clone()),
            Err(error) => return error.to_string(),
        };
        let explain = move || {
            let (why, ignore) = examine_miss(&playback, &request);
            server::not_recorded(&why, &ignore)
        };
        let explained = tokio::task::spawn_blocking(explain).await;
        explained.unwrap_or_else(|error| error.to_string())
    }

    /// The request in the form in which recordings are compared; made once.
    pub(crate) fn compared<'a>(
        &self,
        api_request: &'a ApiRequest,
    ) -> Result<&'a Compared, &'a UnreadableBody> {
        let compared = api_request.compared.get_or_init(|| {
            let playback = self.playback.load_full();
            let sent = sent(api_request);
            let request = if api_request.compressed_body.is_none() {
                playback.read(&sent)
            } else {
                // Decompressed already.
                let mut headers = api_request.headers.clone();
                headers.remove(CONTENT_ENCODING);
                playback.read(&Sent { headers: &headers, body: &api_request.body, ..sent })
            };
            Box::new(request.map(|request| Compared { playback, request }))
        });
        (**compared).as_ref()
    }
}

/// The fixture that recordings are written to, if any are: the one that was named, or one of its own in the folder.
pub(crate) fn recording_path(config: &Config) -> Option<PathBuf> {
    let path = config.fixtures.as_deref().filter(|_| config.record)?;
    let is_fixture = target::is_json(path) && !path.is_dir();
    let file = if is_fixture { path.to_owned() } else { path.join("recorded.json") };
    let is_plain = !is_encrypted_path(&file);
    // With recipients, a new file is encrypted.
    if is_plain && !file.exists() && !recipients_of(&file).is_empty() {
        return Some(format!("{}.age", file.display()).into());
    }
    Some(file)
}

/// Converts a request to the type that the library accepts.
pub(crate) fn sent(api_request: &ApiRequest) -> Sent<'_> {
    Sent {
        provider: api_request.provider(),
        method: &api_request.method,
        path: &api_request.route.path,
        headers: &api_request.headers,
        body: api_request.compressed_body.as_ref().unwrap_or(&api_request.body),
    }
}

fn read(path: &Path) -> Result<Vec<Fixture>, Problem> {
    let folder = match target::of(path)? {
        Target::Fixture(fixture) => return Ok(vec![fixture]),
        Target::Folder(folder) => folder,
    };
    let (mut fixtures, mut problems) = (Vec::new(), Vec::new());
    for fixture in target::below(&folder) {
        match fixture {
            Ok(fixture) if target::is_hidden(fixture.path()) => {}
            Ok(fixture) => fixtures.push(fixture),
            Err(problem) => problems.push(problem),
        }
    }
    if problems.is_empty() { Ok(fixtures) } else { Err(Problem::Several(problems)) }
}

fn answer_of(played: &Played) -> Answer {
    let mut at = None;
    let body = match played.body() {
        PlayedBody::Whole { bytes, after } => {
            at = Some(*after);
            AnswerBody::Whole(bytes.clone())
        }
        PlayedBody::Stream { chunks, is_truncated } => AnswerBody::Stream {
            pieces: chunks
                .iter()
                .map(|(after, bytes)| Piece { after: Some(*after), bytes: bytes.clone() })
                .collect(),
            end: if *is_truncated { End::Cut } else { End::Complete },
        },
        _ => AnswerBody::Whole(bytes::Bytes::new()),
    };
    Answer { status: played.status(), headers: played.headers().clone(), body, after: at }
}
