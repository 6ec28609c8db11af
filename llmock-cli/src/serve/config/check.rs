//! The configuration that settings make: defaults, and what depends on several keys.

use std::path::PathBuf;
use std::time::Duration;

use llmock::playback::{RuleError, Rules};
use llmock_rules::{Duration as Time, Share, Size};

use super::effective::Config;
use super::error::{ConfigError, Place};
use super::parts::{Cors, StrategyName};
use super::settings::{self, Matching, Parsed, Rate, Settings};
use crate::serve::fault::Faults;
use crate::serve::pace::Pace;

/// The configuration, and notes about settings without effect.
pub(super) fn config(settings: Settings, notes: &mut Vec<String>) -> Result<Config, ConfigError> {
    let fixtures = settings.fixtures.filter(|path| !path.is_empty()).map(PathBuf::from);
    let record = settings.record.unwrap_or_default();
    let listed = settings.strategies.map(plain);
    let strategies = strategies(listed, fixtures.is_some(), record)?;
    let has = |strategy| strategies.contains(&strategy);
    for (path, is_set, strategy) in [
        ("fixtures", fixtures.is_some(), StrategyName::Fixture),
        ("customReplies", settings.custom_replies.is_some(), StrategyName::CustomAnswers),
    ] {
        if is_set && !has(strategy) {
            let name = strategy.name();
            notes.push(format!("`{path}` has no effect without `{name}` in `strategies`"));
        }
    }
    let size = |size: Option<Size>| size.map_or(Ok(16 << 20), |size| usize::try_from(size.0));
    let config = Config {
        models: settings.models.unwrap_or_default(),
        api_key: settings.api_key.filter(|key| !key.is_empty()),
        cors: Cors {
            allow_origins: settings
                .cors
                .and_then(|cors| cors.allow_origins)
                .map_or_else(Vec::new, |origins| {
                    origins.into_iter().map(|Parsed(origin)| origin.0).collect()
                }),
        },
        host: settings.host.filter(|host| !host.is_empty()).unwrap_or_else(|| "127.0.0.1".into()),
        port: settings.port.unwrap_or(8000),
        custom_replies: settings.custom_replies.unwrap_or_default(),
        fixtures,
        record,
        watch: settings.watch.unwrap_or_default(),
        matching: rules(settings.matching.unwrap_or_default())?,
        upstreams: settings
            .upstreams
            .unwrap_or_default()
            .into_iter()
            .filter_map(|(Parsed(id), url)| Some((id.0, url?.0.as_str().to_owned())))
            .collect(),
        pace: pace(&settings.pace.unwrap_or_default()),
        faults: faults(settings.faults.unwrap_or_default()),
        history: settings.history.map_or(1000, |size| size.0),
        body_limit: size(settings.body_limit).map_err(|_| invalid("`body-limit` is too large"))?,
        shutdown_timeout: time(settings.shutdown_timeout, 10),
        read_timeout: time(settings.read_timeout, 30),
        strategies,
    };
    notes.extend(without_effect(&config).into_iter().map(str::to_owned));
    Ok(config)
}

fn invalid(reason: &str) -> ConfigError {
    ConfigError::invalid(Place::Settings, reason)
}

fn time(set: Option<Time>, default: u64) -> Duration {
    set.map_or(Duration::from_secs(default), |time| time.0)
}

fn plain<T>(all: Vec<Parsed<T>>) -> Vec<T> {
    all.into_iter().map(|Parsed(one)| one).collect()
}

/// The configured list, or the one that `fixtures` and `record` imply, or the default. A server with fixtures makes up
/// responses only if it is configured to: otherwise a miss would look like a match.
fn strategies(
    listed: Option<Vec<StrategyName>>,
    has_fixtures: bool,
    record: bool,
) -> Result<Vec<StrategyName>, ConfigError> {
    use StrategyName::{Error, Fixture, Mirror, Proxy, ToolCall};

    if record && !has_fixtures {
        return Err(invalid("`record` needs `fixtures`, the folder to write to"));
    }
    let strategies = listed.unwrap_or_else(|| match (has_fixtures, record) {
        (false, _) => vec![Error, ToolCall, Mirror],
        (true, false) => vec![Fixture],
        (true, true) => vec![Fixture, Proxy],
    });
    if record && !strategies.contains(&Proxy) {
        return Err(invalid("`record` has no effect without `ProxyStrategy` in `strategies`"));
    }
    if strategies.contains(&Fixture) && !has_fixtures {
        return Err(invalid("`FixtureStrategy` needs `fixtures`"));
    }
    Ok(strategies)
}

/// Notes about settings that other settings leave without effect.
fn without_effect(config: &Config) -> Vec<&'static str> {
    let has = |strategy| config.strategies.contains(&strategy);
    let makes_up =
        |name: &StrategyName| !matches!(name, StrategyName::Fixture | StrategyName::Proxy);
    let mut notes = Vec::new();
    if config.faults.rate <= 0.0 && !config.faults.kinds.is_empty() {
        notes.push("`faults.kinds` has no effect while `faults.rate` is 0");
    }
    if !config.models.is_empty() && !config.strategies.iter().any(makes_up) {
        notes.push("`models` has no effect with only `FixtureStrategy` and `ProxyStrategy`");
    }
    if config.matching != Rules::default() && !has(StrategyName::Fixture) {
        notes.push("`matching` has no effect without `FixtureStrategy` in `strategies`");
    }
    notes
}

fn rules(matching: Matching) -> Result<Rules, ConfigError> {
    let wrong =
        |key: &str, error: &RuleError| invalid(&format!("`matching.{key}`: {}", error.reason()));
    let mut rules = Rules::default();
    for Parsed(path) in matching.ignore.unwrap_or_default() {
        rules = rules.ignore(path.as_str()).map_err(|error| wrong("ignore", &error))?;
    }
    for rule in matching.normalize.unwrap_or_default() {
        rules = rules
            .normalize(rule.path, rule.pattern, rule.replacement)
            .map_err(|error| wrong("normalize", &error))?;
    }
    if let Some(fields) = matching.match_on {
        let fields = fields.iter().map(|Parsed(field)| field.as_str().to_owned());
        rules = rules.match_on(fields).map_err(|error| wrong("match_on", &error))?;
    }
    Ok(rules)
}

fn pace(pace: &settings::Pace) -> Pace {
    Pace {
        time_to_first_token: time(pace.time_to_first_token, 0),
        tokens_per_second: pace.tokens_per_second.map_or(0.0, |Rate(rate)| rate),
        jitter: pace.jitter.map_or(0.0, |Share(share)| share),
        seed: pace.seed,
        recorded: pace.recorded.unwrap_or_default(),
        ..Pace::default()
    }
}

fn faults(faults: settings::Faults) -> Faults {
    Faults {
        rate: faults.rate.map_or(0.0, |Share(share)| share),
        kinds: faults.kinds.map_or_else(Vec::new, plain),
        seed: faults.seed,
    }
}
