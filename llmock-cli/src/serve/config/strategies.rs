//! The names of strategies.

use std::str::FromStr;

use llmock_rules::Problem;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum StrategyName {
    Error,
    Scenario,
    CustomAnswers,
    ToolCall,
    Schema,
    Mirror,
    Fixture,
    Proxy,
}

impl StrategyName {
    /// All of them, as they are spelled in a configuration.
    pub(crate) const ALL: [(&'static str, Self); 8] = [
        ("ErrorStrategy", Self::Error),
        ("ScenarioStrategy", Self::Scenario),
        ("CustomAnswersStrategy", Self::CustomAnswers),
        ("ToolCallStrategy", Self::ToolCall),
        ("SchemaStrategy", Self::Schema),
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
        let find = |(known, strategy): &(_, _)| (*known == name).then_some(*strategy);
        let known = Self::ALL.map(|(name, _)| name);
        Self::ALL.iter().find_map(find).ok_or_else(|| Problem::unknown("strategy", name, &known))
    }
}
