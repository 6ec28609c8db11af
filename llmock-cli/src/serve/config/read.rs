//! From what was said to what it means: types, ranges, and what settings mean together.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use llmock::playback::Rules;

use super::error::ConfigError;
use super::keys::{Key, Kind};
use super::merge::Layers;
use super::sections::{Cors, CustomReply, Model, StrategyName};
use super::value::{Node, Place, Value};
use super::{Config, matching, quantity, suggest};
use crate::serve::fault::{self, Faults};
use crate::serve::pace::Pace;

/// A value, or what is wrong with it and where.
pub(super) type Read<T> = Result<T, ConfigError>;

/// The configuration that all layers make together.
pub(super) fn config(layers: &Layers, notes: &mut Vec<String>) -> Read<Config> {
    let fields = Fields(layers);
    let port = fields.count("port")?;
    let config = Config {
        strategies: strategies(&fields, notes)?,
        models: fields.list("models", model)?,
        api_key: fields.text("api-key")?,
        cors: Cors { allow_origins: fields.list("cors.allow-origins", origin)? },
        host: fields.text("host")?.unwrap_or_default(),
        port: u16::try_from(port).map_err(|_| fields.wrong("port", "is above 65535"))?,
        custom_replies: fields.list("customReplies", reply)?,
        fixtures: fixtures(&fields)?,
        record: fields.switch("record")?,
        watch: fields.switch("watch")?,
        matching: matching::rules(&fields)?,
        upstreams: upstreams(layers)?,
        pace: pace(&fields)?,
        faults: Faults {
            rate: fields.share("faults.rate")?,
            kinds: fields.list("faults.kinds", |node| {
                fault::Kind::read(text(node)?)
                    .map_err(|reason| ConfigError::wrong(&node.place, reason))
            })?,
            seed: fields.seed("faults.seed")?,
        },
        history: history(&fields)?,
        body_limit: fields.size("body-limit")?,
        shutdown_timeout: fields.duration("shutdown-timeout")?,
        read_timeout: fields.duration("read-timeout")?,
    };
    if config.faults.rate <= 0.0 && !config.faults.kinds.is_empty() {
        notes.push("`faults.kinds` has no effect while `faults.rate` is 0".to_owned());
    }
    let invents =
        |name: &StrategyName| !matches!(name, StrategyName::Fixture | StrategyName::Proxy);
    if !config.models.is_empty() && !config.strategies.iter().any(invents) {
        notes.push("`models` has no effect where only recordings and providers answer".to_owned());
    }
    if config.matching != Rules::default() && !config.strategies.contains(&StrategyName::Fixture) {
        notes.push("`matching` has no effect without `FixtureStrategy` in `strategies`".to_owned());
    }
    Ok(config)
}

fn pace(fields: &Fields<'_>) -> Read<Pace> {
    Ok(Pace {
        time_to_first_token: fields.duration("pace.time-to-first-token")?,
        tokens_per_second: fields.number("pace.tokens-per-second")?,
        jitter: fields.share("pace.jitter")?,
        seed: fields.seed("pace.seed")?,
        recorded: fields.switch("pace.recorded")?,
        ..Pace::default()
    })
}

/// More would be memory by the gigabyte before the first request.
const LONGEST_HISTORY: u64 = 1_000_000;

fn history(fields: &Fields<'_>) -> Read<usize> {
    let history = fields.count("history")?;
    usize::try_from(history)
        .ok()
        .filter(|_| history <= LONGEST_HISTORY)
        .ok_or_else(|| fields.wrong("history", "is above 1000000"))
}

/// The configured list, or else what `fixtures` and `record` imply, or else the default. A server with fixtures
/// must not make responses up unless it is told to: a miss would look like a match.
fn strategies(fields: &Fields<'_>, notes: &mut Vec<String>) -> Read<Vec<StrategyName>> {
    let mut strategies = fields.list("strategies", strategy)?;
    let (has_fixtures, record) = (fields.text("fixtures")?.is_some(), fields.switch("record")?);
    if strategies.is_empty() {
        return Err(fields.wrong("strategies", "has no strategy, so nothing would be answered"));
    }
    if !fields.is_said("strategies") {
        if has_fixtures {
            strategies = vec![StrategyName::Fixture];
        }
        if record {
            strategies.push(StrategyName::Proxy);
        }
    }
    let has = |strategy| strategies.contains(&strategy);
    if record && !has_fixtures {
        return Err(fields.wrong("record", "needs `fixtures`, the folder to write to"));
    }
    if record && !has(StrategyName::Proxy) {
        return Err(
            fields.wrong("record", "records nothing without `ProxyStrategy` in `strategies`")
        );
    }
    if has(StrategyName::Fixture) && !has_fixtures {
        return Err(fields.wrong("strategies", "has `FixtureStrategy`, which needs `fixtures`"));
    }
    if has_fixtures && !has(StrategyName::Fixture) {
        notes.push("`fixtures` has no effect without `FixtureStrategy` in `strategies`".to_owned());
    }
    if fields.is_said("customReplies") && !has(StrategyName::CustomAnswers) {
        notes.push(
            "`customReplies` has no effect without `CustomAnswersStrategy` in `strategies`"
                .to_owned(),
        );
    }
    Ok(strategies)
}

fn strategy(node: &Node) -> Read<StrategyName> {
    let name = text(node)?;
    StrategyName::from_name(name).ok_or_else(|| {
        let known = StrategyName::ALL.map(|(name, _)| name);
        let hint = suggest::hint(name, &known);
        ConfigError::wrong(&node.place, format!("unknown strategy `{name}`; {hint}"))
    })
}

/// A path in a file counts from the file's folder, any other from the folder of the command.
fn fixtures(fields: &Fields<'_>) -> Read<Option<PathBuf>> {
    let Some(said) = fields.text("fixtures")? else { return Ok(None) };
    let base = match fields.0.get("fixtures").map(|node| &node.place) {
        Some(Place::File { path, .. }) => path.parent().map(PathBuf::from).unwrap_or_default(),
        _ => PathBuf::new(),
    };
    Ok(Some(base.join(said)))
}

fn upstreams(layers: &Layers) -> Read<BTreeMap<String, String>> {
    let said = layers.upstreams().iter().filter(|(_, node)| node.value != Value::Null);
    said.map(|(provider, node)| {
        let url = text(node)?.trim_end_matches('/');
        if !url.starts_with("http://") && !url.starts_with("https://") {
            let reason =
                format!("upstream `{url}` of `{provider}` is no URL with `http://` or `https://`");
            return Err(ConfigError::wrong(&node.place, reason));
        }
        Ok((provider.clone(), url.to_owned()))
    })
    .collect()
}

fn origin(node: &Node) -> Read<String> {
    let origin = text(node)?;
    let is_origin = origin == "*"
        || origin.split_once("://").is_some_and(|(scheme, host)| {
            !scheme.is_empty() && !host.is_empty() && !host.contains(['/', '*', ' '])
        });
    if is_origin && origin.is_ascii() {
        return Ok(origin.to_owned());
    }
    let reason = format!("`{origin}` is no origin such as `http://localhost:3000`, and not `*`");
    Err(ConfigError::wrong(&node.place, reason))
}

fn model(node: &Node) -> Read<Model> {
    let mut model = Model { id: String::new(), created: 0, owned_by: "llmock".to_owned() };
    match &node.value {
        Value::Text(id) => model.id.clone_from(id),
        _ => members(node, "model", &["id", "created", "owned_by"], |name, value| {
            match name {
                "id" => model.id = scalar(value)?,
                "owned_by" => model.owned_by = scalar(value)?,
                _ => model.created = whole(value)?,
            }
            Ok(())
        })?,
    }
    if model.id.is_empty() {
        return Err(ConfigError::wrong(&node.place, "a model needs an `id`"));
    }
    Ok(model)
}

fn reply(node: &Node) -> Read<CustomReply> {
    let (mut question, mut answer) = (None, None);
    members(node, "custom reply", &["question", "answer"], |name, value| {
        let part = if name == "question" { &mut question } else { &mut answer };
        *part = Some(scalar(value)?);
        Ok(())
    })?;
    match (question, answer) {
        (Some(question), Some(answer)) => Ok(CustomReply { question, answer }),
        (None, _) => Err(ConfigError::wrong(&node.place, "a custom reply needs a `question`")),
        (_, None) => Err(ConfigError::wrong(&node.place, "a custom reply needs an `answer`")),
    }
}

/// The members of a mapping, each of them known.
pub(super) fn members(
    node: &Node,
    what: &str,
    known: &[&str],
    mut each: impl FnMut(&str, &Node) -> Read<()>,
) -> Read<()> {
    let Value::Map(members) = &node.value else {
        let reason = format!("a {what} is a mapping, not {}", node.value.kind());
        return Err(ConfigError::wrong(&node.place, reason));
    };
    for (name, place, value) in members {
        if !known.contains(&name.as_str()) {
            let hint = suggest::hint(name, known);
            return Err(ConfigError::wrong(
                place,
                format!("unknown key `{name}` of a {what}; {hint}"),
            ));
        }
        each(name, value)?;
    }
    Ok(())
}

pub(super) fn text(node: &Node) -> Read<&str> {
    match &node.value {
        Value::Text(text) => Ok(text),
        other => {
            Err(ConfigError::wrong(&node.place, format!("expected a text, not {}", other.kind())))
        }
    }
}

/// A text, or what a person writes without quotes although it is one: `answer: 42`.
fn scalar(node: &Node) -> Read<String> {
    match &node.value {
        Value::Integer(integer) => Ok(integer.to_string()),
        Value::Number(number) => Ok(number.to_string()),
        Value::Switch(switch) => Ok(switch.to_string()),
        _ => text(node).map(str::to_owned),
    }
}

fn whole(node: &Node) -> Read<u64> {
    match &node.value {
        Value::Integer(integer) if *integer >= 0 => Ok(integer.unsigned_abs()),
        other => {
            let reason = format!("expected a whole number from 0 up, not {}", other.kind());
            Err(ConfigError::wrong(&node.place, reason))
        }
    }
}

/// Values by key; where nobody said anything, the default.
pub(super) struct Fields<'a>(&'a Layers);

impl Fields<'_> {
    /// Whether anybody said anything.
    pub(super) fn is_said(&self, path: &str) -> bool {
        self.0.get(path).is_some()
    }

    /// What was said, or the default.
    pub(super) fn node(&self, path: &str) -> Node {
        if let Some(said) = self.0.get(path) {
            return said.clone();
        }
        let key = Key::of(path).expect("fields stand for keys");
        let value =
            key.kind.value(key.default, &Place::Settings).expect("defaults fit their kinds");
        Node { value, place: Place::Settings }
    }

    fn wrong(&self, path: &str, reason: &str) -> ConfigError {
        ConfigError::wrong(&self.node(path).place, format!("`{path}` {reason}"))
    }

    /// The error of a value under its key's name.
    fn checked<T>(&self, path: &str, read: impl FnOnce(&Node) -> Result<T, String>) -> Read<T> {
        let node = self.node(path);
        read(&node).map_err(|reason| ConfigError::wrong(&node.place, format!("`{path}`: {reason}")))
    }

    fn text(&self, path: &str) -> Read<Option<String>> {
        self.checked(path, |node| match &node.value {
            Value::Null => Ok(None),
            Value::Text(text) if text.is_empty() => Ok(None),
            Value::Text(text) => Ok(Some(text.clone())),
            other => Err(format!("expected a text, not {}", other.kind())),
        })
    }

    fn switch(&self, path: &str) -> Read<bool> {
        self.checked(path, |node| match node.value {
            Value::Switch(switch) => Ok(switch),
            _ => Err(format!("expected `true` or `false`, not {}", node.value.kind())),
        })
    }

    fn seed(&self, path: &str) -> Read<Option<u64>> {
        if self.node(path).value == Value::Null { Ok(None) } else { self.count(path).map(Some) }
    }

    fn count(&self, path: &str) -> Read<u64> {
        self.checked(path, |node| match node.value {
            Value::Integer(integer) if integer >= 0 => Ok(integer.unsigned_abs()),
            _ => Err(format!("expected a whole number from 0 up, not {}", node.value.kind())),
        })
    }

    fn number(&self, path: &str) -> Read<f64> {
        self.checked(path, |node| match node.value {
            #[expect(clippy::cast_precision_loss, reason = "nobody counts tokens beyond 2^53")]
            Value::Integer(integer) if integer >= 0 => Ok(integer as f64),
            Value::Number(number) if number >= 0.0 && number.is_finite() => Ok(number),
            _ => Err(format!("expected a number from 0 up, not {}", node.value.kind())),
        })
    }

    fn share(&self, path: &str) -> Read<f64> {
        let share = self.number(path)?;
        if share <= 1.0 { Ok(share) } else { Err(self.wrong(path, "is a part of 1, from 0 to 1")) }
    }

    fn duration(&self, path: &str) -> Read<Duration> {
        self.checked(path, |node| match &node.value {
            Value::Text(text) => quantity::duration(text.trim()),
            Value::Integer(0) => Ok(Duration::ZERO),
            other => {
                Err(format!("expected a duration such as `200ms` or `1.5s`, not {}", other.kind()))
            }
        })
    }

    fn size(&self, path: &str) -> Read<usize> {
        self.checked(path, |node| match &node.value {
            Value::Text(text) => quantity::size(text.trim()),
            Value::Integer(bytes) => quantity::size(&bytes.to_string()),
            other => Err(format!("expected a size such as `65536` or `16M`, not {}", other.kind())),
        })
    }

    /// Every element of a list; nothing said is an empty one.
    pub(super) fn list<T>(&self, path: &str, read: impl Fn(&Node) -> Read<T>) -> Read<Vec<T>> {
        let node = self.node(path);
        match &node.value {
            Value::Null => Ok(Vec::new()),
            Value::List(items) => items.iter().map(read).collect(),
            Value::Text(_) if Key::of(path).is_some_and(|key| key.kind == Kind::Texts) => {
                Ok(vec![read(&node)?])
            }
            other => {
                let reason = format!("`{path}`: expected a list, not {}", other.kind());
                Err(ConfigError::wrong(&node.place, reason))
            }
        }
    }
}
