//! The configuration: built-in defaults, then a file, then variables, then flags. Each overrides the one before.
//!
//! [`keys`] lists the keys, and clap makes a flag and a variable of each. [`draft`] applies values of every source
//! through serde, [`value`] reads them, and [`check`] verifies what depends on several keys. Only [`load`] touches
//! the disk and the environment.

mod check;
mod draft;
mod error;
mod file;
mod flags;
mod keys;
mod sections;
pub(in crate::serve) mod value;
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
use draft::Draft;

/// A checked configuration.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Config {
    /// In order; never empty.
    pub(crate) strategies: Vec<StrategyName>,
    /// Empty: any model is accepted.
    pub(crate) models: Vec<Model>,
    /// Absent: requests need no key, and any key is accepted.
    pub(crate) api_key: Option<String>,
    pub(crate) cors: Cors,
    pub(crate) host: String,
    /// 0: any free port.
    pub(crate) port: u16,
    pub(crate) custom_replies: Vec<CustomReply>,
    /// The folder of the fixtures, or one fixture.
    pub(crate) fixtures: Option<PathBuf>,
    pub(crate) record: bool,
    /// Whether file and fixtures are read again when they change.
    pub(crate) watch: bool,
    /// When a request equals a recorded one.
    pub(crate) matching: Rules,
    /// Base URLs of upstreams by provider id; other providers are reached at their variable or their public host.
    pub(crate) upstreams: BTreeMap<String, String>,
    pub(crate) pace: Pace,
    pub(crate) faults: Faults,
    /// How many requests the journal keeps; 0 switches it off.
    pub(crate) history: usize,
    /// The largest request body in bytes, before and after decompression.
    pub(crate) body_limit: usize,
    /// How long open responses may take to end once the server is asked to stop.
    pub(crate) shutdown_timeout: Duration,
    /// How long a client may take to send the head of a request, and again its body.
    pub(crate) read_timeout: Duration,
}

/// A configuration and notes about it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Loaded {
    pub(crate) config: Config,
    /// The file it was read from, if any; to be watched.
    pub(crate) file: Option<PathBuf>,
    /// Sentences for standard error: unknown variables, settings without effect.
    pub(crate) notes: Vec<String>,
}

/// Reads the file and the environment.
pub(crate) fn load(flags: &Flags) -> Result<Loaded, ConfigError> {
    // A variable whose value is not Unicode cannot be one of ours; its name may be.
    let variables = std::env::vars_os().filter_map(|(name, value)| {
        Some((name.into_string().ok()?, value.to_string_lossy().into_owned()))
    });
    let path = flags.file();
    let text = path.as_deref().map(std::fs::read_to_string).transpose().map_err(|error| {
        let path = path.clone().unwrap_or_default();
        ConfigError::Unreadable { path, reason: error.to_string() }
    })?;
    let file = path.as_deref().zip(text.as_deref());
    let (config, notes) = configure(file, variables, flags)?;
    Ok(Loaded { config, file: path, notes })
}

/// The configuration that the text of a file, variables and flags make together, and notes about it.
fn configure(
    file: Option<(&Path, &str)>,
    variables: impl IntoIterator<Item = (String, String)>,
    flags: &Flags,
) -> Result<(Config, Vec<String>), ConfigError> {
    let mut draft = Draft::default();
    if let Some((path, text)) = file {
        file::read(path, text, &mut draft)?;
    }
    let others = variables::Others::of(variables);
    others.sections(&mut draft)?;
    flags.variables(&mut draft)?;
    others.upstreams(&mut draft)?;
    flags.flags(&mut draft)?;
    check::finish(draft)
}

#[cfg(test)]
mod tests;
