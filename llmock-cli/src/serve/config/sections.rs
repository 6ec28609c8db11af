//! The parts of a configuration that are more than one value.

/// Whose pages may read answers in a browser.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Cors {
    /// Origins, or `*` alone for any. Empty: no CORS headers.
    pub(crate) allow_origins: Vec<String>,
}

/// A model that exists.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Model {
    pub(crate) id: String,
    /// Seconds since 1970.
    pub(crate) created: u64,
    pub(crate) owned_by: String,
}

/// What `CustomAnswersStrategy` says to a question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct CustomReply {
    pub(crate) question: String,
    pub(crate) answer: String,
}

/// A strategy by its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum StrategyName {
    Error,
    CustomAnswers,
    ToolCall,
    Mirror,
    Fixture,
    Proxy,
}

impl StrategyName {
    /// All of them, as they are spelled in a configuration.
    pub(crate) const ALL: [(&'static str, Self); 6] = [
        ("ErrorStrategy", Self::Error),
        ("CustomAnswersStrategy", Self::CustomAnswers),
        ("ToolCallStrategy", Self::ToolCall),
        ("MirrorStrategy", Self::Mirror),
        ("FixtureStrategy", Self::Fixture),
        ("ProxyStrategy", Self::Proxy),
    ];

    /// The strategy with that name.
    pub(super) fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().find(|(known, _)| *known == name).map(|(_, strategy)| *strategy)
    }

    /// The name in a configuration.
    pub(crate) fn name(self) -> &'static str {
        Self::ALL
            .iter()
            .find_map(|(name, strategy)| (*strategy == self).then_some(*name))
            .expect("the list has every strategy")
    }
}
