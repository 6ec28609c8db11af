//! A request that nothing answered, and the closed list of reasons.

use crate::matching::Difference;

/// A request that no interaction, no Mock, and no provider has answered.
///
/// Header values and keys have no place here: they are never shown.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Miss {
    /// Upper-case.
    pub(crate) method: String,
    /// Canonical, secrets out; the path as received where the provider is unknown.
    pub(crate) path: String,
    /// The provider's id; empty if the address names none.
    pub(crate) provider: &'static str,
    pub(crate) model: Option<String>,
    /// The text of the last user message, shown where no diff shows the request.
    pub(crate) prompt: Option<String>,
    /// Which request of this session it was, counted from one.
    pub(crate) request: usize,
    pub(crate) reason: MissReason,
}

/// Why a request was not answered.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum MissReason {
    /// There is no file at the fixture's path.
    NoFixtureFile,
    /// The file is there and has no interactions.
    Empty,
    /// No interaction has this provider, method, and path.
    EndpointUnknown { recorded: Vec<Endpoint> },
    /// The endpoint is recorded, with other bodies.
    BodyDiffers { closest: Closest, differences: Vec<Difference> },
    /// An interaction matches, and was given to an earlier request (`order = "strict"`).
    AlreadyUsed {
        /// Position in the file, counted from one.
        interaction: usize,
        /// The request that took it, counted from one.
        by_request: usize,
    },
    /// An interaction matches, but another one comes before it (`order = "strict"`).
    WrongOrder {
        /// Position of the interaction that matches, if any does.
        interaction: Option<usize>,
        /// Position of the one that comes next.
        expected: usize,
        /// What that one answers.
        endpoint: Endpoint,
        /// How the request differs from what comes next, if it is the same endpoint.
        differences: Vec<Difference>,
    },
    /// It began before this test's turn, while that test had it, or none.
    Early { test: Option<String> },
    /// The test it belongs to had already ended.
    Late { test: String },
    /// The address under llmock names no provider.
    NoProvider,
    /// It came by `HTTP_PROXY` or `HTTPS_PROXY`, for a host that is no provider's.
    UnknownHost {
        /// With its scheme: `http://llm.acme.dev`.
        host: String,
    },
    /// The body could not be decoded or received.
    BodyUnreadable { why: String },
    /// The request body is larger than `LLMOCK_MAX_BODY`.
    BodyTooLarge { limit: u64 },
    /// Recording: nothing says where the provider is.
    NoUpstream {
        /// The variables that would name it.
        variables: Vec<String>,
    },
    /// Recording: the provider could not be reached, or broke off before the answer's head.
    UpstreamFailed { upstream: String, why: String },
    /// Recording is not possible here; the sentence says why (`CI` is set, no `record` feature).
    #[cfg_attr(feature = "record", allow(dead_code, reason = "said by builds without the feature"))]
    RecordRefused { why: String },
}

/// One recorded endpoint and how often it stands in the fixture.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Endpoint {
    pub(crate) provider: &'static str,
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) times: usize,
}

/// The recorded interaction that resembles a missed request most.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Closest {
    /// Position in the file, counted from one.
    pub(crate) interaction: usize,
    pub(crate) alike_percent: u8,
    /// RFC 3339; the day is shown.
    pub(crate) recorded_at: Option<String>,
    /// The test that recorded it; shown where it is another one.
    pub(crate) owner: Option<String>,
    /// Whether an earlier request of this session has taken its answer.
    pub(crate) used_by: Option<usize>,
}

/// Which remedy a reason asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Remedy {
    /// Record for the first time.
    Record,
    /// Record again, or declare what may vary.
    RecordAgain,
    /// Run the same command once more when the cause is gone.
    RunAgain,
    /// Nothing that a command could do.
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
            Self::Early { .. } => "early",
            Self::Late { .. } => "late",
            Self::NoProvider => "no_provider",
            Self::UnknownHost { .. } => "unknown_host",
            Self::BodyUnreadable { .. } => "body_unreadable",
            Self::BodyTooLarge { .. } => "body_too_large",
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
            | Self::WrongOrder { .. } => Remedy::RecordAgain,
            Self::UpstreamFailed { .. } | Self::NoUpstream { .. } => Remedy::RunAgain,
            Self::Early { .. }
            | Self::Late { .. }
            | Self::NoProvider
            | Self::UnknownHost { .. }
            | Self::BodyUnreadable { .. }
            | Self::BodyTooLarge { .. }
            | Self::RecordRefused { .. } => Remedy::None,
        }
    }

    /// The places that differ, for reasons that know them.
    pub(crate) fn differences(&self) -> &[Difference] {
        match self {
            Self::BodyDiffers { differences, .. } | Self::WrongOrder { differences, .. } => {
                differences
            }
            _ => &[],
        }
    }
}
