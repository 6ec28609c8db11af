//! The flags of `llmock serve`.

use std::path::PathBuf;

use clap::Args;

use super::error::ConfigError;
use super::keys::Key;
use super::merge::Layers;
use super::suggest;
use super::value::{Node, Place, Value};

/// What the command line says; it wins over variables, and these over the file.
#[derive(Args, Clone, Debug, Default)]
pub(crate) struct Flags {
    /// The configuration, a YAML file; `LLMOCK_CONFIG` names it too
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,

    /// The address to listen at [default: 127.0.0.1]
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) host: Option<String>,

    /// The port to listen at; 0 means any that is free [default: 8000]
    #[arg(long, value_name = "PORT")]
    pub(crate) port: Option<u16>,

    /// The key that requests must have [default: any, or none]
    #[arg(long, value_name = "KEY")]
    pub(crate) api_key: Option<String>,

    /// Who answers, the first that can; separated by commas
    /// [default: ErrorStrategy,ToolCallStrategy,MirrorStrategy]
    #[arg(long, value_name = "NAMES", value_delimiter = ',')]
    pub(crate) strategies: Option<Vec<String>>,

    /// Replay the fixtures in this folder; the default strategy is then `FixtureStrategy` alone
    #[arg(long, value_name = "DIR")]
    pub(crate) fixtures: Option<PathBuf>,

    /// Forward what no fixture answers to its provider, and record it
    #[arg(long)]
    pub(crate) record: bool,

    /// Read the configuration and the fixtures again when they change
    #[arg(long)]
    pub(crate) watch: bool,

    /// Any key of the configuration, as in `--set pace.tokens-per-second=50`; may be repeated
    #[arg(long, value_name = "KEY=VALUE")]
    pub(crate) set: Vec<String>,
}

/// Puts the flags over everything else.
pub(super) fn read(flags: &Flags, layers: &mut Layers) -> Result<(), ConfigError> {
    for setting in &flags.set {
        set(setting, layers)?;
    }
    let text = |text: &String| Value::Text(text.clone());
    let said = [
        ("host", flags.host.as_ref().map(text)),
        ("port", flags.port.map(|port| Value::Integer(port.into()))),
        ("api-key", flags.api_key.as_ref().map(text)),
        ("strategies", flags.strategies.as_ref().map(|names| list(names, "--strategies"))),
        (
            "fixtures",
            flags.fixtures.as_ref().map(|path| Value::Text(path.to_string_lossy().into_owned())),
        ),
        ("record", flags.record.then_some(Value::Switch(true))),
        ("watch", flags.watch.then_some(Value::Switch(true))),
    ];
    for (path, value) in said {
        if let Some(value) = value {
            let key = Key::of(path).expect("flags stand for keys");
            let place = Place::Flag(format!("--{path}").into());
            layers.set(key, Node { value, place })?;
        }
    }
    Ok(())
}

fn list(names: &[String], flag: &str) -> Value {
    let node = |name: &String| Node {
        value: Value::Text(name.trim().to_owned()),
        place: Place::Flag(flag.into()),
    };
    Value::List(names.iter().filter(|name| !name.trim().is_empty()).map(node).collect())
}

/// `KEY=VALUE`, the value as in a variable.
fn set(setting: &str, layers: &mut Layers) -> Result<(), ConfigError> {
    let place = Place::Flag(format!("--set {}", setting.split('=').next().unwrap_or("")).into());
    let wrong = |reason: String| ConfigError::wrong(&place, reason);
    let Some((path, text)) = setting.split_once('=') else {
        return Err(wrong("expected `KEY=VALUE`".to_owned()));
    };
    if let Some(provider) = path.strip_prefix("upstreams.") {
        let value = super::keys::Kind::Text.value(text, &place).map_err(wrong)?;
        let node = Node { value, place: place.clone() };
        return layers.upstream(provider.to_owned(), &place, node);
    }
    let Some(key) = Key::of(path) else {
        let known: Vec<&str> = super::keys::KEYS.iter().map(|key| key.path).collect();
        return Err(wrong(format!("unknown key `{path}`; {}", suggest::hint(path, &known))));
    };
    let value = key.kind.value(text, &place).map_err(wrong)?;
    layers.set(key, Node { value, place: place.clone() })
}
