//! The formats that can be imported: one module each, and one table of them.

mod aimock;
mod dd_apm;
mod go_vcr;
mod guessed;
mod har;
mod httpmock;
mod llm_mock;
mod mitmproxy;
mod nock;
mod pairs;
mod plain;
mod vcr_py;
mod vcr_ruby;
mod wiremock;

use super::message::Recorded;
use super::request::Asked;
use super::source::Source;

/// One format of another tool.
#[derive(Debug)]
pub(crate) struct Format {
    /// Its name for `--from`.
    pub(crate) name: &'static str,
    /// The tools that write it.
    pub(crate) tools: &'static str,
    /// Whether a file is of this format. The first one that says so reads it.
    pub(crate) detect: fn(&Source<'_>) -> bool,
    pub(crate) read: fn(&Source<'_>, &Asked) -> Result<Recording, ReadError>,
}

/// What a file holds.
#[derive(Debug, Default)]
pub(crate) struct Recording {
    pub(crate) exchanges: Vec<Recorded>,
    /// The text of a fixture that llmock reads as it is, in place of exchanges.
    pub(crate) fixture: Option<String>,
    /// Parts of the file that are no exchanges, and why.
    pub(crate) skipped: Vec<String>,
    /// What concerns the whole file.
    pub(crate) losses: Vec<String>,
}

/// Why a file was not read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum ReadError {
    /// It records another protocol.
    #[error("it holds {0}, not HTTP: llmock cannot replay that")]
    NotHttp(String),
    #[error("{0}")]
    Malformed(String),
    /// It holds a response without its request, which cannot be guessed.
    #[error(
        "it holds {0} without its request, and its shape tells no API: name the request with `--request FILE` (JSON, or an HTTP request whose first line is `POST https://host/path`)"
    )]
    NoRequest(&'static str),
}

/// Every format. Those that few files can be mistaken for stand first.
pub(crate) static FORMATS: &[Format] = &[
    Format {
        name: "llm-mock",
        tools: "llm-mock for Python",
        detect: llm_mock::detect,
        read: llm_mock::read,
    },
    Format {
        name: "vcr-ruby",
        tools: "VCR for Ruby, betamax, vcr-cassette and reqwest-vcr for Rust",
        detect: vcr_ruby::detect,
        read: vcr_ruby::read,
    },
    Format { name: "go-vcr", tools: "go-vcr 1 to 4", detect: go_vcr::detect, read: go_vcr::read },
    Format {
        name: "vcr-py",
        tools: "VCR.py, pytest-recording, pydantic-ai, langchain, cassetter",
        detect: vcr_py::detect,
        read: vcr_py::read,
    },
    Format {
        name: "httpmock",
        tools: "httpmock for Rust, and the cassettes of rig",
        detect: httpmock::detect,
        read: httpmock::read,
    },
    Format { name: "nock", tools: "nock", detect: nock::detect, read: nock::read },
    Format {
        name: "har",
        tools: "HAR of browsers, proxies, and Playwright; Polly.JS",
        detect: har::detect,
        read: har::read,
    },
    Format { name: "aimock", tools: "aimock", detect: aimock::detect, read: aimock::read },
    Format {
        name: "dd-apm",
        tools: "the test agent of Datadog",
        detect: dd_apm::detect,
        read: dd_apm::read,
    },
    Format {
        name: "wiremock",
        tools: "WireMock and stubr",
        detect: wiremock::detect,
        read: wiremock::read,
    },
    Format {
        name: "pairs",
        tools: "PHP-VCR, DVR, OkReplay, and others that keep a request beside its response",
        detect: pairs::detect,
        read: pairs::read,
    },
    Format {
        name: "mitmproxy",
        tools: "flow files of mitmproxy",
        detect: mitmproxy::detect,
        read: mitmproxy::read,
    },
    Format {
        name: RESPONSE,
        tools: "a response alone: an HTTP message, server-sent events, NDJSON, or JSON; `--request` has its request",
        detect: plain::detect,
        read: plain::read,
    },
];

/// The format of a response without its request.
pub(crate) const RESPONSE: &str = "response";

/// The format of that name.
pub(crate) fn named(name: &str) -> Option<&'static Format> {
    FORMATS.iter().find(|format| format.name == name)
}

/// The format of a file.
pub(crate) fn of(source: &Source<'_>) -> Option<&'static Format> {
    FORMATS.iter().find(|format| (format.detect)(source))
}

impl Recording {
    /// Reads every element of a list, and names those that cannot be read.
    fn of<'n, T: 'n>(
        items: impl IntoIterator<Item = &'n T>,
        read: impl Fn(&'n T) -> Result<Recorded, String>,
    ) -> Result<Self, ReadError> {
        let mut recording = Self::default();
        for (at, item) in items.into_iter().enumerate() {
            match read(item) {
                Ok(exchange) => recording.exchanges.push(exchange.complete()),
                Err(why) => recording.skipped.push(format!("entry {}: {why}", at + 1)),
            }
        }
        if recording.exchanges.is_empty()
            && let Some(first) = recording.skipped.first()
        {
            return Err(ReadError::Malformed(first.clone()));
        }
        Ok(recording)
    }
}

/// The documents of a file that is YAML or JSON.
fn documents<'s, 'a>(source: &'s Source<'a>) -> Result<&'s [super::tree::Node<'a>], ReadError> {
    source.documents.as_deref().map_err(|why| ReadError::Malformed(why.0.clone()))
}

fn root<'s, 'a>(source: &'s Source<'a>) -> Result<&'s super::tree::Node<'a>, ReadError> {
    documents(source)?.first().ok_or_else(|| ReadError::Malformed("it is empty".to_owned()))
}
