//! What a wire format is: how its requests are recognized, read, checked and rendered.

use std::borrow::Cow;
use std::fmt;

// What each format needs, in one import.
pub(super) use super::api::Api;
pub(super) use super::content::{Finish, Model};
pub(super) use super::context::{RenderContext, Usage};
pub(super) use super::extras::Feature;
pub(super) use super::rendered::{Rendered, Sse};
pub(super) use super::requested::Requested;
pub(super) use super::requirements::{Limit, Requirements};
pub(super) use super::text::{Prompt, error_text};
pub(super) use super::transcript::Transcript;

use super::size::Measure;
use super::terminator::{self, Terminator};
use super::text;
use crate::json::Json;
use crate::provider::Provider;

pub(crate) const POST: &str = "POST";
pub(crate) const GET: &str = "GET";

/// Where the id of a tool call is in a request body: member names, `[]` for each element of an array.
pub(crate) type ToolIdPath = &'static [&'static str];

/// A wire format: the shape of the bodies of requests and responses. [`FORMATS`](super::FORMATS) lists them.
pub(crate) struct Format {
    pub(crate) name: &'static str,
    pub(crate) owns: fn(&RequestLine<'_>) -> bool,
    /// What the endpoints do. The first one at a path counts, so the last one takes any path.
    pub(crate) operations: &'static [Operation],
    /// The API whose errors the endpoints send; without it, the one of the provider.
    pub(crate) api: Option<&'static Api>,
    /// Top-level members of a request body that cannot change the response.
    ///
    /// * `user`, `safety_identifier`, `client_name`: the end user, for abuse detection.
    /// * `client_metadata`: the installation, session and turn of codex.
    /// * `metadata`, `labels`, `requestMetadata`: notes for the provider's lists and bills.
    /// * `store`: whether the provider keeps the response; `service_tier`: its speed and price.
    /// * `prompt_cache_key`, `prompt_cache_retention`, `keep_alive`: what stays cached for the next request.
    /// * `prompt_cache_options`, `cache_control`: the same, and `speed`, `inference_geo`, `performanceConfig`: how fast and
    ///   where the same model responds.
    /// * `timestamp`: added by applications, read by no provider.
    ///
    /// `stream_options` is not volatile: it adds an event to the stream. Neither are `include`, `truncation` and
    /// `previous_response_id`, which change the response or the prompt.
    pub(crate) volatile: &'static [&'static str],
    /// Members deeper in a request body that cannot change the response, by their places.
    pub(crate) annotations: &'static [ToolIdPath],
    pub(crate) tool_ids: &'static [ToolIdPath],
    /// Where ids of messages are that a client may have made up: only those with the role of someone other than the model.
    pub(crate) message_ids: &'static [ToolIdPath],
    pub(crate) model: for<'a> fn(Provider, &'a str, Option<&Json<'a>>) -> Option<Cow<'a, str>>,
    pub(super) prompts: &'static [Prompt],
    pub(crate) messages: Messages,
    /// The parts of a reply, beyond those of every format, that responses can have.
    pub(crate) expresses: &'static [Feature],
    /// What requests ask of the response beyond its content.
    pub(crate) requested: Requested,
    /// How many equal choices a response has.
    pub(crate) answers: fn(&RenderContext<'_>) -> usize,
    /// Adds the data of one event to the transcript of a stream.
    pub(crate) read_event: fn(&mut Transcript, &Json<'_>),
    pub(crate) error_message: fn(&Json<'_>) -> Option<String>,
    /// Which event ends a stream, whether or not the connection ends after it.
    #[cfg_attr(not(feature = "record"), allow(dead_code, reason = "only recorders need it"))]
    pub(crate) terminator: Terminator,
    /// Whether responses may contain addresses outside of what a model wrote.
    pub(crate) may_hold_links: bool,
}

impl Format {
    /// The values of most formats; each names itself, its paths and its operations.
    pub(super) const DEFAULT: Self = Self {
        name: "",
        owns: |_| true,
        operations: &[],
        api: None,
        volatile: &["timestamp"],
        annotations: &[],
        tool_ids: &[],
        message_ids: &[],
        model,
        prompts: &[],
        messages: Messages::Conversation,
        expresses: &[],
        requested: Requested::NOTHING,
        answers: |_| 1,
        read_event: |_, _| {},
        error_message: text::error_message,
        terminator: terminator::UNKNOWN,
        may_hold_links: false,
    };

    /// The text of the last message that the model did not write.
    pub(crate) fn prompt(&self, body: &Json<'_>) -> Option<String> {
        text::prompt(self.prompts, body)
    }

    /// The operation at a path, which is without its query.
    pub(crate) fn operation(&self, path_alone: &str) -> &'static Operation {
        let found = self.operations.iter().find(|operation| operation.at.matches(path_alone));
        found.expect("the last operation of a format takes any path")
    }
}

impl fmt::Debug for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}

impl PartialEq for Format {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

/// The model in the member `model`, or in the path: Azure has deployments in place of models.
fn model<'a>(provider: Provider, path: &'a str, body: Option<&Json<'a>>) -> Option<Cow<'a, str>> {
    model_member(body).or_else(|| match provider {
        Provider::Azure => {
            let (_, rest) = path.split_once("/deployments/")?;
            rest.split('/').next().map(Cow::Borrowed)
        }
        _ => model_in_path(path).map(Cow::Borrowed),
    })
}

fn model_in_path(path: &str) -> Option<&str> {
    let path = path.split(['?', '#']).next()?;
    let (_, rest) = path.rsplit_once("/models/")?;
    rest.split(':').next().filter(|model| !model.is_empty())
}

pub(super) fn model_member<'a>(body: Option<&Json<'a>>) -> Option<Cow<'a, str>> {
    body?.get("model")?.as_str()
}

/// What the request line and the host say: provider, method and path.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RequestLine<'a> {
    pub(crate) provider: Provider,
    pub(crate) method: &'a str,
    /// Canonical, without the query.
    pub(crate) path: &'a str,
    /// The last segment that is not empty.
    pub(crate) last: &'a str,
    pub(crate) before_last: &'a str,
}

impl<'a> RequestLine<'a> {
    pub(crate) fn new(provider: Provider, method: &'a str, path: &'a str) -> Self {
        let path = path.split(['?', '#']).next().unwrap_or_default();
        let mut segments = path.rsplit('/').filter(|segment| !segment.is_empty());
        let (last, before_last) = (segments.next(), segments.next());
        Self {
            provider,
            method,
            path,
            last: last.unwrap_or_default(),
            before_last: before_last.unwrap_or_default(),
        }
    }
}

pub(crate) type Render = fn(&RenderContext<'_>) -> Rendered;

#[derive(Debug)]
pub(crate) struct Operation {
    pub(crate) at: At,
    #[cfg_attr(not(feature = "server"), allow(dead_code, reason = "only servers check requests"))]
    pub(crate) method: &'static str,
    pub(crate) kind: Kind,
    pub(crate) streaming: Streaming,
    #[cfg_attr(not(feature = "server"), allow(dead_code, reason = "only servers check requests"))]
    pub(crate) requirements: Requirements,
    pub(crate) limit: Limit,
    /// Adds up how much a reply becomes in a response of this operation.
    pub(crate) measure: Measure,
    pub(crate) render: Render,
}

impl Operation {
    /// A model replies to a conversation, in one piece unless the request asks for a stream.
    pub(super) const fn conversation(at: At, render: Render) -> Self {
        Self {
            kind: Kind::Conversation,
            streaming: Streaming::OnRequest,
            ..Self::other(at, render)
        }
    }

    pub(super) const fn other(at: At, render: Render) -> Self {
        Self {
            at,
            method: POST,
            kind: Kind::Other,
            streaming: Streaming::Never,
            requirements: Requirements::NONE,
            limit: Limit::None,
            measure: |context, size| size.add_reply(context.reply, 1),
            render,
        }
    }

    pub(super) const fn unlisted(at: At, render: Render) -> Self {
        Self { kind: Kind::Unlisted, ..Self::other(at, render) }
    }

    pub(super) const fn fallback(at: At, render: Render) -> Self {
        Self { kind: Kind::Fallback, ..Self::other(at, render) }
    }

    pub(crate) fn wants_stream(&self, query: &str, body: Option<&Json<'_>>) -> bool {
        if self.streaming == Streaming::Always || query.split('&').any(|pair| pair == "stream=true")
        {
            return true;
        }
        match body.and_then(|body| body.get("stream")) {
            Some(Json::Bool(wanted)) => *wanted,
            Some(Json::Null) | None => self.streaming == Streaming::ByDefault,
            Some(_) => false,
        }
    }

    pub(super) const fn for_method(self, method: &'static str) -> Self {
        Self { method, ..self }
    }

    pub(super) const fn streams(self, streaming: Streaming) -> Self {
        Self { streaming, ..self }
    }

    pub(super) const fn requires(self, requirements: Requirements) -> Self {
        Self { requirements, ..self }
    }

    pub(super) const fn limits(self, limit: Limit) -> Self {
        Self { limit, ..self }
    }

    pub(super) const fn measured(self, measure: Measure) -> Self {
        Self { measure, ..self }
    }
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum At {
    Any,
    Path(&'static str),
    Last(&'static str),
    /// The last segment, or what follows its last colon: Google's `models/M:verb`.
    Verb(&'static str),
    Containing(&'static str),
    Where(fn(&str) -> bool),
}

impl At {
    fn matches(self, path: &str) -> bool {
        match self {
            Self::Any => true,
            Self::Path(whole) => path == whole,
            Self::Last(last) => path.rsplit('/').next() == Some(last),
            Self::Verb(verb) => path.rsplit(['/', ':']).next() == Some(verb),
            Self::Containing(part) => path.contains(part),
            Self::Where(matches) => matches(path),
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A model replies to messages.
    Conversation,
    /// Embeddings, models, moderations, counts of tokens and the like.
    Other,
    /// Rendered, but not offered by a server.
    Unlisted,
    /// The same, unless the path has an [empty response](Api::empty_response).
    Fallback,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Streaming {
    Never,
    /// With `"stream": true`.
    OnRequest,
    /// Without `"stream": false`.
    ByDefault,
    /// Always; another path has the response in one piece.
    Always,
}

/// Where a request has the messages that a model replies to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Messages {
    None,
    /// In `prompt`: each prompt has a response of its own.
    Prompts,
    /// In `messages` and the members that take its place in other formats.
    Conversation,
}
