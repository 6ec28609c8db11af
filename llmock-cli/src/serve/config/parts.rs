//! The parts of a configuration that are more than one value, and their parsers.

use std::str::FromStr;

use llmock::Provider;
use llmock::playback::Rules;
use llmock_rules::Problem;
use serde::Deserialize;

/// Whose pages may read responses in a browser.
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

/// What `CustomAnswersStrategy` answers to a question. Numbers need no quotes: `answer: 42`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct CustomReply {
    pub(crate) question: String,
    pub(crate) answer: String,
}

/// A rule of `matching.normalize`.
#[derive(Debug, Deserialize)]
#[serde(try_from = "NormalizeFields")]
pub(super) struct Normalize {
    pub(super) path: String,
    pub(super) pattern: String,
    pub(super) replacement: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NormalizeFields {
    path: String,
    pattern: String,
    replacement: String,
}

impl TryFrom<NormalizeFields> for Normalize {
    type Error = String;

    /// Checks the rule here, where a mistake has a line and a column.
    fn try_from(fields: NormalizeFields) -> Result<Self, String> {
        let NormalizeFields { path, pattern, replacement } = fields;
        let checked = Rules::default().normalize(&path, &pattern, &replacement);
        checked.map_err(|error| error.reason().to_string())?;
        Ok(Self { path, pattern, replacement })
    }
}

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

    pub(crate) fn name(self) -> &'static str {
        let find = |(name, strategy): &(_, _)| (*strategy == self).then_some(*name);
        Self::ALL.iter().find_map(find).expect("the list has every strategy")
    }
}

impl FromStr for StrategyName {
    type Err = Problem;

    fn from_str(name: &str) -> Result<Self, Problem> {
        let found = Self::ALL.iter().find(|(known, _)| *known == name);
        found
            .map(|(_, strategy)| *strategy)
            .ok_or_else(|| Problem::unknown("strategy", name, &Self::ALL.map(|(name, _)| name)))
    }
}

/// An origin of pages, or `*`.
#[derive(Debug)]
pub(super) struct Origin(pub(super) String);

impl FromStr for Origin {
    type Err = Problem;

    fn from_str(origin: &str) -> Result<Self, Problem> {
        let is_origin = origin == "*"
            || origin.split_once("://").is_some_and(|(scheme, host)| {
                !scheme.is_empty() && !host.is_empty() && !host.contains(['/', '*', ' '])
            });
        if is_origin && origin.is_ascii() {
            return Ok(Self(origin.to_owned()));
        }
        let expected = "expected a value such as `http://localhost:3000`, or `*`";
        Err(Problem::new(format!("invalid origin `{origin}`: {expected}")))
    }
}

/// The id of a provider that has an upstream.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct UpstreamId(pub(super) String);

impl FromStr for UpstreamId {
    type Err = Problem;

    fn from_str(id: &str) -> Result<Self, Problem> {
        let known: Result<Provider, _> = id.parse();
        known.map(|_| Self(id.to_owned())).map_err(|error| Problem::new(error.to_string()))
    }
}

/// A number that is not negative.
pub(in crate::serve) fn number(text: &str) -> Result<f64, Problem> {
    let is_plain = text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    text.parse().ok().filter(|_| is_plain).ok_or_else(|| {
        Problem::new(format!("invalid number `{text}`: expected a number that is not negative"))
    })
}
