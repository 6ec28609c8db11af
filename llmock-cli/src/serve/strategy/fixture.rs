//! `FixtureStrategy`: answers from recordings.
//!
//! The recordings are replaced as a whole, by a reload or when something was recorded; a request keeps those that it
//! started with.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use arc_swap::ArcSwap;
use llmock::playback::{
    Playback, PlaybackSession, Played, PlayedBody, Recorder, Redirects, Rules, Sent, UnreadableBody,
};
use llmock::{Fixture, Interaction};

use crate::output::server;
use crate::problem::Problem;
use crate::serve::answer::{Answer, AnswerBody, End, Piece, Verdict};
use crate::serve::api_request::{ApiRequest, Compared};
use crate::serve::sessions::Sessions;
use crate::target::{self, Target};

/// The fixture in a folder that recordings are written to.
const RECORDED: &str = "recorded.json";

/// The recordings, and the position of each client in them.
#[derive(Debug)]
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

/// What a client receives after the last recorded response to its request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Spent {
    /// The last response again.
    Repeats,
    /// None for a GET, so that it is forwarded: a batch that the client polls makes progress. Other requests repeat,
    /// because they would be paid for twice.
    Misses,
}

/// Fixtures that cannot be used; at least one.
#[derive(Debug)]
pub(crate) struct FixturesError {
    problems: Vec<Problem>,
}

impl std::error::Error for FixturesError {}

impl fmt::Display for FixturesError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, problem) in self.problems.iter().enumerate() {
            let line = if at == 0 { "" } else { "\n" };
            write!(f, "{line}{problem}")?;
        }
        Ok(())
    }
}

impl Default for Fixtures {
    /// Without any recording.
    fn default() -> Self {
        Self {
            playback: ArcSwap::from_pointee(Playback::default()),
            changing: Mutex::default(),
            sessions: Sessions::default(),
            redirects: Redirects::default(),
            own: String::new(),
            recorder: Mutex::default(),
        }
    }
}

impl Fixtures {
    /// Without any recording, for a server at that address (`http://127.0.0.1:8000`).
    pub(crate) fn of_server_at(own: &str) -> Self {
        Self { own: own.to_owned(), ..Self::default() }
    }

    /// The address at which this client reaches the server.
    pub(crate) fn origin(&self, api_request: &ApiRequest) -> String {
        api_request.origin().unwrap_or_else(|| self.own.clone())
    }

    /// Replaces the recordings by those at `path`, a fixture or a folder; without a path there are none. If a file
    /// cannot be read, everything stays as it is.
    ///
    /// `may_be_absent` is for a server that records: it creates the file later.
    pub(crate) fn load(
        &self,
        path: Option<&Path>,
        may_be_absent: bool,
        rules: &Rules,
        max_body: usize,
    ) -> Result<(), FixturesError> {
        let _changing = self.changing.lock().unwrap_or_else(PoisonError::into_inner);
        let fixtures = match path {
            Some(path) if !may_be_absent || exists(path) => read(path)?,
            _ => Vec::new(),
        };
        self.playback.store(Playback::new(fixtures).rules(rules.clone()).max_body(max_body).into());
        Ok(())
    }

    /// Adds new recordings.
    pub(crate) fn add(&self, file: &Path, recorded: &[Interaction]) {
        let _changing = self.changing.lock().unwrap_or_else(PoisonError::into_inner);
        let known = self.playback.load();
        self.playback.store(known.with_recorded(file, recorded).into());
    }

    /// Replaces the recorder; the new one takes over what the old one is still receiving.
    pub(crate) fn recorded_by(&self, recorder: Recorder) -> Recorder {
        let mut before = self.recorder.lock().unwrap_or_else(PoisonError::into_inner);
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
        let Compared { playback, request } = match self.compared(api_request) {
            Ok(compared) => compared,
            Err(error) => return Verdict::Pass { why: Some(error.to_string()) },
        };
        let session = || self.sessions.of(&api_request.session.to_string());
        let spent = if api_request.method.is_safe() { spent } else { Spent::Repeats };
        let played = match (spent, playback.answers(request)) {
            (Spent::Misses, _) => session().next_unplayed(playback, request),
            (Spent::Repeats, 0) => None,
            // The same for every client, so no position is needed.
            (Spent::Repeats, 1) => PlaybackSession::default().answer(playback, request),
            (Spent::Repeats, _) => session().answer(playback, request),
        };
        let Some(played) = played else { return Verdict::Pass { why: None } };
        let played = self.redirects.played(played, playback, request, &self.origin(api_request));
        Verdict::Answer(answer_of(&played))
    }

    /// Why no recording answers, in one sentence.
    pub(crate) fn explain_miss(&self, api_request: &ApiRequest) -> String {
        match self.compared(api_request) {
            Ok(compared) => {
                server::not_recorded(&compared.playback.explain_miss(&compared.request))
            }
            Err(error) => error.to_string(),
        }
    }

    /// The request in the form in which recordings are compared; made once.
    pub(crate) fn compared<'a>(
        &self,
        api_request: &'a ApiRequest,
    ) -> Result<&'a Compared, &'a UnreadableBody> {
        let compared = api_request.compared.get_or_init(|| {
            let playback = self.playback.load_full();
            let request = playback.read(&sent(api_request));
            Box::new(request.map(|request| Compared { playback, request }))
        });
        (**compared).as_ref()
    }
}

/// The fixture that recordings are written to: the one that was named, or one of its own in the folder.
pub(crate) fn recording_path(path: &Path) -> PathBuf {
    let is_file = path.extension().is_some_and(|extension| extension == "json") && !path.is_dir();
    if is_file { path.to_owned() } else { path.join(RECORDED) }
}

/// Converts a request to the type that the library accepts.
pub(crate) fn sent(api_request: &ApiRequest) -> Sent<'_> {
    Sent {
        provider: api_request.provider(),
        method: &api_request.method,
        path: &api_request.route.path,
        headers: &api_request.headers,
        body: &api_request.wire_body,
    }
}

fn exists(path: &Path) -> bool {
    let mut name = path.as_os_str().to_owned();
    name.push(".json");
    path.exists() || Path::new(&name).exists()
}

fn read(path: &Path) -> Result<Vec<Fixture>, FixturesError> {
    let one = |problem| FixturesError { problems: vec![problem] };
    let folder = match target::of(path).map_err(one)? {
        Target::Fixture(fixture) => return Ok(vec![fixture]),
        Target::Folder(folder) => folder,
    };
    let (mut fixtures, mut problems) = (Vec::new(), Vec::new());
    for fixture in target::below(&folder) {
        match fixture {
            Ok(fixture) if is_hidden(fixture.path()) => {}
            Ok(fixture) => fixtures.push(fixture),
            Err(problem) => problems.push(problem),
        }
    }
    if problems.is_empty() { Ok(fixtures) } else { Err(FixturesError { problems }) }
}

fn is_hidden(path: &Path) -> bool {
    path.file_name().is_some_and(|name| name.to_string_lossy().starts_with('.'))
}

fn answer_of(played: &Played) -> Answer {
    let mut at = None;
    let body = match played.body() {
        PlayedBody::Whole { bytes, after } => {
            at = Some(*after);
            AnswerBody::Whole(bytes.clone())
        }
        PlayedBody::Stream { chunks, cut } => AnswerBody::Stream {
            pieces: chunks
                .iter()
                .map(|(after, bytes)| Piece { after: Some(*after), bytes: bytes.clone() })
                .collect(),
            end: if *cut { End::Cut } else { End::Complete },
        },
        _ => AnswerBody::Whole(bytes::Bytes::new()),
    };
    Answer { status: played.status(), headers: played.headers().clone(), body, after: at }
}
