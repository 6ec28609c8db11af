//! The two roads of a cassette: a fixture written by the norm, and one that llmock records.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use llmock::{Fixture, LlmMock, LlmMockBuilder, MockSession, Mode};

use super::judge::{self, Finding, Heard, Source};
use super::provider::{Provider, ROW};
use super::row::{Cassette, Row};
use super::{target, written};
use llmock_testkit::client;

/// What both roads need.
#[derive(Debug)]
pub struct Roads {
    cassettes: Arc<Vec<Cassette>>,
    provider: Provider,
    folder: PathBuf,
    /// A session that gets no request: it knows what base URLs look like.
    probe: MockSession,
}

/// For every row of a cassette, what was wrong with it.
pub type Findings = Vec<Option<Finding>>;

impl Roads {
    /// Fixtures go to `folder`.
    ///
    /// # Errors
    ///
    /// If it cannot be written to, or no session opens.
    pub fn open(cassettes: Arc<Vec<Cassette>>, folder: &Path) -> Result<Self, String> {
        let file = folder.join("probe.json");
        fs::write(
            &file,
            written::fixture(&Cassette {
                repo: String::new(),
                path: String::new(),
                rows: Vec::new(),
            }),
        )
        .map_err(|error| error.to_string())?;
        let probe = LlmMock::builder().fixture(file).calls(0).start();
        let probe = probe.map_err(|error| error.to_string())?;
        let provider = Provider::start(Arc::clone(&cassettes));
        Ok(Self { cassettes, provider, folder: folder.to_owned(), probe })
    }

    /// Takes one cassette down both roads.
    pub fn travel(&self, at: usize) -> Findings {
        let mut findings = vec![None; self.cassettes[at].rows.len()];
        self.written(at, &mut findings);
        self.recorded(at, &mut findings);
        findings
    }

    fn written(&self, at: usize, findings: &mut Findings) {
        let cassette = &self.cassettes[at];
        let file = self.folder.join(format!("{at}-written.json"));
        let text = written::fixture(cassette);
        if let Err(error) = fs::write(&file, text) {
            return blame(findings, "written", &error.to_string());
        }
        let session = builder(&file, cassette).fail_on_unused();
        self.play(at, session, Source::Written, "written", findings);
        let _ = fs::remove_file(&file);
    }

    fn recorded(&self, at: usize, findings: &mut Findings) {
        let cassette = &self.cassettes[at];
        let file = self.folder.join(format!("{at}-recorded.json"));
        let server = self.provider.url();
        let session = builder(&file, cassette).mode(Mode::Record).allow_all_errors();
        let session = target::providers(cassette).into_iter().fold(session, |session, provider| {
            let upstream = target::upstream(&self.probe, cassette, provider, &server);
            session.upstream(provider, upstream)
        });
        self.play(at, session, Source::Live, "recording", findings);
        for (row, finding) in findings.iter_mut().enumerate() {
            if let Some(complaint) = self.provider.complaint(at, row) {
                finding.get_or_insert(Finding::Wrong(format!("recording: {complaint}")));
            }
        }
        look(&file, cassette, findings);
        let session = builder(&file, cassette).strict_order().fail_on_unused();
        self.play(at, session, Source::Recorded, "recorded", findings);
        let _ = fs::remove_file(&file);
    }

    /// Sends every request in order and judges every answer.
    fn play(
        &self,
        at: usize,
        builder: LlmMockBuilder,
        source: Source,
        road: &str,
        findings: &mut Findings,
    ) {
        let cassette = &self.cassettes[at];
        let session = match builder.start() {
            Ok(session) => session,
            Err(error) => return blame(findings, road, &error.to_string()),
        };
        for (number, (row, finding)) in cassette.rows.iter().zip(findings.iter_mut()).enumerate() {
            let url = target::url(&session, row);
            let difference = match ask(row, &url, &format!("{at}/{number}")) {
                Some(heard) => {
                    let root = session.host_url(target::provider(row));
                    judge::difference(row, &heard.at_home(row, &root), source)
                }
                None => Some(Finding::Wrong("no answer".to_owned())),
            };
            if let Some(difference) = difference {
                note(finding, road, difference);
            }
        }
        if let Err(error) = session.finish() {
            blame(findings, road, &error.to_string());
        }
    }
}

fn builder(file: &Path, cassette: &Cassette) -> LlmMockBuilder {
    let providers = target::providers(cassette).into_iter();
    providers.fold(LlmMock::builder().fixture(file), LlmMockBuilder::provider)
}

/// Whether the file has every interaction, in order, and streams as streams.
fn look(file: &Path, cassette: &Cassette, findings: &mut Findings) {
    let fixture = match Fixture::load(file) {
        Ok(fixture) => fixture,
        Err(error) => return blame(findings, "recorded", &error.to_string()),
    };
    let (kept, sent) = (fixture.interactions().len(), cassette.rows.len());
    if kept != sent {
        return blame(findings, "recorded", &format!("{kept} interactions instead of {sent}"));
    }
    let pairs = fixture.interactions().iter().zip(&cassette.rows);
    for ((interaction, row), finding) in pairs.zip(findings) {
        if (interaction.method(), interaction.status()) != (row.method.as_str(), row.status) {
            let what = format!("{} {}", interaction.method(), interaction.path());
            note(finding, "recorded", Finding::Wrong(format!("in another order: {what}")));
        } else if row.streaming.is_some() && !row.is_file() && !interaction.is_streaming() {
            note(finding, "recorded", Finding::Wrong("a stream as one body".to_owned()));
        }
    }
}

/// What concerns a whole cassette counts against each row that has nothing worse.
fn blame(findings: &mut Findings, road: &str, why: &str) {
    for finding in findings {
        note(finding, road, Finding::Wrong(why.to_owned()));
    }
}

/// Keeps the first of what is wrong, and what is explained only if nothing is wrong.
fn note(finding: &mut Option<Finding>, road: &str, found: Finding) {
    match (&finding, found) {
        (None, Finding::Explained(why)) => {
            *finding = Some(Finding::Explained(format!("{road}: {why}")));
        }
        (None | Some(Finding::Explained(_)), Finding::Wrong(why)) => {
            *finding = Some(Finding::Wrong(format!("{road}: {why}")));
        }
        (Some(_), _) => {}
    }
}

fn ask(row: &Row, url: &str, place: &str) -> Option<Heard> {
    const OURS: [&str; 9] = [
        "accept-encoding",
        "connection",
        "content-length",
        "expect",
        "host",
        "keep-alive",
        "te",
        "transfer-encoding",
        "upgrade",
    ];
    let sent = row.request_headers.iter();
    let mut headers: Vec<(&str, &str)> = sent
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .filter(|(name, _)| !OURS.iter().any(|ours| ours.eq_ignore_ascii_case(name)))
        .collect();
    headers.push((ROW, place));
    client::start(&row.method, url, &headers, &row.request_body).map(Heard::all)
}
