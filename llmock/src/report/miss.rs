//! A request without a response, and the reasons for it.

use crate::matching::labels::Label;
use crate::matching::{Difference, Divergence};

/// A request that got no response from an interaction, a `Mock`, or a provider.
///
/// It has no header values and no keys, so that a report cannot show them.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Miss {
    /// Upper-case.
    pub(crate) method: String,
    /// Canonical, without secrets; as received if the provider is unknown.
    pub(crate) path: String,
    /// The provider's id; empty if the address names none.
    pub(crate) provider: &'static str,
    pub(crate) model: Option<String>,
    /// The text of the last user message, shown where no diff shows the request.
    pub(crate) prompt: Option<String>,
    /// Whose turn that message is.
    pub(crate) turn: Option<Label>,
    pub(crate) request: usize,
    /// The body without secrets, for `last-run.jsonl`, if it is JSON of a moderate length.
    pub(crate) body: Option<String>,
    pub(crate) reason: MissReason,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum MissReason {
    /// There is no file at the fixture's path.
    NoFixtureFile,
    /// The file has no interactions.
    Empty,
    /// No interaction has this provider, method, and path.
    EndpointUnknown { recorded: Vec<Endpoint> },
    /// The endpoint is recorded, with other bodies.
    BodyDiffers { closest: Closest, differences: Vec<Difference> },
    /// An interaction matches, but an earlier request already used it (`order = "strict"`).
    AlreadyUsed { interaction: usize, by_request: usize },
    /// An interaction matches, but another one comes before it (`order = "strict"`).
    WrongOrder {
        interaction: Option<usize>,
        expected: usize,
        endpoint: Endpoint,
        /// The prompt of what comes next.
        prompt: Option<String>,
        /// How the request differs from what comes next, if it is the same endpoint.
        differences: Vec<Difference>,
    },
    /// It is recorded with another version of the API: `api_version = "strict"`.
    OtherVersion { interaction: usize, what: String },
    /// The test replies to all requests itself, and no rule of it matches.
    NoReply { rules: Vec<UnmetRule> },
    /// Rules match, and all of their replies were given.
    RepliesUsed { place: String, rule: String, replies: usize },
    /// The format of the provider cannot express the reply.
    ReplyRefused { place: String, why: String },
    /// A condition or a reply of the test panicked.
    ClosurePanicked { why: String },
    /// It started before this test acquired the environment guard: while that test held it, or no test.
    Early { test: Option<String> },
    /// Its test had already ended.
    Late { test: String },
    /// The address under llmock names no provider.
    NoProvider,
    /// It came through `HTTP_PROXY` or `HTTPS_PROXY`, for the host of no known provider.
    UnknownHost {
        /// With its scheme: `http://llm.acme.dev`.
        host: String,
    },
    /// It names another host, or a page of another host has sent it.
    Foreign { why: String },
    /// Its path has a segment `.` or `..`.
    DotSegment,
    /// `require_header` demands a header that it does not have.
    HeaderMissing { header: String },
    /// The body could not be decoded or received.
    BodyUnreadable { why: String },
    /// It is larger than `LLMOCK_MAX_BODY`.
    BodyTooLarge { limit: u64 },
    /// A message of a WebSocket is not the recorded one.
    #[cfg(feature = "websocket")]
    Message {
        /// Of the client's messages, counted from one.
        number: usize,
        why: String,
        differences: Vec<Difference>,
    },
    /// A WebSocket could not be opened, or was closed because a rule of the protocol was broken.
    #[cfg(feature = "websocket")]
    Socket { why: String },
    /// Recording: no upstream is configured; `variables` could set it.
    NoUpstream { variables: Vec<String> },
    /// Recording: the provider could not be reached, or closed the connection before the response's head.
    UpstreamFailed { upstream: String, why: String },
    /// Recording is not possible: in CI, without the feature `record`, without credentials.
    #[cfg_attr(
        feature = "record",
        allow(dead_code, reason = "constructed by builds without the feature")
    )]
    RecordRefused { why: String },
}

/// A rule that a request did not match.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct UnmetRule {
    /// `tests/agent.rs:12`.
    pub(crate) place: String,
    /// `when(request().model("gpt-*"))`.
    pub(crate) rule: String,
    /// The first part that does not hold: `model("gpt-*")`.
    pub(crate) part: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Endpoint {
    pub(crate) provider: &'static str,
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) times: usize,
}

/// The recorded interaction that is most similar to a missed request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Closest {
    pub(crate) interaction: usize,
    /// Whether its prompt is about the same.
    pub(crate) resembles: bool,
    /// If it is not: other prompts that are recorded and were not requested yet.
    pub(crate) others: Vec<(usize, String)>,
    /// RFC 3339; the day is shown.
    pub(crate) recorded_at: Option<String>,
    /// The test that recorded it, if that is another one.
    pub(crate) owner: Option<String>,
    pub(crate) used_by: Option<usize>,
    /// Where the conversation leaves this one.
    pub(crate) divergence: Option<Box<Divergence>>,
}

/// What helps against a miss.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Remedy {
    Record,
    /// Record again, or ignore what differs.
    RecordAgain,
    /// Run the same command again once the cause is fixed.
    RunAgain,
    None,
}

impl MissReason {
    /// A name for `last-run.jsonl`; part of its format.
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::NoFixtureFile => "no_fixture_file",
            Self::Empty => "empty",
            Self::EndpointUnknown { .. } => "endpoint_unknown",
            Self::BodyDiffers { .. } => "body_differs",
            Self::AlreadyUsed { .. } => "already_used",
            Self::WrongOrder { .. } => "wrong_order",
            Self::OtherVersion { .. } => "other_version",
            Self::NoReply { .. } => "no_reply",
            Self::RepliesUsed { .. } => "replies_used",
            Self::ReplyRefused { .. } => "reply_refused",
            Self::ClosurePanicked { .. } => "closure_panicked",
            Self::Early { .. } => "early",
            Self::Late { .. } => "late",
            Self::NoProvider => "no_provider",
            Self::UnknownHost { .. } => "unknown_host",
            Self::Foreign { .. } => "foreign",
            Self::DotSegment => "dot_segment",
            Self::HeaderMissing { .. } => "header_missing",
            Self::BodyUnreadable { .. } => "body_unreadable",
            Self::BodyTooLarge { .. } => "body_too_large",
            #[cfg(feature = "websocket")]
            Self::Message { .. } => "message",
            #[cfg(feature = "websocket")]
            Self::Socket { .. } => "socket",
            Self::NoUpstream { .. } => "no_upstream",
            Self::UpstreamFailed { .. } => "upstream_failed",
            Self::RecordRefused { .. } => "record_refused",
        }
    }

    pub(crate) fn remedy(&self) -> Remedy {
        match self {
            Self::NoFixtureFile | Self::Empty => Remedy::Record,
            Self::EndpointUnknown { .. }
            | Self::BodyDiffers { .. }
            | Self::AlreadyUsed { .. }
            | Self::OtherVersion { .. }
            | Self::WrongOrder { .. } => Remedy::RecordAgain,
            #[cfg(feature = "websocket")]
            Self::Message { .. } => Remedy::RecordAgain,
            #[cfg(feature = "websocket")]
            Self::Socket { .. } => Remedy::None,
            Self::UpstreamFailed { .. } | Self::NoUpstream { .. } | Self::RecordRefused { .. } => {
                Remedy::RunAgain
            }
            Self::Early { .. }
            | Self::NoReply { .. }
            | Self::RepliesUsed { .. }
            | Self::ReplyRefused { .. }
            | Self::ClosurePanicked { .. }
            | Self::Late { .. }
            | Self::NoProvider
            | Self::UnknownHost { .. }
            | Self::Foreign { .. }
            | Self::DotSegment
            | Self::HeaderMissing { .. }
            | Self::BodyUnreadable { .. }
            | Self::BodyTooLarge { .. } => Remedy::None,
        }
    }

    /// Whether it is about replies that the test wrote.
    pub(crate) fn is_about_replies(&self) -> bool {
        matches!(
            self,
            Self::NoReply { .. }
                | Self::RepliesUsed { .. }
                | Self::ReplyRefused { .. }
                | Self::ClosurePanicked { .. }
        )
    }

    /// Whether the request is recorded and has only come at another time.
    pub(crate) fn is_only_order(&self) -> bool {
        matches!(self, Self::WrongOrder { interaction: Some(_), .. })
    }

    /// Whether the fixture does not have the request at all.
    pub(crate) fn is_unknown(&self) -> bool {
        matches!(
            self,
            Self::EndpointUnknown { .. }
                | Self::BodyDiffers { .. }
                | Self::WrongOrder { interaction: None, .. }
        )
    }

    /// Where the conversation leaves the closest recorded one.
    pub(crate) fn divergence(&self) -> Option<&Divergence> {
        match self {
            Self::BodyDiffers { closest, .. } => closest.divergence.as_deref(),
            _ => None,
        }
    }

    pub(crate) fn differences(&self) -> &[Difference] {
        match self {
            Self::BodyDiffers { differences, .. } | Self::WrongOrder { differences, .. } => {
                differences
            }
            #[cfg(feature = "websocket")]
            Self::Message { differences, .. } => differences,
            _ => &[],
        }
    }
}
