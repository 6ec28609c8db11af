//! `llmock export`: fixtures as the files of other tools, which `llmock import` reads back.

mod aimock;
mod har;
mod vcr;
mod wiremock;

use std::io;
use std::path::Path;

use llmock::__command::is_encrypted_path;
use llmock::__server::imported::{
    ForeignMessage, origin_of, request_body, request_headers, socket,
};
use llmock::{Fixture, Interaction, LoadError, Provider};

use crate::import::place::OWN_HOST;
use crate::output::Screen;
use crate::problem::Problem;
use crate::replace::replace;

/// A format of another tool.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Target {
    /// A cassette of VCR.py
    Vcr,
    /// HAR 1.2
    Har,
    /// Fixtures of aimock: text, tool calls, and errors of chats
    Aimock,
    /// Stub mappings of `WireMock`
    Wiremock,
}

/// A file of another tool.
#[derive(Debug, Default)]
pub(crate) struct Exported {
    pub(crate) text: String,
    /// What of the fixture it does not have, and why.
    pub(crate) losses: Vec<String>,
}

/// An interaction as other tools keep exchanges.
struct Exchange<'i> {
    interaction: &'i Interaction,
    method: &'i str,
    /// Scheme and host.
    origin: String,
    path: &'i str,
    request_headers: Vec<(String, String)>,
    /// `None` for a form, whose files are digests.
    request_body: Option<Vec<u8>>,
    status: u16,
    response_headers: Vec<(String, String)>,
    response_body: Vec<u8>,
    /// The messages of a WebSocket.
    socket: Option<Vec<ForeignMessage>>,
}

const NO_FORM: &str = "the form of the request: a fixture has digests of its files";
const NO_SOCKET: &str =
    "it is a WebSocket, which this format does not have (`--to har` has its messages)";
const NO_CLOSE: &str = "the fragments of the messages, and how the WebSocket was closed";
const NO_CHUNKS: &str = "the times and the chunks of the stream";

/// Exports one fixture; to standard output, unless a file is named.
pub(crate) fn export(
    screen: &mut Screen,
    path: &Path,
    target: Target,
    out: Option<&Path>,
    overwrite: bool,
) -> io::Result<()> {
    let fixture = match Fixture::load(path) {
        Ok(fixture) => fixture,
        Err(LoadError::Io { .. }) if path.is_dir() => {
            return screen.problem(&Problem::Folder(path.to_owned()));
        }
        Err(error) => return screen.problem(&Problem::Unreadable(error)),
    };
    let exported = of(fixture.interactions(), target);
    let Some(file) = out else { return screen.exported(&exported) };
    if is_encrypted_path(fixture.path()) {
        return screen.problem(&Problem::Other(format!(
            "`{}` is encrypted, and `{}` would not be\nhint: without `--out` the text is printed",
            fixture.path().display(),
            file.display()
        )));
    }
    if file.exists() && !overwrite {
        return screen.problem(&Problem::FileExists(file.to_owned()));
    }
    if let Err(why) = replace(file, exported.text.as_bytes()) {
        return screen.problem(&Problem::NotWritten { path: file.to_owned(), why });
    }
    screen.exported_into(&fixture, file, &exported)
}

/// The interactions in the format of that tool.
pub(crate) fn of(interactions: &[Interaction], target: Target) -> Exported {
    let mut losses = Vec::new();
    let mut exchanges: Vec<Exchange<'_>> = interactions.iter().map(Exchange::of).collect();
    for (at, _) in exchanges.iter().enumerate().filter(|(_, exchange)| exchange.socket.is_some()) {
        let what = match target {
            Target::Har => format!("not kept: {NO_CLOSE}"),
            _ => format!("skipped: {NO_SOCKET}"),
        };
        losses.push(format!("interaction {}: {what}", at + 1));
    }
    if target != Target::Har {
        exchanges.retain(|exchange| exchange.socket.is_none());
    }
    let text = match target {
        Target::Vcr => vcr::text(&exchanges),
        Target::Har => har::text(&exchanges),
        Target::Wiremock => wiremock::text(&exchanges),
        Target::Aimock => aimock::text(&exchanges, &mut losses),
    };
    for (at, exchange) in exchanges.iter().enumerate() {
        if exchange.request_body.is_none() {
            losses.push(format!("interaction {}: not kept: {NO_FORM}", at + 1));
        }
    }
    if interactions.iter().any(Interaction::is_streaming) {
        losses.push(format!("not kept: {NO_CHUNKS}"));
    }
    Exported { text, losses }
}

impl<'i> Exchange<'i> {
    fn of(interaction: &'i Interaction) -> Self {
        let response = interaction.response();
        let body = request_body(interaction).map(|body| body.to_vec());
        let mut headers = request_headers(interaction);
        if body.as_ref().is_some_and(|body| body.starts_with(b"{") || body.starts_with(b"[")) {
            headers.push(("content-type".to_owned(), "application/json".to_owned()));
        }
        let mut response_headers = pairs(response.headers());
        let (protocol, socket) = socket(interaction).unzip();
        if let Some(protocol) = protocol.flatten() {
            response_headers.push(("sec-websocket-protocol".to_owned(), protocol.to_owned()));
        }
        let origin = origin(interaction.provider());
        Self {
            interaction,
            method: if socket.is_some() { "GET" } else { interaction.method() },
            origin: if socket.is_some() { origin.replacen("http", "ws", 1) } else { origin },
            path: interaction.path(),
            request_headers: headers,
            request_body: body,
            status: response.status(),
            response_headers,
            response_body: response.body().into_owned(),
            socket,
        }
    }

    fn url(&self) -> String {
        format!("{}{}", self.origin, self.path)
    }
}

/// Where a provider is; one whose customers have hosts of their own gets a host that an import recognizes.
fn origin(provider: Provider) -> String {
    origin_of(provider).unwrap_or_else(|| format!("https://{provider}{OWN_HOST}"))
}

fn pairs<'h>(headers: impl Iterator<Item = (&'h str, &'h str)>) -> Vec<(String, String)> {
    headers.map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}
