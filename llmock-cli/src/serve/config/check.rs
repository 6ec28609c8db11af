//! What depends on several keys.

use llmock::playback::{RuleError, Rules};

use super::Config;
use super::draft::Draft;
use super::error::{ConfigError, Place};
use super::sections::StrategyName;

/// The configuration, and notes about settings without effect.
pub(super) fn finish(mut draft: Draft) -> Result<(Config, Vec<String>), ConfigError> {
    strategies(&mut draft)?;
    draft.config.matching = rules(&draft)?;
    let Draft { config, mut notes, .. } = draft;
    if config.faults.rate <= 0.0 && !config.faults.kinds.is_empty() {
        notes.push("`faults.kinds` has no effect while `faults.rate` is 0".to_owned());
    }
    let needs_models =
        |name: &StrategyName| !matches!(name, StrategyName::Fixture | StrategyName::Proxy);
    if !config.models.is_empty() && !config.strategies.iter().any(needs_models) {
        let strategies = "`FixtureStrategy` and `ProxyStrategy`";
        notes.push(format!("`models` has no effect with only {strategies}"));
    }
    if config.matching != Rules::default() && !config.strategies.contains(&StrategyName::Fixture) {
        notes.push("`matching` has no effect without `FixtureStrategy` in `strategies`".to_owned());
    }
    Ok((config, notes))
}

/// Completes the list of strategies. Without a configured one, `fixtures` and `record` imply it: a server with
/// fixtures must not make responses up unless it is told to, because a miss would look like a match.
fn strategies(draft: &mut Draft) -> Result<(), ConfigError> {
    let default = Place::Default;
    let place = |path| draft.place(path).unwrap_or(&default);
    let config = &draft.config;
    let (has_fixtures, record) = (config.fixtures.is_some(), config.record);
    let mut strategies = config.strategies.clone();
    if strategies.is_empty() {
        let reason = "`strategies` is empty: name at least one strategy";
        return Err(ConfigError::invalid(place("strategies"), reason));
    }
    if draft.place("strategies").is_none() {
        if has_fixtures {
            strategies = vec![StrategyName::Fixture];
        }
        if record {
            strategies.push(StrategyName::Proxy);
        }
    }
    let has = |strategy| strategies.contains(&strategy);
    if record && !has_fixtures {
        let reason = "`record` needs `fixtures`, the folder to write to";
        return Err(ConfigError::invalid(place("record"), reason));
    }
    if record && !has(StrategyName::Proxy) {
        let reason = "`record` has no effect without `ProxyStrategy` in `strategies`";
        return Err(ConfigError::invalid(place("record"), reason));
    }
    if has(StrategyName::Fixture) && !has_fixtures {
        let reason = "`FixtureStrategy` needs `fixtures`";
        return Err(ConfigError::invalid(place("strategies"), reason));
    }
    let (needs_fixtures, needs_replies) =
        (has(StrategyName::Fixture), has(StrategyName::CustomAnswers));
    for (path, is_used, strategy) in [
        ("fixtures", needs_fixtures, "FixtureStrategy"),
        ("customReplies", needs_replies, "CustomAnswersStrategy"),
    ] {
        if draft.place(path).is_some() && !is_used {
            let note = format!("`{path}` has no effect without `{strategy}` in `strategies`");
            draft.notes.push(note);
        }
    }
    draft.config.strategies = strategies;
    Ok(())
}

/// The rules by which requests are compared.
fn rules(draft: &Draft) -> Result<Rules, ConfigError> {
    let invalid = |path: &str, error: &RuleError| {
        let place = draft.place(path).unwrap_or(&Place::Default);
        ConfigError::invalid(place, format!("`{path}`: {}", error.reason()))
    };
    let mut rules = Rules::default();
    for path in &draft.ignore {
        rules = rules.ignore(path).map_err(|error| invalid("matching.ignore", &error))?;
    }
    for rule in &draft.normalize {
        rules = rules
            .normalize(&rule.path, &rule.pattern, &rule.replacement)
            .map_err(|error| invalid("matching.normalize", &error))?;
    }
    if draft.place("matching.match_on").is_some() {
        rules = rules
            .match_on(draft.match_on.iter().cloned())
            .map_err(|error| invalid("matching.match_on", &error))?;
    }
    Ok(rules)
}
