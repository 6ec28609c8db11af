//! The configuration: built-in defaults, then a file, then variables, then flags. Each overrides the one before.
//!
//! [`keys`] lists the keys, and clap makes a flag and a variable of each. [`layers`] puts the values of all sources
//! over each other, [`settings`] is their shape, and [`check`] makes the [`Config`]. Only [`load`] touches the disk and
//! the environment.

mod check;
mod effective;
mod error;
mod flags;
mod keys;
mod layers;
pub(in crate::serve) mod parts;
mod settings;
mod variables;

use std::path::{Path, PathBuf};

pub(crate) use effective::Config;
pub(crate) use error::ConfigError;
pub(crate) use flags::Flags;
pub(crate) use parts::{CustomReply, Model, StrategyName};

use layers::Layers;

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
    let mut layers = Layers::default();
    if let Some((path, text)) = file {
        layers.file(path, text)?;
    }
    let others = variables::others(variables);
    variables::sections(&others, &mut layers)?;
    flags.variables(&mut layers)?;
    variables::upstreams(&others, &mut layers)?;
    flags.flags(&mut layers)?;
    let mut notes = std::mem::take(&mut layers.notes);
    let config = check::config(layers.settings(), &mut notes)?;
    Ok((config, notes))
}

#[cfg(test)]
mod tests;
