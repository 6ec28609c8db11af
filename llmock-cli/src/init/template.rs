//! The sample test, for each client that it can use. `tests/clients` compiles and runs all of them.

/// A client of language models.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Template {
    /// The crate `async-openai`
    AsyncOpenai,
    /// The crate `rig-core`
    Rig,
    /// The crate `genai`
    Genai,
    /// Anthropic's API, with `reqwest`
    Anthropic,
    /// `OpenAI`'s API, with `reqwest`
    Http,
}

/// A dependency of a sample.
#[derive(Clone, Copy, Debug)]
pub(super) struct Client {
    pub(super) name: &'static str,
    pub(super) version: &'static str,
    pub(super) features: &'static [&'static str],
    pub(super) default_features: bool,
}

/// llmock has it in its tree, with TLS; the sample sends to loopback.
const REQWEST: Client =
    Client { name: "reqwest", version: "0.13", features: &[], default_features: false };

impl Template {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::AsyncOpenai => "async-openai",
            Self::Rig => "rig",
            Self::Genai => "genai",
            Self::Anthropic => "anthropic",
            Self::Http => "http",
        }
    }

    pub(super) fn what(self) -> &'static str {
        match self {
            Self::AsyncOpenai => "async-openai",
            Self::Rig => "rig",
            Self::Genai => "genai",
            Self::Anthropic => "Anthropic's API through reqwest",
            Self::Http => "OpenAI's API through reqwest",
        }
    }

    pub(super) fn text(self) -> &'static str {
        match self {
            Self::AsyncOpenai => include_str!("../../templates/async_openai.rs"),
            Self::Rig => include_str!("../../templates/rig.rs"),
            Self::Genai => include_str!("../../templates/genai.rs"),
            Self::Anthropic => include_str!("../../templates/anthropic.rs"),
            Self::Http => include_str!("../../templates/http.rs"),
        }
    }

    pub(super) fn client(self) -> Client {
        let client =
            |name, version, features| Client { name, version, features, default_features: true };
        match self {
            Self::AsyncOpenai => client("async-openai", "0.43", &["chat-completion"]),
            Self::Rig => client("rig-core", "0.44", &["reqwest"]),
            Self::Genai => client("genai", "0.7", &[]),
            Self::Anthropic | Self::Http => REQWEST,
        }
    }

    /// Crates whose users the sample is for.
    pub(super) fn crates(self) -> &'static [&'static str] {
        match self {
            Self::AsyncOpenai => &["async-openai"],
            Self::Rig => &["rig-core", "rig", "rig-agent"],
            Self::Genai => &["genai"],
            Self::Anthropic => &[
                "anthropic-sdk-rust",
                "async-anthropic",
                "anthropic-ai-sdk",
                "anthropic",
                "misanthropic",
                "claude-api",
                "api_claude",
                "clust",
            ],
            Self::Http => &[],
        }
    }
}
