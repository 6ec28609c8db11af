//! The wire formats of all providers: one entry of [`FORMATS`], and one file or folder that reads and writes the format.
//!
//! [`format`] says what a [`Format`] is; [`api`] what the endpoints of one provider have in common. [`content`] is a
//! reply in no provider's format, [`context`] the request that it is rendered for. A format reads requests and errors
//! with [`text`] and streams into a [`transcript`]; it writes JSON, server-sent events and other framings
//! ([`rendered`]).

mod annotations;
mod anthropic;
pub(crate) mod api;
pub(crate) mod batches;
mod bedrock;
mod cohere;
pub(crate) mod content;
pub(crate) mod context;
pub(crate) mod conversation;
mod embeddings;
#[cfg(feature = "record")]
pub(crate) mod ending;
mod expressed;
pub(crate) mod extras;
pub(crate) mod failure;
pub(crate) mod finish;
mod fitted;
pub(crate) mod format;
mod gemini;
mod idle;
pub(crate) mod ids;
pub(crate) mod models;
mod moderations;
mod ollama;
pub(crate) mod openai;
mod openai_chat;
mod openai_completions;
mod openai_embeddings;
pub(crate) mod openai_responses;
pub(crate) mod pieces;
mod placed;
mod plain;
pub(crate) mod reading;
pub(crate) mod recorded;
pub(crate) mod rendered;
mod replayed;
mod reported;
pub(crate) mod requested;
pub(crate) mod requirements;
pub(crate) mod size;
pub(crate) mod target;
#[cfg_attr(not(feature = "record"), allow(dead_code, reason = "only recorders read them"))]
mod terminator;
#[cfg(test)]
mod tests;
mod text;
pub(crate) mod tokens;
pub(crate) mod tools;
pub(crate) mod transcript;
pub(crate) mod usage;

use api::{Api, ErrorParts};
pub(crate) use format::{Format, RequestLine, ToolIdPath};
pub(crate) use reported::{ReportedError, error_in_body, error_in_stream};
pub(crate) use text::error_message;

use crate::json::{self, Json};
use crate::provider::{Provider, Shape};
use crate::stream::{Item, Stream};
use transcript::Transcript;

/// Every wire format. The first one that owns a request counts, so the formats of one provider are before the others.
pub(crate) static FORMATS: [&Format; 12] = [
    &ollama::FORMAT,
    &cohere::FORMAT,
    &bedrock::FORMAT,
    &openai_chat::FORMAT,
    &openai_completions::FORMAT,
    &openai_responses::FORMAT,
    &openai_embeddings::FORMAT,
    &models::FORMAT,
    &anthropic::FORMAT,
    &gemini::FORMAT,
    &moderations::FORMAT,
    &plain::FORMAT,
];

pub(crate) fn format(provider: Provider, method: &str, path: &str) -> &'static Format {
    let line = RequestLine::new(provider, method, path);
    let found = FORMATS.iter().find(|format| (format.owns)(&line));
    found.expect("the last format owns every request")
}

fn api_of(provider: Provider) -> &'static Api {
    match provider.entry().shape {
        Shape::OpenAi => &openai::API,
        Shape::Anthropic => &anthropic::API,
        Shape::Gemini => &gemini::API,
        Shape::Ollama => &ollama::API,
        Shape::Cohere => &cohere::API,
        Shape::Bedrock => &bedrock::API,
    }
}

/// An empty response to a background request that was not recorded, for endpoints that have one.
pub(crate) fn empty_response(provider: Provider, path: &str) -> Option<&'static str> {
    let path_alone = path.split('?').next().unwrap_or_default();
    api_of(provider).empty_response(path_alone)
}

impl Format {
    /// The API whose errors the endpoints send: Ollama's `v1/...` has OpenAI's errors, for example.
    pub(crate) fn api(&self, provider: Provider) -> &'static Api {
        self.api.unwrap_or_else(|| api_of(provider))
    }

    /// Whether a request to that path, which has its query, asks for a streamed response.
    pub(crate) fn wants_stream(&self, path: &str, body: Option<&Json<'_>>) -> bool {
        let (path, query) = path.split_once('?').unwrap_or((path, ""));
        self.operation(path).wants_stream(query, body)
    }

    /// A stream in one line: its text, then tool calls as `call name(arguments)`.
    pub(crate) fn preview(&self, stream: &Stream) -> Option<String> {
        self.transcript(stream, Transcript::is_full).preview()
    }

    /// What the events of a stream add up to, until it is enough.
    pub(crate) fn transcript(
        &self,
        stream: &Stream,
        is_enough: impl Fn(&Transcript) -> bool,
    ) -> Transcript {
        let mut transcript = Transcript::default();
        for event in &stream.events {
            match &event.item {
                Item::Sse { data: text, .. } | Item::Json(text) => {
                    if let Ok(data) = json::parse(text) {
                        (self.read_event)(&mut transcript, &data);
                    }
                }
                Item::Frame { headers, payload } => {
                    bedrock::read_frame(&mut transcript, headers, payload);
                }
                Item::Raw(_) | Item::RawBytes(_) => {}
            }
            if is_enough(&transcript) {
                break;
            }
        }
        transcript
    }

    /// The body of an error with this status as the provider sends it, and the header that AWS's clients need to read it.
    pub(crate) fn usual_error(
        &self,
        provider: Provider,
        status: u16,
        message: &str,
    ) -> (String, Option<(&'static str, &'static str)>) {
        let api = self.api(provider);
        let kind = (api.kind_of_status)(status);
        let code = failure::usual_code(status);
        let body = (api.error)(&ErrorParts { status, kind, code, message, retry_after: None });
        (body, api.error_kind.map(|header| (header, kind)))
    }

    /// The body of an error of `kind` (`llmock_unmatched`) as the endpoint would send it, and the header that AWS's
    /// clients need to read it.
    pub(crate) fn error_body(
        &self,
        provider: Provider,
        status: u16,
        kind: &str,
        message: &str,
    ) -> (String, Option<(&'static str, &'static str)>) {
        let api = self.api(provider);
        let parts = ErrorParts { status, kind, code: Some(kind), message, retry_after: None };
        let body = (api.error)(&parts);
        (body, api.error_kind.map(|header| (header, "ValidationException")))
    }
}
