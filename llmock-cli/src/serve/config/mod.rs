//! What the server is told: built-in defaults, then a file, then variables, then flags, each over the one before.
//!
//! [`keys`] lists what can be said. [`file`], [`variables`], and [`flags`] each read a layer of it into [`value`]s,
//! [`merge`] puts the layers over each other, and [`read`] makes a [`Config`] of the result. Only [`load`] touches
//! the disk and the environment.

mod error;
mod file;
mod flags;
mod keys;
mod matching;
mod merge;
pub(in crate::serve) mod quantity;
mod read;
mod sections;
pub(in crate::serve) mod suggest;
mod value;
mod variables;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

pub(crate) use error::ConfigError;
pub(crate) use flags::Flags;
use llmock::playback::Rules;
pub(crate) use sections::{Cors, CustomReply, Model, StrategyName};

use super::fault::Faults;
use super::pace::Pace;
#[cfg(test)]
use keys::{KEYS, variable};
use merge::Layers;

/// The variable that names the file where no flag does.
const FILE_VARIABLE: &str = "LLMOCK_CONFIG";

/// The configuration in force, checked.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Config {
    /// In their order; never empty.
    pub(crate) strategies: Vec<StrategyName>,
    /// Empty: any model is accepted.
    pub(crate) models: Vec<Model>,
    /// Absent: any key is accepted, and none is needed.
    pub(crate) api_key: Option<String>,
    pub(crate) cors: Cors,
    pub(crate) host: String,
    /// 0: any free port.
    pub(crate) port: u16,
    pub(crate) custom_replies: Vec<CustomReply>,
    /// The folder of the fixtures.
    pub(crate) fixtures: Option<PathBuf>,
    pub(crate) record: bool,
    /// Whether file and fixtures are read again when they change.
    pub(crate) watch: bool,
    /// What makes a request the same as a recorded one.
    pub(crate) matching: Rules,
    /// Where requests are forwarded, by the provider's id; its own host if it is not among them.
    pub(crate) upstreams: BTreeMap<String, String>,
    pub(crate) pace: Pace,
    pub(crate) faults: Faults,
    /// How many requests the journal keeps; 0 switches it off.
    pub(crate) history: usize,
    /// The largest request body in bytes, before and after decompression.
    pub(crate) body_limit: usize,
    /// How long open answers may take to end once the server is asked to stop.
    pub(crate) shutdown_timeout: Duration,
    /// How long a client may take to send the head of a request, and again its body.
    pub(crate) read_timeout: Duration,
}

/// A configuration and what is to be told about it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Loaded {
    pub(crate) config: Config,
    /// The file it was read from, if there is one; to be watched.
    pub(crate) file: Option<PathBuf>,
    /// Sentences for standard error: variables that mean nothing, settings without effect.
    pub(crate) notes: Vec<String>,
}

/// Reads file and environment, as often as asked to.
pub(crate) fn load(flags: &Flags) -> Result<Loaded, ConfigError> {
    // A variable whose value is no text cannot be one of ours; its name may be.
    let variables: Vec<(String, String)> = std::env::vars_os()
        .filter_map(|(name, value)| {
            let name = name.into_string().ok()?;
            Some((name, value.to_string_lossy().into_owned()))
        })
        .collect();
    let named = variables.iter().find(|(name, value)| name == FILE_VARIABLE && !value.is_empty());
    let path = flags.config.clone().or_else(|| named.map(|(_, value)| PathBuf::from(value)));
    let text = match &path {
        Some(path) => Some(std::fs::read_to_string(path).map_err(|error| {
            ConfigError::Unreadable { path: path.clone(), reason: error.to_string() }
        })?),
        None => None,
    };
    let file = path.as_deref().zip(text.as_deref());
    let (config, notes) = configure(file, variables, flags)?;
    Ok(Loaded { config, file: path, notes })
}

/// The configuration that a file's text, variables, and flags make together, and the notes about it.
pub(crate) fn configure(
    file: Option<(&Path, &str)>,
    variables: impl IntoIterator<Item = (String, String)>,
    flags: &Flags,
) -> Result<(Config, Vec<String>), ConfigError> {
    let mut layers = Layers::default();
    if let Some((path, text)) = file {
        file::read(path, text, &mut layers)?;
    }
    let mut notes = layers.notes();
    notes.extend(variables::read(variables, &mut layers)?);
    flags::read(flags, &mut layers)?;
    let config = read::config(&layers, &mut notes)?;
    Ok((config, notes))
}

#[cfg(test)]
mod tests;
