//! The flags of `llmock serve`, and the variables that stand for them.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::error::Result;
use clap::parser::ValueSource;
use clap::{ArgMatches, Args, Command, FromArgMatches};
use llmock_rules::hint;

use super::error::{ConfigError, Place};
use super::keys::{KEYS, Key, variable};
use super::layers::Layers;

/// The arguments of the command. A flag overrides its variable.
#[derive(Args, Clone, Debug, Default)]
pub(crate) struct Flags {
    /// The configuration file, in YAML
    #[arg(long, env = "LLMOCK_CONFIG", hide_env_values = true, value_name = "FILE")]
    config: Option<OsString>,

    #[command(flatten)]
    pub(super) values: Values,

    /// Set any key, for example `--set pace.jitter=0.1`; can be repeated
    #[arg(long, value_name = "KEY=VALUE")]
    pub(super) set: Vec<String>,
}

/// The keys that variables and flags set. Clap resolves a key that both set to the flag.
#[derive(Clone, Debug, Default)]
pub(super) struct Values {
    pub(super) variables: Vec<(&'static Key, String)>,
    pub(super) flags: Vec<(&'static Key, String)>,
}

impl Flags {
    /// The configuration file, if one is named.
    pub(super) fn file(&self) -> Option<PathBuf> {
        self.config.as_ref().filter(|path| !path.is_empty()).map(PathBuf::from)
    }

    /// Applies the variables of keys, except what Kubernetes sets.
    pub(super) fn variables(&self, layers: &mut Layers) -> Result<(), ConfigError> {
        for (key, text) in &self.values.variables {
            let name = variable(key.path);
            if name == "LLMOCK_PORT" && text.starts_with("tcp://") {
                layers.notes.push(format!(
                    "variable `{name}` is ignored: Kubernetes sets it for a service named `llmock` \
                     unless the pod has `enableServiceLinks: false`"
                ));
                continue;
            }
            layers.key(key, Place::Variable(name), text)?;
        }
        Ok(())
    }

    /// Applies `--set`, then the flags of keys.
    pub(super) fn flags(&self, layers: &mut Layers) -> Result<(), ConfigError> {
        for setting in &self.set {
            set(setting, layers)?;
        }
        for (key, text) in &self.values.flags {
            layers.key(key, Place::Flag(key.flag()), text)?;
        }
        Ok(())
    }
}

/// Applies `KEY=VALUE`, with a value as in a variable.
fn set(setting: &str, layers: &mut Layers) -> Result<(), ConfigError> {
    let (path, text) = setting.split_once('=').unwrap_or((setting, ""));
    let place = Place::Flag(format!("--set {path}"));
    if !setting.contains('=') {
        return Err(ConfigError::invalid(place, "expected `KEY=VALUE`"));
    }
    if let Some(provider) = path.strip_prefix("upstreams.") {
        return layers.upstream(provider, place, text);
    }
    let Some(key) = Key::of(path) else {
        let known: Vec<&str> = KEYS.iter().map(|key| key.path).collect();
        let reason = format!("unknown key `{path}`{}", hint(path, &known));
        return Err(ConfigError::invalid(place, reason));
    };
    layers.key(key, place, text)
}

// By hand, because the keys are a table: a derived struct would list them a second time.
impl Args for Values {
    fn augment_args(command: Command) -> Command {
        KEYS.iter().fold(command, |command, key| command.arg(key.arg()))
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

impl FromArgMatches for Values {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self> {
        let mut values = Self::default();
        values.update_from_arg_matches(matches)?;
        Ok(values)
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<()> {
        for key in KEYS {
            let Some(text) = matches.get_one::<OsString>(key.path) else { continue };
            let is_variable = matches.value_source(key.path) == Some(ValueSource::EnvVariable);
            let values = if is_variable { &mut self.variables } else { &mut self.flags };
            values.push((key, text.to_string_lossy().into_owned()));
        }
        Ok(())
    }
}
