//! The section `matching`: which requests equal recorded ones.

use llmock::playback::{RuleError, Rules};
use llmock_rules::{Audio, FieldName, HeaderName, HeaderPattern, JsonPath, Place};
use serde::Deserialize;
use serde::de::{Deserializer, Error as _};

use super::values::{list, nullable, scalar, some};

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Matching {
    #[serde(deserialize_with = "list")]
    ignore: Vec<Place>,
    #[serde(deserialize_with = "nullable")]
    normalize: Vec<Normalize>,
    #[serde(deserialize_with = "list")]
    unordered: Vec<JsonPath>,
    #[serde(deserialize_with = "some")]
    match_on: Vec<FieldName>,
    #[serde(deserialize_with = "list")]
    match_headers: Vec<HeaderPattern>,
    #[serde(deserialize_with = "list")]
    require_header: Vec<HeaderName>,
    #[serde(deserialize_with = "audio")]
    audio: Audio,
}

#[derive(Deserialize)]
#[serde(try_from = "Rule")]
struct Normalize(Rule);

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Rule {
    path: String,
    pattern: String,
    replacement: String,
}

impl Rule {
    fn add_to(&self, rules: Rules) -> Result<Rules, RuleError> {
        rules.normalize(&self.path, &self.pattern, &self.replacement)
    }
}

impl TryFrom<Rule> for Normalize {
    type Error = String;

    /// Checks the rule here, where a mistake has a line and a column.
    fn try_from(rule: Rule) -> Result<Self, String> {
        rule.add_to(Rules::default()).map_err(|error| error.reason().to_string())?;
        Ok(Self(rule))
    }
}

impl Matching {
    fn rules(self) -> Result<Rules, RuleError> {
        let mut rules = Rules::default();
        for path in self.ignore {
            rules = rules.ignore(path.to_string())?;
        }
        for Normalize(rule) in self.normalize {
            rules = rule.add_to(rules)?;
        }
        for path in self.unordered {
            rules = rules.unordered(path.as_str())?;
        }
        for pattern in self.match_headers {
            rules = rules.match_headers(pattern.to_string())?;
        }
        for name in self.require_header {
            rules = rules.require_header(name.as_str())?;
        }
        if !self.match_on.is_empty() {
            rules = rules.match_on(self.match_on.iter().map(FieldName::as_str))?;
        }
        rules.audio(self.audio.as_str())
    }
}

fn audio<'de, D: Deserializer<'de>>(value: D) -> Result<Audio, D::Error> {
    scalar(value, Audio::parse)
}

pub(super) fn rules<'de, D: Deserializer<'de>>(value: D) -> Result<Rules, D::Error> {
    let matching: Matching = nullable(value)?;
    matching.rules().map_err(D::Error::custom)
}
