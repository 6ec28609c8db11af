//! The flags of `llmock serve`.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::error::Result;
use clap::parser::ValueSource;
use clap::{ArgMatches, Args, Command, FromArgMatches};
use llmock_rules::Problem;

use super::error::ConfigError;
use super::keys::{KEYS, Key};
use super::layers::Layers;

/// The arguments of the command.
#[derive(Args, Clone, Debug, Default)]
pub(crate) struct Flags {
    /// The configuration file, in YAML
    #[arg(long, env = "LLMOCK_CONFIG", hide_env_values = true, value_name = "FILE")]
    config: Option<OsString>,

    /// Print a JSON schema of the configuration file, for editors, and exit
    #[arg(long)]
    pub(in crate::serve) config_schema: bool,

    #[command(flatten)]
    keys: KeyFlags,

    /// Set any key, for example `--set pace.jitter=0.1`; can be repeated
    #[arg(long, value_name = "KEY=VALUE")]
    pub(super) set: Vec<String>,
}

/// The flags of keys.
#[derive(Clone, Debug, Default)]
struct KeyFlags(Vec<(&'static Key, String)>);

impl Flags {
    /// Settings as `--set` has them.
    pub(crate) fn of_settings(set: Vec<String>) -> Self {
        Self { set, ..Self::default() }
    }

    /// The configuration file, if one is named.
    pub(crate) fn file(&self) -> Option<PathBuf> {
        self.config.as_ref().filter(|path| !path.is_empty()).map(PathBuf::from)
    }

    /// Whether the flag of a key is present.
    pub(super) fn has(&self, key: &Key) -> bool {
        self.keys.0.iter().any(|(set, _)| set.path == key.path)
    }

    /// Applies `--set`, then the flags of keys.
    pub(super) fn apply(&self, layers: &mut Layers) -> Result<(), ConfigError> {
        for setting in &self.set {
            let (path, _) = setting.split_once('=').unwrap_or((setting, ""));
            set(setting, layers)
                .map_err(|reason| ConfigError::Flag { name: format!("--set {path}"), reason })?;
        }
        for (key, text) in &self.keys.0 {
            layers
                .key(key, text)
                .map_err(|reason| ConfigError::Flag { name: key.flag(), reason })?;
        }
        Ok(())
    }
}

/// Applies `KEY=VALUE`, with a value as in a variable.
fn set(setting: &str, layers: &mut Layers) -> Result<(), Problem> {
    let Some((path, text)) = setting.split_once('=') else {
        return Err(Problem::new("expected `KEY=VALUE`"));
    };
    if let Some(provider) = path.strip_prefix("upstreams.") {
        return layers.upstream(provider, text);
    }
    let known = || KEYS.iter().map(|key| key.path).collect::<Vec<_>>();
    let key = Key::of(path).ok_or_else(|| Problem::unknown("key", path, &known()))?;
    layers.key(key, text)
}

// By hand, because the keys are a table: a derived struct would list them a second time.
impl Args for KeyFlags {
    fn augment_args(command: Command) -> Command {
        command.args(KEYS.iter().map(Key::arg))
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

impl FromArgMatches for KeyFlags {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self> {
        // Clap knows the variables too, for the help text; `variables` applies them.
        let is_flag = |key: &&Key| matches.value_source(key.path) == Some(ValueSource::CommandLine);
        let text = |key: &Key| matches.get_one::<OsString>(key.path);
        let flags = KEYS.iter().filter(is_flag);
        Ok(Self(
            flags
                .filter_map(|key| Some((key, text(key)?.to_string_lossy().into_owned())))
                .collect(),
        ))
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<()> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}
